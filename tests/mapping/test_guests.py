"""Guests, units that came back, line numbers and charges beside goods."""

import pytest

from clientela.mapping.prove import prove
from tests.mapping.test_prove import PRICES, money, shop, total

Row = tuple[str, ...]


def guests(shares: tuple[str, ...]) -> list[Row]:
    """Write orders whose account is blank or 0 for a third of the people, and their addresses."""
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        number = int(who[1:])
        account = shares[number % len(shares)] or str(700 + number)
        rows += [(no, day, account, f"p{number}@example.com", f"{total(sold):.2f}") for _ in "a"]
    return rows


@pytest.mark.parametrize("nobody", ["0", " ", "guest"])
def test_an_address_names_the_guests_that_an_account_does_not(nobody: str) -> None:
    headings = ["order", "date", "customer_id", "billing_email", "total"]
    proof = prove(headings, guests((nobody, "", "")))
    assert proof.columns["customer_id"] == "billing_email"
    assert "nobody on" in proof.reasons["customer_id"][0]
    assert prove(headings, guests(("", ""))).columns["customer_id"] == "customer_id"


@pytest.mark.parametrize("heading", ["Cant. devuelta", "Devoluciones", "u7"])
def test_units_that_came_back_are_asked(heading: str) -> None:
    rows = [
        (no, day, who, item, str(n), str(n - 1 if int(no) % 5 == 0 else 0), str(PRICES[item] * n))
        for no, who, day, sold in shop(41)
        for item, n in sold
    ]
    headings = ["Pedido", "Fecha", "Cliente", "Producto", "Unidades", heading, "Importe"]
    questions = prove(headings, rows).questions
    assert f"are the units of {heading} to be taken off what was paid?" in questions
    kept = [(*row[:5], "0", row[6]) for row in rows]
    assert prove(headings, kept).questions == []


@pytest.mark.parametrize("step", [1, 10])
def test_numbers_of_lines_are_no_units(step: int) -> None:
    rows = [
        (no, str(step * place), day, who, item, str(n), str(PRICES[item] * n))
        for no, who, day, sold in shop(41)
        for place, (item, n) in enumerate(sold, 1)
    ]
    proof = prove(["VBELN", "POSNR", "FKDAT", "KUNAG", "ARKTX", "FKIMG", "NETWR"], rows)
    assert money(proof)["amount"] == "NETWR"
    assert (money(proof).get("quantity"), proof.questions) == ("FKIMG", [])


def test_a_whole_that_adds_tax_to_an_amount_has_its_discount_off() -> None:
    rows: list[Row] = []
    for no, who, day, sold in shop(41):
        off = round(0.1 * total(sold), 2) if int(no) % 4 == 0 else 0.0
        paid = total(sold) - off
        tax = round(0.07 * paid, 2)
        rows.append((no, day, who, f"{off:.2f}", f"{paid:.2f}", f"{tax:.2f}", f"{paid + tax:.2f}"))
    headings = ["Order", "Opened", "Guest ID", "Discount Amount", "Amount", "Tax", "Total"]
    proof = prove(headings, rows)
    assert (money(proof), proof.questions) == ({"amount": "Amount"}, [])
    alone = prove(headings[:5], [row[:5] for row in rows])
    assert "already off Amount" in " ".join(alone.questions)


def test_what_a_settlement_charges_beside_goods_is_no_sale() -> None:
    rows = [
        (no, day, who, item, part, f"{share * PRICES[item] * n:.2f}")
        for no, who, day, sold in shop(41)
        for item, n in sold
        for part, share in (("Principal", 1.0), ("Shipping", 0.2), ("Commission", -0.15))
    ]
    headings = ["order-id", "posted-date", "customer", "sku", "amount-description", "amount"]
    means = prove(headings, rows).values["amount-description"]
    assert {*means.items()} >= {("Principal", "sale"), ("Shipping", "no sale")}
    assert means["Commission"] != "sale"


def test_receipts_that_begin_anew_in_each_store_are_no_discounts() -> None:
    counts: dict[str, int] = {}
    rows: list[Row] = []
    for no, who, day, sold in shop(41, orders=150):
        store = "ABC"[int(no) % 3]
        counts[store] = counts.get(store, 0) + 1
        rows += [
            (store, str(counts[store]), who, day, item, str(n), f"{PRICES[item] * n:.2f}")
            for item, n in sold
        ]
    proof = prove(["Loja", "Cupom", "Cliente", "Data", "Produto", "Qtd", "Valor Total"], rows)
    assert (proof.columns["order_id"], proof.order_within) == ("Cupom", ("Loja",))
    assert proof.questions == []
