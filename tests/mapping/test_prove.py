"""Columns are assigned by values and arithmetic, or a question is asked."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.mapping.meanings import find_meanings, meaning_of, names_total
from clientela.mapping.proof import Proof
from clientela.mapping.prove import prove

PRICES = {"Caneca": 25.0, "Toalha": 60.0, "Vaso": 100.0, "Prato": 40.0, "Vela": 15.0}
Order = tuple[str, str, str, list[tuple[str, int]]]


def shop(seed: int, orders: int = 60) -> list[Order]:
    """Draw orders: number, person, day, and lines of product and quantity."""
    draw = random.Random(seed)  # noqa: S311
    return [
        (
            str(1000 + number),
            f"C{draw.randrange(15):03}",
            f"2024-{draw.randrange(1, 13):02}-{draw.randrange(1, 29):02}",
            [
                (name, draw.randrange(1, 5))
                for name in draw.sample(list(PRICES), draw.randint(1, 4))
            ],
        )
        for number in range(orders)
    ]


def lines(orders: Sequence[Order]) -> list[tuple[str, ...]]:
    """Write a row a line: order, person, day, product, quantity, price, total of the order."""
    return [
        (number, person, day, name, str(units), f"{PRICES[name]:.2f}", f"{total(sold):.2f}")
        for number, person, day, sold in orders
        for name, units in sold
    ]


def total(sold: Sequence[tuple[str, int]]) -> float:
    """Add up the lines of an order."""
    return sum(PRICES[name] * units for name, units in sold)


HEADINGS = ["order_id", "customer_id", "order_date", "product", "quantity", "price", "order_total"]
PAID = {"quantity": "quantity", "unit_price": "price"}


def money(proof: Proof) -> dict[str, str]:
    """Return the roles that make up what was paid."""
    roles = ("quantity", "unit_price", "amount", "discount", "discount_share", "refunded")
    return {role: proof.columns[role] for role in roles if role in proof.columns}


def test_an_orders_total_on_each_line_is_not_the_money_of_a_line() -> None:
    proof = prove(HEADINGS, lines(shop(1)))
    assert money(proof) == PAID
    assert "an order's lines add up to order_total" in proof.reasons["unit_price"]
    assert not proof.questions


@pytest.mark.parametrize("once", [(1, 2, 6), (2, 6), (6,)])
def test_fields_told_on_the_first_line_are_filled_down(once: tuple[int, ...]) -> None:
    seen: set[str] = set()
    rows = []
    for row in lines(shop(2)):
        first = row[0] not in seen
        seen.add(row[0])
        rows.append(tuple(None if i in once and not first else v for i, v in enumerate(row)))
    proof = prove(HEADINGS, rows)
    assert money(proof) == PAID
    assert set(proof.fill_down) == {HEADINGS[i] for i in once if i != 6}


def test_a_total_alone_is_divided_among_the_lines() -> None:
    rows = [(*row[:4], row[6]) for row in lines(shop(3))]
    proof = prove([*HEADINGS[:4], "Total"], rows)
    assert money(proof) == {"amount": "Total"}
    assert proof.per_order == ("amount",)


def test_a_price_that_grows_with_the_quantity_is_the_lines_total() -> None:
    rows = [(*r[:5], f"{float(r[5]) * int(r[4]):.2f}") for r in lines(shop(4))]
    proof = prove(HEADINGS[:6], rows)
    assert money(proof) == {"amount": "price", "quantity": "quantity"}


def test_net_is_gross_less_discount() -> None:
    draw = random.Random(5)  # noqa: S311
    rows = []
    for row in lines(shop(5)):
        gross = float(row[5]) * int(row[4])
        off = draw.choice([0.0, 5.0, 2.5])
        rows.append((*row[:4], f"{gross:.2f}", f"{off:.2f}", f"{gross - off:.2f}"))
    proof = prove([*HEADINGS[:4], "valor bruto", "desconto", "valor líquido"], rows)
    assert money(proof) == {"amount": "valor líquido"}


def test_two_amounts_that_nothing_tells_apart_are_a_question() -> None:
    draw = random.Random(6)  # noqa: S311
    rows = [(*r[:4], r[5], f"{draw.uniform(1, 99):.2f}") for r in lines(shop(6))]
    proof = prove([*HEADINGS[:4], "amount", "value"], rows)
    assert any("what was paid" in question for question in proof.questions)


def test_a_persons_id_comes_back_and_an_orders_does_not() -> None:
    rows = [(row[0], f"x{row[0]}", row[1], *row[2:6]) for row in lines(shop(7))]
    names = ["order_id", "customer_id", "customer_unique_id", *HEADINGS[2:6]]
    assert prove(names, rows).columns["customer_id"] == "customer_unique_id"


def test_the_day_of_the_purchase_is_taken_among_several_dates() -> None:
    rows = [(*row[:2], f"{row[2][:4]}-12-30", *row[2:6]) for row in lines(shop(8))]
    names = ["order_id", "customer_id", "delivered_at", "created_at", *HEADINGS[3:6]]
    assert prove(names, rows).columns["ordered_local"] == "created_at"


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    noise=st.permutations(list("abcdefg")),
    shuffle=st.booleans(),
    once=st.booleans(),
)
def test_money_is_found_under_any_headings_or_it_is_a_question(
    seed: int, noise: list[str], shuffle: bool, once: bool
) -> None:
    rows: list[Any] = lines(shop(seed))
    if shuffle:
        groups = [
            [row for row in rows if row[0] == number]
            for number in dict.fromkeys(r[0] for r in rows)
        ]
        for group in groups:
            random.Random(seed).shuffle(group)  # noqa: S311
        rows = [row for group in groups for row in group]
    if once:
        firsts = {row[0]: number for number, row in reversed(list(enumerate(rows)))}
        rows = [
            (*row[:6], row[6] if firsts[row[0]] == number else None)
            for number, row in enumerate(rows)
        ]
    names = [f"col_{letter}" for letter in noise]
    proof = prove(names, rows)
    by_heading = {HEADINGS[place]: name for place, name in enumerate(names)}
    expected = {role: by_heading[name] for role, name in PAID.items()}
    assert proof.questions or money(proof) in (
        expected,
        {**expected, "amount": by_heading["order_total"]},
    )
    keys = {role: proof.columns.get(role) for role in ("customer_id", "ordered_local", "order_id")}
    wanted = ("customer_id", "order_date", "order_id")
    right = dict(zip(keys, (by_heading[name] for name in wanted), strict=True))
    assert proof.questions or keys == right


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("Pago", "sale"), ("PAID", "sale"), ("Entregado", "sale"), ("Faturado", "sale"),
        ("Cancelado", "no sale"), ("Anulada", "no sale"), ("Não pago", "no sale"),
        ("Rechazado", "no sale"), ("awaiting payment", "no sale"), ("Refunded", "no sale"),
        ("Refund", "return"), ("Devolução", "return"), ("Nota de crédito", "return"),
        ("partially refunded", "ask"), ("Zebra", "ask"), ("", "sale"),
    ],
)  # fmt: skip
def test_values_have_meanings_in_three_languages(value: str, meaning: str) -> None:
    assert meaning_of(value) == meaning


def test_what_is_no_status_is_left_alone() -> None:
    assert find_meanings("Payment type", ["credit card", "pix"]) == {}
    assert find_meanings("State", ["Ohio", "Texas", "Oklahoma"]) == {}
    assert find_meanings("Marital status", ["single", "married"]) == {}
    assert find_meanings("Status", ["A", "B"]) == {"A": "ask", "B": "ask"}


@pytest.mark.parametrize("text", ["Total", "TOTAL GERAL:", "Subtotal 12/2024", "Sub-total", "Soma"])
def test_labels_of_totals_are_known(text: str) -> None:
    assert names_total(text)


@pytest.mark.parametrize("text", ["Totalflex", "Total Care shampoo", "Summer dress", "1001"])
def test_names_are_no_labels_of_totals(text: str) -> None:
    assert not names_total(text)


def test_a_discount_beside_gross_alone_is_taken_off() -> None:
    rows = [(*r[:4], r[5], "5.00" if int(r[4]) > 2 else "0.00") for r in lines(shop(9))]
    proof = prove([*HEADINGS[:4], "gross sales", "discounts"], rows)
    assert money(proof) == {"amount": "gross sales", "discount": "discounts"}


def test_what_arithmetic_does_not_explain_is_asked() -> None:
    rows = [(*r[:4], r[5], "5.00") for r in lines(shop(10))]
    assert prove([*HEADINGS[:4], "total", "frete"], rows).questions
    assert prove([*HEADINGS[:4], "valor", "desconto"], rows).questions


def test_amounts_in_two_currencies_are_asked() -> None:
    rows = [(*r[:4], ("R$ " if i % 2 else "US$ ") + r[5]) for i, r in enumerate(lines(shop(11)))]
    assert any("currencies" in text for text in prove([*HEADINGS[:4], "amount"], rows).questions)


def test_units_that_came_back_are_no_money() -> None:
    rows = [(*row[:6], "1") for row in lines(shop(12))]
    assert money(prove([*HEADINGS[:6], "returned quantity"], rows)) == PAID


def test_lines_multiplied_by_payments_are_asked() -> None:
    rows = [
        (number, person, day, name, f"{PRICES[name] * units:.2f}", payment)
        for number, person, day, sold in shop(7)
        for name, units in sold
        for payment in (("card", "voucher") if int(number) % 2 else ("card",))
    ]
    headings = ["order_id", "customer_id", "order_date", "product", "amount", "payment_method"]
    assert any("multiplied" in question for question in prove(headings, rows).questions)


def test_cents_are_read_by_their_heading_and_asked_where_values_alone_show_them() -> None:
    rows = [
        (number, person, day, f"{total(sold) * 100:.0f}") for number, person, day, sold in shop(8)
    ]
    named = prove([*HEADINGS[:3], "total_cents"], rows)
    assert (named.minor_units, named.questions) == (True, [])
    assert "in cents" in " ".join(prove([*HEADINGS[:3], "total"], rows).questions)
    yen = [(*row, "JPY") for row in rows]
    assert prove([*HEADINGS[:3], "total", "currency"], yen).questions == []


def test_an_amount_that_counts_pieces_is_no_money() -> None:
    rows = [
        (person, day, name, str(units), f"{PRICES[name] * units:.2f}")
        for _, person, day, sold in shop(9)
        for name, units in sold
    ]
    proof = prove(["CUSTOMER_ID", "DATE", "PRODUCT_ID", "AMOUNT", "SALES_PRICE"], rows)
    assert money(proof) == {"amount": "SALES_PRICE", "quantity": "AMOUNT"}


def test_payments_in_parts_are_no_discounts() -> None:
    rows = [
        (number, person, day, f"{paid:.2f}", *(parts if int(number) % 2 else parts[::-1]))
        for number, person, day, sold in shop(10)
        for paid in [total(sold)]
        for parts in [(f"{paid - 5:.2f}", "5.00", "0.00")]
    ]
    headings = ["receipt", "customer", "date", "total", "card", "gift card", "cash"]
    assert money(prove(headings, rows)) == {"amount": "total"}


@pytest.mark.parametrize(
    ("column", "values", "meanings"),
    [
        ("CFOP", ["5102", "1202", "5910"], ["sale", "return", "no sale"]),
        ("event_type", ["view", "cart", "purchase"], ["no sale", "no sale", "sale"]),
        ("Tipo", ["Entrada", "Saída"], ["ask", "ask"]),
        ("Tipo mov", ["D", "V"], ["ask", "ask"]),
        ("Type", ["Invoice", "Sample"], ["sale", "ask"]),
        ("Type", ["Cash", "Card"], []),
        ("Tipo documento", ["NF-e", "Cupom"], ["sale", "sale"]),
        ("order_status", ["1", "9"], ["ask", "ask"]),
        ("Stage", ["Closed Won", "Closed Lost", "Talks"], ["sale", "no sale", "no sale"]),
        ("Etapa", ["Ganho", "Perdido", "Proposta"], ["sale", "no sale", "no sale"]),
        ("Type", ["Invoice", "Credit Memo", "Payment"], ["sale", "return", "ask"]),
        ("Event Type", ["Payment", "Refund"], ["sale", "return"]),
        ("Line Type", ["Sale", "Sale Line", "Payment"], ["ask", "sale", "ask"]),
        ("D2_TIPO", ["N", "D"], ["ask", "ask"]),
        ("D2_CF", ["5102", "1202"], ["sale", "return"]),
        ("Comprobante", ["FC A", "NC A"], ["sale", "return"]),
        ("Belegart", ["GS", "RE"], ["return", "sale"]),
        ("item_type", ["line_item", "shipping"], ["sale", "no sale"]),
        ("item_type", ["physical", "digital"], []),
        ("test", ["false", "true"], ["sale", "no sale"]),
        ("livemode", ["false", "true"], ["no sale", "sale"]),
        ("Pago", ["Não", "Sim"], ["ask", "sale"]),
        ("Sign", ["+", "-"], ["sale", "return"]),
        ("Bestellstatus", ["In Bearbeitung", "Storniert"], ["sale", "no sale"]),
    ],
)
def test_types_of_rows_are_read_or_asked(
    column: str, values: list[str], meanings: list[str]
) -> None:
    assert list(find_meanings(column, values).values()) == meanings


def test_dates_in_columns_of_their_parts_are_joined() -> None:
    rows = [(*day.split("-"), no, who, f"{total(sold):.2f}") for no, who, day, sold in shop(13)]
    proof = prove(["Ano", "Mês", "Dia", "Pedido", "Cliente", "Valor"], rows)
    parts = {"ordered_local": "Ano", "ordered_month": "Mês", "ordered_day": "Dia"}
    assert parts.items() <= proof.columns.items()
    assert (proof.columns["amount"], proof.questions) == ("Valor", [])


@pytest.mark.parametrize(
    ("headings", "cells", "said"),
    [
        (["period"], ["2024-01"], "period tells periods such as 2024-01"),
        (["Semana"], ["2024-W07"], "Semana tells periods such as 2024-W07"),
        (["Year", "Month"], ["2024", "3"], "Year, Month tells periods"),
        (["Início", "Fim"], ["2024-01-02", "2024-03-02"], "Início and Fim tell contracts"),
        (["quarter"], ["2024-Q1"], "quarter tells periods such as 2024-Q1"),
        ([f"{month} 2023" for month in ("Jan", "Feb", "Mar")], ["1.5", "0.0", "2.5"], "of its own"),
    ],
)
def test_periods_without_days_are_no_purchases(
    headings: list[str], cells: list[str], said: str
) -> None:
    rows = [(str(n), f"C{n % 7}", *cells, f"{n}.50") for n in range(40)]
    proof = prove(["order", "customer", *headings, "total"], rows)
    assert "ordered_local" not in proof.columns
    assert len(proof.questions) == 1
    assert said in proof.questions[0]


@pytest.mark.parametrize(
    ("places", "within"),
    [([], ("year",)), (["Loja"], ("Loja",)), (["Filial", "PDV"], ("Filial", "PDV"))],
)
def test_order_numbers_that_begin_anew_are_completed(
    places: list[str], within: tuple[str, ...]
) -> None:
    numbers: dict[tuple[str, ...], int] = {}
    rows = []
    for n, (_, who, day, sold) in enumerate(shop(14, orders=90)):
        stands = [str(n % 2), str(n // 2 % 2)][: len(places)]
        day = day if places else f"{2022 + n // 30}{day[4:]}"
        key = (*stands, "" if places else day[:4])
        numbers[key] = numbers.get(key, 0) + 1
        rows += [(*stands, str(numbers[key]), who, day, p, str(q), f"{PRICES[p]}") for p, q in sold]
    headings = [*places, "Pedido", "Cliente", "Data", "Produto", "Qtd", "Preço"]
    proof = prove(headings, rows)
    assert (proof.columns["order_id"], proof.order_within) == ("Pedido", within)


def test_columns_of_which_each_row_tells_one_are_asked() -> None:
    rows = [
        (no, who, day, *((f"{total(sold):.2f}", None)[:: -1 if int(no) % 9 == 0 else 1]))
        for no, who, day, sold in shop(17)
    ]
    proof = prove(["Documento", "Cliente", "Fecha", "Cargo", "Abono"], rows)
    assert money(proof) == {"amount": "Cargo"}
    assert proof.columns["credited"] == "Abono"
    assert "is Abono" in proof.questions[0]


def test_rows_without_a_date_of_payment_are_asked() -> None:
    rows = [
        (no, who, day, day if int(no) % 5 else None, f"{total(sold):.2f}")
        for no, who, day, sold in shop(18)
    ]
    headings = ["Fatura", "Cliente", "Emissão", "Data de pagamento", "Valor"]
    assert prove(headings, rows).values == {"Data de pagamento": {"": "ask", "*": "sale"}}


def test_rows_without_a_date_of_purchase_are_asked() -> None:
    rows = [
        (no, who, day if int(no) % 5 else None, f"{total(sold):.2f}")
        for no, who, day, sold in shop(18)
    ]
    proof = prove(["Pedido", "Cliente", "Data", "Valor"], rows)
    assert proof.values == {"Data": {"": "ask", "*": "sale"}}


def test_what_another_column_says_of_the_same_rows_settles_a_code() -> None:
    kinds = {"V": "VENDA NF-E", "D": "DEVOLUÇÃO DE VENDA"}
    rows = [
        (no, who, day, kind, kinds[kind], f"{total(sold):.2f}")
        for no, who, day, sold in shop(19)
        for kind in ["D" if int(no) % 7 == 0 else "V"]
    ]
    headings = ["Nota", "Cliente", "Data", "Tipo Mov.", "Operação", "Valor"]
    assert prove(headings, rows).values["Tipo Mov."] == {"D": "return", "V": "sale"}


def test_a_credit_note_that_was_refunded_is_still_given_back() -> None:
    rows = [
        (no, who, day, *document, f"{total(sold):.2f}")
        for no, who, day, sold in shop(20)
        for document in [("credit_note", "refunded") if int(no) % 7 == 0 else ("invoice", "paid")]
    ]
    headings = ["Document", "Customer", "Date", "Document Type", "Status", "Amount"]
    assert prove(headings, rows).values["Status"] == {"paid": "sale", "refunded": "return"}


def test_rows_that_are_no_sales_prove_nothing() -> None:
    rows = [
        (no, who, day, state, f"{total(sold):.2f}", f"{total(sold) * (state == 'paid'):.2f}")
        for no, who, day, sold in shop(21)
        for state in ["void" if int(no) % 4 == 0 else "paid"]
    ]
    proof = prove(["Invoice", "Customer", "Date", "Status", "Amount Due", "Amount Paid"], rows)
    assert (proof.questions, len(money(proof))) == ([], 1)


@pytest.mark.parametrize("signed", [False, True])
def test_rows_set_apart_by_a_letter_are_asked(signed: bool) -> None:
    rows = [
        (no, who, day, letter, f"{total(sold) * (-1 if signed and letter == 'D' else 1):.2f}")
        for no, who, day, sold in shop(22)
        for letter in ["D" if int(no) % 9 == 0 else "C"]
    ]
    proof = prove(["Documento", "Cliente", "Data", "D/C", "Valor"], rows)
    assert [text.split(" (")[0] for text in proof.questions] == (
        [] if signed else ["are the rows where D/C is D given back"]
    )


@pytest.mark.parametrize(("state", "sign"), [("Cancelled", 1), ("Refunded", -1)])
def test_rows_that_undo_a_sale_beside_them_are_asked(state: str, sign: int) -> None:
    rows = [
        (no, who, day, told, f"{total(sold) * (1 if told == 'Paid' else sign):.2f}")
        for no, who, day, sold in shop(28)
        for told in (("Paid", state) if int(no) % 9 == 0 else ("Paid",))
    ]
    proof = prove(["Order", "Customer", "Date", "Status", "Total"], rows)
    assert proof.values["Status"][state] == "return"
    assert "take back sales that stand beside them (6 rows" in " ".join(proof.questions)


def test_what_a_firm_draws_from_its_account_is_nobodys() -> None:
    rows: list[tuple[str | None, ...]] = []
    for no, who, day, sold in shop(32):
        rows.append((no, who, day, "Payment", f"{total(sold):.2f}"))
        rows += [(f"W{no}", None, day, "Withdrawal", "-500.00")] * (int(no) % 9 == 0)
    proof = prove(["Transaction ID", "Customer", "Date", "Type", "Gross"], rows)
    assert proof.values["Type"] == {"Payment": "sale", "Withdrawal": "no sale"}
    assert proof.questions == []


def test_orders_in_several_versions_are_asked() -> None:
    rows = [
        (no, str(version), who, day, f"{total(sold) + 30 * (last - version):.2f}")
        for no, who, day, sold in shop(29)
        for last in [2 if int(no) % 5 == 0 else 1]
        for version in range(1, last + 1)
    ]
    proof = prove(["Pedido", "Revisão", "Cliente", "Data", "Valor"], rows)
    whole = sum(total(sold) for *_, sold in shop(29))
    assert f"or the last ({whole:,.2f})" in proof.questions[0]


def test_sums_that_repeat_the_customer_are_no_further_lines() -> None:
    rows: list[tuple[str | None, ...]] = []
    people: dict[str, list[Order]] = {}
    for order in shop(30):
        people.setdefault(order[1], []).append(order)
    for who, orders in people.items():
        rows += [(who, day, no, f"{total(sold):.2f}") for no, _, day, sold in orders]
        rows.append((who, None, None, f"{sum(total(sold) for *_, sold in orders):.2f}"))
    proof = prove(["Cliente", "Emissão", "NF", "Valor"], rows)
    assert (proof.fill_down, money(proof)) == ((), {"amount": "Valor"})


@pytest.mark.parametrize("headings", ["amount_local amount_eur", "base_total total"])
def test_amounts_in_the_base_currency_are_taken_where_a_rate_proves_them(headings: str) -> None:
    first, second = headings.split()
    rates = {"EUR": 1.0, "USD": 0.92, "BRL": 0.18}
    rows = [
        (no, who, day, code, f"{total(sold):.2f}", f"{rates[code]}", f"{paid:.2f}")
        for no, who, day, sold in shop(31)
        for code in [sorted(rates)[int(no) % 3]]
        for paid in [total(sold) * rates[code]]
    ]
    proof = prove(["order", "customer", "date", "currency", first, "fx_rate", second], rows)
    base = second if "eur" in second else first
    assert (proof.columns["amount"], proof.currency, proof.questions) == (base, "EUR", [])
    assert "currency" not in proof.columns


def test_sales_written_with_a_minus_are_asked() -> None:
    rows = [
        (no, who, day, f"{-total(sold) if int(no) % 9 else total(sold):.2f}")
        for no, who, day, sold in shop(23)
    ]
    proof = prove(["Document", "Customer", "Posting date", "Amount"], rows)
    assert proof.questions[0].startswith("most figures are negative (54 of 60 rows)")


@pytest.mark.parametrize("marked", [False, True])
def test_parts_that_add_up_to_the_kit_above_them_are_no_goods_more(marked: bool) -> None:
    rows: list[tuple[str | None, ...]] = []
    for no, who, day, sold in shop(24):
        for name, units in sold:
            price = PRICES[name]
            rows.append((no, who, day, name, None, f"{price * units:.2f}"))
            if name == "Vaso":
                shares = [("Base", 0.7), ("Tampa", 0.3)]
                rows += [
                    (no, who, day, part, name if marked else None, f"{price * units * share:.2f}")
                    for part, share in shares
                ]
    proof = prove(["Pedido", "Cliente", "Data", "Produto", "Kit", "Valor"], rows)
    assert (proof.values.get("Kit") == {"": "sale", "*": "no sale"}) is marked
    assert [text[:7] for text in proof.questions] == ([] if marked else ["are the"])


def test_a_discount_by_line_that_explains_the_orders_total_is_taken_off() -> None:
    orders = [(no, who, day, [(n, q, round(PRICES[n] * q * 0.1, 2) * (q > 2)) for n, q in sold])
              for no, who, day, sold in shop(25)]  # fmt: skip
    rows = [
        (no, who, day, n, f"{PRICES[n] * q:.2f}", f"{off:.2f}", f"{whole:.2f}")
        for no, who, day, sold in orders
        for whole in [sum(PRICES[n] * q - off for n, q, off in sold)]
        for n, q, off in sold
    ]
    headings = ["Invoice", "Customer", "Date", "Item", "Line Amount", "Line Discount", "Total"]
    assert money(prove(headings, rows)) == {"amount": "Line Amount", "discount": "Line Discount"}


def test_what_an_instalment_was_before_fees_is_what_was_paid() -> None:
    rows = [
        (no, who, day, f"{n} de 2", f"{half:.2f}", f"{-half * 0.03:.2f}", f"{half * 0.97:.2f}")
        for no, who, day, sold in shop(26)
        for half in [total(sold) / 2]
        for n in (1, 2)
    ]
    headings = ["Venda", "Cliente", "Data da venda", "Parcela", "Valor bruto da parcela", "Taxa",
                "Valor líquido"]  # fmt: skip
    assert money(prove(headings, rows)) == {"amount": "Valor bruto da parcela"}


@pytest.mark.parametrize("form", ["%Y%m%d%H%M%S", "%Y%m%d%H%M", "micros"])
def test_moments_in_digits_alone_are_dates(form: str) -> None:
    rows = []
    for no, who, day, sold in shop(27):
        moment = dt.datetime.fromisoformat(f"{day} 09:12:05+00:00")
        text = f"{moment.timestamp() * 1e6:.0f}" if form == "micros" else moment.strftime(form)
        rows.append((no, text, who, f"{total(sold):.2f}"))
    columns = prove(["VENDA", "event_timestamp", "CLIENTE", "VALOR"], rows).columns
    roles = ("order_id", "ordered_local", "customer_id", "amount")
    assert [columns.get(role) for role in roles] == ["VENDA", "event_timestamp", "CLIENTE", "VALOR"]


def test_what_a_gift_card_pays_is_no_discount() -> None:
    rows = [
        (no, who, day, f"{total(sold):.2f}", f"{card:.2f}", f"{total(sold) - card:.2f}")
        for no, who, day, sold in shop(15)
        for card in [5.0 if int(no) % 4 else 0.0]
    ]
    headings = ["Sale", "Customer", "Date", "Total", "Gift Card", "Amount Due"]
    assert money(prove(headings, rows)) == {"amount": "Total"}


def test_a_whole_beside_figures_that_nothing_explains_is_asked() -> None:
    rows = [(*r[:4], r[5], f"{1.9 + int(r[4]):.2f}") for r in lines(shop(16))]
    questions = prove([*HEADINGS[:4], "Total pago", "Wxyz"], rows).questions
    assert any("hold Wxyz" in question for question in questions)


@pytest.mark.parametrize(
    ("heading", "by_piece", "roles"),
    [
        ("Custo Unit.", True, {"unit_cost"}),
        ("cogs", False, {"cost"}),
        ("Preço de custo", True, {"unit_cost"}),
        ("Preço de tabela", True, set()),
    ],
)
def test_costs_are_told_by_the_piece_or_by_the_line(
    heading: str, by_piece: bool, roles: set[str]
) -> None:
    prices = {"A": 10.0, "B": 25.5, "C": 7.25}
    rows = []
    for n in range(60):
        sku, units = "ABC"[n % 3], n % 4 + 1
        cost = 0.6 * prices[sku] * (1 if by_piece else units)
        amount = f"{prices[sku] * units:.2f}"
        rows.append((str(n // 2), f"K{n // 2 % 7}", f"2024-01-{n // 2 % 28 + 1:02}", sku,
                     str(units), f"{prices[sku]:.2f}", f"{cost:.2f}", amount))  # fmt: skip
    headings = ["order", "customer", "date", "sku", "qty", "price", heading, "amount"]
    proof = prove(headings, rows)
    assert {"cost", "unit_cost"} & proof.columns.keys() == roles
    assert proof.columns["amount"] == "amount"
    assert not proof.questions


def test_what_is_net_of_refunds_is_not_reduced_again() -> None:
    rows = []
    for n in range(60):
        paid, back = 10.0 + n, 5.0 if n % 20 == 0 else 0.0
        rows.append((str(n), f"K{n % 7}", f"2024-01-{n % 28 + 1:02}", f"{paid:.2f}", f"{back:.2f}",
                     f"{paid - back:.2f}"))  # fmt: skip
    headings = ["order", "customer", "date", "sale", "refunded", "net"]
    columns = prove(headings, rows).columns
    assert columns["amount"] == "net"
    assert "refunded" not in columns
    assert prove(headings[:-1], [row[:-1] for row in rows]).columns["refunded"] == "refunded"


def test_a_document_goes_before_an_address() -> None:
    rows = [
        (str(n), f"2024-01-{n % 28 + 1:02}", f"k{n % 9}@example.com", f"{n % 9:011}", f"{n}.50")
        for n in range(60)
    ]
    for heading in ("CPF", "CNPJ/CPF", "CPF do cliente"):
        columns = prove(["Pedido", "Data", "E-mail", heading, "Valor"], rows).columns
        assert columns["customer_id"] == heading
