"""Posted transactions as rows of features: a snapshot of those customers alone."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.live import LINES, MONEY, PEOPLE, LiveSnapshot
from clientela.serving.predicting.request import ItemRejected
from clientela.serving.predicting.schemas import PostedLine, PredictionItem
from clientela.serving.request import to_stored_id

# What the DECIMAL(18,4) of the canonical tables holds, with a digit to spare
MOST_MONEY = 1e13
PERSONAL = ("signup_date", "birth_date", "age", "gender", "region")
TEXTS = ("country", "channel", "service", "category")


def find_last_day(item: PredictionItem, as_of: dt.date) -> dt.date:
    """Return the last day that counts: the item's own, else the run's or a later last line's."""
    if item.as_of is not None:
        return item.as_of
    last = max((line.ordered_local.date() for line in item.transactions or ()), default=as_of)
    return max(last, as_of)


def check_transactions(lines: Sequence[PostedLine], currency: str | None) -> None:
    """Raise if lines cannot be those of one customer of this firm.

    Raises
    ------
    ItemRejected
        An amount is missing, infinite, or of the wrong sign or currency.
    """
    for index, line in enumerate(lines):
        where = f"transactions[{index}]"
        _check_currency(line, currency, where)
        _check_amount(line, where)


def build_snapshots(
    items: Mapping[int, PredictionItem], as_of: dt.date, live: LiveSnapshot
) -> dict[int, dict[str, Any]]:
    """Build the snapshot rows of items by their index; one without a sale is not among them."""
    days: dict[dt.date, dict[int, PredictionItem]] = {}
    for index, item in items.items():
        days.setdefault(find_last_day(item, as_of), {})[index] = item
    snapshots: dict[int, dict[str, Any]] = {}
    for day, group in days.items():
        rows = live.of(_build_lines(group), _build_customers(group), day)
        snapshots |= {int(row["customer_id"]): row for row in rows.to_pylist()}
    return snapshots


def _build_lines(items: Mapping[int, PredictionItem]) -> pa.Table:
    pairs = [(str(i), line) for i, item in items.items() for line in item.transactions or ()]
    lines = [line for _, line in pairs]
    columns = {
        "customer_id": [index for index, _ in pairs],
        "order_id": _to_ids([line.order_id for line in lines]),
        "product_id": _to_ids([line.product_id for line in lines]),
        "quantity": _to_money([_get_quantity(line) for line in lines]),
        "amount": _to_money([_get_amount(line) for line in lines]),
        "ordered_local": [line.ordered_local for line in lines],
        "kind": [line.kind for line in lines],
        "returns_order_id": _to_ids([line.returns_order_id for line in lines]),
        **{name: [getattr(line, name) for line in lines] for name in TEXTS},
    }
    return pa.table(columns, schema=LINES)


def _build_customers(items: Mapping[int, PredictionItem]) -> pa.Table:
    customers = {index: item.customer for index, item in items.items() if item.customer}
    rows = [
        {name: getattr(customer, name) for name in PERSONAL} | {"customer_id": str(index)}
        for index, customer in customers.items()
    ]
    return pa.Table.from_pylist(rows, PEOPLE)


def _to_ids(values: Sequence[str | int | float | None]) -> list[str | None]:
    return [None if value is None else to_stored_id(value) for value in values]


def _to_money(values: Sequence[float]) -> pa.Array:
    """Round to the four decimals that the canonical tables hold."""
    return pc.round(pa.array(values, pa.float64()), ndigits=4).cast(MONEY)


def _get_quantity(line: PostedLine) -> float:
    """Return the units; one where they are missing, given back in a return."""
    if line.quantity is not None:
        return line.quantity
    return -1.0 if line.kind == "return" else 1.0


def _get_amount(line: PostedLine) -> float:
    if line.amount is not None:
        return line.amount
    return _get_quantity(line) * (line.unit_price or 0.0)


def _check_currency(line: PostedLine, currency: str | None, where: str) -> None:
    if line.currency is not None and currency not in (None, line.currency):
        raise ItemRejected(
            "wrong_currency",
            f"the amounts of this firm are in {currency}, not in {line.currency}",
            f"{where}.currency",
        )


def _check_amount(line: PostedLine, where: str) -> None:
    if line.amount is None and line.unit_price is None:
        raise ItemRejected("wrong_item", "a line needs an amount, or a unit_price", where)
    for name, value in (("amount", _get_amount(line)), ("quantity", _get_quantity(line))):
        if not math.isfinite(value) or abs(value) > MOST_MONEY:
            raise ItemRejected("not_finite", f"{value} is no amount", f"{where}.{name}")
        if (line.kind == "sale" and value < 0) or (line.kind == "return" and value > 0):
            raise ItemRejected(
                "wrong_item",
                f"a {line.kind} of {value:g}",
                f"{where}.{name}",
                "amount and quantity of sales are positive, of returns negative",
            )
