"""Erasing people everywhere (LGPD art. 18, VI): queue, tables, models, results, receipt.

Each step can be done twice: a killed erasure begins anew from its request, which says whom and by
which spellings until the receipt takes its place.

1. The request is queued; the person answers 410 from now on.
2. Spellings, e-mail, phone and order numbers are noted in the request, and tombstones written.
3. The tables are rewritten without the person, in one step.
4. Models that name the person are removed.
5. Rows and mentions of all runs, ledger and experiments go in one transaction.
6. The database's files are written anew, and the receipt replaces the request.
"""

import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from clientela.config import Privacy
from clientela.privacy.erase_tables import erase_from_tables
from clientela.privacy.traces import Traces, find_traces
from clientela.registry import stored_models
from clientela.store import erasures
from clientela.store.connect import parse
from clientela.store.erasures import ErasureRequest
from clientela.tables.tombstones import Tombstones
from clientela.tables.workspace import Workspace

WITH_ROWS = ("segment_description",)
"""Kinds of what is stored like a model and has a row a customer, without ids."""


def carry_out_requests(
    workspace: Workspace,
    settings: Privacy,
    url: str,
    now: dt.datetime,
    announce: Callable[[str], None] = lambda step: None,
) -> dict[str, Any] | None:
    """Erase everybody who waits for it, all in one pass; the caller holds the workspace's lock.

    Parameters
    ----------
    announce : callable
        Told the name of each step as it begins.

    Returns
    -------
    dict or None
        The receipt, which names nobody; None where nobody waits.

    Raises
    ------
    PlatformError
        The workspace or the database failed; the next call goes on.
    """
    requests = erasures.read_requests(url)
    if not requests:
        return None
    announce("find")
    traces = _note_traces(workspace, settings, url, requests)
    everybody = traces[0]
    for other in traces[1:]:
        everybody = everybody.merge(other)
    tombstones = Tombstones(workspace.folder)
    tombstones.add((*everybody.ids, *everybody.spellings))
    announce("tables")
    rows = erase_from_tables(workspace, everybody)
    announce("models")
    models = _erase_models(workspace.models_folder, everybody)
    announce("results")
    pattern = everybody.pattern
    results = erasures.erase_rows(url, everybody.ids, everybody.spellings, pattern)
    announce("scrub")
    scrubbed = erasures.scrub(url)
    receipt = {
        "people": len(requests),
        "erased_on": now.date().isoformat(),
        "tables": rows,
        "results": results,
        "models": models,
        "database": parse(url).get_backend_name(),
        "database_rewritten": scrubbed,
        "kept_by_law": list(settings.legal_duties),
        "sources": _list_sources(workspace),
        "strangers": _list_strangers(workspace),
    }
    for request in requests:
        person = tombstones.hash(request.customer_id)
        erasures.finish(url, request.position, person, now, receipt)
    announce("receipt")
    erasures.scrub(url)
    return receipt


def _note_traces(
    workspace: Workspace, settings: Privacy, url: str, requests: list[ErasureRequest]
) -> list[Traces]:
    """Look for each person, or take what an erasure that was killed had found."""
    everybody = []
    for request in requests:
        traces = find_traces(workspace, settings, request.customer_id)
        if request.spellings is not None:
            before = {name: tuple(texts) for name, texts in request.spellings.items()}
            traces = traces.merge(Traces(**before))
        noted = {"ids": traces.ids, "spellings": traces.spellings, "orders": traces.orders}
        erasures.note_spellings(url, request.position, noted)
        everybody.append(traces)
    return everybody


def _erase_models(folder: Path, traces: Traces) -> dict[str, list[str]]:
    """Remove models whose texts name somebody; tell those that were learnt with them too.

    The description of segments goes whatever it names: its map has a dot for each customer drawn.
    """
    removed, learnt = [], []
    for kind in stored_models.kinds(folder):
        champion = stored_models.current(folder, kind)
        for model_id in stored_models.list_model_ids(folder, kind):
            if kind in WITH_ROWS or _is_naming(folder / kind / model_id, traces):
                if model_id == champion:
                    stored_models.retire(folder, kind)
                shutil.rmtree(folder / kind / model_id)
                removed.append(model_id)
        if champion and champion not in removed:
            learnt.append(champion)
    return {"removed": removed, "learnt_with_them": learnt}


def _is_naming(folder: Path, traces: Traces) -> bool:
    pattern = traces.pattern
    texts = (path.read_text("utf-8", "replace") for path in folder.glob("*.json"))
    return pattern is not None and any(pattern.search(text) for text in texts)


def _list_sources(workspace: Workspace) -> list[str]:
    """Name the sources that the tables were read from, which hold what they held."""
    batches = workspace.manifest().batches
    return sorted({batch.ledger.source for batch in batches})


def _list_strangers(workspace: Workspace) -> list[str]:
    """Name files in the workspace that Clientela did not write."""
    known = {file.path for file in workspace.manifest().files}
    paths = workspace.tables_folder.rglob("*.parquet")
    found = {str(path.relative_to(workspace.tables_folder)) for path in paths}
    return sorted(found - known)
