"""What a row is where another column says that it was undone."""

from types import SimpleNamespace
from typing import Any

import ibis
import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.mapping.lines import mark_discounts
from clientela.mapping.meanings import ANY
from clientela.mapping.undone import settle_beside


def test_a_date_of_cancellation_undoes_whatever_its_code() -> None:
    values: Any = {"status": {"X9": "ask", "ok": "sale"}, "cancelled_at": {ANY: "no sale"}}
    texts = {"status": ("ok", "X9", "X9"), "cancelled_at": (None, "2024-01-02", "2024-02-03")}
    profiles: Any = {
        name: SimpleNamespace(values=column, words=frozenset()) for name, column in texts.items()
    }
    settle_beside(values, profiles)
    assert values["status"]["X9"] == "no sale"


@pytest.mark.parametrize(("total", "is_discount"), [(None, False), ("10", False), ("30", True)])
def test_a_row_of_the_total_pays_for_no_discount(
    duckdb: Engine, total: str | None, is_discount: bool
) -> None:
    goods = 20.0 if is_discount else 10.0
    rows = [("O1", goods, goods, False), ("O1", -15.0, -15.0, False)]
    rows += [("O1", float(total), float(total), True)] if total else []
    names = ("order_id", "unit_price", "amount", "total_line")
    table = pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])
    t = duckdb.from_arrow(table).mutate(quantity=ibis.literal(1), no_sale=ibis.literal(False))
    mapping: Any = SimpleNamespace(layout="configured", columns=dict.fromkeys(names))
    marked = duckdb.to_arrow(mark_discounts(t, mapping).filter(t.unit_price < 0))
    assert marked["order_discount"].to_pylist() == [is_discount]
