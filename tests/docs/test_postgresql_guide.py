"""The PostgreSQL guide works as it is written, on a real server."""

import pytest

from clientela.store.connect import open_store
from tests.conftest import ROOT
from tests.docs.markdown import blocks
from tests.postgres import new_database

psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")
GUIDE = ROOT / "docs" / "guide" / "postgresql.md"


@pytest.fixture(scope="module")
def granted() -> str:
    """A results database in which the owner has typed the guide's grants."""
    url = new_database()
    open_store(url, migrate=True).dispose()
    with psycopg.connect(url, autocommit=True) as owner:
        for statement in "".join(blocks(GUIDE, "sql")).split(";"):
            if statement.strip():
                owner.execute(statement)
    return url


@pytest.mark.parametrize("name", ["current_customers", "current_segments", "runs"])
def test_the_reader_reads_tables_and_views(name: str, granted: str) -> None:
    with psycopg.connect(granted) as reader:
        reader.execute("SET ROLE clientela_reader")
        query = f"SELECT * FROM clientela.{name}"  # noqa: S608 - our names
        assert reader.execute(query).fetchall() == []


@pytest.mark.parametrize(
    "statement", ["SELECT * FROM clientela.api_keys", "DELETE FROM clientela.runs"]
)
def test_the_reader_neither_writes_nor_sees_keys(statement: str, granted: str) -> None:
    with psycopg.connect(granted) as reader:
        reader.execute("SET ROLE clientela_reader")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            reader.execute(statement)
