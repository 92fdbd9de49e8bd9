import shutil
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, func, inspect, select, table, text

import clientela.store.migrations
from clientela.errors import StoreError, StoreTooNew
from clientela.store import revisions, schema, upgrade, views
from clientela.store.connect import open_store, parse
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.store.runs import everything, record

ADD_A_COLUMN = '''
"""A later schema."""
import sqlalchemy as sa
from alembic import op

revision = "9998"
down_revision = "{head}"


def upgrade():
    op.add_column("runs", sa.Column("mood", sa.Text()))
    {last}
'''


def test_migrations_make_the_schema_of_the_metadata(store_url: str) -> None:
    engine = open_store(store_url, migrate=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": revisions.VERSION_TABLE}
        )
        assert compare_metadata(context, schema.metadata) == []
    engine.dispose()


def test_a_new_file_is_as_the_revisions_make_it() -> None:
    databases = []
    for make in (upgrade._create, partial(upgrade._migrate, revision="head")):
        with create_engine("sqlite://").begin() as connection:
            make(connection)
            views.drop(connection)
            databases.append(
                (
                    set(connection.execute(text("SELECT name, sql FROM sqlite_master")).all()),
                    revisions.read_revision(connection),
                )
            )
    (created, revision), migrated = databases
    assert len(created) > 50
    assert revision == revisions.list_revisions()[-1]
    assert (created, revision) == migrated


def test_views_have_the_columns_of_their_queries(store_url: str) -> None:
    engine = open_store(store_url, migrate=True)
    found = inspect(engine)
    assert set(found.get_view_names()) == set(views.define_views())
    for name, query in views.define_views().items():
        assert [
            column["name"] for column in found.get_columns(name)
        ] == query.selected_columns.keys()
    engine.dispose()


def _plainly(url: str) -> Any:
    """Connect as a BI tool would, without us."""
    if url.startswith("sqlite"):
        return sqlite3.connect(str(parse(url).database))
    import psycopg

    return psycopg.connect(url)


def test_bi_tools_read_the_current_run_from_the_views(store_url: str) -> None:
    publish(store_url, record(1), everything(2, segment=1))
    publish(store_url, record(2), everything(3, segment=2))
    with closing(_plainly(store_url)) as connection:

        def ask(query: str) -> Any:
            return connection.execute(query).fetchall()

        assert ask(
            "SELECT customer_id, segment, segment_name_pt_br, CAST(as_of AS TEXT)"
            " FROM current_customers ORDER BY customer_id"
        ) == [(f"c00{number}", 2, "Segmento 2", "2011-12-09") for number in range(3)]
        assert ask("SELECT run_id FROM current_runs") == [("20111210T000002",)]
        assert ask("SELECT segment, customers FROM current_segments") == [(2, 10)]
        assert ask("SELECT rule, rows FROM current_quality ORDER BY rows") == [
            ("missing_customer", 135_080),
            ("read", 541_909),
        ]


def test_every_view_gives_the_rows_of_the_current_run_alone(store_url: str) -> None:
    publish(store_url, record(1), everything(2, segment=1))
    engine = open_store(store_url, migrate=False)
    with engine.connect() as connection:
        once = _counts(connection)
    publish(store_url, record(2), everything(2, segment=2))
    with engine.connect() as connection:
        assert _counts(connection) == once
    engine.dispose()
    assert [view for view, rows in once.items() if not rows] == ["current_segment_migrations"]


def _counts(connection: Connection) -> dict[str, Any]:
    return {
        view: connection.scalar(select(func.count()).select_from(table(view)))
        for view in views.define_views()
    }


