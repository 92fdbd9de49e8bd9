"""Orders, their lines and their payments as rows of one file; credits and further discounts."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from clientela.config import Source, parse_settings
from clientela.mapping.prove import prove
from clientela.sources.reading import peek
from tests.mapping.test_prove import PRICES, money, shop, total
from tests.reading import read_in

NOW = dt.datetime(2025, 1, 31, tzinfo=dt.UTC)
WHOLE = sum(total(sold) for *_, sold in shop(41))
Row = tuple[str | None, ...]


@pytest.mark.parametrize("names", [("Sale", "Sale Line", "Payment"), ("H", "I", "P")])
def test_an_order_its_lines_and_payments_are_told_apart_by_a_column(names: Any) -> None:
    head, part, payment = names
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        whole = f"{total(sold):.2f}"
        rows.append((no, head, who, day, None, whole, whole))
        rows += [(no, part, who, day, str(n), f"{PRICES[i] * n:.2f}", None) for i, n in sold]
        rows.append((no, payment, who, day, None, None, whole))
    proof = prove(["Receipt", "Line", "Customer", "Date", "Units", "Total", "Paid"], rows)
    assert proof.values["Line"] == {head: "no sale", part: "sale", payment: "no sale"}
    assert money(proof) == {"quantity": "Units", "amount": "Total"}
    assert proof.questions == []


def test_payments_are_no_lines_of_the_invoice_that_they_pay() -> None:
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        half = f"{total(sold) / 2:.2f}"
        rows.append((no, "Invoice", who, day, f"{total(sold):.2f}"))
        rows += [(no, "Payment", who, day, half)] * 2
    proof = prove(["Number", "Type", "Customer", "Date", "Amount"], rows)
    assert proof.values["Type"]["Payment"] != "sale"


def test_an_orders_row_without_a_product_is_above_its_lines() -> None:
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        if len(sold) > 1:
            units = str(sum(n for _, n in sold))
            rows.append((no, who, day, None, units, f"{total(sold):.2f}", "6.00"))
            rows += [(no, who, None, i, str(n), f"{PRICES[i]:.2f}", None) for i, n in sold]
        else:
            ((item, n),) = sold
            rows.append((no, who, day, item, str(n), f"{PRICES[item]:.2f}", "6.00"))
    headings = ["Order", "Buyer", "Sale date", "Item", "Quantity", "Sold for", "Shipping"]
    proof = prove(headings, rows)
    assert proof.values["Item"] == {"": "no sale", "*": "sale"}
    assert money(proof) == {"quantity": "Quantity", "unit_price": "Sold for"}


def test_a_part_paid_in_credits_is_asked() -> None:
    rows = [
        (no, who, day, f"{whole:.2f}", f"{credit:.2f}", f"{whole - credit:.2f}")
        for no, who, day, sold in shop(41)
        for whole, credit in [(total(sold), 10.0 if int(no) % 4 == 0 else 0.0)]
    ]
    headings = ["Invoice", "Customer", "Date", "Sub total", "Credits applied", "Amount paid"]
    (question,) = prove(headings, rows).questions
    assert f"does it pay a part of {WHOLE:,.2f}" in question


def test_a_discount_of_the_order_beside_those_of_its_lines_is_asked() -> None:
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        off = 3.0 if int(no) % 4 == 0 else 0.0
        whole = f"{total(sold) * 0.95 - off:.2f}"
        for item, n in sold:
            line = f"{PRICES[item] * n * 0.05:.2f}"
            rows.append((no, day, who, str(n), f"{PRICES[item]:.2f}", line, f"{off:.2f}", whole))
    headings = [
        "Order",
        "Date",
        "Customer",
        "Qty",
        "Price",
        "Line discount",
        "Order discount",
        "Order total",
    ]
    (question,) = prove(headings, rows).questions
    assert "is to be less by Order discount" in question


def write_orders(path: Path) -> float:
    """Write orders as an API gives them, and return what was paid for their goods."""
    orders, paid = [], 0.0
    for no, who, day, sold in shop(41):
        off = 0.1 if int(no) % 3 == 0 else 0.0
        lines = [
            {
                "sku": item,
                "quantity": n,
                "price": f"{PRICES[item]:.2f}",
                "tax_lines": [{"title": "VAT", "price": f"{PRICES[item] * n / 10:.2f}"}],
                "discount_allocations": [{"amount": f"{off * PRICES[item] * n:.2f}"}]
                if off
                else [],
            }
            for item, n in sold
        ]
        goods, back = total(sold) * (1 - off), 0.0
        if int(no) % 7 == 0:
            back = PRICES[sold[0][0]] * sold[0][1] * (1 - off)
        refunds = [{"transactions": [{"kind": "refund", "amount": f"{back:.2f}"}]}] if back else []
        paid += goods - back
        orders.append(
            {
                "id": int(no),
                "created_at": f"{day}T10:00:00-03:00",
                "currency": "BRL",
                "total_discounts": f"{total(sold) * off:.2f}",
                "total_price": f"{goods + 9:.2f}",
                "customer": {"id": 700 + int(who[1:])},
                "line_items": lines,
                "shipping_lines": [{"title": "PAC", "price": "9.00"}],
                "refunds": refunds,
            }
        )
    path.write_text(json.dumps({"count": len(orders), "orders": orders}, indent=4), "utf-8")
    return paid


def test_orders_of_an_api_are_read_by_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "orders.json"
    paid = write_orders(path)
    sample = peek(str(path), Source())
    assert prove(sample.columns, sample.rows).questions == []
    state = read_in(tmp_path / "workspace", path, now=NOW)
    assert float(state.totals_then.net_amount) == pytest.approx(paid)
    assert state.totals_then.orders == 60


@pytest.mark.parametrize(
    ("answer", "net"), [({"version": "Revisão"}, WHOLE), ({"negative_sales": True}, WHOLE)]
)
def test_questions_have_an_answer_in_the_configuration(
    answer: dict[str, Any], net: float, tmp_path: Path
) -> None:
    lines = ["Pedido;Revisão;Cliente;Data;Valor"]
    for no, who, day, sold in shop(41):
        sign = -1 if "negative_sales" in answer else 1
        if "version" in answer and int(no) % 4 == 0:
            lines.append(f"{no};1;{who};{day};{total(sold) + 30:.2f}")
        last = 2 if "version" in answer and int(no) % 4 == 0 else 1
        lines.append(f"{no};{last};{who};{day};{sign * total(sold):.2f}")
    path = tmp_path / "pedidos.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    settings = parse_settings({"source": answer})
    state = read_in(tmp_path / "workspace", path, now=NOW, settings=settings)
    assert float(state.totals_then.net_amount) == pytest.approx(net)
    assert state.totals_then.orders == 60
