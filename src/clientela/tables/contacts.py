"""The contacts table: how customers are reached, and who must not be."""

from collections.abc import Mapping as MappingOf

import ibis
import ibis.expr.types as ir
import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.tables import CONTACT_FLAGS, CONTACT_TEXTS, CONTACTS
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.sources.ids import EMAIL, normalise_id
from clientela.tables.append import Appending, write_partitions
from clientela.tables.buckets import bucket_of_id
from clientela.tables.manifest import Manifest
from clientela.tables.schema import ibis_schema
from clientela.tables.workspace import Workspace

COLUMNS = [column.name for column in CONTACTS]
SCHEMA = ibis_schema(CONTACTS).to_pyarrow()


def append_contacts(
    job: Appending, typed: ir.Table, columns: MappingOf[str, str], country: str
) -> tuple[Manifest, dict[str, int]]:
    """Put the contact data of a source into the table; nothing counts until the commit.

    What a later source tells replaces what was held; what it leaves empty stays.

    Parameters
    ----------
    typed : ir.Table
        One row a customer, as :func:`clientela.mapping.contacts.type_contacts` gives them.
    columns : mapping
        Contact data -> column of the source.
    country : str
        Country code of phone numbers without one; empty where nothing tells it.

    Returns
    -------
    Manifest, dict
        The tables with the rewritten contacts, and how many customers have each.

    Raises
    ------
    DecisionNeeded
        A column of consent or suppression holds what is neither yes nor no.
    """
    rows = job.engine.to_arrow(typed)
    _check_flags(rows, columns)
    new = pa.table(
        {
            "customer_id": rows["customer_id"],
            "email": _normalise(rows["email"], "email"),
            "phone": _normalise(rows["phone"], f"phone:{country}"),
            "name": rows["name"],
            **{name: rows[name] for name in CONTACT_FLAGS},
        }
    ).cast(SCHEMA)
    merged = job.engine.materialise(_merge(job, job.engine.from_arrow(new)))
    files = tuple(file for file in job.manifest.files if file.table != "contacts")
    bucketed = merged.mutate(part_bucket=bucket_of_id(merged.customer_id))
    files += write_partitions(job, bucketed, "contacts", f"{job.tag}-contacts")
    job.engine.drop(merged)
    return msgspec.structs.replace(job.manifest, files=files), _count(new)


def read_contacts(engine: Engine, workspace: Workspace) -> pa.Table:
    """Return the contacts of a workspace, by the ids of the customers."""
    paths = workspace.paths("contacts")
    if not paths:
        return SCHEMA.empty_table()
    return engine.to_arrow(engine.read_parquet(paths).select(*COLUMNS).order_by("customer_id"))


def list_suppressed(contacts: pa.Table) -> pa.Array:
    """Return the ids of the customers whom no list may name."""
    unlisted = (pc.fill_null(contacts[name], False) for name in ("suppressed", "no_profiling"))
    return contacts.filter(pc.or_(*unlisted))["customer_id"].combine_chunks()


def list_objectors(contacts: pa.Table) -> pa.Array:
    """Return the ids of the customers who object to profiling."""
    objects = pc.fill_null(contacts["no_profiling"], False)
    return contacts.filter(objects)["customer_id"].combine_chunks()


def _check_flags(rows: pa.Table, columns: MappingOf[str, str]) -> None:
    for name in CONTACT_FLAGS:
        unclear = f"unclear_{name}"
        if unclear in rows.column_names and rows[unclear].null_count < len(rows):
            value = pc.min(rows[unclear]).as_py()
            raise DecisionNeeded(
                f"'{value}' says neither yes nor no, and people's wishes are not guessed",
                where=f"column {columns[name]}",
                do=f"write yes or no there, or take {name} out of source.contacts",
            )


def _normalise(values: pa.ChunkedArray, form: str) -> pa.Array:
    """Reduce addresses or numbers to one spelling; null where it is none."""
    texts = [None if text is None else normalise_id(text, form) for text in values.to_pylist()]
    reduced = pa.array(texts, pa.string())
    pattern = EMAIL if form == "email" else r"^\+?[0-9]{8,15}$"
    fits = pc.match_substring_regex(reduced, pattern)
    return pc.if_else(pc.fill_null(fits, False), reduced, pa.scalar(None, pa.string()))


def _merge(job: Appending, new: ir.Table) -> ir.Table:
    held_paths = [job.workspace.tables_folder / file.path for file in job.manifest.of("contacts")]
    if not held_paths:
        return new
    earlier = job.engine.read_parquet(held_paths).select(*COLUMNS).mutate(rank=ibis.literal(0))
    merged = earlier.union(new.select(*COLUMNS).mutate(rank=ibis.literal(1)))
    return merged.group_by("customer_id").aggregate(
        **{
            name: merged[name].argmax(merged["rank"], where=merged[name].notnull())
            for name in (*CONTACT_TEXTS, *CONTACT_FLAGS)
        }
    )


def _count(contacts: pa.Table) -> dict[str, int]:
    counts = {name: len(contacts) - contacts[name].null_count for name in CONTACT_TEXTS}
    flags = {name: pc.sum(contacts[name]).as_py() or 0 for name in CONTACT_FLAGS}
    return {name: count for name, count in (counts | flags).items() if count}
