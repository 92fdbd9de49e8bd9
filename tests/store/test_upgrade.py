"""A database of the first schema, with rows, is brought up to date where it stands."""

import datetime as dt
from contextlib import closing

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, create_engine, insert

from clientela.errors import StoreError
from clientela.store import keys, schema, views
from clientela.store.connect import open_store, parse
from clientela.store.publish import publish
from clientela.store.read import open_reader
from clientela.store.upgrade import SCRIPTS
from tests.store.runs import NOON, everything, record

FIRST = "0001"
LANGS = ("en", "pt_br")


def _make_first(connection: Connection) -> None:
    """Make the schema as the first version did, with its rows and one of its views."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)
    config.attributes["connection"] = connection
    command.upgrade(config, FIRST)
    old = MetaData()
    old.reflect(connection)
    run = record(1)
    values = {column.name: getattr(run, column.name) for column in old.tables["runs"].columns}
    rows = {
        "runs": [values | {"seconds": "{}", "summary": "{}"}],
        "current_run": [{"id": 1, "run_id": run.run_id}],
        "customers": [
            {"run_id": run.run_id, "customer_id": f"c{n}", "segment": 1, "revenue": n + 0.5}
            for n in range(3)
        ],
        "segments": [
            {"run_id": run.run_id, "segment": 1, "revenue": 1.5, "customers": 3, "profile": "{}"}
            | {f"{each}_{lang}": each for each in ("name", "description") for lang in LANGS}
        ],
    }
    for name, listed in rows.items():
        connection.execute(insert(old.tables[name]), listed)
    connection.exec_driver_sql(
        "CREATE VIEW current_customers AS SELECT c.* FROM customers AS c"
        " JOIN current_run AS r ON r.run_id = c.run_id"
    )


@pytest.fixture
def first_url(store_url: str) -> str:
    engine = create_engine(parse(store_url))
    with engine.begin() as connection:
        _make_first(connection)
    engine.dispose()
    return store_url


def test_readers_are_told_and_keys_upgrade(first_url: str) -> None:
    with pytest.raises(StoreError, match="earlier version"):
        open_reader(first_url)
    keys.create(first_url, "any", ["read"], NOON)
    with closing(open_reader(first_url)) as reader:
        assert reader.has_keys()


def test_the_rows_of_the_first_schema_stay(first_url: str) -> None:
    open_store(first_url, migrate=True).dispose()
    with closing(open_reader(first_url)) as reader:
        reading = reader.page(1, None, 9)
        assert reading.run.as_of == dt.date(2011, 12, 9)
        assert [(row["customer_id"], row["revenue"]) for row in reading.content] == [
            ("c0", 0.5),
            ("c1", 1.5),
            ("c2", 2.5),
        ]
        assert {row["insider"] for row in reading.content} == {None}
        assert reader.lookup(["c0"]).content[0] is not None
        (segment,) = reader.segments().content
        assert (segment["name_en"], segment["rule_en"]) == ("name", None)
        assert reader.table("segment_candidates").content == []
        assert reader.answers("en").content == []


def test_the_next_run_is_published_beside_them(first_url: str) -> None:
    publish(first_url, record(2), everything(2))
    with closing(open_reader(first_url)) as reader:
        assert [run.run_id for run in reader.runs()] == [record(2).run_id, record(1).run_id]
        assert len(reader.page(None, None, 9, record(1).run_id).content) == 3
        assert len(reader.table("segment_gaps").content) == 3
    engine = open_store(first_url, migrate=False)
    with engine.connect() as connection:
        for view in views.definitions():
            connection.exec_driver_sql(f"SELECT * FROM {view}").all()  # noqa: S608 - ours
    engine.dispose()
    assert "current_programme_members" in views.definitions()
    assert set(schema.metadata.tables) >= {table.name for table in schema.OF_A_RUN}
