import datetime as dt
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from clientela.store import schema
from clientela.store.load import fit_rows, slices
from tests.store.runs import customers


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_slices_are_all_rows_in_the_order_of_the_key(size: int) -> None:
    rows = pa.concat_tables([customers(5), customers(12).slice(0, 7)])
    parts = list(slices(rows, schema.customers, size))
    ids = [each for part in parts for each in part["customer_id"].to_pylist()]
    assert ids == sorted(rows["customer_id"].to_pylist())
    assert all(part.num_rows <= size for part in parts)
    values = {row["customer_id"]: row["revenue"] for part in parts for row in part.to_pylist()}
    assert all(value == float(each[1:]) for each, value in values.items())


def test_an_empty_table_is_one_empty_slice() -> None:
    (part,) = slices(customers(0), schema.customers, 10)
    assert fit_rows(part, schema.customers).num_rows == 0


def test_types_become_those_of_the_table() -> None:
    rows = pa.table(
        {
            "customer_id": pa.array(["a", "b"]).dictionary_encode(),
            "segment": pa.array([1, None], pa.int16()),
            "revenue": pa.array([Decimal("1.25"), None]),
            "orders": pa.array([3.0, np.nan]),
            "last_order_date": pa.array([dt.datetime(2011, 12, 9)] * 2),
        }
    )
    fitted = fit_rows(rows, schema.customers)
    assert fitted.schema.names == schema.customers.columns.keys()[1:]
    first, second = fitted.to_pylist()
    assert (first["customer_id"], first["segment"], first["revenue"]) == ("a", 1, 1.25)
    assert (first["orders"], first["last_order_date"]) == (3, dt.date(2011, 12, 9))
    assert {second[name] for name in ("segment", "revenue", "orders")} == {None}


def test_money_is_rounded_to_four_decimals() -> None:
    rows = pa.table(
        {
            "customer_id": ["a"],
            "lines": [1],
            "returned_amount": [2.00006],
            "fees_amount": pa.array([Decimal("1.23456")], pa.decimal128(38, 5)),
        }
    )
    row = fit_rows(rows, schema.no_purchases).to_pylist()[0]
    assert row["returned_amount"] == Decimal("2.0001")
    assert row["fees_amount"] == Decimal("1.2346")
