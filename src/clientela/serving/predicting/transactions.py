"""Posted transactions as rows of features: a snapshot of those customers alone."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from clientela.features.live import LINES, MONEY, PEOPLE, LiveSnapshot
from clientela.serving.ids import known_as
from clientela.serving.predicting.request import (
    Known,
    PostedCustomer,
    PostedLine,
    PredictionItem,
    Wrong,
)

MOST_MONEY = 1e13  # as the canonical tables hold
TEXTS = ("country", "channel", "service", "category")


def day_of(item: PredictionItem, known: Known) -> dt.date:
    """Give the last day that counts: the one asked for, else the run's or a later last line's."""
    if item.as_of is not None:
        return item.as_of
    last = max((line.ordered_local.date() for line in item.transactions or ()), default=known.as_of)
    return max(last, known.as_of)


def checked(item: PredictionItem, known: Known) -> None:
    """Refuse lines that cannot be those of one customer of this firm.

    Raises
    ------
    Wrong
        An amount is missing, infinite, or of the wrong sign or currency.
    """
    for place, line in enumerate(item.transactions or ()):
        where = f"transactions[{place}]"
        _see_currency(line, known, where)
        _see_amount(line, where)


def snapshots(
    items: Mapping[int, PredictionItem], known: Known, live: LiveSnapshot
) -> dict[int, dict[str, Any]]:
    """Describe the customers of items by their place; one without a sale is not among them."""
    days: dict[dt.date, list[int]] = {}
    for place, item in items.items():
        days.setdefault(day_of(item, known), []).append(place)
    found: dict[int, dict[str, Any]] = {}
    for day, places in days.items():
        chosen = {place: items[place] for place in places}
        rows = live.of(_lines(chosen), _people(chosen), day)
        found |= {int(row["customer_id"]): row for row in rows.to_pylist()}
    return found


def _lines(items: Mapping[int, PredictionItem]) -> pa.Table:
    pairs = [
        (str(place), line) for place, each in items.items() for line in each.transactions or ()
    ]
    lines = [line for _, line in pairs]
    columns = {
        "customer_id": [place for place, _ in pairs],
        "order_id": _ids([line.order_id for line in lines]),
        "product_id": _ids([line.product_id for line in lines]),
        "quantity": _money([_quantity(line) for line in lines]),
        "amount": _money([_amount(line) for line in lines]),
        "ordered_local": [line.ordered_local for line in lines],
        "kind": [line.kind for line in lines],
        "returns_order_id": _ids([line.returns_order_id for line in lines]),
        **{name: [getattr(line, name) for line in lines] for name in TEXTS},
    }
    return pa.table(columns, schema=LINES)


def _people(items: Mapping[int, PredictionItem]) -> pa.Table:
    rows = [_person(place, each.customer) for place, each in items.items() if each.customer]
    return pa.Table.from_pylist(rows, PEOPLE)


def _person(place: int, customer: PostedCustomer) -> dict[str, Any]:
    return {
        "customer_id": str(place),
        "signup_date": customer.signup_date,
        "birth_date": customer.birth_date,
        "age": customer.age,
        "gender": customer.gender,
        "region": customer.region,
    }


def _ids(values: Sequence[str | int | float | None]) -> list[str | None]:
    return [None if value is None else known_as(value) for value in values]


def _money(values: Sequence[float]) -> pa.Array:
    """Round to the four decimals that the canonical tables hold."""
    return pc.round(pa.array(values, pa.float64()), ndigits=4).cast(MONEY)


def _quantity(line: PostedLine) -> float:
    """Give the units; one where they are not told, given back in a return."""
    if line.quantity is not None:
        return line.quantity
    return -1.0 if line.kind == "return" else 1.0


def _amount(line: PostedLine) -> float:
    if line.amount is not None:
        return line.amount
    return _quantity(line) * (line.unit_price or 0.0)


def _see_currency(line: PostedLine, known: Known, where: str) -> None:
    if line.currency is not None and known.currency not in (None, line.currency):
        raise Wrong(
            "wrong_currency",
            f"the amounts of this firm are in {known.currency}, not in {line.currency}",
            f"{where}.currency",
        )


def _see_amount(line: PostedLine, where: str) -> None:
    if line.amount is None and line.unit_price is None:
        raise Wrong("wrong_item", "a line needs an amount, or a unit_price", where)
    for name, value in (("amount", _amount(line)), ("quantity", _quantity(line))):
        if not math.isfinite(value) or abs(value) > MOST_MONEY:
            raise Wrong("not_finite", f"{value} is no amount", f"{where}.{name}")
        if (line.kind == "sale" and value < 0) or (line.kind == "return" and value > 0):
            raise Wrong(
                "wrong_item",
                f"a {line.kind} of {value:g}",
                f"{where}.{name}",
                "amount and quantity of sales are positive, of returns negative",
            )
