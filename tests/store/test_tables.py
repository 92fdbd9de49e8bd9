"""Every table of a run comes back as it was published, and large ones go with old runs."""

import datetime as dt
from contextlib import closing
from typing import Any

import pyarrow as pa
from sqlalchemy import Table, select

from clientela.store import schema
from clientela.store.connect import open_store
from clientela.store.publish import publish
from clientela.store.queries import LISTED
from clientela.store.read import open_reader
from tests.store.runs import customers, record
from tests.store.samples import expected, sample

MOVES = schema.segment_migrations


def _samples() -> dict[str, pa.Table]:
    found = {table.name: sample(table) for table in schema.OF_A_RUN}
    runs = pa.array([record(1).run_id] * 3)
    place = found[MOVES.name].column_names.index("previous_run_id")
    moves = found[MOVES.name].set_column(place, "previous_run_id", runs)
    return found | {MOVES.name: moves}


def _stored(url: str, table: Table) -> list[dict[str, Any]]:
    engine = open_store(url, migrate=False)
    with engine.connect() as connection:
        rows = connection.execute(select(table)).mappings().all()
    engine.dispose()
    return [dict(row) for row in rows]


def test_every_short_table_is_read_as_it_was_published(store_url: str) -> None:
    publish(store_url, record(1), _samples())
    with closing(open_reader(store_url)) as reader:
        for table in LISTED:
            if table is MOVES:
                continue
            reading = reader.table(table.name)
            assert reading.run == record(1)
            by_first = sorted(reading.content, key=lambda row: str(list(row.values())))
            wanted = sorted(expected(table), key=lambda row: str(list(row.values())))
            assert by_first == wanted, table.name


def test_tables_left_out_are_empty(store_url: str) -> None:
    publish(store_url, record(1), {"customers": customers(1)})
    with closing(open_reader(store_url)) as reader:
        assert all(reader.table(table.name).content == [] for table in LISTED)
        assert reader.answers("en").content == []
        assert reader.read_list("members", None, None, 9).content == []
        assert reader.member_counts().content == {}


def test_customers_tell_their_place_in_the_programme(store_url: str) -> None:
    rows = customers(2)
    rows = rows.append_column("outlier", [[True, False]])
    rows = rows.append_column("insider", [["leaving", None]])
    rows = rows.append_column("insider_since", pa.array([dt.date(2011, 3, 1), None]))
    publish(store_url, record(1), {"customers": rows})
    with closing(open_reader(store_url)) as reader:
        found = reader.lookup(["c001", "c000"]).content
        assert [each and each.insider for each in found] == ["leaving", None]
        one = reader.lookup(["c001"]).content[0]
        assert one is not None
        assert one.insider == "leaving"
        row = reader.customer("c001").content
        assert row is not None
        assert (row["outlier"], row["insider_since"]) == (True, dt.date(2011, 3, 1))
        assert [each.insider for each in reader.read_segments(record(1).run_id, "", 9)] == [
            None,
            "leaving",
        ]


def test_answers_come_by_language_in_order(store_url: str) -> None:
    rows = pa.table(
        {
            "lang": ["pt_BR", "en", "en"],
            "position": [1, 2, 1],
            "key": ["who", "how", "who"],
            "content": ['{"title": "Quem são"}', '{"title": "How"}', '{"title": "Who"}'],
        }
    )
    publish(store_url, record(1), {"answers": rows})
    with closing(open_reader(store_url)) as reader:
        found = reader.answers("en").content
        assert [(row["key"], row["content"]) for row in found] == [
            ("who", {"title": "Who"}),
            ("how", {"title": "How"}),
        ]
        assert [row["content"] for row in reader.answers("pt_BR").content] == [
            {"title": "Quem são"}
        ]


def _members(count: int) -> pa.Table:
    statuses = [("member", "leaving", "candidate")[number % 3] for number in range(count)]
    return pa.table(
        {
            "customer_id": [f"c{number:03d}" for number in reversed(range(count))],
            "status": list(reversed(statuses)),
            "missing": ['{"revenue_365d": 120.5}'] * count,
        }
    )


def test_pages_of_members_walk_each_status_once(store_url: str) -> None:
    publish(store_url, record(1), {"customers": customers(1), "programme_members": _members(10)})
    wanted = {"member": (0, 3, 6, 9), "leaving": (1, 4, 7), "candidate": (2, 5, 8)}
    everybody: list[tuple[str | None, tuple[int, ...]]] = [*wanted.items()]
    everybody.append((None, (0, 1, 3, 4, 6, 7, 9)))
    with closing(open_reader(store_url)) as reader:
        assert reader.member_counts().content == {each: len(who) for each, who in wanted.items()}
        for status, numbers in everybody:
            seen: list[object] = []
            after = None
            while page := reader.read_list("members", status, after, 2, record(1).run_id).content:
                seen += [row["customer_id"] for row in page]
                after = str(seen[-1])
            assert seen == [f"c{number:03d}" for number in numbers]
        assert reader.read_list("members", None, None, 1).content[0]["missing"] == {
            "revenue_365d": 120.5
        }


def test_lists_map_and_answers_go_with_the_customers(store_url: str) -> None:
    kept = {table.name for table in schema.OF_A_RUN}
    kept -= {"customers", "no_purchases", "quarantine"}
    kept -= {"programme_members", "customer_map", "answers", "contacts", "profiles", "run_files"}
    for number in (1, 2):
        publish(store_url, record(number), _samples(), keep_runs=1)
    for table in schema.OF_A_RUN:
        runs = {row["run_id"] for row in _stored(store_url, table)}
        assert (record(1).run_id in runs) == (table.name in kept), table.name
        assert record(2).run_id in runs
