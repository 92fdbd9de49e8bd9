"""One filter means the same on every database, as text, as a tree, and page by page."""

import datetime as dt
import operator
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from clientela.engine import column_file
from clientela.engine.column_file import copy_column_file, write_column_file
from clientela.errors import InputError, PlatformError
from clientela.store import filter_file
from clientela.store.filter_file import FilterFile
from clientela.store.filter_rows import batch_customers
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    DEEPEST,
    MOST_CONDITIONS,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    check_filter,
    write_filter,
)
from clientela.store.publish import publish
from clientela.store.read import Reader, open_reader
from clientela.store.run_files import write_filter_file
from tests.postgres import new_database
from tests.store.runs import record

DAYS = [None, *(dt.date(2011, 12, day) for day in (1, 2, 9))]
VALUES: dict[str, list[Any]] = {
    "segment": [None, 0, 1, 2],
    "revenue": [None, -1.5, 0.0, 10.25, 3e7],
    "expected_revenue": [None, 1.0, 2.5],
    "outlier": [None, True, False],
    "insider": [None, "member", "d'Avila", "Zoë", "a", "B"],
    "insider_since": DAYS,
}
ATTRIBUTES: dict[str, list[Any]] = {
    "city": [None, "Recife", "d'Avila", "São Paulo"],
    "City": ["Recife", "Olinda"],  # DuckDB takes both names as one
    'home "plan"': [None, 0.5, 1.0, 20.0, -3.25],
}
FIRST_DAYS = [dt.date(2011, 10, 3), dt.date(2011, 12, 31), dt.date(2012, 1, 1), None]
DIGITS = ["1001", "11", "1", None]  # of whom earlier runs knew no months
MONTHS: dict[str, list[Any]] = {
    "ordered_in": ["2011-09", "2011-10", "2011-12", "2012-01", "2012-02"],
    "months_later": [0, 1, 3, 40],
}
COLUMNS = VALUES | {f"attributes.{name}": values for name, values in ATTRIBUTES.items()}
COUNT = 60
ORDERED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def make_rows() -> list[dict[str, Any]]:
    """Give customers whose columns take every value, in different rhythms."""
    return [
        {"customer_id": f"c{number:03d}"}
        | {
            name: kinds[number * (place + 3) % len(kinds)]
            for place, (name, kinds) in enumerate(VALUES.items())
        }
        | {
            f"attributes.{name}": kinds[number * (2 * place + 5) % len(kinds)]
            for place, (name, kinds) in enumerate(ATTRIBUTES.items())
        }
        for number in range(COUNT)
    ]


ROWS = make_rows()


def to_table() -> pa.Table:
    types = {"segment": pa.int64(), "insider_since": pa.date32()}
    columns = {name: [row[name] for row in ROWS] for name in ("customer_id", *VALUES)}
    days = [FIRST_DAYS[number % len(FIRST_DAYS)] for number in range(COUNT)]
    columns |= {"order_months": [DIGITS[number % len(DIGITS)] for number in range(COUNT)]}
    columns |= {"first_order_date": days}
    columns["attributes"] = [
        msgspec.json.encode({name: row[f"attributes.{name}"] for name in ATTRIBUTES}).decode()
        for row in ROWS
    ]
    return pa.table({name: pa.array(values, types.get(name)) for name, values in columns.items()})


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Reader]]:
    urls = [f"sqlite:///{tmp_path_factory.mktemp('filters')}/results.db", new_database()]
    for url in urls:
        publish(url, record(1), {"customers": to_table()})
    opened = [open_reader(url) for url in urls]
    yield opened
    for reader in opened:
        reader.close()


PRODUCTS = ("A1", "d'B", "\u00e7")


