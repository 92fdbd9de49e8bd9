"""Orders that come again with other content."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.config import Settings, Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.pipeline.reading import RunRequest, TablesState, read_sources
from clientela.progress import Progress
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
HEAD = "order_id,customer_id,ordered_at,product_id,quantity,unit_price\n"
DAY = dt.datetime(2024, 1, 1, 10)
Row = tuple[int, str, int, str, int, str]


@pytest.fixture(scope="module")
def engine(duckdb: Engine) -> Engine:
    return duckdb


class Shop:
    """A workspace into which exports are read."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self.workspace = Workspace(folder / "ws")
        self.number = 0

    def write(self, rows: Sequence[Row], head: str = HEAD) -> str:
        self.number += 1
        path = self.folder / f"{self.number}.csv"
        lines = [
            ",".join(map(str, (order, owner, DAY + dt.timedelta(days=day), *rest)))
            for order, owner, day, *rest in rows
        ]
        path.write_text(head + "\n".join(lines) + "\n")
        return str(path)

    def read(self, *paths: str, corrections: Any = None) -> TablesState:
        with Path(paths[0]).open() as file:
            columns = {name: name for name in file.readline().strip().split(",")}
        configured = Settings(source=Source(columns=columns, corrections=corrections))
        with self.workspace.lock(), self.workspace.scratch() as scratch:
            job = ReadJob(self.workspace, self.engine, configured, Progress("test"), scratch, NOW)
            return read_sources(job, RunRequest(sources=paths))

    def lines(self) -> list[tuple[Any, ...]]:
        t = self.workspace.tables(self.engine).transactions
        rows = self.engine.to_arrow(
            t.select("order_id", "customer_id", "product_id", "quantity", "unit_price")
        ).to_pylist()
        return sorted(tuple(map(str, row.values())) for row in rows)

    def net(self) -> Decimal:
        t = self.workspace.tables(self.engine).transactions
        total: Decimal = self.engine.to_arrow(t.aggregate(n=t.amount.sum()))["n"][0].as_py()
        return total


@pytest.fixture
def shop(engine: Engine, tmp_path: Path) -> Shop:
    return Shop(engine, tmp_path)


MONDAY: list[Row] = [(n, f"C{n % 4}", n, "mug", 2, "10.00") for n in range(8)]


def test_a_later_export_replaces_an_order_and_both_are_in_the_account(shop: Shop) -> None:
    shop.read(shop.write(MONDAY))
    changed: Row = (3, "C3", 3, "mug", 1, "10.00")
    tuesday = [row if row[0] != 3 else changed for row in MONDAY] + [(9, "C1", 9, "cup", 1, "5.00")]
    state = shop.read(shop.write(tuesday))
    assert shop.net() == Decimal(8 * 20 - 10 + 5)
    account = {line.place: line for line in state.ledgers[0].lines}
    assert (account["replaced"].rows, account["replaced"].amount) == (1, Decimal(20))
    assert (account["replacing"].orders, account["replacing"].amount) == (1, Decimal(10))
    found = {found.rule: found for found in state.ledgers[0].found}
    assert found["corrected_order"].amount == -10


def test_a_line_that_is_gone_goes(shop: Shop) -> None:
    two: Row = (3, "C3", 3, "cup", 1, "4.00")
    shop.read(shop.write([*MONDAY, two]))
    cup: Row = (9, "C1", 9, "cup", 1, "4.00")
    shop.read(shop.write([*MONDAY, cup]))
    assert shop.net() == Decimal(8 * 20 + 4)


def test_the_earlier_export_read_again_changes_nothing(shop: Shop) -> None:
    first = shop.write(MONDAY)
    shop.read(first)
    tuesday = [(n, owner, day, what, 1, "10.00") for n, owner, day, what, *_ in MONDAY[:2]]
    shop.read(shop.write([*tuesday, *MONDAY[2:], (9, "C1", 9, "mug", 1, "10.00")]))
    before = shop.lines()
    shop.read(first)
    shop.read(shop.write([(row[0], f" {row[1]}", *row[2:]) for row in MONDAY]))
    assert shop.lines() == before


def test_an_order_may_return_to_what_it_was(shop: Shop) -> None:
    other: Row = (3, "C3", 3, "mug", 1, "10.00")
    for day, content in ((10, MONDAY[3]), (11, other), (12, MONDAY[3])):
        rest = [row for row in MONDAY if row[0] != 3]
        shop.read(shop.write([*rest, content, (day, "C1", day, "mug", 1, "10.00")]))
    assert shop.net() == Decimal(8 * 20 + 3 * 10)


