"""What the simulator planted, the whole job finds; what it meant, the features tell."""

import datetime as dt
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from clientela.config import read_settings
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import run
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


@pytest.fixture(scope="module")
def results(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cleaned")
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    run(RunRequest(sources=(str(shop.made.transactions),)), read_settings(QUICK), folder, None, now)
    return folder / "results.db"


def read(results: Path, query: str) -> pd.DataFrame:
    with sqlite3.connect(results) as connection:
        return pd.read_sql(query, connection)


def test_rules_find_what_was_planted(results: Path, shop: Shop) -> None:
    quality = read(results, 'SELECT rule, "rows" FROM current_quality').set_index("rule")["rows"]
    planted = shop.facts["planted"]
    assert {name: quality[name] for name in FOUND_BY_RULES} == {
        name: planted[name] for name in FOUND_BY_RULES
    }
    assert quality["fee_line"] == planted["fee_lines"]


def test_returns_find_their_purchases(results: Path, shop: Shop) -> None:
    """A credit note names no purchase, so a few claim the same one and the later goes without."""
    unmatched = read(results, "SELECT * FROM current_quality WHERE rule = 'unmatched_return'")
    assert unmatched["rows"].item() <= 0.005 * shop.facts["planted"]["credit_lines"]


@pytest.mark.parametrize(
    ("feature", "truth"),
    [
        ("gross_revenue", lambda t: t.sale_amount + t.duplicated_amount),
        ("returned_amount", lambda t: -t.returned_amount),
        ("fees_amount", lambda t: t.fees_amount),
        ("orders", lambda t: t.orders),
    ],
)
def test_features_are_the_truth(feature: str, truth: object, results: Path, shop: Shop) -> None:
    assert callable(truth)
    told = read(results, "SELECT * FROM current_customers").set_index("customer_id")[feature]
    assert len(told) == len(shop.truth)
    assert told.sub(truth(shop.truth)).abs().max() < 0.005


def test_first_orders_are_the_acquisitions(results: Path, shop: Shop) -> None:
    told = read(results, "SELECT * FROM current_customers").set_index("customer_id")
    assert (told.first_order_date == shop.truth.acquired_date.astype(str)).all()
