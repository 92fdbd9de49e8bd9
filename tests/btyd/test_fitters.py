"""The Python fitters: CDNOW's published values, frames of every kind, and clear errors."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clientela.btyd.fitters import (
    BetaGeoFitter,
    GammaGammaFitter,
    ModifiedBetaGeoFitter,
    ParetoNBDFitter,
    PurchaseFitter,
)
from clientela.btyd.frame import Frame
from clientela.errors import InputError
from tests.btyd import cdnow

ROWS = {
    "frequency": [2.0, 0.0, 1.0, 5.0, 3.0],
    "recency": [30.43, 0.0, 1.71, 35.0, 21.0],
    "T": [38.86, 38.86, 38.86, 38.0, 30.0],
    "monetary_value": [22.35, 0.0, 11.77, 40.0, 18.0],
}


@pytest.fixture(scope="module")
def frame(data_dir: Path) -> Frame:
    return cdnow.frame(cdnow.read(data_dir), cdnow.KNOWN)


def test_published_parameters_of_cdnow(frame: Frame) -> None:
    """Fader, Hardie & Lee (2005), table 2; MBG/NBD as BTYDplus gives it."""
    published: dict[type[PurchaseFitter[Any]], dict[str, float]] = {
        BetaGeoFitter: {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426},
        ParetoNBDFitter: {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669},
        ModifiedBetaGeoFitter: {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614},
    }
    for fitter, parameters in published.items():
        model = fitter().fit(frame)
        assert model.params_ == pytest.approx(parameters, abs=5e-4)
        assert model.identified_
        assert model.expected_purchases(39).shape == model.probability_alive().shape == (2357,)


def test_published_customer_of_cdnow(frame: Frame) -> None:
    """Customer 1516 of Fader, Hardie & Lee (2005): 1.226 purchases expected in 39 weeks."""
    customer = {"frequency": [2.0], "recency": [30.43], "T": [38.86]}
    model = BetaGeoFitter().fit(frame)
    assert model.expected_purchases(39, customer) == pytest.approx([1.226], abs=5e-4)
    assert model.probability_alive(customer) == pytest.approx([0.7266], abs=5e-4)


def test_published_spend_of_cdnow(frame: Frame) -> None:
    """Fader & Hardie (2013): p 6.25, q 3.74, gamma 15.44."""
    model = GammaGammaFitter().fit(frame)
    assert model.params_ == pytest.approx({"p": 6.25, "q": 3.74, "gamma": 15.44}, abs=5e-3)
    customer = {name: [values[0]] for name, values in ROWS.items()}
    assert model.expected_average_profit(customer) == pytest.approx([24.66], abs=0.01)


def test_every_kind_of_table_is_the_same_frame() -> None:
    tables: list[Any] = [ROWS, pa.table(ROWS), pd.DataFrame(ROWS)]
    alive = [ParetoNBDFitter().fit(table, unit="weeks").probability_alive() for table in tables]
    assert all(np.array_equal(alive[0], other) for other in alive[1:])


def test_the_summary_holds_the_errors_of_the_fit(frame: Frame) -> None:
    model = BetaGeoFitter().fit(frame)
    summary = model.summary().to_pydict()
    assert summary["parameter"] == ["r", "alpha", "a", "b"]
    assert summary["coef"] == list(model.params_.values())
    # lifetimes 0.11 on the same data: standard errors of r and alpha
    assert summary["se_coef"][:2] == pytest.approx([0.0126, 0.378], rel=0.02)
    low, high = summary["lower_95"][0], summary["upper_95"][0]
    assert low < summary["coef"][0] < high
    assert "alpha: 4.414" in repr(model)


def test_lifetime_value_is_spend_times_purchases_where_money_keeps_its_worth(
    frame: Frame,
) -> None:
    purchases, spend = BetaGeoFitter().fit(frame), GammaGammaFitter().fit(frame)
    value = spend.customer_lifetime_value(purchases, 39, yearly_discount_rate=0.0)
    expected = purchases.expected_purchases(39) * spend.expected_average_profit()
    assert value == pytest.approx(expected)
    assert spend.customer_lifetime_value(purchases, 39).sum() < value.sum()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"T": None}, "lacks T"),
        ({"recency": [99.0] * 5}, "contradict"),
        ({"frequency": [np.nan] * 5}, "contradict"),
    ],
)
def test_an_impossible_frame_is_refused(change: dict[str, Any], says: str) -> None:
    rows = {name: values for name, values in (ROWS | change).items() if values is not None}
    with pytest.raises(InputError, match=says):
        BetaGeoFitter().fit(rows)


@pytest.mark.parametrize("fitter", [BetaGeoFitter(), ParetoNBDFitter()])
def test_nothing_is_predicted_before_the_fit(fitter: PurchaseFitter[Any]) -> None:
    with pytest.raises(InputError, match="not fitted yet"):
        fitter.expected_purchases(39)
    assert "not fitted" in repr(fitter)
