"""The frame keeps its unit, refuses what cannot be, and knows its distinct rows."""

import numpy as np
import pyarrow as pa
import pytest

from clientela.btyd.frame import Frame, Span
from clientela.btyd.nbd import Nbd


def frame_of(x: list[float], t_x: list[float], T: list[float]) -> Frame:
    return Frame(np.array(x), np.array(t_x), np.array(T), np.zeros(len(x)), "days")


def test_weeks_and_days_are_never_mixed() -> None:
    frame = frame_of([2.0], [14.0], [70.0])
    weekly = Nbd(0.5, 10.0, unit="weeks")
    with pytest.raises(ValueError, match="weeks, and the frame in days"):
        weekly.expected_purchases(frame, Span.weeks(39))
    converted = weekly.expected_purchases(frame.to("weeks"), Span.days(273))
    assert converted == weekly.expected_purchases(frame.to("weeks"), Span.weeks(39))


@pytest.mark.parametrize(
    ("x", "t_x", "T"),
    [(-1.0, 0.0, 9.0), (1.0, 10.0, 9.0), (0.0, 3.0, 9.0), (1.0, np.nan, 9.0), (1.0, 1.0, np.inf)],
)
def test_contradictions_are_refused(x: float, t_x: float, T: float) -> None:
    with pytest.raises(ValueError, match="contradict"):
        frame_of([x], [t_x], [T])


@pytest.mark.parametrize("length", [-1.0, np.nan, np.inf])
def test_a_span_has_a_length(length: float) -> None:
    with pytest.raises(ValueError, match="no length"):
        Span.days(length)


def test_distinct_rows_stand_for_all() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(0, 3, 500).astype(float)
    frame = frame_of(list(x), list(np.minimum(x, 1) * 5), list(rng.integers(5, 9, 500)))
    rows, counts, back = frame.distinct()
    assert counts.sum() == 500
    assert len(rows) == 12
    for name in ("frequency", "recency", "T"):
        again = getattr(rows, name)[back]
        assert (again == getattr(frame, name)).all()


def test_a_snapshot_and_the_btyd_table_give_the_same_frame() -> None:
    snapshot = pa.table(
        {"purchase_days": [1, 4], "tenure_days": [30, 90], "days_since_last": [30, 10]}
    )
    btyd = {"frequency": [0.0, 3.0], "recency": [0.0, 80.0], "T": [30.0, 90.0]}
    one, other = (
        Frame.of_snapshot(snapshot),
        Frame.of_btyd(pa.table(btyd | {"monetary_value": [0.0, 7.0]})),
    )
    for name in btyd:
        assert (getattr(one, name) == getattr(other, name)).all()
    assert (
        Frame.of_btyd(pa.table(btyd | {"monetary_value": [0.0, 7.0]}), "weeks").T
        == [30 / 7, 90 / 7]
    ).all()


def test_one_row_is_distinct_as_it_stands() -> None:
    one = np.ones(1)
    row = Frame(one, one * 3.0, one * 9.0, one, "days")
    alone, twice = row.distinct(), row.take(np.array([0, 0])).distinct()
    assert alone[0] is row
    assert (alone[1].tolist(), twice[1].tolist()) == ([1.0], [2.0])
    assert alone[2].tolist() == [0]
    assert alone[2].dtype == twice[2].dtype
