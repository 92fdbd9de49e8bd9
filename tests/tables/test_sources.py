"""The real files, read whole: their counts are the published ones."""

import csv
import datetime as dt
import io
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import ibis
import ibis.expr.types as ir
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.config import Source
from clientela.engine import Engine, connect
from clientela.mapping import parse, sniff
from clientela.mapping.source_columns import Mapping, Role, resolve
from clientela.sources import reading as sources
from clientela.sources.guard import Guard
from clientela.sources.staging import StagedSource


@pytest.fixture(scope="module")
def duckdb() -> Iterator[Engine]:
    """An engine of its own, for what is read here fills its memory."""
    made = connect()
    yield made
    made.close()


@dataclass(frozen=True)
class Read:
    staged: StagedSource
    mapping: Mapping
    lines: ir.Table


def read(
    engine: Engine,
    path: Path,
    folder: Path,
    settings: Source | None = None,
    role: Role = "transactions",
) -> Read:
    """Read a source from its location to typed lines, as a run does."""
    settings = settings or Source()
    sample = sources.peek(str(path), settings)
    mapping = resolve(sample.columns, sample.rows, settings, role)
    staged = sources.stage(str(path), settings, Guard(), folder / path.name)
    staging = engine.read_parquet([staged.path])
    formats = sniff.decide(engine, staging, mapping, settings, staged.typed)
    typed = parse.type_lines if role == "transactions" else parse.type_customers
    lines = typed(staging, mapping, formats)
    lines = lines.drop("raw" if "raw" in lines.columns else "line")
    return Read(staged, mapping, engine.materialise(lines))


def facts(engine: Engine, lines: ir.Table) -> dict[str, object]:
    found: dict[str, object] = engine.to_arrow(
        lines.aggregate(
            lines=lines.count(),
            amount=lines.amount.sum().cast("decimal(38, 4)"),
            customers=lines.customer_id.nunique(),
            orders=lines.order_id.nunique(),
            anonymous=lines.customer_id.isnull().sum(),
            unread=(lines.ordered_at.isnull() | lines.amount.isnull()).sum(),
            first=lines.ordered_local.min(),
            last=lines.ordered_local.max(),
        )
    ).to_pylist()[0]
    return found


def numbered(lines: ir.Table) -> ir.Table:
    place = ibis.row_number().over(group_by="line_key", order_by="source_row")
    return lines.select("line_key", place=place)


@pytest.mark.slow
def test_both_years_of_uci_are_read_and_overlap_as_published(
    duckdb: Engine, data_dir: Path, tmp_path: Path
) -> None:
    second = read(duckdb, data_dir / "online_retail.csv", tmp_path)
    assert facts(duckdb, second.lines) == {
        "lines": 541_909,
        "amount": Decimal("9747747.934"),
        "customers": 4_372,
        "orders": 25_900,
        "anonymous": 135_080,
        "unread": 0,
        "first": dt.datetime(2010, 12, 1, 8, 26),
        "last": dt.datetime(2011, 12, 9, 12, 50),
    }
    first = read(duckdb, data_dir / "online_retail_2009_2010.csv", tmp_path)
    assert first.staged.counted == 525_461
    both = numbered(first.lines).union(numbered(second.lines)).distinct()
    assert duckdb.to_arrow(both.aggregate(n=both.count()))["n"].to_pylist() == [1_044_847]
    ids = first.lines.select("customer_id").union(second.lines.select("customer_id"))
    distinct = ids.aggregate(n=ids.customer_id.nunique())
    assert duckdb.to_arrow(distinct)["n"].to_pylist() == [5_942]


@pytest.mark.slow
def test_kaggle_retail_is_read(duckdb: Engine, data_dir: Path, tmp_path: Path) -> None:
    found = facts(duckdb, read(duckdb, data_dir / "retail_data_transactions.csv", tmp_path).lines)
    assert (found["lines"], found["customers"], found["unread"]) == (125_000, 6_889, 0)
    assert (found["first"], found["last"]) == (dt.datetime(2015, 5, 16), dt.datetime(2019, 3, 16))


def test_cdnow_is_read(duckdb: Engine, data_dir: Path, tmp_path: Path) -> None:
    found = facts(duckdb, read(duckdb, data_dir / "cdnow_sample.txt", tmp_path).lines)
    assert (found["lines"], found["customers"], found["unread"]) == (6_919, 2_357, 0)
    assert (found["first"], found["last"]) == (dt.datetime(1997, 1, 1), dt.datetime(1998, 6, 30))


