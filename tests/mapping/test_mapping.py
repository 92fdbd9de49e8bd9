"""Columns are understood by configuration, preset or detection, or a clear question is asked."""

from typing import Any

import pytest

from clientela.config import Source
from clientela.errors import ConfigError, MappingError
from clientela.mapping.source_columns import Mapping, Role, lacks, resolve

UCI = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
       "CustomerID", "Country"]  # fmt: skip
VENDAS = ["Cliente", "Data", "Valor", "Loja"]
COLUMNS = {"customer_id": "Cliente", "ordered_local": "Data", "amount": "Valor"}


def mapped(found: list[str], role: Role = "transactions", **settings: Any) -> Mapping:
    return resolve(found, [], Source(**settings), role)


def test_a_preset_is_detected_and_announced() -> None:
    mapping = mapped(UCI)
    assert mapping.layout == "uci_online_retail"
    assert mapping.announcement.startswith("read as UCI Online Retail: InvoiceNo is order_id, ")
    assert (mapping.timezone, mapping.currency) == ("Europe/London", "GBP")
    assert mapping.cancel_prefix == "C"
    assert mapping.has_prices
    assert not mapping.derived_order


def test_the_configuration_goes_before_the_preset() -> None:
    mapping = mapped(UCI, timezone="UTC", currency="EUR")
    assert (mapping.timezone, mapping.currency) == ("UTC", "EUR")
    changed: Any = {"preset": "uci_online_retail", "columns": COLUMNS | {"customer_id": "Country"}}
    with pytest.raises(MappingError):
        mapped(VENDAS, **changed)


def test_a_configured_mapping_is_announced() -> None:
    mapping = mapped(VENDAS, columns=COLUMNS, timezone="America/Sao_Paulo")
    assert mapping.layout == "configured"
    assert mapping.columns == COLUMNS
    assert mapping.announcement == (
        "read as the configuration says: Cliente is customer_id, Data is ordered_local, "
        "Valor is amount, an order is all that a customer bought on a day, "
        "times are America/Sao_Paulo, amounts are in no named currency"
    )
    assert mapping.currency == "XXX"


def test_the_time_of_an_order_has_two_names() -> None:
    columns = {"customer_id": "Cliente", "ordered_at": "Data", "amount": "Valor"}
    assert mapped(VENDAS, columns=columns).columns == COLUMNS


def test_a_configuration_that_repeats_a_layout_keeps_what_is_known_of_it() -> None:
    written = mapped(UCI).columns
    mapping = mapped(UCI, columns=written)
    assert (mapping.layout, mapping.cancel_prefix) == ("uci_online_retail", "C")


def test_a_known_layout_beside_a_configured_one_is_read() -> None:
    assert mapped(UCI, columns=COLUMNS).layout == "uci_online_retail"


def test_a_preset_of_transactions_does_not_concern_customers() -> None:
    mapping = mapped(["customer_id", "age", "plan"], "customers", preset="uci_online_retail")
    assert mapping.layout == "canonical_customers"
    assert mapping.extra == ("plan",)
    assert mapping.announcement.endswith("attributes are plan")


def test_transactions_are_not_taken_for_customers() -> None:
    with pytest.raises(MappingError):
        mapped(["customer_id", "data", "valor", "region"], "customers")
    assert mapped(["customer_id", "signup_date", "region"], "customers").extra == ()


def test_an_unknown_layout_says_what_is_missing_and_what_to_do() -> None:
    with pytest.raises(MappingError, match="missing: amount, or unit_price") as caught:
        mapped(["Cliente", "Data", "Loja"])
    assert caught.value.where == "columns found: Cliente, Data, Loja"
    assert "clientela init FILE" in caught.value.do


def test_columns_that_are_not_there_are_named() -> None:
    with pytest.raises(MappingError, match="not there: Valor"):
        mapped(["Cliente", "Data"], columns=COLUMNS)
    with pytest.raises(MappingError, match=r"'kaggle_retail' names columns .*: trans_date"):
        mapped(["customer_id", "tran_amount"], preset="kaggle_retail")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"columns": {"customer": "Cliente"}}, "'customer' is no column of transactions"),
        ({"preset": "uci"}, "there is no preset 'uci'"),
        ({"timezone": "Sao Paulo"}, "there is no time zone 'Sao Paulo'"),
        ({"timezone": "../etc"}, "there is no time zone"),
    ],
)
def test_a_wrong_configuration_is_told(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        mapped(VENDAS, **settings)
    assert caught.value.where.startswith("source.")


def test_what_every_source_needs() -> None:
    with pytest.raises(MappingError, match="the mapping lacks ordered_local; amount"):
        mapped(VENDAS, columns={"customer_id": "Cliente"})
    assert lacks({}, "transactions") == (
        "customer_id; ordered_local; amount, or unit_price beside quantity"
    )
    priced = {"customer_id": "a", "ordered_local": "b", "unit_price": "c", "quantity": "d"}
    assert lacks(priced, "transactions") == ""
    assert lacks({}, "customers") == "customer_id"
