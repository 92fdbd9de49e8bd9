"""Past, experiments, actions, tags and reasons of churn: the same people on every database."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.engine.column_file import write_column_file
from clientela.errors import InputError
from clientela.store import experiments
from clientela.store.audience_queries import AudienceDraft, select_sizes
from clientela.store.audiences import create_audience
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.erasures import read_people
from clientela.store.experiments import MEMBERS, Experiment
from clientela.store.filter_file import FilterFile
from clientela.store.filter_rows import batch_customers, batch_rows
from clientela.store.filter_sets import read_set
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    MOST_SETS,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    list_sets,
    list_values,
    read_past,
    write_filter,
)
from clientela.store.list_changes import ListChange, change_customers
from clientela.store.publish import publish
from clientela.store.read import Reader, open_reader
from tests.postgres import new_database
from tests.store.runs import NOON, record
from tests.store.test_filters import ROWS, compare, grow, holds, to_table

AUTUMN = 'Autumn d\'2011 "A"'
REASONS = ("days_since_last", "orders", 'own "plan"')
ACTIONS = ("win-back-1", "win-back-11")
TAGS = ("VIP", 'Atacado "B"')
PAST_COLUMNS = ("segment", "revenue", "insider", "expected_revenue")
MONTH = ("2011-11-09", "30_days", record(1).run_id)
"""Three ways to say the same run."""


def recall(number: int) -> dict[str, Any] | None:
    """Give a customer as a month ago: as another is today, and every seventh was none yet."""
    return None if number % 7 == 0 else ROWS[(number + 11) % len(ROWS)]


def find_arm(number: int) -> str | None:
    return ("treatment", "control", None)[number % 3]


def find_reasons(number: int) -> list[str]:
    """Give what speaks for leaving: nothing, one thing or two."""
    return [name for place, name in enumerate(REASONS) if number % (place + 2) == 0]


def find_actions(number: int) -> list[str]:
    """Give which actions address a customer: none, one or two whose ids begin alike."""
    return [name for place, name in enumerate(ACTIONS) if number % (place + 2) == 0]


def find_tags(number: int) -> list[str]:
    """Give the tags of a customer: none, one or both."""
    return [name for place, name in enumerate(TAGS) if number % (place + 3) == 0]


def write_reasons(number: int) -> str | None:
    if number % 11 == 0:
        return None
    reasons = [{"feature": name, "value": '"feature":"units",'} for name in find_reasons(number)]
    return msgspec.json.encode(reasons).decode()


def build_runs() -> tuple[pa.Table, pa.Table]:
    """Build the customers of a month ago and of today."""
    today = to_table()
    numbers = [number for number in range(len(ROWS)) if recall(number) is not None]
    earlier = today.take([(number + 11) % len(ROWS) for number in numbers])
    earlier = earlier.set_column(
        0, "customer_id", pa.array([str(ROWS[number]["customer_id"]) for number in numbers])
    )
    reasons = pa.array([write_reasons(number) for number in range(len(ROWS))])
    actions = [msgspec.json.encode(find_actions(number)).decode() for number in range(len(ROWS))]
    today = today.append_column("actions", pa.array(actions))
    return earlier, today.append_column("churn_reasons", reasons)


def draw_members() -> pa.Table:
    drawn = [number for number in range(len(ROWS)) if find_arm(number)]
    rows = {
        "customer_id": [str(ROWS[number]["customer_id"]) for number in drawn],
        "arm": [find_arm(number) for number in drawn],
        "starts_on": [dt.date(2011, 12, 10)] * len(drawn),
    }
    filled = {field.name: rows.get(field.name, [None] * len(drawn)) for field in MEMBERS}
    filled["stratum"] = [""] * len(drawn)
    return pa.table(filled, schema=MEMBERS)


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    urls = [f"sqlite:///{tmp_path_factory.mktemp('sets')}/results.db", new_database()]
    earlier, today = build_runs()
    for url in urls:
        publish(url, record(0, as_of=dt.date(2011, 11, 8)), {"customers": to_table()})
        anew = record(1, as_of=dt.date(2011, 11, 9), summary={"anew": True})
        publish(url, anew, {"customers": earlier})
        publish(url, record(2), {"customers": today})
        drawn = Experiment(name=AUTUMN, created_at=NOON, as_of=dt.date(2011, 12, 9), design={})
        experiments.save(url, drawn, draw_members())
        for tag in TAGS:
            ids = [str(row["customer_id"]) for n, row in enumerate(ROWS) if tag in find_tags(n)]
            change_customers(url, ListChange("tag", tag), ids, read_people(url), "ana", NOON)
    return urls


@pytest.fixture(scope="module")
def readers(urls: list[str]) -> Iterator[list[Reader]]:
    opened = [open_reader(url) for url in urls]
    yield opened
    for reader in opened:
        reader.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilterFile]:
    path = tmp_path_factory.mktemp("file") / "filters.duckdb"
    write_column_file(path, batch_customers(build_runs()[1], ["city", "City", 'home "plan"']))
    opened = FilterFile(path)
    yield opened
    opened.close()


def meets(tree: Filter, number: int) -> bool:
    """Judge one customer, by nothing but the words of the documentation."""
    if isinstance(tree, FilterGroup):
        return (all if tree.join == "and" else any)(meets(part, number) for part in tree.of)
    if isinstance(tree, Negation):
        return not meets(tree.of, number)
    past = read_past(tree.column)
    if past is not None:
        return compare(tree, (recall(number) or {}).get(past[1]))
    if tree.column.startswith("experiments."):
        return compare(tree, find_arm(number))
    if tree.column in ("churn_reason", "action", "tag"):
        spoken = find_reasons(number) if write_reasons(number) else []
        if tree.column != "churn_reason":
            spoken = (find_actions if tree.column == "action" else find_tags)(number)
        inside = bool(spoken if tree.value is None else set(list_values(tree)) & {*spoken})
        negated = tree.op == ("=" if tree.value is None else "!=")
        return inside != negated
    return holds(tree, ROWS[number])


def sets() -> st.SearchStrategy[Condition]:
    values = {name: sorted({row[name] for row in ROWS} - {None}) for name in PAST_COLUMNS}
    columns = {f"past.{since}.{name}": values[name] for since in MONTH for name in PAST_COLUMNS}
    columns |= {f"experiments.{AUTUMN}": ["treatment", "control"], "churn_reason": list(REASONS)}
    columns |= {"action": list(ACTIONS), "tag": list(TAGS)}

    def of_column(name: str) -> st.SearchStrategy[Condition]:
        known = st.sampled_from(columns[name])
        among = st.lists(known, min_size=1, max_size=2).map(tuple)
        signs = ["=", "!=", "<", ">="] if "past" in name else ["=", "!="]
        return (
            st.builds(Condition, st.just(name), st.sampled_from(signs), known)
            | st.builds(Condition, st.just(name), st.sampled_from(["=", "!="]), st.none())
            | st.builds(Condition, st.just(name), st.just("in"), among)
        )

    return st.sampled_from(list(columns)).flatmap(of_column)


PLAIN = st.sampled_from([read_filter("segment = 1"), read_filter("attributes.city = 'Recife'")])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=st.recursive(sets() | PLAIN, grow, max_leaves=4))
def test_every_database_and_the_file_leave_the_same_customers(
    readers: list[Reader], file: FilterFile, tree: Filter
) -> None:
    again = read_filter(write_filter(tree))
    wanted = [str(row["customer_id"]) for number, row in enumerate(ROWS) if meets(tree, number)]
    for reader in readers:
        page = reader.filter_page(again, None, None, len(ROWS)).content
        assert [row["customer_id"] for row in page] == wanted
        held = {
            write_filter(condition): file.find_rows(read_set(reader, condition, record(2).run_id))
            for condition in list_sets(tree)
        }
        assert file.list_ids(tree, sets=held).to_pylist() == wanted
        assert file.count(tree, sets=held)["customers"] == len(wanted)


def test_reasons_are_counted_by_all_that_speaks(file: FilterFile) -> None:
    spoken = [find_reasons(number) for number in range(len(ROWS)) if write_reasons(number)]
    rows: list[Any] = file.count_reasons(None)
    counted = {tuple(row["reasons"]): row["customers"] for row in rows}
    assert counted == {names: spoken.count([*names]) for names in map(tuple, spoken) if names}


def test_a_server_makes_the_same_file_of_the_rows(
    readers: list[Reader], file: FilterFile, tmp_path: Path
) -> None:
    for number, reader in enumerate(readers):
        rows = reader.filter_page(None, None, None, len(ROWS)).content
        path = tmp_path / f"{number}.duckdb"
        write_column_file(path, batch_rows([rows], ["city"]))
        made = FilterFile(path)
        assert made.count_reasons(None) == file.count_reasons(None)
        made.close()


def test_ids_are_suggested_by_their_beginning(tmp_path: Path) -> None:
    write_column_file(tmp_path / "file.duckdb", batch_customers(to_table()))
    opened = FilterFile(tmp_path / "file.duckdb", ["c010"])
    assert opened.suggest_ids("c01", 3, ["c012"]) == ["c011", "c013", "c014"]
    assert opened.suggest_ids("c059", 3) == ["c059"]
    assert [opened.suggest_ids(text, 3) for text in ("a", "d", "c1")] == [[], [], []]
    opened.close()


def test_a_filter_looks_back_to_the_run_that_pages_compare_with(readers: list[Reader]) -> None:
    for reader in readers:
        past = list_past(reader)
        assert {find_run_since(past, since) for since in MONTH[:2]} == {record(1).run_id}
        moved = read_filter("past.run.segment = 1 and segment = 2")
        month = read_filter("past.30_days.segment = 1 and segment = 2")
        assert reader.filter_count(moved) == reader.filter_count(month)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("past.year.segment = 1", "no run of that time is kept: year"),
        ("past.2011-06-01.segment = 1", "no run of that time is kept"),
        (f"past.{record(0).run_id}.segment = 1", "no run of that time is kept"),
        ("experiments.Spring = 'control'", "no experiment 'Spring'"),
    ],
)
def test_what_never_was_is_said(
    urls: list[str], readers: list[Reader], text: str, words: str
) -> None:
    for url, reader in zip(urls, readers, strict=True):
        with pytest.raises(InputError, match=words):
            read_set(reader, list_sets(read_filter(text))[0], record(2).run_id)
        with pytest.raises(InputError, match=words):
            create_audience(url, AudienceDraft("Late", text), "ana", NOON)
        with pytest.raises(InputError, match=words):
            reader.filter_page(read_filter(text), None, None, 5, record(2).run_id)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("experiments.Spring = 'both'", "no arm"),
        ("experiments.Spring > 'control'", "no order"),
        ("past.run.bought = 'A1'", "no column"),
        ("past.yesterday.segment = 1", "cannot look back to 'yesterday'"),
        ("past.45_days.segment = 1", "cannot look back to '45_days'"),
        ("past.run.segment = 'x'", "no value of the column past.run.segment"),
        ("churn_reason < 'orders'", "no order"),
        (" or ".join(f"past.run.orders = {each}" for each in range(MOST_SETS + 1)), "more than"),
    ],
)
def test_what_cannot_be_asked_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_filter(text)


def test_an_audience_of_who_moved_follows_each_run(tmp_path: Path) -> None:
    """Last run's movers leave it as the next run's enter."""
    url = f"sqlite:///{tmp_path}/results.db"
    segments = {1: {"a": 1, "b": 1}, 2: {"a": 2, "b": 1}, 3: {"a": 2, "b": 2}}
    moved = AudienceDraft("Moved", "past.run.segment = 1 and segment = 2")
    for number, by_id in segments.items():
        table = {"customer_id": list(by_id), "segment": pa.array(by_id.values(), pa.int64())}
        publish(url, record(number), {"customers": pa.table(table)}, audiences={"moved": moved})
    reader = open_reader(url)
    sizes = [
        (row["customers"], row["entered"], row["left"])
        for row in reader.ask(select_sizes())
        if row["audience_id"] == "moved"
    ]
    assert sizes == [(0, None, None), (1, 1, 0), (1, 1, 1)]
    reader.close()
