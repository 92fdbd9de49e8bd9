"""Correction (LGPD art. 18, III): what a person says of themselves, written into the tables."""

from collections.abc import Mapping
from typing import Any, get_args

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.contract.tables import CONTACT_FLAGS, CONTACT_TEXTS, CONTACTS
from clientela.errors import InputError
from clientela.privacy.objection import PLAIN
from clientela.store.persons import hide_profile, write_contact
from clientela.tables.contacts import SCHEMA
from clientela.tables.manifest import File, Manifest, TableName, bucket_of, flush
from clientela.tables.recovery import describe_file
from clientela.tables.workspace import Workspace

OF_CUSTOMERS = ("gender", "region")
FIELDS = (*CONTACT_TEXTS, *CONTACT_FLAGS, *OF_CUSTOMERS)
TRUTHS = {"yes": True, "no": False, "sim": True, "não": False, "nao": False}


def parse_changes(changes: Mapping[str, str]) -> dict[str, Any]:
    """Read what is to be changed; an empty text empties the field.

    Raises
    ------
    InputError
        A field is none that can be corrected, or a flag is neither yes nor no.

    Examples
    --------
    >>> parse_changes({"region": "SP", "no_profiling": "yes", "email": ""})
    {'region': 'SP', 'no_profiling': True, 'email': None}
    """
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        raise InputError(
            f"'{unknown[0]}' cannot be corrected here",
            do="use some of " + ", ".join(FIELDS) + "; correct the rest in the source",
        )
    values: dict[str, Any] = {}
    for name, text in changes.items():
        if name in CONTACT_FLAGS and text.casefold() not in TRUTHS:
            raise InputError(f"'{text}' says neither yes nor no", where=name, do="write yes or no")
        values[name] = TRUTHS[text.casefold()] if name in CONTACT_FLAGS else text or None
    return values


def correct_person(
    workspace: Workspace, url: str, customer_id: str, values: Mapping[str, Any]
) -> None:
    """Change a person's fields in tables and results; the caller holds the workspace's lock.

    Raises
    ------
    InputError
        A field of the customers table is to be changed and the person has no row there.
    """
    workspace.begin()
    manifest = workspace.manifest()
    contacts = {name: value for name, value in values.items() if name not in OF_CUSTOMERS}
    others = {name: value for name, value in values.items() if name in OF_CUSTOMERS}
    for number, (table, part) in enumerate((("contacts", contacts), ("customers", others))):
        if part:
            manifest = _change(workspace, manifest, table, customer_id, part, number)
    workspace.commit(msgspec.structs.replace(manifest, read=manifest.read + 1))
    if contacts.get("no_profiling"):
        hide_profile(url, customer_id, PLAIN)  # before servers are told that something changed
    if contacts:
        write_contact(url, customer_id, contacts)


def _change(
    workspace: Workspace,
    manifest: Manifest,
    table: str,
    customer_id: str,
    values: Mapping[str, Any],
    number: int,
) -> Manifest:
    name = next(columns for columns in get_args(TableName) if columns == table)
    for file in manifest.of(name):
        rows = pq.ParquetFile(workspace.tables_folder / file.path).read()
        theirs = pc.equal(rows["customer_id"], customer_id)
        if pc.any(theirs).as_py():
            new = _write(workspace, file.path, _set(rows, theirs, values), manifest, number)
            files = tuple(new if other == file else other for other in manifest.files)
            return msgspec.structs.replace(manifest, files=files)
    if table != "contacts":
        raise InputError(
            "the customers table has no row of this person",
            where=customer_id,
            do="read one with clientela run --customers FILE",
        )
    row: dict[str, Any] = dict.fromkeys(column.name for column in CONTACTS)
    rows = pa.Table.from_pylist([row | {"customer_id": customer_id} | dict(values)], SCHEMA)
    path = f"contacts/bucket={bucket_of(customer_id)}/new.parquet"
    added = _write(workspace, path, rows, manifest, number)
    return msgspec.structs.replace(manifest, files=(*manifest.files, added))


def _set(rows: pa.Table, theirs: pa.ChunkedArray, values: Mapping[str, Any]) -> pa.Table:
    for name, value in values.items():
        field = rows.schema.field(name)
        changed = pc.if_else(theirs, pa.scalar(value, field.type), rows[name])
        rows = rows.set_column(rows.column_names.index(name), field, changed)
    return rows


def _write(
    workspace: Workspace, path: str, rows: pa.Table, manifest: Manifest, number: int
) -> File:
    """Write a file beside another."""
    target = (workspace.tables_folder / path).with_name(
        f"{manifest.read:06d}-corrected-{number}.parquet"
    )
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, target)
    flush(target)
    flush(target.parent)
    return describe_file(workspace.tables_folder, str(target.relative_to(workspace.tables_folder)))
