import datetime as dt
from contextlib import closing
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from clientela.config import Settings
from clientela.engine import connect
from clientela.features.history import History
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.out_of_time import OutOfTimeTest, SnapshotPair, read_snapshot_pair
from clientela.tables.schema import Tables
from tests.features.rows import at, sale, transactions
from tests.segments.crowd import SETTINGS, fitted, grouped

KMEANS = CandidateSpec("log", "kmeans", "k", 4)
LATER = np.expm1([8.0, 6.0, 0.0, 2.0])


def later(snapshot: pa.Table, revenue: npt.ArrayLike) -> pa.Table:
    if "later_revenue" in snapshot.column_names:
        snapshot = snapshot.drop_columns("later_revenue")
    return snapshot.append_column("later_revenue", pa.array(np.asarray(revenue)))


def past(noise: float = 0.0, shift: float = 0.0) -> SnapshotPair:
    """Let the group alone decide what customers spend later, but for some noise."""
    (earlier, first), (recent, second) = grouped(each=80, seed=3), grouped(each=90, seed=4)
    rng = np.random.default_rng(5)
    told = np.log1p(LATER)[second] + shift + noise * rng.normal(size=len(second))
    return later(earlier, LATER[first]), later(recent, np.expm1(told))


def explained(of: SnapshotPair, recipe: CandidateSpec = KMEANS) -> float | None:
    return OutOfTimeTest(of, SETTINGS).measure_r2(recipe)


def test_segments_that_decide_later_revenue_explain_all_of_it() -> None:
    assert explained(past()) == pytest.approx(1.0, abs=1e-9)


def test_a_season_that_lifts_all_alike_costs_what_the_textbook_says() -> None:
    variance = np.var(np.log1p(LATER))
    assert explained(past(shift=1.0)) == pytest.approx(1 - 1 / variance, abs=1e-6)


def test_fewer_segments_than_groups_explain_less_and_chance_nothing() -> None:
    of = earlier, recent = past(noise=0.5)
    two, four = (explained(of, replace(KMEANS, value=k)) for k in (2, 4))
    assert two is not None
    assert four is not None
    assert two < four < 1
    shuffled = np.random.default_rng(1).permutation(recent["later_revenue"].to_numpy())
    by_chance = explained((earlier, later(recent, shuffled)))
    assert by_chance is not None
    assert by_chance < 0


def test_the_order_of_rows_changes_nothing() -> None:
    earlier, recent = past(noise=0.5)
    turned = np.random.default_rng(2).permutation(recent.num_rows)
    assert explained((earlier, recent.take(turned))) == explained((earlier, recent))


def test_net_returns_later_count_as_nothing() -> None:
    earlier, recent = past()
    spent = recent["later_revenue"].to_numpy().copy()
    spent[spent == 0] = -50.0
    assert explained((earlier, later(recent, spent))) == explained((earlier, recent))


def test_where_nothing_happened_later_there_is_no_foresight() -> None:
    earlier, recent = past()
    assert explained((earlier, later(recent, np.zeros(recent.num_rows)))) is None
    assert explained((earlier.slice(0, 3), recent)) is None


def test_a_fit_with_a_past_states_it_for_every_division_and_without_it_for_none() -> None:
    snapshot, _ = grouped(each=60)
    shortened = fitted(snapshot, past=past(noise=0.5), k_max=5, bootstraps=0).card.scores
    assert shortened["foresight"] > 0.9
    assert all(one["foresight"] > 0 for one in shortened["candidates"])
    assert fitted(snapshot, k_max=5, bootstraps=0).card.scores["foresight"] is None


FIRST, AS_OF = dt.date(2011, 1, 1), dt.date(2011, 12, 31)


@pytest.mark.parametrize(("horizon", "enough"), [(90, True), (121, True), (122, False)])
def test_the_past_is_two_days_whose_horizons_are_over_and_do_not_overlap(
    horizon: int, enough: bool
) -> None:
    with closing(connect(Settings().engine)) as engine:
        rows = [
            sale("10", at("2011-01-01")),
            sale("20", at("2011-12-31")),
            sale("30", at("2011-06-01"), customer_id="b"),
        ]
        held = engine.from_arrow(transactions(rows))
        history = History(engine, lambda group: Tables(held), [("0",)], FIRST, AS_OF)
        pair = read_snapshot_pair(history, horizon, ["revenue", "orders"])
        assert (pair is not None) == enough
        if pair is not None and horizon == 90:
            earlier, recent = pair
            assert recent["customer_id"].to_pylist() == ["a", "b"]
            assert recent["later_revenue"].to_pylist() == [20.0, 0.0]
            assert earlier.num_rows == 2
            assert earlier["later_revenue"].to_pylist() == [0.0, 0.0]
