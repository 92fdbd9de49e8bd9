"""The process is the literature's: its parameters are recovered from the files."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.special import gammaln
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score
from sklearn.preprocessing import StandardScaler

from clientela.simulate import (
    RETAIL_GROUPS,
    BetaGeometricDropout,
    ExponentialDropout,
    RetailSettings,
    simulate_retail,
)
from clientela.simulate.season import build_clock, intensity, to_calendar, to_operational
from tests.simulate.conftest import Shop, read

ONE_GROUP = replace(
    RETAIL_GROUPS[1], r=0.8, alpha_days=30.0, lines_per_order=2.0, p=6.0, q=4.0, gamma=150.0
)
PLAIN = RetailSettings(
    customers=6_000,
    season=0.0,
    start=dt.date(2021, 1, 1),
    end=dt.date(2022, 12, 31),
    missing_customer_share=0.0,
    return_share=0.0,
    cancelled_share=0.0,
    dirty_share=0.0,
    duplicate_share=0.0,
    fee_share=0.0,
)


def one_group(folder: Path, dropout: BetaGeometricDropout | ExponentialDropout) -> Shop:
    settings = replace(PLAIN, groups=(replace(ONE_GROUP, dropout=dropout),))
    return read(simulate_retail(folder, settings), settings)


@pytest.fixture(scope="module")
def bg_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return one_group(tmp_path_factory.mktemp("bg"), BetaGeometricDropout(1.2, 4.0))


@pytest.fixture(scope="module")
def pareto_shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return one_group(tmp_path_factory.mktemp("pareto"), ExponentialDropout(1.5, 300.0))


def summary(shop: Shop) -> pd.DataFrame:
    """Frequency, recency and T in days, as BTYD models take them."""
    day = shop.lines.when.dt.normalize()
    days = day.groupby(shop.lines.CustomerID).agg(["min", "max"])
    frequency = day.groupby(shop.lines.CustomerID).nunique() - 1
    end = pd.Timestamp(shop.settings.end)
    return pd.DataFrame(
        {
            "x": frequency,
            "t_x": (days["max"] - days["min"]).dt.days,
            "T": (end - days["min"]).dt.days,
        }
    )


def bg_nbd_negative_log_likelihood(log_parameters: np.ndarray, data: pd.DataFrame) -> float:
    """Fader, Hardie & Lee (2005), equation 6, mean over customers."""
    r, alpha, a, b = np.exp(log_parameters)
    x, t_x, age = data.x.to_numpy(), data.t_x.to_numpy(), data["T"].to_numpy()
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    common += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    alive = -(r + x) * np.log(alpha + age)
    gone = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
    total = np.where(x > 0, np.logaddexp(alive, gone), alive) + common
    return float(-total.mean())


def test_bg_nbd_recovers_its_parameters(bg_shop: Shop) -> None:
    data = summary(bg_shop)
    fit = minimize(bg_nbd_negative_log_likelihood, np.zeros(4), args=(data,), method="L-BFGS-B")
    r, alpha, a, b = np.exp(fit.x)
    assert r == pytest.approx(0.8, rel=0.15)
    assert alpha == pytest.approx(30.0, rel=0.2)
    assert a / (a + b) == pytest.approx(1.2 / 5.2, rel=0.15)


def test_exponential_dropout_survives_as_lomax(pareto_shop: Shop) -> None:
    truth = pareto_shop.truth
    end = pd.Timestamp(pareto_shop.settings.end)
    age = (end - pd.to_datetime(truth.acquired_date)).dt.days + 0.5
    expected_alive = ((300.0 / (300.0 + age)) ** 1.5).mean()
    assert truth.dropout_date.isna().mean() == pytest.approx(expected_alive, abs=0.02)


def test_rates_are_gamma_and_purchases_poisson(pareto_shop: Shop) -> None:
    truth = pareto_shop.truth
    assert truth.purchase_rate_per_day.mean() == pytest.approx(0.8 / 30.0, rel=0.05)
    assert truth.purchase_rate_per_day.var() == pytest.approx(0.8 / 30.0**2, rel=0.15)
    end = pd.Timestamp(pareto_shop.settings.end) + pd.Timedelta(days=1)
    last = pd.to_datetime(truth.dropout_date).fillna(end)
    life = (last - pd.to_datetime(truth.acquired_date)).dt.days
    expected = truth.purchase_rate_per_day * life
    noise = np.sqrt(expected.sum())
    assert abs((truth.orders - 1).sum() - expected.sum()) < 5 * noise


def test_order_values_are_gamma_gamma(pareto_shop: Shop) -> None:
    truth = pareto_shop.truth
    assert truth.spend_level.mean() == pytest.approx(6.0 * 150.0 / 3.0, rel=0.05)
    seen = truth.sale_amount.sum() / (truth.spend_level * truth.orders).sum()
    assert seen == pytest.approx(1.0, rel=0.02)
    busy = truth[truth.orders >= 20]
    ratio = busy.sale_amount / busy.orders / busy.spend_level
    assert ratio.std() == pytest.approx((1 / np.sqrt(6.0 * busy.orders)).mean(), rel=0.25)


@pytest.mark.slow
def test_groups_are_found_by_clustering(shop: Shop) -> None:
    last = shop.sound.groupby("CustomerID").when.max().reindex(shop.truth.index)
    days = (pd.Timestamp(shop.settings.end) - last).dt.days.clip(lower=0)
    value = shop.truth.sale_amount / shop.truth.orders
    lines = shop.sound.groupby("CustomerID").size().reindex(shop.truth.index) / shop.truth.orders
    space = np.log1p(np.column_stack([shop.truth.orders, value, days, lines]))
    labels = KMeans(5, n_init=10, random_state=0).fit_predict(StandardScaler().fit_transform(space))
    shuffled = np.random.default_rng(0).permutation(labels)
    assert adjusted_rand_score(shop.truth.group, labels) > 0.33
    assert abs(adjusted_rand_score(shop.truth.group, shuffled)) < 0.02


def test_groups_differ_in_every_trait(shop: Shop) -> None:
    means = shop.truth.groupby("group")[["orders", "spend_level", "purchase_rate_per_day"]].mean()
    assert (means.loc["wholesale"] > 2.5 * means.loc["occasional"]).all()
    assert (means.loc["regular"] > 1.5 * means.loc["occasional"]).all()
    gone = shop.truth.dropout_date.notna().groupby(shop.truth.group).mean()
    assert gone["one_off"] > 0.75 > 0.25 > gone["wholesale"]


def test_christmas_is_the_peak_and_saturdays_are_quiet(shop: Shop) -> None:
    orders = shop.sound[~shop.sound.credit].drop_duplicates("InvoiceNo").when
    by_month = orders.dt.to_period("M").value_counts()
    assert by_month["2011-11"] > 1.7 * by_month["2011-06"]
    by_weekday = orders.dt.day_of_week.value_counts()
    assert by_weekday[5] < 0.3 * by_weekday[3]


def test_gift_customers_buy_before_christmas(shop: Shop) -> None:
    sales = shop.sound[~shop.sound.credit].drop_duplicates("InvoiceNo")
    group = sales.CustomerID.map(shop.truth.group)
    late = sales.when.dt.month.isin([10, 11, 12]).groupby(group).mean()
    assert late["gift"] > late["regular"] + 0.3


def test_time_bends_and_comes_back() -> None:
    clock = build_clock(dt.date(2011, 1, 1), 365, 1.0)
    days = np.linspace(2, 350, 100)
    back = to_calendar(to_operational(days, clock), clock)
    assert np.allclose(back, days)
    assert intensity(dt.date(2011, 1, 1), 365, 4.0).mean() == pytest.approx(1.0, abs=0.02)


def test_popularity_has_a_long_tail(shop: Shop) -> None:
    counts = shop.sound[shop.sound["product"]].StockCode.value_counts()
    assert counts.head(len(counts) // 5).sum() > 0.45 * counts.sum()
    assert len(counts) > 0.9 * shop.settings.products


@pytest.mark.slow
def test_bundles_are_bought_together_as_often_as_told(shop: Shop) -> None:
    goods = shop.sound[shop.sound["product"] & ~shop.sound.credit]
    baskets = {code: set(invoices) for code, invoices in goods.groupby("StockCode").InvoiceNo}
    told, seen, apart = [], [], []
    for bundle in shop.facts["bundles"]:
        head, companion = baskets[bundle["product"]], baskets[bundle["companion"]]
        told.append(bundle["probability"] * len(head))
        seen.append(len(head & companion))
        apart.append(len(head) * len(companion) / goods.InvoiceNo.nunique())
    assert len(told) > 100
    assert sum(told) * 0.85 < sum(seen) < sum(told) * 1.3
    assert sum(seen) > 5 * sum(apart)
