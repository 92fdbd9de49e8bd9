import datetime as dt
import math
import os
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import func, select

from clientela.errors import ClientelaError, PlatformError, StoreError
from clientela.store import schema
from clientela.store.connect import open_store, parse
from clientela.store.publish import TABLES, publish
from clientela.store.read import open_reader
from tests.store.runs import customers, everything, record

ODD_IDS = ["=1+1", "Robert'); DROP TABLE customers;--", 'a"b', "a,b", "a\nb", "\\.", "é中🙂", " x "]


def _count(url: str, table: str, run: int) -> int:
    source = schema.metadata.tables[table]
    engine = open_store(url, migrate=False)
    query = select(func.count()).where(source.c.run_id == record(run).run_id)
    with engine.connect() as connection:
        found = connection.scalar(query)
    engine.dispose()
    return int(found or 0)


@pytest.mark.slow
def test_what_is_published_is_read_back(store_url: str) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    reader = open_reader(store_url)
    assert reader.current_run() == record(1)
    assert reader.runs() == [record(1)]
    customer = reader.customer("c002").content
    assert customer is not None
    assert customer["revenue"] == 2.0
    assert customer["last_order_date"] == dt.date(2011, 12, 9)
    assert customer["gap_days_mean"] is None
    assert reader.table("segments").content[0]["revenue"] == 9_747_747.9301
    assert reader.table("segments").content[0]["profile"] == {"revenue": {"median": 1.5}}
    assert reader.table("models").content[0]["card"] == {"k": 4}
    months = reader.table("revenue_by_month").content
    assert [row["month"] for row in months] == [dt.date(2011, 11, 1), dt.date(2011, 12, 1)]
    assert months[0]["net"] == 10.3456
    assert [row["rule"] for row in reader.table("quality").content] == ["read", "missing_customer"]
    for table in TABLES:
        rows = everything(3).get(table.name)
        assert _count(store_url, table.name, 1) == (0 if rows is None else rows.num_rows)
    reader.close()


def test_what_is_no_number_becomes_null(store_url: str) -> None:
    rows = customers(3).set_column(0, "customer_id", [["nan", "inf", "-inf"]])
    bad = pa.array([math.nan, math.inf, -math.inf])
    rows = rows.set_column(rows.column_names.index("revenue"), "revenue", bad)
    publish(store_url, record(1), {**everything(), "customers": rows})
    reader = open_reader(store_url)
    assert [row["revenue"] for row in reader.read_list("customers", None, None, 9).content] == [
        None
    ] * 3
    metric = reader.table("metrics").content[0]
    assert (metric["value"], metric["low"], metric["high"]) == (0.31, None, None)
    reader.close()


def test_money_keeps_its_cents(store_url: str) -> None:
    amounts = ["9747747.9300", "-168469.6000", "0.0001", "123456789.0123", "0.3000"]
    rows = everything()["no_purchases"]
    table = pa.table(
        {
            "customer_id": [f"r{number}" for number in range(5)],
            "lines": [1] * 5,
            "returned_amount": [Decimal(amount) for amount in amounts],
            "fees_amount": [0.1 + 0.2, math.nan, 1.0, 2.0, 3.0],
        }
    )
    assert set(table.column_names) < set(rows.column_names)
    publish(store_url, record(1), {"no_purchases": table})
    engine = open_store(store_url, migrate=False)
    with engine.connect() as connection:
        query = select(schema.no_purchases).order_by(schema.no_purchases.c.customer_id)
        found = connection.execute(query).all()
    engine.dispose()
    assert [row.returned_amount for row in found] == [float(amount) for amount in amounts]
    assert [row.fees_amount for row in found] == [0.3, None, 1.0, 2.0, 3.0]


def test_any_text_is_an_id(store_url: str) -> None:
    rows = customers(len(ODD_IDS)).set_column(0, "customer_id", [ODD_IDS])
    rows = rows.append_column("country", [["", None, *ODD_IDS[2:]]])
    publish(store_url, record(1), {"customers": rows})
    reader = open_reader(store_url)
    found = [each and each.customer_id for each in reader.lookup(ODD_IDS).content]
    assert found == ODD_IDS
    for number, each in enumerate(ODD_IDS):
        row = reader.customer(each).content
        assert row is not None
        assert row["country"] == ["", None, *ODD_IDS[2:]][number]
    assert [
        row["customer_id"] for row in reader.read_list("customers", None, None, 99).content
    ] == sorted(ODD_IDS)
    reader.close()


