"""What a run takes over that finds all as the published run did: its scores, as published."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

import clientela
from clientela.config.database_url import read_secret
from clientela.registry import stored_models as pointers
from clientela.registry.artifacts import KEY_VARIABLE
from clientela.store.connect import is_absent
from clientela.store.run_tables import read_summary, read_tables
from clientela.store.schema import metadata
from clientela.tables.manifest import Manifest, encode

SCORED = "scored"
"""Part of a run's summary: what its scores were made of, their tables with the order of rows, their
facts' names."""
MOST_PLACED = 10_000  # by convention: rows of a table whose order a summary keeps


def name_inputs(manifest: Manifest, models: Path, **others: object) -> str:
    """Return a hash of all that a run's scores are made of.

    Parameters
    ----------
    manifest : Manifest
        The tables: their files, whose names were erased, how rows were read.
    models : Path
        The folder of models: those that score, whatever became of them.
    others : mapping
        Settings, the day, people's names for segments and the like, each told whole by its
        representation.
    """
    digest = hashlib.sha256()
    for part in (
        *_list_sources(),
        encode(msgspec.structs.replace(manifest, read=0)),  # a source that brought nothing counts
        *_list_models(models),
        *(f"{name} {value!r}".encode() for name, value in sorted(others.items())),
    ):
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def describe_scores(
    inputs: str, tables: Mapping[str, pa.Table], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the summary of a run keeps, by which a later run can take its scores over."""
    orders = {name: _find_order(name, table) for name, table in sorted(tables.items())}
    return {SCORED: {"inputs": inputs, "tables": orders, "facts": sorted(facts)}}


def take_over_scores(
    url: str, inputs: str
) -> tuple[str, dict[str, pa.Table], dict[str, Any]] | None:
    """Return the published run's id, scores and facts where it was made of the same.

    Where rows of customers are gone since, nothing is taken over.

    Raises
    ------
    StoreError
        The database cannot be used.
    """
    published = None if is_absent(url) else read_summary(url)
    if published is None:
        return None
    run_id, summary = published
    scored = summary.get(SCORED)
    if not scored or scored["inputs"] != inputs:
        return None
    tables = read_tables(url, run_id, scored["tables"])
    if len(tables["customers"]) != summary["customers"]:
        return None
    for name, order in scored["tables"].items():
        tables[name] = _put_in_order(name, tables[name], order)
    facts = {name: _state_stored(summary[name]) for name in scored["facts"]}
    return run_id, tables, facts


def _find_order(name: str, table: pa.Table) -> list[int] | None:
    """Return the places of a table's rows when sorted by their key; None where they are, or many.

    Rows come out of a database in no order, and some texts name the first.
    """
    key = _list_key(name)
    if not key or len(table) > MOST_PLACED:
        return None
    places = pc.sort_indices(pc.sort_indices(table, sort_keys=key)).to_pylist()
    return None if places == list(range(len(places))) else places


def _put_in_order(name: str, rows: pa.Table, order: list[int] | None) -> pa.Table:
    """Bring the rows of a database into the order of :func:`_find_order`."""
    key = _list_key(name)
    ordered = rows.sort_by(key) if key else rows
    return ordered if order is None else ordered.take(pa.array(order, pa.int64()))


def _list_key(name: str) -> list[tuple[str, str]]:
    key = metadata.tables[name].primary_key
    return [(column.name, "ascending") for column in key if column.name != "run_id"]


def _state_stored(fact: Any) -> Any:
    """Say of the models of headline facts that they were stored, where they had been learnt."""
    if not isinstance(fact, dict):
        return fact
    stored = {name: _state_stored(part) for name, part in fact.items()}
    if "fitted" in stored:
        stored |= {"fitted": False, "reason": None}
    return stored | ({"learnt": False} if "learnt" in stored else {})


def _list_sources() -> Iterator[bytes]:
    """Yield what tells one build from another: its version, and its files by size and time."""
    yield clientela.__version__.encode()
    root = Path(clientela.__file__).parent
    for path in sorted(root.rglob("*.py")):
        state = path.stat()
        yield f"{path.relative_to(root)} {state.st_size} {state.st_mtime_ns}".encode()


def _list_models(folder: Path) -> Iterator[bytes]:
    """Yield the models that score or are compared, as they stand, and the key they are signed by.

    A damaged model is another one: it stops the run that meets it.
    """
    yield hmac.digest(read_secret(KEY_VARIABLE).encode(), b"models", "sha256")
    for kind in pointers.kinds(folder):
        own = folder / kind
        texts = [path for path in sorted(own.iterdir()) if path.is_file()]
        scoring = [path for path in texts if path.name in (pointers.CURRENT, pointers.CHALLENGER)]
        named = {word for path in scoring for word in path.read_text("utf-8").split()}
        models = [own / model_id for model_id in pointers.list_model_ids(folder, kind)]
        parts = [part for path in models if path.name in named for part in sorted(path.iterdir())]
        for path in (*texts, *parts):
            yield str(path.relative_to(folder)).encode()
            yield path.read_bytes()