@pytest.mark.slow
def test_telco_is_read_as_customers(duckdb: Engine, data_dir: Path, tmp_path: Path) -> None:
    held = read(duckdb, data_dir / "telco_customer_churn.csv", tmp_path, role="customers")
    people = held.lines
    found = duckdb.to_arrow(
        people.aggregate(
            rows=people.count(), ids=people.customer_id.nunique(), left=people.churned.sum()
        )
    ).to_pylist()[0]
    assert found == {"rows": 7_043, "ids": 7_043, "left": 1_869}
    assert "TotalCharges" in held.mapping.extra


@pytest.fixture(scope="module")
def uci(data_dir: Path) -> list[dict[str, str]]:
    """Every 27th line of UCI Online Retail, from its whole span."""
    with (data_dir / "online_retail.csv").open(encoding="utf-8", newline="") as file:
        return list(itertools.islice(csv.DictReader(file), 0, None, 27))


@pytest.fixture(scope="module")
def keys(
    duckdb: Engine, uci: list[dict[str, str]], tmp_path_factory: pytest.TempPathFactory
) -> pa.Table:
    """The keys of the sample as it is published."""
    folder = tmp_path_factory.mktemp("uci")
    return _keys(duckdb, write(folder, uci, "utf-8", ","), folder)


def write(folder: Path, rows: list[dict[str, str]], encoding: str, mark: str) -> Path:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=mark, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    path = folder / "copy.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    return path


def _keys(engine: Engine, path: Path, folder: Path, settings: Source | None = None) -> pa.Table:
    lines = read(engine, path, folder / "staged", settings).lines
    return engine.to_arrow(lines.select("source_row", "line_key").order_by("source_row"))


def american(row: dict[str, str]) -> dict[str, str]:
    """Write a line as Kaggle's first copy does: 12/1/2010 8:26, ids as floats, no seconds."""
    at = dt.datetime.fromisoformat(row["InvoiceDate"])
    return row | {"InvoiceDate": f"{at.month}/{at.day}/{at.year} {at.hour}:{at:%M}"}


def indian(row: dict[str, str]) -> dict[str, str]:
    """Write a line as Kaggle's second copy does: 01-12-2010 08:26, and other names."""
    at = dt.datetime.fromisoformat(row["InvoiceDate"])
    names = {"InvoiceNo": "Invoice", "UnitPrice": "Price", "CustomerID": "Customer ID"}
    changed = row | {
        "InvoiceDate": f"{at:%d-%m-%Y %H:%M}",
        "CustomerID": row["CustomerID"].removesuffix(".0"),
    }
    return {names.get(name, name): value for name, value in changed.items()}


def brazilian(row: dict[str, str]) -> dict[str, str]:
    """Write a line as a Brazilian spreadsheet does."""
    at = dt.datetime.fromisoformat(row["InvoiceDate"])
    price = row["UnitPrice"].replace(".", ",")
    return row | {"InvoiceDate": f"{at:%d/%m/%Y %H:%M}", "UnitPrice": f"R$ {price}"}


@dataclass(frozen=True)
class Copy:
    """A way to write the file anew."""

    change: Callable[[dict[str, str]], dict[str, str]]
    encoding: str
    mark: str


COPIES = {
    "american": Copy(american, "latin-1", ","),
    "indian": Copy(indian, "cp1252", ","),
    "brazilian": Copy(brazilian, "cp1252", ";"),
}


@pytest.mark.slow
@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_copies_in_other_clothes_hold_the_same_lines(
    duckdb: Engine, uci: list[dict[str, str]], keys: pa.Table, tmp_path: Path, copy: Copy
) -> None:
    path = write(tmp_path, [copy.change(row) for row in uci], copy.encoding, copy.mark)
    assert _keys(duckdb, path, tmp_path).equals(keys)


def test_a_spreadsheet_and_parquet_hold_the_same_lines(
    duckdb: Engine, uci: list[dict[str, str]], keys: pa.Table, tmp_path: Path
) -> None:
    rows = uci[:2_000]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Year 2010-2011")
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(typed(row).values()))
    book.save(tmp_path / "copy.xlsx")
    pq.write_table(
        pa.Table.from_pylist([typed(row) | {"StockCode": row["StockCode"]} for row in rows]),
        tmp_path / "copy.parquet",
    )
    for name in ("copy.xlsx", "copy.parquet"):
        assert _keys(duckdb, tmp_path / name, tmp_path).equals(keys.slice(0, len(rows))), name


def typed(row: dict[str, str]) -> dict[str, object]:
    """Give a line the types a spreadsheet or a data frame gives it."""
    code = row["StockCode"]
    return row | {
        "StockCode": int(code) if code.isdigit() and not code.startswith("0") else code,
        "Quantity": int(row["Quantity"]),
        "InvoiceDate": dt.datetime.fromisoformat(row["InvoiceDate"]),
        "UnitPrice": float(row["UnitPrice"]),
        "CustomerID": float(row["CustomerID"]) if row["CustomerID"] else None,
    }
