"""Raw text to typed lines, the same on every engine."""

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from clientela.config import Source
from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.engine import Engine
from clientela.mapping import parse, sniff
from clientela.mapping.source_columns import Mapping, resolve

UCI = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
       "CustomerID", "Country")  # fmt: skip
UCI_2 = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price",
         "Customer ID", "Country")  # fmt: skip
Row = tuple[str | None, ...]


def staged(engine: Engine, columns: tuple[str, ...], rows: list[Row]) -> Any:
    texts = {
        column: pa.array([row[place] for row in rows], pa.string())
        for place, column in enumerate(columns)
    }
    return engine.from_arrow(pa.table({"source_row": range(1, len(rows) + 1), **texts}))


def lines(
    engine: Engine, columns: tuple[str, ...], rows: list[Row], mapping: Mapping | None = None,
    **settings: Any,
) -> list[dict[str, Any]]:  # fmt: skip
    """Read rows of a transactions source as it would be read from a file."""
    source = Source(**settings)
    mapping = mapping or resolve(columns, rows, source, "transactions")
    staging = staged(engine, columns, rows)
    formats = sniff.decide(engine, staging, mapping, source)
    typed = parse.type_lines(staging, mapping, formats)
    held: list[dict[str, Any]] = engine.to_arrow(typed.order_by("source_row")).to_pylist()
    return held


FIRST = ("536365", "21730", " STAR ", "6", "2011-07-01 08:26:00", "4.25", "17850.0", "France")


def test_a_line_is_typed(engine: Engine) -> None:
    line = lines(engine, UCI, [FIRST])[0]
    assert line.pop("raw") == dict(zip(UCI, FIRST, strict=True))
    assert line.pop("line_key")
    assert line == {
        "source_row": 1,
        "customer_id": "17850",
        "order_id": "536365",
        "product_id": "21730",
        "description": "STAR",
        "country": "France",
        "channel": None,
        "service": None,
        "category": None,
        "currency": "GBP",
        "quantity": Decimal(6),
        "unit_price": Decimal("4.25"),
        "amount": Decimal("25.5"),
        "cost": None,
        "ordered_local": dt.datetime(2011, 7, 1, 8, 26),
        "ordered_at": dt.datetime(2011, 7, 1, 7, 26),
        "raw_date": "2011-07-01 08:26:00",
        "raw_quantity": "6",
        "raw_unit_price": "4.25",
        "raw_amount": None,
        "meaning": "sale",
        "no_sale": False,
        "derived_price": False,
        "total_line": False,
    }


def test_the_types_are_those_of_the_schema(engine: Engine) -> None:
    mapping = resolve(UCI, [], Source(), "transactions")
    staging = staged(engine, UCI, [FIRST])
    typed = parse.type_lines(staging, mapping, sniff.decide(engine, staging, mapping, Source()))
    held = engine.to_arrow(typed).schema
    later = ("line_no", "kind", "returns_order_id", "taken_in")
    wanted = {"string": pa.string(), "decimal(18, 4)": pa.decimal128(18, 4)}
    for column in TRANSACTIONS:
        if column.name not in later:
            assert held.field(column.name).type == wanted.get(column.dtype, pa.timestamp("us"))


def test_missing_and_unreadable_are_told_apart(engine: Engine) -> None:
    unreadable = ("1", None, "nan", "six", "2011-02-30", "inf", "nan", None)
    missing = ("1", None, None, " ", None, None, "", None)
    first, second, _ = lines(engine, UCI, [unreadable, missing, FIRST])
    for line in (first, second):
        for column in ("quantity", "unit_price", "amount", "ordered_local", "ordered_at"):
            assert line[column] is None
        assert (line["customer_id"], line["description"]) == (None, None)
    raws = ("raw_quantity", "raw_date", "raw_unit_price")
    assert [first[raw] for raw in raws] == ["six", "2011-02-30", "inf"]
    assert [second[raw] for raw in raws] == [None, None, None]
    assert first["line_key"] != second["line_key"]


def test_amounts_are_exact_and_rounded_half_up(engine: Engine) -> None:
    rows: list[Row] = [
        ("1", "a", "x", quantity, "2011-07-01", price, "1", None)
        for quantity, price in [
            ("3", "2.1055"), ("0.0001", "0.5"), ("-0.0001", "0.5"), ("0.1", "0.7"),
            ("99999999", "0.0001"), ("99999999999999", "99999"), ("-1", "168469.60"),
        ]
    ]  # fmt: skip
    amounts = [line["amount"] for line in lines(engine, UCI, rows)]
    assert amounts == [
        Decimal("6.3165"), Decimal("0.0001"), Decimal("-0.0001"), Decimal("0.07"),
        Decimal("9999.9999"), None, Decimal("-168469.6"),
    ]  # fmt: skip


def test_amounts_alone_are_one_unit_at_that_price(engine: Engine) -> None:
    line = lines(
        engine, ("customer_id", "trans_date", "tran_amount"), [("CS5295", "11-Feb-17", "35")]
    )[0]
    assert (line["quantity"], line["unit_price"], line["amount"]) == (1, 35, 35)
    assert line["order_id"] == "day:CS5295:2017-02-11"
    assert line["currency"] == "XXX"


COLUMNS = {"customer_id": "c", "ordered_local": "d", "quantity": "q", "amount": "a"}


def test_a_price_is_derived_from_quantity_and_amount(engine: Engine) -> None:
    mapping = Mapping(layout="configured", role="transactions", columns=COLUMNS)
    rows: list[Row] = [("1", FIRST[4], "2", "29.33"), ("1", FIRST[4], "0", "1")]
    found = lines(engine, ("c", "d", "q", "a"), rows, mapping)
    assert [line["unit_price"] for line in found] == [Decimal("14.665"), None]


