"""The past of a large firm's sample is the past of these customers, and of nobody else."""

import datetime as dt
import gc
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc
import pytest

from clientela.config import EngineSettings
from clientela.engine import Engine, connect
from clientela.features import history as histories
from clientela.features.daily_revenue import read_purchase_days
from clientela.features.history import History
from clientela.statistics.sampling import draw_sample
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, given_back, sale, transactions

FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)
PAST = dt.date(2011, 6, 30)
CUSTOMERS = 40


def list_rows() -> list[Row]:
    return [
        row
        for number in range(CUSTOMERS)
        for row in (
            sale(str(number + 1), at(f"2011-0{number % 9 + 1}-15"), customer_id=f"c{number:02}"),
            sale("7", at("2011-11-03"), customer_id=f"c{number:02}"),
            given_back("1", at("2011-11-20"), customer_id=f"c{number:02}"),
        )
    ]


@pytest.fixture
def firm(tmp_path: Path) -> Iterator[History]:
    engine = connect(EngineSettings(), tmp_path)
    yield open_firm(engine)
    engine.close()


def open_firm(engine: Engine) -> History:
    rows = list_rows()
    half = len(rows) // 2
    parts = {"0": rows[:half], "1": rows[half:]}
    held = {name: engine.from_arrow(transactions(part)) for name, part in parts.items()}
    return History(engine, lambda group: Tables(held[group[0]]), [("0",), ("1",)], FIRST, AS_OF)


def test_a_firm_that_fits_is_its_own_sample(firm: History) -> None:
    assert firm.sample is firm
    assert firm.stands_for == 1.0


@pytest.mark.slow
def test_what_is_let_go_is_computed_again(firm: History, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "SAMPLE_CUSTOMERS", 12)
    before, past = firm.snapshot(AS_OF), firm.sample.snapshot(PAST)
    held = weakref.ref(past)
    days = firm.compute_once(read_purchase_days)
    later = firm.sample.later(PAST, 30)
    firm.release()
    del past
    gc.collect()
    assert held() is None
    assert firm.snapshot(AS_OF).equals(before)
    assert firm.sample.later(PAST, 30).equals(later)
    assert firm.compute_once(read_purchase_days) is not days


def test_a_sample_knows_of_its_customers_what_the_firm_knows(
    firm: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "SAMPLE_CUSTOMERS", 12)
    ids = firm.snapshot(AS_OF)["customer_id"]
    chosen = ids.take(draw_sample(ids.to_pylist(), 12, histories.SAMPLE_SEED))
    assert firm.sample.stands_for == CUSTOMERS / 12
    assert firm.sample.snapshot(AS_OF)["customer_id"].to_pylist() == chosen.to_pylist()
    for day in (PAST, AS_OF):
        whole = firm.snapshot(day)
        inside = pc.is_in(whole["customer_id"], chosen.combine_chunks())
        assert firm.sample.snapshot(day).equals(whole.filter(inside))
    later = firm.later(PAST, 180)
    inside = pc.is_in(later["customer_id"], chosen.combine_chunks())
    assert firm.sample.later(PAST, 180).equals(later.filter(inside))


def test_a_sample_holds_nobody_else_also_without_a_disk(
    duckdb: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(histories, "SAMPLE_CUSTOMERS", 4)
    firm = open_firm(duckdb)
    read, groups = firm.sample.source
    lines = [firm.engine.to_arrow(read(group).transactions).num_rows for group in groups]
    assert lines == [4 * 3]


def test_what_is_read_off_a_history_is_read_once(firm: History) -> None:
    calls: list[History] = []

    def count(history: History) -> int:
        calls.append(history)
        return len(calls)

    assert firm.compute_once(count) == firm.compute_once(count) == 1


@pytest.mark.slow
def test_what_memory_does_not_hold_is_computed_again(
    firm: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = [PAST + dt.timedelta(days=30 * number) for number in range(4)]
    expected = {day: firm.snapshot(day, ["orders"]) for day in days}
    monkeypatch.setattr(histories, "HELD_BYTES", 1)
    small = replace(firm)
    assert {day: small.snapshot(day, ["orders"]) for day in (*days, *days)} == expected
    assert len(small._held) == 1
