"""Numbers of orders that begin anew are completed, or asked about."""

import datetime as dt

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.order_ids import check_numbers, complete_order_id


def typed_lines(days_apart: int, again: int) -> pa.Table:
    """Draw 40 orders, some of whose numbers come again with another person so many days later."""
    first = [(str(n), f"C{n}", dt.datetime(2023, 1, 2)) for n in range(40)]
    later = [(no, "D" + who, day + dt.timedelta(days_apart)) for no, who, day in first[:again]]
    names = ("order_id", "customer_id", "ordered_local")
    columns = dict(zip(names, zip(*first, *later, strict=True), strict=True))
    flags = dict.fromkeys(("no_sale", "total_line"), [False] * (40 + again))
    raw = [{"Loja": str(n % 2)} for n in range(40 + again)]
    return pa.table({**columns, **flags, "raw": raw})


@pytest.mark.parametrize(
    ("days_apart", "again", "asked"), [(365, 3, True), (2, 8, True), (2, 3, False), (365, 2, False)]
)
def test_a_number_of_several_people_is_asked(
    duckdb: Engine, days_apart: int, again: int, asked: bool
) -> None:
    t = duckdb.from_arrow(typed_lines(days_apart, again))
    if not asked:
        return check_numbers(duckdb, t, "Pedido")
    with pytest.raises(DecisionNeeded, match=f"{again} numbers of orders") as caught:
        check_numbers(duckdb, t, "Pedido")
    years = 40 + again * (days_apart > 300)
    assert f"40 orders if a number is one order, {years} if they begin" in caught.value.what


def test_numbers_are_completed_by_columns_and_dates(engine: Engine) -> None:
    t = engine.from_arrow(typed_lines(365, 1))
    ids = engine.to_arrow(t.select(x=complete_order_id(t, ("Loja", "year", "month"))))["x"]
    assert {"0/2023/2023-01/0", "0/2024/2024-01/0"} <= set(ids.to_pylist())
