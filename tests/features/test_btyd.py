"""The BTYD frame against lifetimes 0.11.3: its values recorded, and its algorithm written again."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from clientela.engine import Engine
from clientela.features.btyd import btyd
from clientela.tables.schema import Tables
from tests.features.rows import Row, at, given_back, sale, transactions
from tests.features.strategies import AS_OF, lines

COLUMNS = ["frequency", "recency", "T", "monetary_value"]
PURCHASES = [
    ("a", at("2022-01-03", 9), "10.10"),
    ("a", at("2022-01-03", 17, 30), "5.05"),
    ("a", at("2022-01-10", 8), "20.00"),
    ("a", at("2022-01-10", 23, 59), "0.01"),
    ("a", at("2022-02-28"), "7.77"),
    ("b", at("2022-01-05", 10), "100.0"),
    ("b", at("2022-01-05", 11), "1.0"),
    ("c", at("2022-03-01", 0), "3.33"),
    ("c", at("2022-03-02", 0), "4.44"),
    ("c", at("2022-03-31", 23, 59), "5.55"),
    ("d", at("2022-04-01", 0), "9.99"),
    ("e", at("2022-03-31"), "0.0"),
    ("f", at("2022-01-01", 0), "0.0"),
    ("f", at("2022-01-02", 0), "8.0"),
]


def summary(duckdb: Engine, rows: list[Row], as_of: dt.date) -> pd.DataFrame:
    tables = Tables(duckdb.from_arrow(transactions(rows)))
    table = duckdb.to_arrow(btyd(tables, as_of))
    assert [str(type_) for type_ in table.schema.types] == ["string", *["double"] * 4]
    frame: pd.DataFrame = table.to_pandas()
    return frame.set_index("customer_id").sort_index()


def row(found: pd.DataFrame, customer: str) -> list[Any]:
    return [found.at[customer, column] for column in COLUMNS]


def test_it_is_what_lifetimes_gives(duckdb: Engine) -> None:
    """Recorded from ``summary_data_from_transaction_data(..., freq="D")``."""
    rows = [sale(amount, when, customer_id=customer) for customer, when, amount in PURCHASES]
    expected = {
        "a": [2.0, 56.0, 87.0, 13.89],
        "b": [0.0, 0.0, 85.0, 0.0],
        "c": [2.0, 30.0, 30.0, 4.995],
        "e": [0.0, 0.0, 0.0, 0.0],
        "f": [1.0, 1.0, 89.0, 8.0],
    }
    found = summary(duckdb, rows, dt.date(2022, 3, 31))
    assert found.index.tolist() == list(expected)
    for customer, values in expected.items():
        assert row(found, customer) == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize(
    ("as_of", "sums", "repeat_buyers", "customers"),
    [
        (
            dt.date(1997, 9, 30),
            [2_457, 112_949, 539_779, 33_183.643766870584],
            946,
            {"0001": [2, 213, 272, 22.345], "1000": [4, 171, 235, 16.26]},
        ),
        (
            dt.date(1998, 6, 30),
            [2_457 + 1_882, 307_464, 1_183_240, 40_758.44137790224],
            1_139,
            {"0001": [3, 345, 545, 71.17 / 3], "2357": [0, 0, 462, 0]},
        ),
    ],
    ids=["calibration", "with the holdout"],
)
def test_cdnow_as_published_and_as_lifetimes_sums_it(
    duckdb: Engine,
    data_dir: Path,
    as_of: dt.date,
    sums: list[float],
    repeat_buyers: int,
    customers: dict[str, list[float]],
) -> None:
    """Fader, Hardie & Lee (2005): 2,357 customers, 946 of whom buy again within 39 weeks."""
    rows = _cdnow(data_dir / "cdnow_sample.txt")
    found = summary(duckdb, rows, as_of)
    assert len(found) == 2_357
    assert (found.frequency > 0).sum() == repeat_buyers
    assert found[COLUMNS].sum().tolist() == pytest.approx(sums, rel=1e-12)
    for customer, values in customers.items():
        assert row(found, customer) == pytest.approx(values, rel=1e-12)
    pd.testing.assert_frame_equal(found, _lifetimes(rows, as_of), rtol=1e-12, atol=1e-12)


def _cdnow(path: Path) -> list[Row]:
    purchases = (line.split() for line in path.read_text().splitlines())
    return [
        sale(
            dollars,
            at(f"{day[:4]}-{day[4:6]}-{day[6:]}", 0),
            customer_id=customer,
            order_id=str(number),
        )
        for number, (_, customer, day, _, dollars) in enumerate(purchases)
    ]


@pytest.mark.slow
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines(400, -60))
def test_random_firms_agree_with_the_documented_algorithm(duckdb: Engine, rows: list[Row]) -> None:
    sold = [line for line in rows if line["kind"] == "sale" and line["customer_id"]]
    expected = _lifetimes(sold, AS_OF)
    found = summary(duckdb, rows, AS_OF)
    pd.testing.assert_frame_equal(found, expected, rtol=1e-12, atol=1e-12, check_index_type=False)


def _lifetimes(rows: list[Row], as_of: dt.date) -> pd.DataFrame:
    """Follow lifetimes: sum each day's purchases, set the first day aside, average the rest."""
    known = [row for row in rows if row["ordered_local"].date() <= as_of]
    frame = pd.DataFrame(
        {
            "customer_id": pd.Series([row["customer_id"] for row in known], dtype="str"),
            "day": pd.to_datetime([row["ordered_local"].date() for row in known]),
            "amount": [float(row["amount"]) for row in known],
        }
    )
    days = frame.groupby(["customer_id", "day"], as_index=False)["amount"].sum()
    days.loc[days.groupby("customer_id").head(1).index, "amount"] = float("nan")
    customers = days.groupby("customer_id")
    first, last = customers["day"].min(), customers["day"].max()
    return pd.DataFrame(
        {
            "frequency": customers.size().astype(float) - 1,
            "recency": (last - first).dt.days.astype(float),
            "T": (pd.Timestamp(as_of) - first).dt.days.astype(float),
            "monetary_value": customers["amount"].mean().fillna(0.0).astype(float),
        }
    )


def test_net_money_leaves_out_what_was_returned_by_then(duckdb: Engine) -> None:
    rows = [
        sale("10", at("2022-06-01"), order_id="1"),
        sale("30", at("2022-06-05"), order_id="2"),
        given_back("5", at("2022-06-10"), returns_order_id="2"),
        given_back("7", at("2022-06-20"), returns_order_id="2"),
        given_back("1", at("2022-06-10")),
    ]
    tables = Tables(duckdb.from_arrow(transactions(rows)))
    for day, kept in ((9, 30), (10, 25), (30, 18)):
        found = duckdb.to_arrow(btyd(tables, dt.date(2022, 6, day), amount="net")).to_pylist()
        assert [values["monetary_value"] for values in found] == [float(Decimal(kept))]
