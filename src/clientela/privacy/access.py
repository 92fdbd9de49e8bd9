"""Access and portability (LGPD art. 18, II and V): all that is held of one person, as data.

Reads Parquet files by the manifest alone, so that the API, which loads no engine, may use it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from clientela.sources.ids import normalise_id
from clientela.store.persons import read_person
from clientela.tables import manifest as manifests
from clientela.tables.manifest import Manifest

TABLES = ("contacts", "customers", "transactions", "identities", "quarantine")
Rows = list[dict[str, Any]]


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
    tables_folder = folder / "tables" if folder else None
    if tables_folder is None or not (tables_folder / "manifest.json").exists():
        ids = {written, normalise_id(written) or written}
        return {"ids": sorted(ids), "tables": {}, "results": read_person(url, ids), "sources": []}
    manifest = manifests.read(tables_folder / "manifest.json")
    ids = _find_ids(tables_folder, manifest, written)
    tables = {name: _select(tables_folder, manifest, name, ids) for name in TABLES}
    tables = {name: rows for name, rows in tables.items() if rows}
    return {
        "ids": sorted(ids),
        "tables": tables,
        "results": read_person(url, ids),
        "sources": sorted({batch.ledger.source for batch in manifest.batches}) if tables else [],
    }


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
