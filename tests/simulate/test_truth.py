"""What the files hold is what the truth says."""

import pandas as pd
import pytest

from clientela.simulate.customers import COUNTRIES
from tests.simulate.conftest import COLUMNS, DAY, Shop


def planted_as_seen(shop: Shop) -> dict[str, int]:
    """Count each kind of dirt as a reader of the file would."""
    lines = shop.lines
    end = pd.Timestamp(shop.settings.end) + DAY
    countries = set(COUNTRIES) | {"Unspecified"}
    return {
        "unreadable_date": int(lines.when.isna().sum()),
        "future_date": int((lines.when > end).sum()),
        "zero_price": int((lines.UnitPrice == 0).sum()),
        "negative_price": int((lines.UnitPrice < 0).sum()),
        "stray_negative": int(((lines.Quantity < 0) & ~lines.credit).sum()),
        "unspecified_country": int((lines.Country == "Unspecified").sum()),
        "spelling_variant": int((~lines.Country.isin(countries)).sum()),
        "quoted_description": int(lines.Description.str.contains('[,"]').sum()),
        "repeated_line": int(lines.duplicated(COLUMNS).sum()),
        "fee_lines": int((~lines["product"]).sum()),
        "credit_lines": int((lines["product"] & lines.credit).sum()),
    }


def test_every_kind_of_dirt_is_counted(shop: Shop) -> None:
    seen = planted_as_seen(shop)
    told = {name: shop.facts["planted"][name] for name in seen}
    assert seen == told
    assert min(told.values()) > 20


@pytest.mark.parametrize("column", ["sale", "returned", "fees"])
def test_sums_of_sound_lines_are_the_truth_to_the_cent(shop: Shop, column: str) -> None:
    sound = shop.sound
    masks = {
        "sale": sound["product"] & ~sound.credit,
        "returned": sound["product"] & sound.credit,
        "fees": ~sound["product"],
    }
    seen = sound[masks[column]].groupby("CustomerID").amount.sum().round(2)
    told = shop.truth[f"{column}_amount"]
    assert seen.get("", 0.0) == pytest.approx(shop.facts["amounts"][column] - told.sum(), abs=0.005)
    assert seen.reindex(told.index, fill_value=0.0).sub(told).abs().max() < 0.005


def test_orders_are_counted(shop: Shop) -> None:
    sales = shop.sound[shop.sound["product"] & ~shop.sound.credit]
    seen = sales[sales.CustomerID != ""].groupby("CustomerID").InvoiceNo.nunique()
    assert seen.reindex(shop.truth.index).equals(shop.truth.orders.astype(seen.dtype))


def test_first_purchase_is_the_acquisition_and_none_follows_the_dropout(shop: Shop) -> None:
    sales = shop.sound[shop.sound["product"] & ~shop.sound.credit]
    days = sales[sales.CustomerID != ""].groupby("CustomerID").when.agg(["min", "max"])
    first = days["min"].dt.normalize()
    assert (first == pd.to_datetime(shop.truth.acquired_date).reindex(first.index)).all()
    left = pd.to_datetime(shop.truth.dropout_date).dropna()
    assert len(left) > 100
    assert (days["max"].dt.normalize().reindex(left.index) <= left).all()


def test_credits_give_back_something_bought_before(shop: Shop) -> None:
    keys = ["CustomerID", "StockCode", "UnitPrice"]
    goods = shop.sound[shop.sound["product"]]
    bought = goods[~goods.credit].groupby(keys, as_index=False).agg(first=("when", "min"))
    pairs = goods[goods.credit].merge(bought, on=keys, how="left", validate="many_to_one")
    assert (pairs.when > pairs["first"]).all()
    assert (pairs.CustomerID != "").all()
    total = goods.groupby(keys).Quantity.sum()
    assert (total >= 0).all()


def test_some_orders_are_cancelled_whole_within_the_hour(shop: Shop) -> None:
    goods = shop.sound[shop.sound["product"]]
    orders = goods.groupby(["InvoiceNo", "CustomerID", "credit"], as_index=False).agg(
        amount=("amount", "sum"), when=("when", "first")
    )
    credit, sale = orders[orders.credit], orders[~orders.credit]
    pairs = credit.assign(amount=-credit.amount).merge(
        sale, on=["CustomerID"], suffixes=("_back", "")
    )
    delay = pairs.when_back - pairs.when
    whole = pairs[(abs(pairs.amount - pairs.amount_back) < 0.005) & delay.between("0s", "1h")]
    share = len(whole) / len(sale[sale.CustomerID != ""])
    assert share == pytest.approx(shop.settings.cancelled_share, rel=0.5)


def test_lines_without_a_customer_have_their_share(shop: Shop) -> None:
    share = (shop.sound.CustomerID == "").mean()
    assert share == pytest.approx(shop.settings.missing_customer_share, abs=0.02)
