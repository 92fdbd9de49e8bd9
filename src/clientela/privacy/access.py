"""Access and portability (LGPD art. 18, II and V): all that is held of one person, as data.

Reads Parquet files by the manifest alone, so that the API, which loads no engine, may use it.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import Privacy
from clientela.errors import ConfigError, PlatformError, WorkspaceDamaged
from clientela.mapping.privacy import list_pseudonyms
from clientela.sources.ids import normalise_id
from clientela.store.persons import read_person
from clientela.tables import manifest as manifests
from clientela.tables.manifest import ROTATION, Manifest, bucket_of
from clientela.tables.recovery import check_files
from clientela.tables.tombstones import Tombstones

TABLES = ("contacts", "customers", "transactions", "identities", "quarantine")
ORDER_COLUMNS = [
    *("order_id", "ordered_local", "kind", "amount"),
    *("product_id", "description", "returns_order_id"),
]
MOST_PRODUCTS = 3  # by convention: what tells an order from others, in a line
Rows = list[dict[str, Any]]
T = TypeVar("T")


class Order(NamedTuple):
    """An order or return of a customer: its day, lines and amount, its largest products."""

    day: dt.date
    order_id: str
    kind: str
    lines: int
    amount: float
    products: list[str]
    returns_order_id: str | None


def collect_person(folder: Path | None, url: str, written: str) -> dict[str, Any]:
    """Return everything that is held of a person, found by an id in any spelling.

    Parameters
    ----------
    folder : Path, optional
        The workspace; without it the results database alone answers.
    written : str
        The id; where ids are pseudonyms, the pseudonym.

    Returns
    -------
    dict
        ``ids``; rows by table under ``tables`` and, of all kept runs, ``results``; ``sources``
        they came from.
    """
    if folder is None or not (folder / "tables" / "manifest.json").exists():
        ids = {written, normalise_id(written) or written}
        return {"ids": sorted(ids), "tables": {}, "results": read_person(url, ids), "sources": []}
    ids, tables, sources = _read_steadily(folder, partial(_read_tables, written))
    return {
        "ids": sorted(ids),
        "tables": tables,
        "results": read_person(url, ids),
        "sources": sources if tables else [],
    }


def _read_tables(
    written: str, folder: Path, manifest: Manifest
) -> tuple[set[str], dict[str, Rows], list[str]]:
    ids = _find_ids(folder, manifest, written)
    tables = {name: _select(folder, manifest, name, ids) for name in TABLES}
    sources = sorted({batch.ledger.source for batch in manifest.batches})
    return ids, {name: rows for name, rows in tables.items() if rows}, sources


def _read_steadily(folder: Path, read: Callable[[Path, Manifest], T]) -> T:
    """Read the tables of one manifest; a run beside may take its files away in the middle.

    Raises
    ------
    PlatformError
        The key of pseudonyms is being rotated: tables and results do not fit one another.
    WorkspaceDamaged
        A file is not there, or not what the manifest of now says.
    """
    tables_folder = folder / "tables"
    while True:
        manifest = manifests.read(tables_folder / "manifest.json")
        try:
            check_files(tables_folder, manifest.files)
            content = read(tables_folder, manifest)
        except (WorkspaceDamaged, OSError, pa.ArrowException):
            if manifests.read(tables_folder / "manifest.json") != manifest:
                continue
            check_files(tables_folder, manifest.files, deep=True)
            raise
        if (folder / ROTATION).exists():
            raise PlatformError(
                "the key of the pseudonyms is being rotated", do="try again in some minutes"
            )
        return content


def find_erased(
    folder: Path | None, ids: Iterable[str], settings: Privacy, waiting: Collection[str]
) -> set[str]:
    """Return those of some ids who were erased from a workspace, or wait for it.

    Where ids are replaced, a till sends those of before, whose pseudonyms the tables know.

    Raises
    ------
    PlatformError
        Somebody was erased, and the key that tells whether it is one of these is not there.
    """
    stones = None if folder is None else Tombstones(folder)
    if not waiting and (stones is None or not stones.hashes):
        return set()
    path = None if folder is None else folder / "tables" / "manifest.json"
    pseudonyms = manifests.read(path).pseudonyms if settings.hash_ids and path else ""
    erased = set()
    for written in ids:
        try:
            spellings = {written, *list_pseudonyms(settings, written, pseudonyms)}
        except ConfigError as error:  # of the server, not of who asks
            raise PlatformError(error.what, where=error.where, do=error.do) from None
        is_erased = stones is not None and any(map(stones.holds, spellings))
        if is_erased or not spellings.isdisjoint(waiting):
            erased.add(written)
    return erased


def is_empty(person: dict[str, Any]) -> bool:
    """Check whether nothing is held of a person."""
    return not person["tables"] and not person["results"]


def _find_ids(folder: Path, manifest: Manifest, written: str) -> set[str]:
    ids = {written, normalise_id(written, manifest.id_form) or written}
    spelt = _select(folder, manifest, "identities", ids, column="source_id")
    ids |= {str(row["customer_id"]) for row in spelt}
    return ids | {str(row["source_id"]) for row in _select(folder, manifest, "identities", ids)}


def _select(
    folder: Path, manifest: Manifest, table: str, ids: Iterable[str], column: str = "customer_id"
) -> Rows:
    """Read the rows of some ids; engines' own columns stay out."""
    rows: Rows = []
    for file in manifest.files:
        if file.table == table:
            wanted = [(column, "in", sorted(ids))]
            found = pq.read_table(folder / file.path, filters=wanted, partitioning=None)
            rows += found.to_pylist()
    return [{k: v for k, v in row.items() if k != "line_key" and v is not None} for row in rows]


