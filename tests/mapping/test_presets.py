"""Known layouts are found by their columns."""

import csv
from pathlib import Path

import pytest

from clientela.config import Source
from clientela.mapping import presets
from clientela.mapping.presets import Layout, Role, detect
from clientela.mapping.source_columns import OURS, lacks, resolve
from clientela.sources import reading as sources

UCI = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
UCI_2 = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country"
LAYOUTS = presets.layouts()


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_layout_maps_columns_of_ours(layout: Layout) -> None:
    columns = {**layout.required, **layout.optional}
    assert set(columns) <= OURS[layout.role]
    assert not lacks(layout.required, layout.role)
    assert not layout.required.keys() & layout.optional.keys()


@pytest.mark.parametrize(
    "layout", [layout for layout in LAYOUTS if not layout.exact], ids=lambda layout: layout.name
)
def test_a_layout_is_detected_by_its_own_columns(layout: Layout) -> None:
    names = {**layout.required, **layout.optional}.values()
    columns = [name if isinstance(name, str) else name[0] for name in names]
    columns += layout.patterns
    assert detect(columns, [], layout.role) == layout


@pytest.mark.parametrize(
    ("header", "role", "name"),
    [
        (UCI, "transactions", "uci_online_retail"),
        (UCI_2, "transactions", "uci_online_retail_2"),
        (UCI.lower(), "transactions", "uci_online_retail"),
        ("index," + UCI_2.replace("Customer ID", "customer_id"), "transactions",
         "uci_online_retail_2"),
        ("Invoice_No,Stock Code,Quantity,Invoice Date,Unit Price,Customer ID", "transactions",
         "uci_online_retail"),
        ("customer_id,trans_date,tran_amount", "transactions", "kaggle_retail"),
        ("customer_id,transaction_date,amount,service", "transactions",
         "subscription_transactions"),
        ("customer_id,age,gender,signup_date,region,churn", "customers",
         "subscription_customers"),
        ("customer_id,ordered_local,amount", "transactions", "canonical_transactions"),
        ("customer_id,birth_date", "customers", "canonical_customers"),
        ("customer_id,response", "customers", None),
        ("customer_id,response", "transactions", None),
        ("a,b", "transactions", None),
    ],
)  # fmt: skip
def test_layouts_are_told_by_names(header: str, role: Role, name: str | None) -> None:
    found = detect(header.split(","), [], role)
    assert (found and found.name) == name


def test_cdnow_is_told_by_its_values() -> None:
    columns = [f"column_{n}" for n in range(1, 6)]
    row = ("00004", "0001", "19970101", "2", "29.33")
    found = detect(columns, [row], "transactions")
    assert found
    assert found.name == "cdnow_sample"
    assert detect(columns, [(*row[:2], "20230101", *row[3:])], "transactions") is None
    master = detect(columns[:4], [("00004", *row[2:])], "transactions")
    assert master
    assert master.name == "cdnow_master"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("online_retail.csv", "uci_online_retail"),
        ("online_retail_2009_2010.csv", "uci_online_retail_2"),
        ("retail_data_transactions.csv", "kaggle_retail"),
        ("cdnow_sample.txt", "cdnow_sample"),
    ],
)
def test_the_real_files_are_known(data_dir: Path, file: str, name: str) -> None:
    sample = sources.peek(str(data_dir / file), Source())
    found = detect(sample.columns, sample.rows, "transactions")
    assert found
    assert found.name == name


def test_the_header_of_the_real_file_is_that_of_the_tests(data_dir: Path) -> None:
    with (data_dir / "online_retail.csv").open(encoding="utf-8", newline="") as file:
        assert next(csv.reader(file)) == UCI.split(",")


FOUND = [layout for layout in LAYOUTS if not layout.exact and layout.role == "transactions"]


def write_rows(layout: Layout, further: str) -> list[tuple[str, ...]]:
    """Write rows of a layout with a further column, whose values are parted by blanks."""

    def write(ours: str, n: int) -> str:
        texts = {"customer_id": f"C{n % 9}", "ordered_local": f"2024-01-{n % 28 + 1:02}"}
        numbers = {"quantity": "2", "unit_price": f"{n % 5 + 1}.50", "amount": f"{n}.90"}
        return (texts | numbers | {"order_id": f"{500 + n}"}).get(ours, f"x{n % 4}")

    values = further.split()
    return [
        (*[write(ours, n) for ours in layout.required], values[n % len(values)]) for n in range(60)
    ]


@pytest.mark.parametrize("layout", FOUND, ids=lambda layout: layout.name)
@pytest.mark.parametrize("heading", ["Currency", "Moeda", "f9"])
def test_a_layout_never_hides_a_column_of_currencies(layout: Layout, heading: str) -> None:
    columns = [str(names) for names in layout.required.values()]
    rows = write_rows(layout, "BRL USD")
    mapping = resolve([*columns, heading], rows, Source(), "transactions")
    assert mapping.columns["currency"] == heading


OTHERS = [layout for layout in FOUND if not layout.own]


@pytest.mark.parametrize("layout", OTHERS, ids=lambda layout: layout.name)
@pytest.mark.parametrize(
    ("ours", "heading", "values"),
    [
        ("category", "Categoria", "Bags Lights Cards"),
        ("channel", "Sales Channel", "web shop app"),
        ("country", "País", "Brasil Portugal Angola"),
        ("description", "Descrição", "azul verde rosa"),
    ],
)
def test_a_layout_takes_over_further_columns_that_are_known(
    layout: Layout, ours: str, heading: str, values: str
) -> None:
    if ours in layout.required:
        pytest.skip("the layout names it")
    columns = [str(names) for names in layout.required.values()]
    mapping = resolve([*columns, heading], write_rows(layout, values), Source(), "transactions")
    assert (mapping.layout, mapping.columns[ours]) == (layout.name, heading)