def test_returns_apart_and_parts_of_orders_are_no_corrections(shop: Shop) -> None:
    shop.read(shop.write(MONDAY))
    shop.read(
        shop.write([(n, owner, day, what, -1, price) for n, owner, day, what, _, price in MONDAY])
    )
    assert shop.net() == Decimal(8 * 10)
    shop.read(shop.write([(n, owner, day, "book", 1, "3.00") for n, owner, day, *_ in MONDAY]))
    assert shop.net() == Decimal(8 * 13)


def test_order_numbers_of_another_shop_are_no_corrections(shop: Shop) -> None:
    shop.read(shop.write(MONDAY))
    other = [(n, f"D{n}", day + 30, "mug", 3, "10.00") for n, _, day, *_ in MONDAY]
    # One customer of both shops bears the same number in each by chance.
    shop.read(shop.write([(other[0][0], MONDAY[0][1], *other[0][2:]), *other[1:]]))
    assert shop.net() == Decimal(8 * 50)


TOTALS = "order_id,customer_id,ordered_at,amount\n"


def test_what_may_be_a_payment_more_is_asked_with_the_figures(shop: Shop) -> None:
    def totals(amount: str) -> str:
        rows = [(n, f"C{n}", n, amount) for n in range(4)]
        return shop.write(rows, TOTALS)  # type: ignore[arg-type]

    shop.read(totals("20.00"))
    again = totals("15.00")
    with pytest.raises(DecisionNeeded, match=r"4 orders .* 80\.00 would become 60\.00, -20\.00"):
        shop.read(again)
    assert shop.net() == 80
    shop.read(again, corrections="keep_first")
    assert shop.net() == 80
    shop.read(totals("16.00"), corrections="add")
    assert shop.net() == 80 + 64


@pytest.mark.parametrize(("choice", "net"), [("replace", 150), ("keep_first", 160), ("add", 170)])
def test_the_user_decides(shop: Shop, choice: str, net: int) -> None:
    shop.read(shop.write(MONDAY))
    changed: Row = (3, "C3", 3, "mug", 1, "10.00")
    again = shop.write([row for row in MONDAY if row[0] != 3] + [changed])
    with pytest.raises(DecisionNeeded):
        shop.read(again, corrections="ask")
    shop.read(again, corrections=choice)
    assert shop.net() == net


some_orders = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(["mug", "cup"]), st.integers(1, 3)),
    min_size=6,
    max_size=9,
)


@pytest.mark.parametrize("gone", [[], [(99, "C1", 4, "mug", 0, "10.00")]])
def test_the_sound_file_after_one_with_every_line_twice(shop: Shop, gone: list[Row]) -> None:
    orders: list[Row] = [(n, f"C{n % 4}", n, "mug", 2, "10.00") for n in range(12)]
    shop.read(shop.write([*orders, *orders, *gone]))
    assert shop.net() == 480
    sound = shop.write(orders)
    with pytest.raises(DecisionNeeded, match=r"12 orders .*: 240\.00 would become 0\.00"):
        shop.read(sound)
    shop.read(sound, corrections="replace")
    assert shop.net() == 240


@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_orders, st.sets(st.integers(0, 5), max_size=2), st.randoms(use_true_random=False))
def test_files_in_any_order_give_the_same_tables(
    engine: Engine,
    tmp_path_factory: pytest.TempPathFactory,
    orders: list[tuple[int, str, int]],
    corrected: set[int],
    random: Any,
) -> None:
    first: list[Row] = [(n, f"C{o}", n, p, q, "10.00") for n, (o, p, q) in enumerate(orders)]
    second = [(*row[:4], row[4] + 5, row[5]) if row[0] in corrected else row for row in first]
    second.append((99, "C1", 30, "mug", 1, "10.00"))
    random.shuffle(second)
    tables = []
    for runs in ("ba", "a,b", "a,ab"):
        shop = Shop(engine, tmp_path_factory.mktemp("shop"))
        paths = {"a": shop.write(first), "b": shop.write(second)}
        for run in runs.split(","):
            shop.read(*[paths[name] for name in run])
        tables.append(shop.lines())
    assert all(table == tables[0] for table in tables)
    assert len(tables[0]) == len(second)