def read_columns(path: Path, columns: Sequence[str], wanted: Any = None) -> pa.Table:
    """Read columns of a file, of the rows wanted; one that an earlier build lacked is left out."""
    names = set(pq.read_schema(path).names)
    present = [name for name in columns if name in names]
    return pq.read_table(path, columns=present, filters=wanted, partitioning=None)


def read_orders(folder: Path, customer_id: str, as_of: dt.date) -> list[Order]:
    """Return a customer's orders and returns up to a day, the latest first.

    Parameters
    ----------
    folder : Path
        The workspace; without tables there are none.
    customer_id : str
        As the results spell it.
    """
    if not (folder / "tables" / "manifest.json").exists():
        return []
    lines = _read_steadily(folder, partial(_read_lines, customer_id, as_of))
    return [_build_order(*key, rows) for key, rows in sorted(lines.items(), reverse=True)]


def _read_lines(
    customer_id: str, as_of: dt.date, folder: Path, manifest: Manifest
) -> dict[tuple[dt.date, str, str], Rows]:
    """Read a customer's lines by day, order and kind."""
    lines: dict[tuple[dt.date, str, str], Rows] = {}
    bucket = bucket_of(customer_id)
    for file in manifest.files:
        if file.table != "transactions" or file.bucket != bucket or file.kind == "fee":
            continue
        wanted = [("customer_id", "=", customer_id)]
        path = folder / file.path
        table = read_columns(path, ORDER_COLUMNS, wanted)
        for row in table.to_pylist():
            row = dict.fromkeys(ORDER_COLUMNS) | row  # an earlier build may lack some
            day = row["ordered_local"].date()
            if day > as_of:
                continue
            lines.setdefault((day, str(row["order_id"]), str(row["kind"])), []).append(row)
    return lines


def _build_order(day: dt.date, order_id: str, kind: str, rows: Rows) -> Order:
    by_amount = sorted(rows, key=lambda row: (-abs(row["amount"]), str(row["product_id"])))
    names = [row["description"] or row["product_id"] for row in by_amount]
    returned = next((row["returns_order_id"] for row in rows if row["returns_order_id"]), None)
    amount = float(sum(row["amount"] for row in rows))
    products = [str(name) for name in dict.fromkeys(names) if name][:MOST_PRODUCTS]
    return Order(day, order_id, kind, len(rows), amount, products, returned)
