"""Guesses by names in two languages, and by content."""

import pytest

from clientela.mapping.guess import SYNONYMS, guess
from clientela.mapping.presets import Role
from clientela.mapping.source_columns import OURS

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


@pytest.mark.parametrize(
    ("columns", "row", "told"),
    [
        (
            "Código do Cliente;Dt. Venda;NF-e;Descrição do Item;Quant.;Preço Unit. (R$);Total (R$)",
            "1;02/01/2023;99;CAFÉ;2;1.234,56;2.469,12",
            "customer_id;ordered_local;order_id;description;quantity;unit_price;amount",
        ),
        (
            "DT_VENDA;COD_CLI;NUM_NF;COD_PROD;DESC_PROD;QTD;VLR_UNIT;VLR_TOTAL",
            "02/01/2023;7;99;11;CAFE;2;3,50;7,00",
            "ordered_local;customer_id;order_id;product_id;description;quantity;unit_price;amount",
        ),
        (
            "Nome do Cliente;CPF/CNPJ;Data Nasc.;Dt Compra;Valor Desconto;Valor Pago;DTENTREGA",
            "Ana;123.456.789-00;02/01/1980;02/01/2023;1,00;10,50;05/01/2023",
            ";customer_id;;ordered_local;;amount;",
        ),
        (
            "order_id;customer_id;order_purchase_timestamp;price;freight_value;product_id",
            "x;y;2017-10-02 10:56:33;29.99;8.72;p",
            "order_id;customer_id;ordered_local;amount;;product_id",
        ),
        (
            "Transaction ID;Date;Customer ID;Gender;Product Category;Price per Unit;Quantity",
            "1;2023-11-24;CUST001;Male;Beauty;50;3",
            "order_id;ordered_local;customer_id;;category;unit_price;quantity",
        ),
        (
            "dt_pedido;cliente_cod;vl_pedido;cd_filial",
            "2023-01-02;7;10.5;1",
            "ordered_local;customer_id;amount;",
        ),
    ],
)
def test_abbreviations_are_written_out_and_unlike_columns_left(
    columns: str, row: str, told: str
) -> None:
    named = columns.split(";")
    found = guess(named, [tuple(row.split(";"))], "transactions")
    assert found == {ours: name for name, ours in zip(named, told.split(";"), strict=True) if ours}


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


def test_a_monthly_fee_is_no_age_though_its_name_ends_like_one() -> None:
    found = guess(["id_cliente", "mensalidade"], [("1", "29,85"), ("2", "56,95")], "customers")
    assert found == {"customer_id": "id_cliente"}


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
