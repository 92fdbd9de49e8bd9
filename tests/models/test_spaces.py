import numpy as np
import pyarrow as pa
import pytest

from clientela.errors import ConfigError
from clientela.models.spaces import DEFAULT_FEATURES, LIMIT
from clientela.models.spaces.logarithm import log_standardised
from tests.models.crowd import grouped


def test_axes_are_standardised_and_bounded() -> None:
    snapshot, _ = grouped()
    points = log_standardised(snapshot, DEFAULT_FEATURES).points(snapshot)
    assert points.shape == (snapshot.num_rows, len(DEFAULT_FEATURES))
    assert points.mean(axis=0) == pytest.approx(0, abs=0.1)
    assert np.abs(points).max() <= LIMIT


def test_the_unit_of_the_currency_changes_nothing() -> None:
    snapshot, _ = grouped()
    place = snapshot.column_names.index("revenue")
    cents = snapshot.set_column(place, "revenue", pa.array(snapshot["revenue"].to_numpy() * 100))
    pounds = log_standardised(snapshot, ["revenue"]).points(snapshot)
    assert log_standardised(cents, ["revenue"]).points(cents) == pytest.approx(pounds, abs=1e-9)


def test_net_returns_lie_below_no_revenue_and_no_revenue_below_some() -> None:
    snapshot = pa.table({"revenue": [-50.0, 0.0, 50.0, 200.0, 800.0]})
    points = log_standardised(snapshot, ["revenue"]).points(snapshot)[:, 0]
    assert (np.diff(points) > 0).all()


def test_a_feature_without_values_is_left_out_with_a_note() -> None:
    snapshot = pa.table(
        {"orders": [1, 2, 3], "products": pa.array([None] * 3, pa.int64()), "lines": [4, 4, 4]}
    )
    space = log_standardised(snapshot, ["products", "orders", "lines"])
    assert [transform.feature for transform in space.transforms] == ["orders"]
    assert [(note.code, note.values["feature"]) for note in space.notes] == [
        ("feature_empty", "products"),
        ("feature_constant", "lines"),
    ]


def test_unknown_and_infinite_values_stand_at_the_median() -> None:
    values = [1.0, 2.0, 4.0, None, float("inf")]
    snapshot = pa.table({"gap_days_mean": pa.array(values)})
    space = log_standardised(snapshot, ["gap_days_mean"])
    points = space.points(snapshot)[:, 0]
    assert space.transforms[0].fill == 2.0
    assert points[3] == points[4] == points[1]


@pytest.mark.parametrize("name", ["no_such_feature", "country", "first_order_date"])
def test_a_name_that_is_no_numeric_feature_is_refused(name: str) -> None:
    snapshot = pa.table(
        {"country": ["UK"], "first_order_date": pa.array([0], pa.date32()), "orders": [1]}
    )
    with pytest.raises(ConfigError, match=name):
        log_standardised(snapshot, ["orders", name])