def test_nul_is_replaced_and_found_again(store_url: str) -> None:
    rows = customers(1).set_column(0, "customer_id", [["a\0b"]])
    publish(store_url, record(1), {"customers": rows})
    reader = open_reader(store_url)
    for asked in (["a\0b"], ["a\0b", "a\ud800b"]):
        found = reader.lookup(asked).content[0]
        assert found is not None
        assert found.customer_id == "a\ufffdb"
    reader.close()


def test_a_run_is_published_once(store_url: str) -> None:
    publish(store_url, record(1), everything())
    with pytest.raises(StoreError, match="already published"):
        publish(store_url, record(1), everything(9))
    assert _count(store_url, "customers", 1) == 3


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"nonsense": pa.table({"a": [1]})}, "no table nonsense"),
        ({"customers": customers(1).append_column("mood", [["good"]])}, "no column mood"),
        ({"segments": pa.table({"segment": [1]})}, "must not be empty"),
        ({"api_keys": pa.table({"key_id": ["x"]})}, "no table api_keys"),
    ],
)
def test_what_the_store_has_no_place_for_is_our_fault(
    store_url: str, tables: dict[str, pa.Table], message: str
) -> None:
    publish(store_url, record(1), everything())
    with pytest.raises(ClientelaError, match=message) as caught:
        publish(store_url, record(2), {**everything(), **tables})
    assert caught.value.exit_code == 1
    reader = open_reader(store_url)
    assert reader.runs() == [record(1)]
    reader.close()


def test_a_load_that_fails_late_leaves_the_earlier_run(store_url: str) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    twice = everything()["revenue_by_month"].set_column(0, "month", [[dt.date(2011, 12, 1)] * 2])
    with pytest.raises(Exception, match=r"(?i)unique"):
        publish(store_url, record(2), {**everything(5), "revenue_by_month": twice}, keep_runs=1)
    reader = open_reader(store_url)
    assert reader.lookup(["c000"]).run == record(1)
    assert len(reader.read_list("customers", 1, None, 99).content) == 3
    reader.close()


@pytest.mark.slow
def test_old_customers_go_and_totals_stay(store_url: str) -> None:
    days = [dt.date(2011, 10, 30), dt.date(2011, 10, 31), dt.date(2011, 11, 30)]
    days += [dt.date(2011, 12, day) for day in (1, 2, 3, 4)]
    for number, day in enumerate(days):
        publish(store_url, record(number, as_of=day), everything(2, segment=number), keep_runs=2)
    kept = [number for number in range(7) if _count(store_url, "customers", number)]
    assert kept == [1, 2, 5, 6]
    assert [_count(store_url, "quarantine", number) for number in (0, 1)] == [0, 1]
    assert [_count(store_url, "no_purchases", number) for number in (0, 1)] == [0, 1]
    assert all(_count(store_url, "segments", number) == 1 for number in range(7))


def test_a_file_of_one_kept_run_does_not_grow(sqlite_url: str) -> None:
    path = Path(str(parse(sqlite_url).database))
    sizes = []
    for number in range(4):
        publish(sqlite_url, record(number), {"customers": customers(5_000)}, keep_runs=1)
        sizes.append(path.stat().st_size)
    assert sizes[3] == sizes[1]
    assert os.listdir(path.parent) == [path.name]


def test_a_table_of_one_kept_run_does_not_grow(postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    sizes = []
    for number in range(6):
        publish(postgres_url, record(number), {"customers": customers(5_000)}, keep_runs=1)
        with psycopg.connect(postgres_url) as connection:
            # What a vacuum cuts off the end, and when, is no matter of ours.
            connection.execute("ALTER TABLE customers SET (vacuum_truncate = false)")
            query = "SELECT pg_total_relation_size('customers')"
            sizes.append(connection.execute(query).fetchone()[0])
    assert sizes[5] <= sizes[3] * 1.02


def test_the_log_is_emptied_beside_readers(sqlite_url: str) -> None:
    publish(sqlite_url, record(0), {"customers": customers(10)})
    reader = open_reader(sqlite_url)
    assert reader.current_run() is not None
    publish(sqlite_url, record(1), {"customers": customers(5_000)})
    assert Path(f"{parse(sqlite_url).database}-wal").stat().st_size == 0
    reader.close()


def test_an_id_twice_is_our_fault(store_url: str) -> None:
    rows = pa.concat_tables([customers(2), customers(1)])
    with pytest.raises(Exception, match=r"(?i)unique") as caught:
        publish(store_url, record(1), {"customers": rows})
    assert not isinstance(caught.value, PlatformError)
