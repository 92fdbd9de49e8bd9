"""Leaving without saying so, on customers whose gaps are known."""

import datetime as dt

import numpy as np
import pytest

from clientela.churn.fit import noncontractual
from clientela.churn.fit.noncontractual import choose_horizon, label_active, learn_noncontractual
from clientela.config.churn import Churn
from clientela.engine import Engine
from clientela.features.history import History
from clientela.features.purchase_gaps import count_silences
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, sale, transactions

FIRST, AS_OF = dt.date(2010, 1, 1), dt.date(2011, 12, 31)


def history(engine: Engine, rows: list[Row], as_of: dt.date = AS_OF) -> History:
    held = engine.from_arrow(transactions(rows))
    return History(engine, lambda group: Tables(held), [("0",)], FIRST, as_of)


def buyer(name: str, days: list[int]) -> list[Row]:
    moments = [at(str(FIRST + dt.timedelta(days=int(day)))) for day in days]
    return [sale("10", moment, customer_id=name, order_id=f"{name} {moment}") for moment in moments]


def regulars(gap: int, customers: int = 6) -> list[Row]:
    """Make customers who come every ``gap`` days till the end."""
    return [
        row
        for place in range(customers)
        for row in buyer(f"r{place}", list(range(place, 720, gap)))
    ]


def test_silences_are_counted_as_by_hand(duckdb: Engine) -> None:
    rows = buyer("back", [0, 50, 700]) + buyer("away", [100]) + buyer("left", [600])
    (found,) = count_silences(history(duckdb, rows), [90])
    assert (found.returns, found.longer_returns, found.silent) == (2, 1, 3)
    assert (found.asked, found.left) == (1, 1)


def test_what_comes_later_changes_no_count(duckdb: Engine) -> None:
    rows = regulars(40)
    early = FIRST + dt.timedelta(days=400)
    known = [row for row in rows if row["ordered_local"].date() <= early]
    all_of_it = count_silences(history(duckdb, rows, early), [30, 60])
    assert count_silences(history(duckdb, known, early), [30, 60]) == all_of_it


@pytest.mark.parametrize(("gap", "days"), [(20, 30), (50, 60), (100, 120)])
def test_the_horizon_follows_the_gaps(duckdb: Engine, gap: int, days: int) -> None:
    chosen, horizons, _ = choose_horizon(history(duckdb, regulars(gap)), Churn())
    assert chosen == days
    assert [row["horizon_days"] for row in horizons.to_pylist() if row["chosen"]] == [days]


def test_what_is_configured_goes_before_the_gaps(duckdb: Engine) -> None:
    days, _, note = choose_horizon(history(duckdb, regulars(20)), Churn(horizon_days=45))
    assert days == 45
    assert note.to_pylist()[0]["text_en"].endswith("still ended in a purchase.")


@pytest.mark.parametrize(("given", "active"), [(None, 90), (70, 70)])
def test_who_counts_as_active_is_configured_or_twice_the_horizon(
    duckdb: Engine, monkeypatch: pytest.MonkeyPatch, given: int | None, active: int
) -> None:
    def ask(*asked: object) -> None:
        raise LookupError(asked[3])

    monkeypatch.setattr(noncontractual, "label_active", ask)
    settings = Churn(horizon_days=45, active_days=given)
    with pytest.raises(LookupError, match=f"^{active}$"):
        learn_noncontractual(history(duckdb, regulars(20)), settings)


def test_labels_are_what_happened_to_whom_is_asked_about(duckdb: Engine) -> None:
    rows = buyer("stays", [0, 300, 380]) + buyer("leaves", [300]) + buyer("gone", [0])
    past = history(duckdb, rows)
    found = label_active(past, FIRST + dt.timedelta(days=350), 60, 120)
    assert found.table.column("customer_id").to_pylist() == ["leaves", "stays"]
    assert found.left.tolist() == [True, False]
    assert found.worth == pytest.approx([10.0, 20.0 * 60 / 350])
    with pytest.raises(ValueError, match="lies after"):
        label_active(past, AS_OF - dt.timedelta(days=59), 60, 120)


def test_one_month_of_history_is_told_in_a_sentence(duckdb: Engine) -> None:
    short = history(duckdb, regulars(7), FIRST + dt.timedelta(days=30))
    found = learn_noncontractual(short, Churn(resamples=100))
    assert found.model is None
    assert found.facts["reason"] == "no_past"
    assert found.tables["churn_horizons"].num_rows == 1
    assert (
        found.tables["model_notes"].to_pylist()[0]["text_pt_br"].startswith("O histórico é curto")
    )


QUICK = Churn(models=("logistic",), trials=0, resamples=100, max_dates=6, horizon_days=60)


def firm(customers: int = 160) -> list[Row]:
    rng = np.random.default_rng(3)
    rows: list[Row] = []
    for place in range(customers):
        start, end = rng.integers(0, 500), rng.choice([300, 720, 720])
        days = start + np.cumsum(rng.exponential(10.0 + 50.0 * (place % 3), 60)).astype(int)
        rows += buyer(f"c{place:03d}", sorted({int(start), *days[days < end].tolist()}))
    return rows


@pytest.mark.slow
def test_what_comes_later_changes_nothing_learnt(duckdb: Engine) -> None:
    rows, early = firm(), FIRST + dt.timedelta(days=600)
    known = [row for row in rows if row["ordered_local"].date() <= early]
    assert len(known) < len(rows)
    made = [
        learn_noncontractual(history(duckdb, each, early), QUICK) for each in (known, rows[::-1])
    ]
    first, second = (one.model.artifact() for one in made if one.model is not None)
    assert (first.payload, first.card) == (second.payload, second.card)
    assert all(first.arrays[name].tobytes() == second.arrays[name].tobytes() for name in first[2])
    assert made[0].facts == made[1].facts
    assert all(made[0].tables[name].equals(made[1].tables[name]) for name in made[0].tables)


@pytest.mark.slow
def test_of_a_large_firm_each_past_date_is_a_sample(
    duckdb: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(noncontractual, "MOST_CUSTOMERS", 70)
    found = learn_noncontractual(history(duckdb, firm()), QUICK)
    assert found.fitter is not None
    assert {one.customers for one in found.fitter.comparison.past} == {70}


@pytest.mark.slow
def test_a_firm_is_learnt_whole(duckdb: Engine) -> None:
    past = history(duckdb, firm())
    found = learn_noncontractual(past, QUICK)
    assert found.model is not None
    assert found.model.gone_after_days == found.facts["active_days"] == 120
    assert 0.5 < found.model.gone_share < 1.0
    notes = found.tables["model_notes"].to_pylist()
    assert [note["code"] for note in notes][:2] == ["opening", "horizon"]
    assert [note["position"] for note in notes] == list(range(1, len(notes) + 1))
    scores = found.model.score(past.snapshot(AS_OF))
    assert set(scores.column("churn_band").to_pylist()) <= {"low", "medium", "high", "gone"}
