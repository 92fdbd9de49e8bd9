"""What holds of every snapshot, on small firms drawn at random."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from clientela.contract.features import FEATURES
from clientela.engine import Engine
from clientela.features.build import SCHEMA, build, prepare_snapshot
from clientela.features.snapshot import snapshot
from clientela.tables.schema import Tables
from tests.features import oracle
from tests.features.rows import Row, at, customers, given_back, sale, transactions
from tests.features.strategies import AS_OF, BOUNDARIES, lines, people

Describe = Callable[[list[Row], list[Row]], pa.Table]

drawn = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def describe(duckdb: Engine) -> Describe:
    """The snapshot on AS_OF of some rows."""
    evaluate = prepare_snapshot(duckdb, AS_OF)

    def describe(rows: list[Row], persons: list[Row]) -> pa.Table:
        tables = Tables(
            transactions=duckdb.from_arrow(transactions(rows)),
            customers=duckdb.from_arrow(customers(persons)),
        )
        return evaluate(tables).sort_by("customer_id")

    return describe


@pytest.mark.slow
@drawn
@given(lines(400, -60), people)
def test_a_brute_force_oracle_agrees(
    describe: Describe, rows: list[Row], persons: list[Row]
) -> None:
    expected = oracle.snapshot(
        transactions(rows).to_pandas(date_as_object=True),
        customers(persons).to_pandas(date_as_object=True),
        AS_OF,
    )
    found = {row.pop("customer_id"): row for row in describe(rows, persons).to_pylist()}
    assert found.keys() == expected.keys()
    for customer, values in found.items():
        assert values == {name: _near(expected[customer][name]) for name in values}, customer


def test_an_oracle_agrees_on_every_end_of_a_window(describe: Describe) -> None:
    """A customer an age, with an order, a return and a product of that day alone, and with all."""
    rows: list[Row] = []
    for age in BOUNDARIES:
        when = dt.datetime.combine(AS_OF, dt.time(12)) - dt.timedelta(days=age)
        for customer in (f"age {age}", "all ages"):
            shared = {"customer_id": customer, "product_id": f"p{age}"}
            rows.append(sale(str(100 + age), when, order_id=f"o{age}", **shared))
            rows.append(given_back("7", when, returns_order_id=f"o{age}", **shared))
    expected = oracle.snapshot(
        transactions(rows).to_pandas(date_as_object=True),
        customers([]).to_pandas(date_as_object=True),
        AS_OF,
    )
    found = {row.pop("customer_id"): row for row in describe(rows, []).to_pylist()}
    assert found.keys() == expected.keys()
    for customer, values in found.items():
        assert values == {name: _near(expected[customer][name]) for name in values}, customer


def _near(value: Any) -> Any:
    return pytest.approx(value, rel=1e-9, abs=1e-9) if isinstance(value, float) else value


@pytest.mark.slow
@drawn
@given(lines(400, 0), lines(-1, -60), people)
def test_what_comes_after_as_of_changes_nothing(
    describe: Describe, known: list[Row], later: list[Row], persons: list[Row]
) -> None:
    assert describe(known + later, persons).equals(describe(known, persons))


@pytest.mark.slow
@drawn
@given(lines(400, 0), people, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_not_one_bit(
    describe: Describe, rows: list[Row], persons: list[Row], random: Any
) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert describe(shuffled, persons).equals(describe(rows, persons))


@pytest.mark.slow
@drawn
@given(lines(400, -60), people)
def test_one_row_a_customer_with_a_known_sale(
    describe: Describe, rows: list[Row], persons: list[Row]
) -> None:
    buyers = {
        row["customer_id"]
        for row in rows
        if row["kind"] == "sale" and row["ordered_local"].date() <= AS_OF
    }
    found = describe(rows, persons)["customer_id"].to_pylist()
    assert found == sorted(buyers - {None})


@pytest.mark.slow
@drawn
@given(lines(400, 0), people)
def test_only_nullable_features_are_ever_null(
    describe: Describe, rows: list[Row], persons: list[Row]
) -> None:
    table = describe(rows, persons)
    assume(table.num_rows)
    empty = {name for name in table.column_names if table[name].null_count}
    assert empty <= {feature.name for feature in FEATURES if feature.nullable}


def test_shares_and_changes_keep_their_range(describe: Describe) -> None:
    rows = [sale("10", at("2022-06-01")), sale("30", at("2022-05-02"), product_id="q")]
    [values] = describe(rows, []).to_pylist()
    assert values["trend_30d"] == -0.5
    shares = [values[f.name] for f in FEATURES if f.unit == "share" and values[f.name] is not None]
    assert all(0 <= share <= 1 for share in shares)


def test_a_whole_cancellation_counts_from_its_day_on(duckdb: Engine) -> None:
    """The order of 168,469.60 in Online Retail, cancelled after 12 minutes, next day here."""
    rows = [
        sale("168469.60", at("2011-12-09", 9, 15), order_id="581483"),
        sale("5", at("2011-12-01"), order_id="581001"),
        given_back("168469.60", at("2011-12-10", 9, 27), returns_order_id="581483"),
    ]
    tables = Tables(duckdb.from_arrow(transactions(rows)))
    before, after = (
        duckdb.to_arrow(snapshot(tables, dt.date(2011, 12, day))).to_pylist()[0] for day in (9, 10)
    )
    assert (before["revenue"], before["cancelled_orders"]) == (168474.60, 0)
    assert (after["revenue"], after["cancelled_orders"]) == (5.0, 1)
    assert (after["gross_revenue"], after["returned_amount"]) == (168474.60, 168469.60)
    assert after["orders"] == 2


def test_a_partial_return_cancels_no_order(describe: Describe) -> None:
    rows = [
        sale("100", at("2022-06-01"), order_id="1"),
        given_back("99.99", at("2022-06-02"), returns_order_id="1"),
        given_back("0.01", at("2022-06-02")),
    ]
    [values] = describe(rows, []).to_pylist()
    assert (values["cancelled_orders"], values["unmatched_returned_amount"]) == (0, 0.01)
    assert values["revenue"] == 0.0


def test_large_and_nearly_equal_orders_keep_their_deviation(describe: Describe) -> None:
    amounts = ["900000.00", "900000.01", "900000.02"]
    rows = [sale(amount, at(f"2022-06-0{i}")) for i, amount in enumerate(amounts, start=1)]
    [values] = describe(rows, []).to_pylist()
    assert values["order_amount_std"] == pytest.approx(0.01, rel=1e-12)


def test_a_later_signup_and_birth_are_unknown(describe: Describe) -> None:
    person = {"customer_id": "a", "signup_date": dt.date(2022, 7, 1), "gender": "F"}
    [values] = describe([sale("1", at("2022-06-01"))], [person]).to_pylist()
    assert (values["signup_days"], values["gender"]) == (None, "F")
    later = person | {"known_from": dt.date(2022, 7, 1)}
    [values] = describe([sale("1", at("2022-06-01"))], [later]).to_pylist()
    assert values["gender"] is None


def test_the_columns_are_the_catalogue(duckdb: Engine) -> None:
    tables = Tables(duckdb.from_arrow(transactions([])))
    found = duckdb.to_arrow(snapshot(tables, AS_OF))
    assert found.schema.equals(SCHEMA)
    assert found.num_rows == 0
    assert found.column_names[1:] == [feature.name for feature in FEATURES]


def test_groups_add_up_to_the_whole(duckdb: Engine) -> None:
    rows = [sale("10", at("2022-06-01"), customer_id=str(i)) for i in range(9)]
    parts = {"0": rows[:4], "1": rows[4:], "2": []}

    def read(group: Sequence[str]) -> Tables:
        chosen = [row for bucket in group for row in parts[bucket]]
        return Tables(duckdb.from_arrow(transactions(chosen)))

    whole = build(duckdb, read, AS_OF, [["0", "1", "2"]])
    assert whole["customer_id"].to_pylist() == [str(i) for i in range(9)]
    assert build(duckdb, read, AS_OF, [["1", "2"], ["0"]]).equals(whole)
    assert build(duckdb, read, AS_OF, []).equals(SCHEMA.empty_table())
