from contextlib import closing

import pyarrow as pa
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.dialects import sqlite

from clientela.errors import InputError, StoreError
from clientela.store.connect import open_store
from clientela.store.publish import publish
from clientela.store.queries import every, page_name
from clientela.store.read import open_reader
from tests.store.runs import customers, everything, record, segments


def test_nothing_published_is_told(store_url: str) -> None:
    with pytest.raises(StoreError, match=r"no results database yet.*clientela run"):
        open_reader(store_url)


def test_a_database_without_a_run_has_keys_and_nothing_else(store_url: str) -> None:
    open_store(store_url, migrate=True).dispose()
    reader = open_reader(store_url)
    assert reader.current_run() is None
    assert not reader.has_callers()
    for ask in (
        lambda: reader.lookup(["1"]),
        lambda: reader.lookup(["1", "2"]),
        lambda: reader.customer("1"),
        lambda: reader.table("segments"),
        lambda: reader.read_list("customers", None, None, 1),
    ):
        with pytest.raises(StoreError, match="nothing is published yet"):
            ask()
    reader.close()


@pytest.mark.parametrize("ids", [["c002", "x", "c000", "c002"], ["c001"], ["x"], [], ["x", "y"]])
def test_lookup_answers_in_the_order_asked(store_url: str, ids: list[str]) -> None:
    publish(store_url, record(1), everything(3, segment=4))
    reader = open_reader(store_url)
    reading = reader.lookup(ids)
    assert reading.run == record(1)
    known = [each if each.startswith("c") else None for each in ids]
    assert [found and found.customer_id for found in reading.content] == known
    for found in filter(None, reading.content):
        assert found[1:] == (4, 0.5, "champions", 5, 4, 3, None)
    reader.close()


def test_a_customer_without_a_segment_is_known(store_url: str) -> None:
    rows = customers(1).drop_columns(["segment", "segment_confidence"])
    publish(store_url, record(1), {"customers": rows})
    reader = open_reader(store_url)
    found = reader.lookup(["c000"]).content[0]
    assert found is not None
    assert found.segment is None
    reader.close()


def test_pages_walk_a_segment_once(store_url: str) -> None:
    mixed = customers(10).set_column(1, "segment", [[0, 1] * 5])
    publish(store_url, record(1), {"customers": mixed, "segments": segments(0, 1)})
    reader = open_reader(store_url)
    for segment, expected in ((None, range(10)), (0, range(1, 10, 2)), (1, range(0, 10, 2))):
        seen: list[str] = []
        after = None
        while page := reader.read_list("customers", segment, after, 3).content:
            seen += [str(row["customer_id"]) for row in page]
            after = seen[-1]
        assert seen == [f"c{number:03d}" for number in expected]
    assert reader.read_list("customers", 7, None, 3).content == []
    reader.close()


def test_later_pages_stay_with_the_run_of_the_first(store_url: str) -> None:
    publish(store_url, record(1), everything(4, segment=1))
    reader = open_reader(store_url)
    first = reader.read_list("customers", None, None, 2)
    publish(store_url, record(2), everything(4, segment=2))
    second = reader.read_list("customers", None, "c001", 2, first.run.run_id)
    assert second.run == record(1)
    assert [row["segment"] for row in second.content] == [1, 1]
    assert reader.read_list("customers", None, "c003", 2, first.run.run_id).content == []
    publish(store_url, record(3), everything(4, segment=3), keep_runs=1)
    for run in (first.run.run_id, "never"):
        with pytest.raises(InputError, match="no longer kept"):
            reader.read_list("customers", None, "c001", 2, run)
    reader.close()


def test_a_published_run_is_seen_without_reopening(store_url: str) -> None:
    publish(store_url, record(1), everything(2, segment=1))
    reader = open_reader(store_url)
    assert reader.lookup(["c000"]).content[0]
    publish(store_url, record(2), everything(2, segment=2))
    assert reader.current_run() == record(2)
    found = reader.lookup(["c000"])
    assert found.run == record(2)
    assert found.content[0] is not None
    assert found.content[0].segment == 2
    assert [row["segment"] for row in reader.table("segments").content] == [2]
    assert [run.run_id for run in reader.runs(1)] == [record(2).run_id]
    reader.close()


def test_ids_known_by_returns_alone_are_told(store_url: str) -> None:
    publish(store_url, record(1), everything(2))
    with closing(open_reader(store_url)) as reader:
        assert reader.no_purchases(["c000", "r1", "x", "a\0b", "\ud800"]) == {"r1"}
        assert reader.no_purchases([]) == set()


def test_segments_of_an_earlier_run_stay_readable(store_url: str) -> None:
    publish(store_url, record(1), everything(2, segment=1))
    publish(store_url, record(2), everything(2, segment=2), keep_runs=1)
    with closing(open_reader(store_url)) as reader:
        reading = reader.table("segments", record(1).run_id)
        assert reading.run == record(1)
        assert [row["segment"] for row in reading.content] == [1]


def test_lookups_of_all_customers_come_in_batches(store_url: str) -> None:
    publish(store_url, record(1), everything(5, segment=1))
    with closing(open_reader(store_url)) as reader:
        run_id = record(1).run_id
        first = reader.read_segments(run_id, "", 3)
        rest = reader.read_segments(run_id, first[-1].customer_id, 3)
        ids = [f"c00{number}" for number in range(5)]
        assert [each.customer_id for each in first + rest] == ids
        assert first + rest == reader.lookup(ids).content
        assert reader.read_segments(run_id, "c004", 3) == []


def test_many_customers_come_whole_in_the_order_asked(store_url: str) -> None:
    publish(store_url, record(1), {"customers": customers(3)})
    with closing(open_reader(store_url)) as reader:
        found = reader.customers(["c002", "nobody", "c000", "c002"])
        assert found.run == reader.current_run()
        told = [row and row["customer_id"] for row in found.content]
        assert told == ["c002", None, "c000", "c002"]
        assert found.content[2] == reader.customer("c000").content
        assert reader.customers(["nobody"]).content == [None]


def test_who_is_at_risk_is_read_by_an_index_and_not_sorted(store_url: str) -> None:
    """A page costs what its rows cost: of a million customers the sort alone took half a second."""
    rows, ranks = customers(5), [3, None, 1, 2, None]
    ids = rows["customer_id"].to_pylist()
    rows = rows.append_column("contact_rank", pa.array(ranks))
    publish(store_url, record(1), {"customers": rows})
    engine = open_store(store_url, migrate=False)
    page = every(engine.dialect.name)[page_name("at-risk", after=False)]
    asked = {"run_id": record(1).run_id, "limit": 9}
    with engine.connect() as connection:
        listed = [row.customer_id for row in connection.execute(page, asked)]
        assert listed == [ids[2], ids[3], ids[0]]
        names = {index["name"] for index in inspect(connection).get_indexes("customers")}
        assert "ix_customers_run_id_contact_rank" in names
        if engine.dialect.name == "sqlite":
            sql = page.compile(dialect=sqlite.dialect(paramstyle="named"))
            steps = connection.execute(text(f"explain query plan {sql}"), asked)
            plan = " ".join(str(step[3]) for step in steps)
            assert "ix_customers_run_id_contact_rank" in plan
            assert "TEMP B-TREE" not in plan
    engine.dispose()
