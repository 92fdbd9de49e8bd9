"""Rotating the key of the pseudonyms and that of models, without losing anybody.

Each step can be done twice: what is to be replaced is noted first, and a rotation that was killed
goes on from that note. Until it ends, runs are refused.

1. The pseudonyms of tables and results are noted.
2. The tables are written anew, in one step.
3. Ids of all runs and records are replaced in one transaction, and the database's files rewritten.
4. The access log is chained anew, behind a signed row that names both keys by their fingerprints;
   again once servers have written what they showed under the old ids.
5. The note is removed.

Tombstones stay: a source's ids go through all keys in turn, and an erased person's stops at the one
by which their tombstone knows them.
"""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import Privacy
from clientela.errors import ArtifactError, ConfigError, InputError, KeyChanged
from clientela.experiments.global_control import NAME as GLOBAL_CONTROL
from clientela.files.atomic_write import aside
from clientela.mapping.privacy import check_keys, name_keys, read_keys
from clientela.registry import stored_models
from clientela.registry.artifacts import sign_again
from clientela.store.access_log import Access, AccessLog
from clientela.store.erasures import read_requests, scrub
from clientela.store.read import open_reader
from clientela.store.replaced_ids import list_ids, replace_ids, restart_experiment
from clientela.tables.manifest import flush
from clientela.tables.rotation import Rotation, find_pseudonyms, list_pseudonyms, rotate_tables
from clientela.tables.workspace import Workspace

OPERATION = "keys.rotate"
# Servers write look-ups every second; by convention three times that, for one that had to wait
WAIT_SECONDS = 3.0


def rotate_pseudonyms(
    workspace: Workspace,
    settings: Privacy,
    url: str,
    log: AccessLog,
    by: str,
    announce: Callable[[str], None] = lambda step: None,
) -> dict[str, Any]:
    """Replace the pseudonyms of everybody by those under a further key; the caller holds the lock.

    Parameters
    ----------
    announce : callable
        Told the name of each step as it begins.

    Returns
    -------
    dict
        Fingerprints ``before`` and ``after``; whether it was ``done`` before; else the rows of
        ``tables``, ``results`` and ``log``, the ``models`` that hold pseudonyms, whether the
        database was ``rewritten``, and the first day of the ``global_control`` drawn anew.

    Raises
    ------
    KeyChanged
        The tables were made under neither the keys of now nor those with the new one.
    InputError
        People wait for their erasure, or the keys are not those of the rotation that was killed.
    ConfigError
        There is no new key, more than one, or it is one of those of before.
    """
    keys, (new, *more) = read_keys(settings), read_keys(settings, "_NEW")
    if more:
        raise ConfigError(
            "one new key at a time", where=f"{settings.key_env}_NEW", do="set it without blanks"
        )
    if new in keys:
        raise ConfigError(
            "the new key is one of those of before: who knows it would know the pseudonyms still",
            where=f"{settings.key_env}_NEW",
            do="make another one; if the rotation is done, unset the variable",
        )
    before, after = name_keys(keys), name_keys((*keys, new))
    receipt: dict[str, Any] = {"before": before, "after": after, "done": False}
    recorded = workspace.manifest().pseudonyms
    if not workspace.rotation_path.exists():
        if recorded == after:
            return receipt | {"done": True}
        check_keys(settings, recorded)
        announce("note")
        _note(workspace, url, after)
    pseudonyms = _read_note(workspace, after)
    rotation = Rotation(pseudonyms, new)
    announce("tables")
    receipt["tables"] = 0 if recorded == after else rotate_tables(workspace, rotation, after)
    announce("results")
    receipt["results"] = replace_ids(url, rotation.replaced, rotation.replace)
    receipt["global_control"] = _restart_control(url)
    announce("scrub")
    receipt["rewritten"] = scrub(url)
    announce("log")
    detail = {"before": before, "after": after}
    now = dt.datetime.now(dt.UTC)
    entry = Access(now, by, OPERATION, (), detail, 0, "")
    receipt["log"] = log.replace_persons(rotation.replaced, entry)
    if log.count_kills():  # a server may be at work, with look-ups that are still to be written
        announce("wait")
        time.sleep(WAIT_SECONDS)
        receipt["log"] += log.replace_persons(rotation.replaced, entry)
    receipt["models"] = _list_naming(workspace, pseudonyms)
    announce("end")
    workspace.rotation_path.unlink()
    return receipt


def rotate_signatures(workspace: Workspace, old: str, new: str) -> tuple[list[str], list[str]]:
    """Sign the stored models under a new key; return those signed, and those that never were."""
    signed, unsigned = list[str](), list[str]()
    for kind in stored_models.kinds(workspace.models_folder):
        for model_id in stored_models.list_model_ids(workspace.models_folder, kind):
            try:
                is_ours = sign_again(workspace.models_folder / kind / model_id, old, new)
            except ArtifactError:
                is_ours = False
            (signed if is_ours else unsigned).append(model_id)
    return signed, unsigned


def _note(workspace: Workspace, url: str, after: str) -> None:
    """Write down what is to be replaced, before anything is."""
    if read_requests(url):
        raise InputError(
            "people wait for their erasure", do="erase them first: clientela forget --queued"
        )
    manifest = workspace.manifest()
    pseudonyms = list_pseudonyms(workspace, manifest)
    recorded = list_ids(url)
    pseudonyms.update(*map(find_pseudonyms, recorded))
    if manifest.tombstones and any("/" in text for text in recorded):
        raise InputError(
            "ids are told apart by their store, and people were erased whose tombstones cannot "
            "follow another key",
            where=str(workspace.folder),
            do="keep the key",
        )
    rows = pa.table({"pseudonym": pa.array(sorted(pseudonyms), pa.string())})
    with aside(workspace.rotation_path) as path:
        pq.write_table(rows.replace_schema_metadata({"to": after}), path)
        flush(path)


def _read_note(workspace: Workspace, after: str) -> set[str]:
    rows = pq.read_table(workspace.rotation_path)
    to = (rows.schema.metadata or {}).get(b"to", b"").decode()
    if to != after:
        raise KeyChanged(
            f"the rotation that was interrupted leads to other keys ({to}) than these ({after})",
            where=str(workspace.rotation_path),
            do="set the keys that it began with",
        )
    return set(rows["pseudonym"].to_pylist())


def _restart_control(url: str) -> str | None:
    """Let the global control, which is drawn by ids, begin anew after the published run."""
    with closing(open_reader(url)) as reader:
        run = reader.current_run()
    if run is None or not restart_experiment(url, GLOBAL_CONTROL, run.as_of):
        return None
    return (run.as_of + dt.timedelta(days=1)).isoformat()


def _list_naming(workspace: Workspace, pseudonyms: set[str]) -> Sequence[str]:
    """Name the models whose texts hold pseudonyms, which must be learnt again."""
    folder = workspace.models_folder
    return [
        model_id
        for kind in stored_models.kinds(folder)
        for model_id in stored_models.list_model_ids(folder, kind)
        if any(
            not pseudonyms.isdisjoint(find_pseudonyms(path.read_text("utf-8", "replace")))
            for path in (folder / kind / model_id).glob("*.json")
        )
    ]