def test_a_store_of_a_later_version_is_refused(store_url: str) -> None:
    publish(store_url, record(1), everything())
    engine = open_store(store_url, migrate=True)
    with engine.begin() as connection:
        connection.execute(text("UPDATE clientela_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(StoreTooNew, match="upgrade clientela"):
        publish(store_url, record(2), everything())
    with pytest.raises(StoreTooNew) as caught:
        open_reader(store_url)
    assert caught.value.exit_code == 3


def add_a_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, last: str = "pass") -> None:
    """Pretend that a later version brings one more revision."""
    scripts = tmp_path / "migrations"
    shutil.copytree(Path(clientela.store.migrations.__file__).parent, scripts)
    content = ADD_A_COLUMN.format(head=revisions.list_revisions()[-1], last=last)
    (scripts / "versions" / "r9998_mood.py").write_text(content)
    known = (*revisions.list_revisions(), "9998")
    monkeypatch.setattr(revisions, "list_revisions", lambda: known)
    monkeypatch.setattr(upgrade, "SCRIPTS", str(scripts))


def test_an_upgrade_keeps_the_rows(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    add_a_revision(tmp_path, monkeypatch)
    with pytest.raises(StoreError, match="earlier version"):
        open_reader(store_url)
    open_store(store_url, migrate=True).dispose()
    reader = open_reader(store_url)
    assert [row["customer_id"] for row in reader.read_list("customers", 1, None, 9).content] == [
        "c000",
        "c001",
        "c002",
    ]
    reader.close()
    with closing(_plainly(store_url)) as connection:
        assert connection.execute("SELECT mood FROM runs").fetchall() == [(None,)]
        assert connection.execute("SELECT count(*) FROM current_customers").fetchone() == (3,)


LATER_TABLES = (
    *("action_states", "campaigns", "list_exports", "list_changes", "customer_tags"),
    *("exclusions", "subscriptions", "cohort_groups", "segment_months"),
)
LATER_COLUMNS = {"segment_labels": ("merged_as", "note"), "segments": ("members", "high_risk")}


def test_a_database_of_the_first_revision_goes_through_all_later_ones(store_url: str) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    engine = open_store(store_url, migrate=True)
    with engine.begin() as connection:
        now = _count_rows(connection, without=LATER_TABLES)
        views.drop(connection)
        for name in LATER_TABLES:
            connection.execute(text(f"DROP TABLE {name}"))
        for name, columns in LATER_COLUMNS.items():
            for column in columns:
                connection.execute(text(f"ALTER TABLE {name} DROP COLUMN {column}"))
        connection.execute(text("UPDATE clientela_version SET version_num = '0001'"))
    engine.dispose()
    engine = open_store(store_url, migrate=True)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"version_table": revisions.VERSION_TABLE}
        )
        assert compare_metadata(context, schema.metadata) == []
        assert revisions.read_revision(connection) == revisions.list_revisions()[-1]
        assert _count_rows(connection, without=LATER_TABLES) == now
    engine.dispose()
    publish(store_url, record(2), everything(2, segment=2))
    with closing(open_reader(store_url)) as reader:
        assert [run.run_id for run in reader.runs()] == [record(2).run_id, record(1).run_id]


def _count_rows(connection: Connection, without: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: connection.scalar(select(func.count()).select_from(made))
        for name, made in schema.metadata.tables.items()
        if name not in without
    }


def test_an_upgrade_that_fails_changes_nothing(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    with monkeypatch.context() as later:
        add_a_revision(tmp_path, later, last="raise RuntimeError('killed')")
        with pytest.raises(RuntimeError, match="killed"):
            open_store(store_url, migrate=True)
    reader = open_reader(store_url)
    assert len(reader.table("segments").content) == 1
    reader.close()
    with closing(_plainly(store_url)) as connection:
        assert connection.execute("SELECT count(*) FROM current_customers").fetchone() == (3,)


def test_the_revisions_are_those_alembic_finds() -> None:
    script = ScriptDirectory(str(Path(clientela.store.migrations.__file__).parent))
    assert (
        tuple(sorted(each.revision for each in script.walk_revisions()))
        == revisions.list_revisions()
    )
    assert script.get_heads() == [revisions.list_revisions()[-1]]
