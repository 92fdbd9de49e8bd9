"""Currency and zone guessed: certain in Brazil, asked beside Portugal, else left open."""

import pytest

from clientela.config import Source
from clientela.errors import DecisionNeeded
from clientela.i18n import NO_CURRENCY
from clientela.mapping.source_columns import Mapping, resolve

BRAZILIAN = ("Pedido", "Cliente", "Data", "Produto", "Valor")


def sale_rows(amount: str) -> list[tuple[str, ...]]:
    return [
        (str(1000 + n), f"C{n % 17}", f"{n % 28 + 1:02}/{n % 12 + 1:02}/2023", "Café", amount % n)
        for n in range(120)
    ]


def resolve_rows(columns: tuple[str, ...], amount: str, currency: str | None = None) -> Mapping:
    return resolve(columns, sale_rows(amount), Source(currency=currency), "transactions")


@pytest.mark.parametrize("amount", ["1%02d,50", "R$ 1.%03d,50"])
def test_portuguese_headings_and_decimal_commas_are_brazil(amount: str) -> None:
    mapping = resolve_rows(BRAZILIAN, amount)
    assert (mapping.currency, mapping.timezone) == ("BRL", "America/Sao_Paulo")
    assert "amounts are BRL" in mapping.announcement
    assert ("guessed" in mapping.announcement) is ("R$" not in amount)


@pytest.mark.parametrize(
    ("columns", "amount"),
    [
        (("order", "customer", "date", "product", "amount"), "1%02d,50"),
        (("Pedido", "Cliente", "Fecha", "Producto", "Importe"), "1%02d,50"),
        (BRAZILIAN, "1%02d.50"),
    ],
)
def test_elsewhere_nothing_is_guessed(columns: tuple[str, ...], amount: str) -> None:
    mapping = resolve_rows(columns, amount)
    assert (mapping.currency, mapping.timezone) == (NO_CURRENCY, "UTC")


def test_a_sign_goes_before_the_headings() -> None:
    mapping = resolve_rows(BRAZILIAN, "€ 1%02d,50")
    assert (mapping.currency, mapping.timezone) == ("EUR", "UTC")


def test_words_of_portugal_make_it_a_question() -> None:
    columns = ("Encomenda", "NIF do cliente", "Data", "Produto", "Valor")
    with pytest.raises(DecisionNeeded, match="BRL"):
        resolve_rows(columns, "1%02d,50")
    assert resolve_rows(columns, "1%02d,50", currency="EUR").currency == "EUR"


@pytest.mark.parametrize(
    ("amount", "currency", "guessed"),
    [("1%02d,50", None, True), ("1%02d,50", "EUR", False), ("R$ 1.%03d,50", None, False)],
)
def test_a_guess_is_told_from_what_is_known(
    amount: str, currency: str | None, guessed: bool
) -> None:
    assert resolve_rows(BRAZILIAN, amount, currency).guessed_region == guessed
