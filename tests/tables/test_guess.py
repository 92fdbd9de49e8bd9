"""Guesses by names in two languages, and by content."""

import pytest

from clientela.tables.guess import SYNONYMS, guess
from clientela.tables.mapping import OURS
from clientela.tables.presets import Role

ROW = ("10", "13/02/2023", "7", "R$ 3,50", "2", "Café")
FOUND = {
    "customer_id": 0,
    "ordered_local": 1,
    "order_id": 2,
    "unit_price": 3,
    "quantity": 4,
    "description": 5,
}


@pytest.mark.parametrize("role", ["transactions", "customers"])
def test_what_is_guessed_is_ours(role: Role) -> None:
    assert SYNONYMS[role].keys() <= OURS[role]


@pytest.mark.parametrize(
    "columns",
    [
        ["Cliente", "Data da Venda", "Nº Pedido", "Preço Unitário", "Qtde", "Descrição"],
        ["CÓD_CLIENTE", "DATA", "NOTA FISCAL", "VALOR UNITÁRIO", "QUANTIDADE", "nome_produto"],
        ["User ID", "created_at", "order number", "Price", "qty", "item name"],
        ["client", "Order Date", "Invoice", "unit price", "Units", "Product Name"],
    ],
)
def test_names_are_understood(columns: list[str]) -> None:
    found = guess(columns, [ROW], "transactions")
    assert found == {ours: columns[place] for ours, place in FOUND.items()}


def test_a_name_whose_content_contradicts_it_is_passed_over() -> None:
    columns = ["cliente", "data", "valor", "quando"]
    found = guess(columns, [("1", "sim", "muito", "01/02/2023")], "transactions")
    assert found == {"customer_id": "cliente", "ordered_local": "quando"}


def test_dates_and_money_are_known_by_their_looks() -> None:
    rows = [("A1", "11-Feb-17", "17", "R$ 1.234,50"), ("A2", "12-Feb-17", "18", "R$ 2,00")]
    assert guess(["client", "x", "y", "z"], rows, "transactions") == {
        "customer_id": "client",
        "ordered_local": "x",
        "amount": "z",
    }


def test_customers_are_guessed() -> None:
    columns = ["ID Cliente", "Idade", "Sexo", "UF", "Data Cadastro", "Cancelou"]
    assert guess(columns, [("1", "34", "F", "SP", "2020-01-02", "não")], "customers") == {
        "customer_id": "ID Cliente",
        "age": "Idade",
        "gender": "Sexo",
        "region": "UF",
        "signup_date": "Data Cadastro",
        "churned": "Cancelou",
    }


def test_no_column_is_guessed_twice() -> None:
    found = guess(["produto", "cliente", "data", "total"], [], "transactions")
    assert len(set(found.values())) == len(found)
