"""What a run hands to the store: its record, its headline facts, and the tables beside segments."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

import ibis
import msgspec
import pyarrow as pa

from clientela import __version__
from clientela.config import Settings
from clientela.engine import Engine
from clientela.pipeline.programme import Programmed
from clientela.pipeline.quality import quality, reconciliation
from clientela.pipeline.reading import Request, State
from clientela.pipeline.segments import Segmented
from clientela.store.record import RunRecord
from clientela.tables import summary
from clientela.tables.workspace import Workspace

QUARANTINE_ROWS_A_RULE = 1_000
QUARANTINE_COLUMNS = ("source", "source_row", "rule", "customer_id", "amount", "line")


def tables_of(engine: Engine, workspace: Workspace, state: State) -> dict[str, pa.Table]:
    """Give quality, a sample of the quarantine, months, and ids without a purchase."""
    tables = workspace.tables(engine)
    return {
        "quality": quality(state.manifest, state.ledgers, state.known),
        **_quarantine(engine, workspace),
        "revenue_by_month": engine.to_arrow(summary.revenue_by_month(tables, state.as_of)),
        "no_purchases": engine.to_arrow(summary.no_purchases(tables, state.as_of)),
    }


def facts_of(state: State, segmented: Segmented, chosen: Programmed) -> dict[str, Any]:
    """Give the headline facts of a run.

    Rows, ids and ``net_amount`` describe all that the canonical tables hold; ``revenue`` and
    ``unidentified_share`` what was known on ``as_of``.
    """
    read = [line for ledger in state.ledgers for line in ledger.lines]
    totals = state.totals
    return {
        "as_of": state.as_of.isoformat(),
        "rows_in": sum(line.rows for line in read if line.place == "read"),
        "rows_already_held": sum(line.rows for line in read if line.place == "already_held"),
        "rows_canonical": totals.rows + _rows(state, "customers"),
        "rows_quarantined": _rows(state, "quarantine"),
        "customers": len(segmented.scored.snapshot),
        "customers_identified": totals.customers_identified,
        "net_amount": f"{totals.net_amount:.2f}",
        "revenue": f"{state.known.revenue:.2f}",
        "unidentified_share": state.known.unidentified_share,
        "currency": state.manifest.currency,
        "timezone": state.manifest.timezone,
        "id_form": state.manifest.id_form,
        "model": segmented.model,
        "segments": segmented.listed,
        "segmentation": segmented.told,
        "programme": chosen.facts,
        "reconciliation": reconciliation(state.ledgers),
    }


def record_of(
    facts: Mapping[str, Any],
    settings: Settings,
    request: Request,
    state: State,
    seconds: Mapping[str, float],
    now: dt.datetime,
) -> RunRecord:
    """Make the row of the table ``runs``."""
    spent = dt.timedelta(seconds=sum(seconds.values()))
    return RunRecord(
        run_id=facts["run_id"],
        as_of=state.as_of,
        started_at=now,
        finished_at=now + spent,
        version=__version__,
        engine=request.engine or settings.engine.name,
        currency=state.manifest.currency,
        timezone=state.manifest.timezone,
        data_hash=state.data_hash,
        config_hash=hashlib.sha256(msgspec.json.encode(settings)).hexdigest(),
        model_id=facts["model"]["id"],
        rows_in=facts["rows_in"],
        rows_canonical=facts["rows_canonical"],
        rows_quarantined=facts["rows_quarantined"],
        rows_already_held=facts["rows_already_held"],
        customers=facts["customers"],
        net_amount=float(state.totals.net_amount),
        unidentified_share=state.known.unidentified_share,
        seconds=dict(seconds),
        summary=dict(facts),
    )


def _rows(state: State, table: str) -> int:
    return sum(file.rows for file in state.manifest.files if file.table == table)


def _quarantine(engine: Engine, workspace: Workspace) -> dict[str, pa.Table]:
    """Take the first rows of each rule; the whole quarantine stands in the workspace."""
    paths = workspace.paths("quarantine")
    if not paths:
        return {}
    t = engine.read_parquet(paths)
    place = ibis.row_number().over(group_by="rule", order_by=["source", "source_row", "line_key"])
    first = t.mutate(place=place).filter(lambda t: t.place < QUARANTINE_ROWS_A_RULE)
    rows = first.select(*QUARANTINE_COLUMNS).order_by("rule", "source", "source_row")
    return {"quarantine": engine.to_arrow(rows)}
