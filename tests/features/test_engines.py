"""One test body over both engines: the same values and types, whatever the session's zone."""

import datetime as dt
import os
import random
import time
from collections.abc import Iterator
from decimal import Decimal

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.engine.spark import SparkEngine
from clientela.features.btyd import btyd
from clientela.features.build import SCHEMA, build
from clientela.tables.schema import Tables
from tests.features import oracle
from tests.features.rows import Row, customers, given_back, sale, transactions
from tests.features.strategies import AS_OF

NAMES = ("x", "y", "Z", "é", None)
MIDNIGHT = dt.datetime.combine(AS_OF, dt.time())


def _firm(seed: int) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - test data
    return [row for number in range(60) for row in _order(rng, number)]


def _order(rng: random.Random, number: int) -> list[Row]:
    when = MIDNIGHT - dt.timedelta(days=rng.randint(-20, 400), minutes=-rng.randint(0, 1439))
    common: Row = {
        "customer_id": rng.choice([*"abcdefgh", None]),
        "order_id": str(number),
        **{name: rng.choice(NAMES) for name in ("country", "channel", "service", "category")},
    }
    sold = [
        sale(_money(rng), when, **common | {"product_id": rng.choice(["p", "q", "r", None])})
        for _ in range(rng.randint(1, 4))
    ]
    if rng.random() < 0.3:
        amount = sum(row["amount"] for row in sold) if rng.random() < 0.5 else _money(rng)
        links = {"returns_order_id": rng.choice([str(number), None])}
        back = when + dt.timedelta(days=rng.randint(0, 90))
        sold.append(given_back(amount, back, **common | links | {"order_id": f"C{number}"}))
    if rng.random() < 0.2:
        sold.append(sale(_money(rng), when, **common | {"kind": "fee"}))
    return sold


def _money(rng: random.Random) -> Decimal:
    return Decimal(rng.randint(0, 100_000)) / 100


ROWS = _firm(7)
PEOPLE: list[Row] = [
    {"customer_id": "a", "birth_date": dt.date(1980, 2, 29), "signup_date": dt.date(2021, 1, 1)},
    {"customer_id": "b", "age": 40, "gender": "F", "region": "é"},
    {"customer_id": "c", "age": 50, "known_from": dt.date(2022, 7, 1)},
]


def features(engine: Engine) -> pa.Table:
    tables = Tables(
        engine.from_arrow(transactions(ROWS)),
        engine.from_arrow(customers(PEOPLE)),
    )
    return build(engine, lambda group: tables, AS_OF, [["0"]])


@pytest.fixture(scope="module")
def found(engine: Engine) -> pa.Table:
    return features(engine)


def test_types_are_the_catalogue(found: pa.Table) -> None:
    assert found.schema.equals(SCHEMA)


def test_values_are_the_oracles(found: pa.Table) -> None:
    lines, people = transactions(ROWS).to_pandas(), customers(PEOPLE).to_pandas()
    expected = oracle.snapshot(lines, people, AS_OF)
    assert found["customer_id"].to_pylist() == sorted(expected)
    for row in found.to_pylist():
        values = expected[row.pop("customer_id")]
        assert row == {name: _near(values[name]) for name in row}


def _near(value: object) -> object:
    return pytest.approx(value, rel=1e-9) if isinstance(value, float) else value


@pytest.fixture
def elsewhere(engine: Engine) -> Iterator[None]:
    """A process and a session in a zone far from UTC."""
    zone, kept = "Pacific/Auckland", os.environ.get("TZ")
    os.environ["TZ"] = zone
    time.tzset()
    if isinstance(engine, SparkEngine):
        engine.session.conf.set("spark.sql.session.timeZone", zone)
    yield
    os.environ.pop("TZ") if kept is None else os.environ.update(TZ=kept)
    time.tzset()
    if isinstance(engine, SparkEngine):
        engine.session.conf.set("spark.sql.session.timeZone", "UTC")


@pytest.mark.usefixtures("elsewhere")
def test_the_session_zone_changes_nothing(engine: Engine, found: pa.Table) -> None:
    assert features(engine).equals(found)


def test_the_btyd_frame_is_the_same(engine: Engine, duckdb: Engine) -> None:
    frames = []
    for each in (engine, duckdb):
        tables = Tables(each.from_arrow(transactions(ROWS)))
        frames.append(each.to_arrow(btyd(tables, AS_OF, amount="net")).sort_by("customer_id"))
    assert frames[0].schema.equals(frames[1].schema)
    for one, other in zip(frames[0].to_pylist(), frames[1].to_pylist(), strict=True):
        assert one == {name: _near(value) for name, value in other.items()}