def list_bought(row: dict[str, Any]) -> set[str]:
    """Give what a customer bought: the digits of the number choose."""
    number = int(row["customer_id"][1:])
    return {product for place, product in enumerate(PRODUCTS) if number % (place + 2) == 0}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FilterFile]:
    folder = tmp_path_factory.mktemp("file")
    pairs = [(row["customer_id"], product) for row in ROWS for product in list_bought(row)]
    pairs.append(("nobody", "A1"))
    owners, products = zip(*pairs, strict=True)
    pq.write_table(
        pa.table({"customer_id": owners, "product_id": products}), folder / "purchases.parquet"
    )
    opened = FilterFile(write_filter_file(to_table(), folder / "purchases.parquet"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(filter_file, "SECONDS", 60.0)  # the machine may be busy
        yield opened
    opened.close()


def list_months(row: dict[str, Any]) -> tuple[set[str], set[int]]:
    """Give in which months a customer ordered, and how long after the one of the first order."""
    number = int(row["customer_id"][1:])
    first, digits = FIRST_DAYS[number % len(FIRST_DAYS)], DIGITS[number % len(DIGITS)]
    if first is None or digits is None:
        return set(), set()
    ages = {age for age, digit in enumerate(digits) if digit == "1"}
    counts = [first.year * 12 + first.month - 1 + age for age in ages]
    return {f"{count // 12}-{count % 12 + 1:02}" for count in counts}, ages


def holds(tree: Filter, row: dict[str, Any]) -> bool:
    """Judge one row, by nothing but the words of the documentation."""
    if isinstance(tree, FilterGroup):
        return (all if tree.join == "and" else any)(holds(part, row) for part in tree.of)
    if isinstance(tree, Negation):
        return not holds(tree.of, row)
    if tree.column == "bought":
        wanted = tree.value if isinstance(tree.value, tuple) else (tree.value,)
        return list_bought(row).isdisjoint(wanted) == (tree.op == "!=")
    if tree.column in MONTHS:
        wanted = tree.value if isinstance(tree.value, tuple) else (tree.value,)
        months = list_months(row)[list(MONTHS).index(tree.column)]
        return months.isdisjoint(wanted) == (tree.op == "!=")
    return compare(tree, row[tree.column])


def compare(condition: Condition, value: Any) -> bool:
    wanted: Any = condition.value
    if isinstance(value, dt.date):
        value = value.isoformat()
    if isinstance(wanted, tuple):
        return value is not None and value in wanted
    if condition.op in ("=", "!="):
        return bool((value == wanted) == (condition.op == "="))
    if isinstance(value, str):
        value, wanted = value.encode(), str(wanted).encode()
    return value is not None and bool(ORDERED[condition.op](value, wanted))


def conditions() -> st.SearchStrategy[Condition]:
    def of_column(name: str) -> st.SearchStrategy[Condition]:
        values = [
            value.isoformat() if isinstance(value, dt.date) else value for value in COLUMNS[name]
        ]
        present = st.sampled_from([value for value in values if value is not None])
        equal = st.builds(
            Condition, st.just(name), st.sampled_from(["=", "!="]), st.sampled_from(values)
        )
        among = st.builds(
            Condition,
            st.just(name),
            st.just("in"),
            st.lists(present, min_size=1, max_size=3).map(tuple),
        )
        ordered = st.builds(Condition, st.just(name), st.sampled_from(list(ORDERED)), present)
        return equal | among if name == "outlier" else equal | among | ordered

    def of_months(name: str) -> st.SearchStrategy[Condition]:
        one = st.sampled_from(MONTHS[name])
        many = st.lists(one, min_size=1, max_size=3).map(tuple)
        signs = st.sampled_from(["=", "!="])
        return st.builds(Condition, st.just(name), signs, one) | st.builds(
            Condition, st.just(name), st.just("in"), many
        )

    return st.sampled_from([*COLUMNS, *MONTHS]).flatmap(
        lambda name: of_months(name) if name in MONTHS else of_column(name)
    )


def grow(parts: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    many = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(FilterGroup, st.sampled_from(["and", "or"]), many) | st.builds(Negation, parts)


FILTERS: st.SearchStrategy[Filter] = st.recursive(conditions(), grow, max_leaves=5)
MANY = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(tree=FILTERS)
def test_every_database_leaves_the_same_customers(
    readers: list[Reader], file: FilterFile, tree: Filter
) -> None:
    check_filter(tree)
    wanted = [row["customer_id"] for row in ROWS if holds(tree, row)]
    revenue = sum(row["revenue"] or 0 for row in ROWS if holds(tree, row))
    for reader in readers:
        page = reader.filter_page(tree, None, None, COUNT).content
        assert [row["customer_id"] for row in page] == wanted
        count = reader.filter_count(tree).content
        assert (count["customers"], count["revenue"] or 0) == (len(wanted), pytest.approx(revenue))
    assert file.list_ids(tree).to_pylist() == wanted
    count = file.count(tree)
    assert (count["customers"], count["revenue"] or 0) == (len(wanted), pytest.approx(revenue))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("attributes.town = 'Recife'", "no attribute 'town'"),
        ("attributes.city > 3", "no value of the column attributes.city"),
        ('attributes."home ""plan""" = \'x\'', "no value of the column"),
    ],
)
def test_attributes_are_those_of_the_run(file: FilterFile, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        file.count(read_filter(text))
    assert file.attributes == {"city": "text", "City": "text", 'home "plan"': "number"}
    assert file.list_vocabulary()["attributes.City"] == ["Olinda", "Recife"]


def test_an_attribute_of_other_runs_is_nobodys(readers: list[Reader]) -> None:
    for reader in readers:
        for text, people in (("attributes.town = 'x'", 0), ("not attributes.city > 3", COUNT)):
            assert reader.filter_count(read_filter(text)).content["customers"] == people


BUYERS = st.builds(
    Condition, st.just("bought"), st.sampled_from(["=", "!="]), st.sampled_from([*PRODUCTS, "?"])
) | st.builds(Condition, st.just("bought"), st.just("in"), st.just(PRODUCTS[:2]))


@MANY
@given(tree=st.recursive(conditions() | BUYERS, grow, max_leaves=5))
def test_who_bought_what_stands_beside_every_column(file: FilterFile, tree: Filter) -> None:
    check_filter(tree)
    wanted = [row["customer_id"] for row in ROWS if holds(tree, row)]
    assert file.list_ids(tree).to_pylist() == wanted
    assert file.count(tree)["customers"] == len(wanted)


def test_buyers_of_families_are_counted_once_each(file: FilterFile) -> None:
    families = {"both": ["A1", "ç"], "one": ["d'B"], "none": ["?"]}
    counted = {
        str(row["family"]): row["customers"]
        for row in file.count_buyers(read_filter("segment = 1"), families, ["c001"])
    }
    rows = [row for row in ROWS if row["segment"] == 1 and row["customer_id"] != "c001"]
    wanted = {
        name: sum(not list_bought(row).isdisjoint(products) for row in rows)
        for name, products in families.items()
    }
    assert counted == {name: buyers for name, buyers in wanted.items() if buyers}
    assert file.count_buyers(None, {}) == []


def test_the_results_database_says_that_it_knows_no_products(readers: list[Reader]) -> None:
    for reader in readers:
        with pytest.raises(InputError, match="latest run alone"):
            reader.filter_count(read_filter("bought = 'A1'"))


def test_no_list_names_who_is_unlisted_or_waits(file: FilterFile, tmp_path: Path) -> None:
    write_column_file(tmp_path / "file.duckdb", batch_customers(to_table()))
    alone = FilterFile(tmp_path / "file.duckdb", ["c001", "c004", "gone"])
    assert alone.list_ids(None, limit=3, waiting=["c002"]).to_pylist() == ["c000", "c003", "c005"]
    assert alone.count(None, ["c002"])["customers"] == COUNT - 3
    with pytest.raises(InputError, match="do not know what was bought"):
        alone.count(read_filter("bought = 'A1'"))
    alone.close()


def test_an_erased_customer_leaves_the_file_and_no_other(tmp_path: Path) -> None:
    pairs = pa.table({"customer_id": ["c001", "c002"], "product_id": ["A1", "A1"]})
    pq.write_table(pairs, tmp_path / "purchases.parquet")
    before = write_filter_file(to_table(), tmp_path / "purchases.parquet")
    copy_column_file(before, tmp_path / "after.duckdb", ["c001"])
    after = FilterFile(tmp_path / "after.duckdb")
    assert after.list_ids(read_filter("bought = 'A1'")).to_pylist() == ["c002"]
    assert after.count(None)["customers"] == COUNT - 1
    tree = read_filter("ordered_in = '2012-01'")
    wanted = [row["customer_id"] for row in ROWS if holds(tree, row)]
    assert "c001" in wanted
    assert after.list_ids(tree).to_pylist() == [name for name in wanted if name != "c001"]
    after.close()
    assert b"c001" in before.read_bytes()
    assert b"c001" not in (tmp_path / "after.duckdb").read_bytes()


def test_hundredths_of_a_large_segment_are_of_some_of_its_customers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filter_file, "MOST_RANKED", 1_000)
    rng = np.random.default_rng(1)
    rows = {
        "customer_id": [f"c{number:06d}" for number in range(20_000)],
        "segment": np.arange(20_000) // 19_500,
        "orders": rng.integers(1, 1_000, 20_000),
    }
    path = tmp_path / "file.duckdb"
    write_column_file(path, batch_customers(pa.table(rows), []))
    opened = FilterFile(path)
    (large, hundredths), (small, _) = (
        opened.list_quantiles(segment, ["orders"], [0.25, 0.75])["orders"] for segment in (0, 1)
    )
    opened.close()
    assert (900 <= large <= 1_000, small) == (True, 500)
    assert hundredths == pytest.approx([250, 750], abs=50)


def test_purchases_in_several_folders_are_read_together(tmp_path: Path) -> None:
    for number, customer in enumerate(("c001", "c002")):
        part = tmp_path / "purchases" / str(number) / "part-0.parquet"
        part.parent.mkdir(parents=True)
        pq.write_table(pa.table({"customer_id": [customer], "product_id": ["A1"]}), part)
    opened = FilterFile(write_filter_file(to_table(), tmp_path / "purchases"))
    assert opened.list_ids(read_filter("bought = 'A1'")).to_pylist() == ["c001", "c002"]
    opened.close()


@pytest.mark.slow
def test_many_purchases_are_written_in_little_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tenth of the memory, for a tenth of what a million customers buy."""
    monkeypatch.setitem(column_file.LIMITS, "memory_limit", "28MB")
    customers = pa.table({"customer_id": [f"{number:08d}" for number in range(200_000)]})
    pairs = pa.table(
        {
            "customer_id": customers["customer_id"].take(np.repeat(np.arange(200_000), 20)),
            "product_id": pa.array(20_000 + np.arange(4_000_000) * 7 % 4_001).cast("string"),
        }
    )
    pq.write_table(pairs, tmp_path / "purchases.parquet")
    path = tmp_path / "filters.duckdb"
    write_column_file(path, customers.to_batches(100_000), tmp_path / "purchases.parquet")
    with duckdb.connect(str(path), read_only=True) as connection:
        statement = "SELECT count(*), count(DISTINCT row) FROM purchases"
        assert connection.execute(statement).fetchone() == (4_000_000, 200_000)


def test_a_question_has_its_time(file: FilterFile, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_file, "SECONDS", 0.05)
    slow = select(func.count().label("n")).select_from(
        func.range(10**6).alias("a"), func.range(10**6).alias("b")
    )
    with pytest.raises(PlatformError, match="more than this server gives"):
        file._ask(slow)


def test_who_waits_for_the_processor_is_not_interrupted() -> None:
    interrupted: list[bool] = []
    with column_file._interrupt_after(0.02, lambda: interrupted.append(True)):
        time.sleep(0.06)  # another process has it
    assert not interrupted
    with column_file._interrupt_after(0.02, lambda: interrupted.append(True)):
        while not interrupted:
            pass


@MANY
@given(tree=FILTERS)
def test_text_and_json_say_the_same(tree: Filter) -> None:
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Filter) == tree
    again = read_filter(write_filter(tree))
    assert all(holds(again, row) == holds(tree, row) for row in ROWS)


@pytest.mark.parametrize("sort", [sign + name for name in VALUES for sign in ("", "-")])
def test_pages_walk_every_order_once(readers: list[Reader], file: FilterFile, sort: str) -> None:
    name, descending = sort.removeprefix("-"), sort.startswith("-")

    def encode(row: dict[str, Any]) -> Any:
        return row[name].encode() if isinstance(row[name], str) else row[name]

    present = [row for row in ROWS if row[name] is not None]
    levels = sorted({encode(row) for row in present}, reverse=descending)
    wanted = [row for level in levels for row in present if encode(row) == level]
    wanted += [row for row in ROWS if row[name] is None]
    for reader in readers:
        after, walked = None, []
        while page := reader.filter_page(None, sort, after, 7, record(1).run_id).content:
            walked += [row["customer_id"] for row in page]
            after = str(walked[-1])
        assert walked == [row["customer_id"] for row in wanted]
    after, walked = None, []
    while page := file.list_ids(None, sort, after=after, limit=7).to_pylist():
        walked += page
        after = page[-1]
    assert walked == [row["customer_id"] for row in wanted]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "cannot be read"),
        ("orders >", "cannot be read"),
        ("segment = 2; drop table customers", "from here on: '; drop table"),
        ("segment = (select 1)", "cannot be read"),
        ("ordes > 3", "try orders"),
        ("run_id = 'x'", "no column"),
        ("churn_reasons_en = 'x'", "no column"),
        ("orders > 'a'", "no value of the column orders"),
        ("orders = true", "no value of the column orders"),
        ("orders > 1e999", "no value of the column orders"),
        ("insider = 'a\0b'", "no value of the column insider"),
        ("insider_since > 2011-02-31", "no value of the column insider_since"),
        ("outlier > true", "no order"),
        ("orders < null", "no order"),
        ("bought > 'A1'", "no order"),
        ("bought = null", "a product is needed"),
        ("ordered_in = '2011-13'", "no month"),
        ("ordered_in in ('2011-12', '2012-1')", "'2012-1' is no month"),
        ("ordered_in > '2011-11'", "no order"),
        ("ordered_in = null", "a month is needed"),
        ("months_later = -1", "no number of months"),
        ("months_later = 1.5", "no number of months"),
        ("order_months = '1'", "no column"),
        ("past.run.ordered_in = '2011-11'", "no column"),
        ("attributes.city = true", "no value of the column attributes.city"),
        ("attributes.city in ('a', 1)", "no value of the column attributes.city"),
        ("attributes. = 1", "cannot be read"),
        ("attributes = 1", "no column"),
        ("orders in (1, null)", "no value"),
        ("(" * 60 + "orders = 1" + ")" * 60, "nests"),
        ("not " * (DEEPEST + 1) + "orders = 1", "nests"),
        ("orders = 1 or " * MOST_CONDITIONS + "orders = 2", "the most"),
        ("orders = 1 or " * 1000 + "orders = 2", "longer than"),
    ],
)
def test_what_is_no_filter_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_filter(text)


def test_an_unknown_order_is_refused(readers: list[Reader]) -> None:
    with pytest.raises(InputError, match="try revenue"):
        readers[0].filter_page(None, "-revenu", None, 1)
    for name in ("bought", "attributes.city"):
        with pytest.raises(InputError, match="cannot be sorted"):
            readers[0].filter_page(None, name, None, 1)


def test_a_suppressed_customer_is_in_no_list(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    contacts = pa.table({"customer_id": ["c001"], "suppressed": [True]})
    publish(url, record(1), {"customers": to_table(), "contacts": contacts})
    reader = open_reader(url)
    ids = [row["customer_id"] for row in reader.filter_page(None, None, None, 3).content]
    assert ids == ["c000", "c002", "c003"]
    assert reader.filter_count(None).content["customers"] == COUNT - 1
    reader.close()