def test_a_quantity_is_derived_from_price_and_amount(engine: Engine) -> None:
    columns = {"customer_id": "c", "ordered_local": "d", "unit_price": "q", "amount": "a"}
    mapping = Mapping(layout="configured", role="transactions", columns=columns)
    line = lines(engine, ("c", "d", "q", "a"), [("1", FIRST[4], "2.5", "7.5")], mapping)[0]
    assert line["quantity"] == 3


def test_an_amount_that_is_told_goes_before_its_factors(engine: Engine) -> None:
    columns = COLUMNS | {"unit_price": "p", "currency": "k"}
    mapping = Mapping(layout="configured", role="transactions", columns=columns, currency="BRL")
    rows: list[Row] = [
        ("1", FIRST[4], "2", "5.00", "3.00", " usd "),
        ("1", FIRST[4], "2", None, "3.00", None),
        ("1", FIRST[4], "2", "much", "3.00", None),
    ]
    found = lines(engine, ("c", "d", "q", "a", "p", "k"), rows, mapping)
    assert [line["amount"] for line in found] == [5, 6, None]
    assert [line["currency"] for line in found] == ["USD", "BRL", "BRL"]


def test_instants_with_their_offset_are_kept(engine: Engine) -> None:
    times = ("2011-07-01T08:26:00Z", "2011-07-01T08:26:00-03:00", "2011-07-01 08:26:00")
    rows: list[Row] = [(*FIRST[:4], time, *FIRST[5:]) for time in times]
    found = lines(engine, UCI, rows)
    day = dt.datetime(2011, 7, 1)
    assert [line["ordered_at"] - day for line in found] == [
        dt.timedelta(hours=8, minutes=26),
        dt.timedelta(hours=11, minutes=26),
        dt.timedelta(hours=7, minutes=26),
    ]
    assert [(line["ordered_local"] - line["ordered_at"]).seconds for line in found] == [3600] * 3


SAME = [
    (UCI, ("536365", "21730", "STAR", "6", "2011-07-01 08:26:00", "2.10", "17850.0", None)),
    (UCI, (" 536365", "21730 ", " STAR", "6.0", "2011-07-01 08:26", "2.1", "17850", "nan")),
    (UCI_2, ("536365", "21730", "STAR", "6", "2011-07-01T08:26:00", "2.1000", "17850", "")),
    (UCI_2, ("536365", "21730", "STAR ", "6", "7/1/2011 8:26", "2.10", " 17850", None)),
]


@pytest.mark.slow
def test_the_same_line_has_the_same_key_however_it_is_written(engine: Engine) -> None:
    keys = {lines(engine, columns, [row], date_order="mdy")[0]["line_key"] for columns, row in SAME}
    assert keys == {"0e555120e83b79803796ea6dd8e61b62"}


def test_every_column_tells_lines_apart(duckdb: Engine) -> None:
    others: list[Row] = [
        (*FIRST[:place], {4: "2011-07-01 08:26:01"}.get(place, "9"), *FIRST[place + 1 :])
        for place in range(len(UCI))
    ]
    found = lines(duckdb, UCI, [FIRST, *others])
    assert len({line["line_key"] for line in found}) == 1 + len(UCI)


PEOPLE = ("customer_id", "signup_date", "birth_date", "age", "gender", "region", "churned",
          "churned_at", "known_from", "plan")  # fmt: skip


def people(engine: Engine, rows: list[Row]) -> list[dict[str, Any]]:
    mapping = resolve(PEOPLE, rows, Source(), "customers")
    staging = staged(engine, PEOPLE, rows)
    formats = sniff.decide(engine, staging, mapping, Source())
    typed = parse.type_customers(staging, mapping, formats).order_by("source_row")
    held: list[dict[str, Any]] = engine.to_arrow(typed).to_pylist()
    return held


def test_customers_are_typed(engine: Engine) -> None:
    row = ("7.0", "2020-01-02", "1980-05-06 00:00:00", "34", " F ", "São Paulo", "Sim",
           "2021-03-04", "2020-02-01", 'go"ld')  # fmt: skip
    person = people(engine, [row])[0]
    assert json.loads(person.pop("line")) == dict(zip(PEOPLE, row, strict=True))
    assert json.loads(person.pop("attributes")) == {"plan": 'go"ld'}
    assert {column.name for column in CUSTOMERS} - {"attributes", "taken_in"} <= person.keys()
    assert {name: person[name] for name in PEOPLE[:9]} == {
        "customer_id": "7",
        "signup_date": dt.date(2020, 1, 2),
        "birth_date": dt.date(1980, 5, 6),
        "age": 34,
        "gender": "F",
        "region": "São Paulo",
        "churned": True,
        "churned_at": dt.date(2021, 3, 4),
        "known_from": dt.date(2020, 2, 1),
    }


def test_what_cannot_be_read_of_customers_is_null(engine: Engine) -> None:
    bad = ("nan", "soon", None, "old", "nan", " ", "perhaps", None, None, None)
    good = ("8", "2020-01-02", None, "34.0", None, None, "0", None, None, None)
    first, second = people(engine, [bad, good])
    nothing = ("customer_id", "signup_date", "age", "gender", "region", "churned", "churned_at")
    assert [first[name] for name in nothing] == [None] * len(nothing)
    assert (first["raw_signup_date"], first["raw_age"]) == ("soon", "old")
    assert (second["age"], second["churned"]) == (34, False)
