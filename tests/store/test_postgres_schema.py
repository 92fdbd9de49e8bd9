"""Our tables in a firm's PostgreSQL: beside theirs, never in their place."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from clientela.errors import StoreError
from clientela.store import schema, views
from clientela.store.connect import open_store
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.store.runs import everything, record
from tests.store.test_schema import add_a_revision

psycopg = pytest.importorskip("psycopg", reason="needs the extra 'postgres'")


def _execute(url: str, *statements: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []


def _in_schema(url: str, schema: str) -> str:
    return make_url(url).update_query_dict({"schema": schema}).render_as_string(False)


def test_tables_of_a_firm_under_our_names_stay(postgres_url: str) -> None:
    _execute(
        postgres_url,
        "CREATE TABLE public.customers (id int)",
        "INSERT INTO public.customers VALUES (7)",
        "CREATE VIEW public.current_customers AS SELECT id * 2 AS twice FROM public.customers",
    )
    publish(postgres_url, record(1), everything(3, segment=1))
    assert _execute(postgres_url, "SELECT twice FROM public.current_customers") == [(14,)]
    assert _execute(postgres_url, "SELECT count(*) FROM clientela.current_customers") == [(3,)]
    tables = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
    assert _execute(postgres_url, tables) == [("current_customers",), ("customers",)]


@pytest.mark.parametrize(
    "theirs",
    ["CREATE TABLE shop.customers (id int)", "CREATE VIEW shop.current_customers AS SELECT 1 AS x"],
)
def test_a_schema_that_holds_our_names_is_refused(postgres_url: str, theirs: str) -> None:
    _execute(postgres_url, "CREATE SCHEMA shop", theirs)
    with pytest.raises(StoreError, match="under names that Clientela uses") as caught:
        publish(_in_schema(postgres_url, "shop"), record(1), everything())
    assert caught.value.where in ("customers", "current_customers")
    tables = "SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace"
    assert _execute(postgres_url, tables) == [(1,)]


def test_the_same_holds_of_a_file(sqlite_url: str) -> None:
    import sqlite3

    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE customers (id)")
    with pytest.raises(StoreError, match="under names that Clientela uses"):
        publish(sqlite_url, record(1), everything())


def test_two_schemas_know_nothing_of_one_another(postgres_url: str) -> None:
    north, south = (_in_schema(postgres_url, name) for name in ("north", "south"))
    publish(north, record(1), everything(3, segment=1))
    publish(south, record(2), everything(2, segment=1))
    for url, number in ((north, 1), (south, 2)):
        with closing(open_reader(url)) as reader:
            assert reader.current_run() == record(number)
    with pytest.raises(StoreError, match="no results database yet"):
        open_reader(postgres_url)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"options": "-csearch_path=shop"}, "the URL sets search_path"),
        ({"schema": "Shop"}, "without quotes"),
        ({"schema": "pg_shop"}, "without quotes"),
    ],
)
def test_what_the_url_says_of_schemas_is_refused_in_words(
    postgres_url: str, query: dict[str, str], sentence: str
) -> None:
    url = make_url(postgres_url).update_query_dict(query).render_as_string(False)
    with pytest.raises(StoreError, match=sentence):
        publish(url, record(1), everything())


def test_other_options_of_the_url_hold(postgres_url: str) -> None:
    options = {"options": "-c application_name=crm"}
    url = make_url(postgres_url).update_query_dict(options).render_as_string(False)
    engine = open_store(url, migrate=True)
    with engine.connect() as connection:
        for name, value in (("application_name", "crm"), ("search_path", "clientela")):
            assert connection.scalar(text("SELECT current_setting(:n)"), {"n": name}) == value
    engine.dispose()


def test_results_of_an_earlier_version_are_not_forgotten(postgres_url: str) -> None:
    publish(_in_schema(postgres_url, "public"), record(1), everything())
    with pytest.raises(StoreError, match=r"store\.schema = 'public'"):
        publish(postgres_url, record(2), everything())


def test_a_schema_that_may_not_be_used_is_not_called_empty(postgres_url: str) -> None:
    publish(postgres_url, record(1), everything())
    _execute(postgres_url, "DROP ROLE IF EXISTS passer_by", "CREATE ROLE passer_by LOGIN")
    theirs = make_url(postgres_url).set(username="passer_by").render_as_string(False)
    with pytest.raises(StoreError, match="may not use the schema"):
        open_reader(theirs)


def test_a_view_of_the_firm_and_its_rights_outlive_an_upgrade(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(postgres_url, record(1), everything(3, segment=1))
    _execute(
        postgres_url,
        "CREATE VIEW public.best AS SELECT customer_id FROM clientela.current_customers",
        "DROP ROLE IF EXISTS analyst_of_bi",
        "CREATE ROLE analyst_of_bi",
        "GRANT SELECT ON clientela.current_runs TO analyst_of_bi",
    )
    add_a_revision(tmp_path, monkeypatch)
    open_store(postgres_url, migrate=True).dispose()
    assert _execute(postgres_url, "SELECT count(*) FROM public.best") == [(3,)]
    may = "SELECT has_table_privilege('analyst_of_bi', 'clientela.current_runs', 'SELECT')"
    assert _execute(postgres_url, may) == [(True,)]


def test_a_later_column_stands_at_the_end_of_its_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schema.customers.c.segment.info, "since", 99)
    query = views.define_views()["current_customers"]
    assert query.selected_columns.keys()[-1] == "segment"
    assert query.selected_columns.keys()[0] == "as_of"


def test_a_view_in_the_way_is_named_and_nothing_changes(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(postgres_url, record(1), everything(3, segment=1))
    _execute(
        postgres_url,
        "CREATE VIEW public.engines AS SELECT engine FROM clientela.current_runs",
    )
    add_a_revision(
        tmp_path, monkeypatch, last="op.alter_column('runs', 'engine', type_=sa.String(40))"
    )
    with pytest.raises(StoreError, match="views built on ours") as caught:
        open_store(postgres_url, migrate=True)
    assert caught.value.where == "public.engines"
    assert _execute(postgres_url, "SELECT engine FROM public.engines") == [("duckdb",)]
