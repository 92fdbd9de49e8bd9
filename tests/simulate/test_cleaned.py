"""What the simulator planted, the tables find; what it meant, the features tell."""

import datetime as dt
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pytest

from clientela.config import read_settings
from clientela.pipeline.publishing import build_quality
from tests.reading import read_in, snapshot
from tests.shop import QUICK
from tests.simulate.conftest import Shop

FOUND_BY_RULES = (
    "unreadable_date",
    "future_date",
    "zero_price",
    "negative_price",
    "stray_negative",
    "unspecified_country",
    "spelling_variant",
    "repeated_line",
)


class Results(NamedTuple):
    """What a run publishes of its tables and of the customers in them."""

    quality: "pd.Series[int]"
    customers: pd.DataFrame


@pytest.fixture(scope="module")
def results(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder: Path = tmp_path_factory.mktemp("cleaned")
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    state = read_in(folder, shop.made.transactions, now=now, settings=read_settings(QUICK))
    quality = build_quality(state.manifest, state.ledgers, state.totals_then).to_pandas()
    customers = snapshot(folder, state.as_of).to_pandas().set_index("customer_id")
    return Results(quality.set_index("rule")["rows"], customers)


def test_rules_find_what_was_planted(results: Results, shop: Shop) -> None:
    planted = shop.facts["planted"]
    assert {name: results.quality[name] for name in FOUND_BY_RULES} == {
        name: planted[name] for name in FOUND_BY_RULES
    }
    assert results.quality["fee_line"] == planted["fee_lines"]


def test_returns_find_their_purchases(results: Results, shop: Shop) -> None:
    """A credit note names no purchase, so a few claim the same one and the later goes without."""
    unmatched = results.quality["unmatched_return"]
    assert unmatched <= 0.005 * shop.facts["planted"]["credit_lines"]


@pytest.mark.parametrize(
    ("feature", "truth"),
    [
        ("gross_revenue", lambda t: t.sale_amount + t.duplicated_amount),
        ("returned_amount", lambda t: -t.returned_amount),
        ("fees_amount", lambda t: t.fees_amount),
        ("orders", lambda t: t.orders),
    ],
)
def test_features_are_the_truth(feature: str, truth: object, results: Results, shop: Shop) -> None:
    assert callable(truth)
    told = results.customers[feature]
    assert len(told) == len(shop.truth)
    assert told.sub(truth(shop.truth)).abs().max() < 0.005


def test_first_orders_are_the_acquisitions(results: Results, shop: Shop) -> None:
    told = results.customers.first_order_date.astype(str)
    assert (told == shop.truth.acquired_date.astype(str)).all()
