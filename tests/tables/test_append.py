"""Appending: every row in one place, the same rows once, the order of sources without effect."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clientela.config import Decision
from clientela.contract.tables import TRANSACTIONS
from clientela.engine import Engine
from clientela.errors import InputError, WorkspaceDamaged
from clientela.tables import compact
from clientela.tables.append import Appending, append_lines
from clientela.tables.clean import clean_lines
from clientela.tables.ledger import Ledger
from clientela.tables.manifest import Manifest
from clientela.tables.rules import TRANSACTION_RULES, Context, decisions
from clientela.tables.workspace import Workspace
from tests.tables.lines import NOON, line, typed

CONTEXT = Context(
    now_local=dt.datetime(2021, 1, 1), cancel_prefix="C", currency="GBP", adjusts_stock=True
)
Rows = Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def engine(duckdb: Engine) -> Engine:
    return duckdb


class Shop:
    """A workspace to which lists of lines are appended."""

    def __init__(self, engine: Engine, folder: Path, **configured: Decision) -> None:
        self.engine = engine
        self.workspace = Workspace(folder)
        self.workspace.tables_folder.mkdir(parents=True)
        self.decisions = decisions(configured)
        self.manifest = Manifest()

    def append(self, *rows: dict[str, Any]) -> Ledger:
        number = self.manifest.read
        scratch = self.workspace.folder / f"scratch-{number}"
        scratch.mkdir()
        job = self.job(scratch, f"{number:06d}")
        lines = clean_lines(
            self.engine.from_arrow(typed(*rows)), TRANSACTION_RULES, self.decisions, CONTEXT, {}
        )
        manifest, ledger = append_lines(job, lines, f"{number}.csv", len(rows))
        self.manifest = Manifest(read=number + 1, files=manifest.files)
        self.workspace.commit(self.manifest)
        return ledger

    def job(self, scratch: Path, tag: str) -> Appending:
        return Appending(
            workspace=self.workspace,
            engine=self.engine,
            scratch=scratch,
            manifest=self.manifest,
            decisions=self.decisions,
            now=CONTEXT.now_local.replace(tzinfo=dt.UTC),
            now_local=CONTEXT.now_local,
            tag=tag,
        )

    def held(self) -> list[tuple[Any, ...]]:
        t = self.workspace.tables(self.engine).transactions
        rows = self.engine.to_arrow(t.select("line_key", "line_no", "returns_order_id"))
        return sorted(tuple(row.values()) for row in rows.to_pylist())

    def places(self, ledger: Ledger) -> dict[str, int]:
        return {line.place + line.rule: line.rows for line in ledger.lines}


@pytest.mark.slow
def test_every_line_has_one_place_and_the_money_adds_up(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    ledger = shop.append(
        line(),
        line(),
        line(order_id="C1", quantity=Decimal(-2), ordered_local=NOON + dt.timedelta(1)),
        line(customer_id="2", unit_price=Decimal(0)),
        line(customer_id=None),
    )
    assert shop.places(ledger) == {"read": 5, "sale": 3, "return": 1, "quarantinezero_price": 1}
    assert ledger.total("read").customers == 2
    assert {x.place: x.customers for x in ledger.lines if x.customers} == {
        "read": 2,
        "sale": 1,
        "quarantine": 1,
    }
    assert ledger.total("read").amount == Decimal(12)


@pytest.mark.slow
def test_the_same_lines_again_change_nothing(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    rows = [line(), line(), line(order_id="A2"), line(unit_price=Decimal(0))]
    shop.append(*rows)
    before = shop.held()
    assert shop.places(shop.append(*rows)) == {"read": 4, "already_held": 4}
    assert shop.held() == before


@pytest.mark.slow
def test_a_third_equal_line_is_new(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    shop.append(line(), line())
    assert shop.places(shop.append(line(), line(), line())) == {
        "read": 3,
        "already_held": 2,
        "sale": 1,
    }


@pytest.mark.slow
def test_repeats_can_be_refused(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path, repeated_line="quarantine")
    assert shop.places(shop.append(line(), line())) == {
        "read": 2,
        "sale": 1,
        "quarantinerepeated_line": 1,
    }


def test_a_rule_set_to_refuse_stops_and_names_the_first_row(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path, zero_price="refuse")
    with pytest.raises(InputError, match=r"1 rows .* 'zero_price'.*record 2"):
        shop.append(line(), line(unit_price=Decimal(0)))


@pytest.mark.slow
def test_a_purchase_that_comes_after_its_return_is_linked(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    shop.append(line(order_id="C1", quantity=Decimal(-2), ordered_local=NOON + dt.timedelta(1)))
    assert [link for *_, link in shop.held()] == [None]
    shop.append(line())
    assert sorted(link or "" for *_, link in shop.held()) == ["", "A1"]


@pytest.mark.slow
def test_returns_held_are_written_again_only_where_a_link_changes(
    engine: Engine, tmp_path: Path
) -> None:
    shop = Shop(engine, tmp_path)
    back = line(order_id="C1", quantity=Decimal(-2), ordered_local=NOON + dt.timedelta(1))
    shop.append(line(), back)
    before = [file.path for file in shop.manifest.files if file.kind == "return"]
    later = NOON + dt.timedelta(2)
    shop.append(*(line(order_id=order, ordered_local=later) for order in ("A2", "A4")))
    other = {"customer_id": "2", "ordered_local": NOON + dt.timedelta(2), "line_key": "k2"}
    shop.append(line(order_id="A3", **other), back | other | {"order_id": "C2"})
    after = [file.path for file in shop.manifest.files if file.kind == "return"]
    assert set(before) < set(after)
    first = {"order_id": "A0", "ordered_local": NOON - dt.timedelta(1), "customer_id": "2"}
    shop.append(line(**first), line(**first | {"product_id": "q"}))
    held = shop.held()
    assert len(held) == len({row[:2] for row in held}) == 8


def test_what_a_dead_run_left_is_swept(engine: Engine, tmp_path: Path) -> None:
    shop = Shop(engine, tmp_path)
    shop.append(line())
    stray = shop.workspace.tables_folder / "transactions" / "kind=sale" / "000009-stray.parquet"
    stray.write_bytes(b"half")
    shop.workspace.recovery.sweep()
    assert stray.exists()  # nobody knows who wrote it, so it is not ours to remove
    stray.unlink()
    shop.workspace.begin()
    stray.write_bytes(b"half")
    shop.workspace.begin()
    assert not stray.exists()
    assert len(shop.held()) == 1


@pytest.mark.slow
def test_many_small_files_become_one(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compact, "MOST_FILES", 2)
    shop = Shop(engine, tmp_path)
    for order in ("A1", "A2", "A3"):
        shop.append(line(order_id=order))
    before = shop.held()
    scratch = tmp_path / "compact"
    scratch.mkdir()
    shop.manifest = compact.compact_files(shop.job(scratch, "9"), shop.manifest)
    shop.workspace.commit(shop.manifest)
    assert [file.rows for file in shop.manifest.of("transactions")] == [3]
    assert shop.held() == before


some_line = st.builds(
    lambda customer, units, price, day, order: line(
        customer_id=customer,
        quantity=Decimal(units),
        unit_price=Decimal(price),
        ordered_local=NOON + dt.timedelta(days=day),
        order_id=order,
    ),
    st.sampled_from(["1", "2", "3", None]),
    st.sampled_from([-2, -1, 0, 1, 2]),
    st.integers(-1, 2),
    st.integers(0, 3),
    st.sampled_from(["A", "B", "C1"]),
)
some_lines = st.lists(some_line, min_size=1, max_size=12)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(some_lines, some_lines, st.integers(0, 12))
def test_two_sources_in_either_order_give_the_same_tables(
    engine: Engine, tmp_path_factory: pytest.TempPathFactory, first: Rows, second: Rows, shared: int
) -> None:
    """Orders that both bring are the same in both; others are another matter, a correction."""
    orders = {row["order_id"] for row in first[:shared]}
    repeated = [row for row in first if row["order_id"] in orders]
    second = [*repeated, *(row | {"order_id": f"2{row['order_id']}"} for row in second)]
    tables = []
    for pair in ((first, second), (second, first)):
        shop = Shop(engine, tmp_path_factory.mktemp("shop"))
        for rows in pair:
            shop.append(*rows)
        tables.append(shop.held() if shop.manifest.of("transactions") else [])
        keys = [row[:2] for row in tables[-1]]
        assert len(keys) == len(set(keys)), "a line is held twice"
    assert tables[0] == tables[1]


def test_tables_of_an_earlier_build_are_named(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "lines.parquet"
    names = [column.name for column in TRANSACTIONS if column.name != "cost"]
    pq.write_table(pa.table({name: ["x"] for name in names}), path)
    monkeypatch.setattr(Workspace, "paths", lambda *_: [path])
    with pytest.raises(WorkspaceDamaged, match="earlier build, without cost") as caught:
        Workspace(tmp_path).tables(engine)
    assert (caught.value.exit_code, "--replace" in caught.value.do) == (3, True)


@pytest.mark.slow
def test_lines_beyond_what_memory_holds_are_placed_alike(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        line(customer_id=str(number % 5), order_id=f"A{number}", unit_price=Decimal(number % 4))
        for number in range(30)
    ]
    rows += [line(order_id="C1", quantity=Decimal(-2), ordered_local=NOON + dt.timedelta(1))]
    rows += [line(customer_id=None), *rows[:4]]
    whole, parts = Shop(engine, tmp_path / "whole"), Shop(engine, tmp_path / "parts")
    account = whole.append(*rows)
    monkeypatch.setattr(engine, "rows_at_once", 2)  # so that each bucket is divided, too
    assert parts.places(parts.append(*rows)) == whole.places(account)
    assert parts.held() == whole.held()
    assert {file.bucket for file in parts.manifest.files} <= set("0123456789abcdef")
    assert parts.places(parts.append(*rows)) == {"read": len(rows), "already_held": len(rows)}
