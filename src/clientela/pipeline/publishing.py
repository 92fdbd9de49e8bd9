"""What a run hands to the store: its record, its headline facts, quality, months, quarantine."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import ibis
import msgspec
import pyarrow as pa

from clientela import __version__
from clientela.config import Settings
from clientela.engine import Engine
from clientela.pipeline.reading import RunRequest, TablesState
from clientela.store.record import RunRecord
from clientela.tables import summary
from clientela.tables.ledger import Ledger, RuleFinding, merge_lines
from clientela.tables.manifest import Manifest
from clientela.tables.rules.lines import UNLISTED
from clientela.tables.schema import Tables
from clientela.tables.summary import Totals
from clientela.tables.workspace import Workspace

QUARANTINE_ROWS_A_RULE = 1_000  # by convention: enough to see why; all are in the tables
QUARANTINE_COLUMNS = ("source", "source_row", "rule", "customer_id", "amount", "line")
QUALITY_SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("rule", pa.string()),
        ("decision", pa.string()),
        ("rows", pa.int64()),
        ("customers", pa.int64()),
        ("amount", pa.decimal128(38, 4)),
    ]
)


def state_quality(engine: Engine, workspace: Workspace, state: TablesState) -> pa.Table:
    """Return what the rules found, and the account of this run."""
    rules = build_quality(state.manifest, state.ledgers, state.totals_then)
    return pa.concat_tables([rules, _count_unlisted(engine, workspace.tables(engine), state.as_of)])


def state_totals(engine: Engine, workspace: Workspace, state: TablesState) -> dict[str, pa.Table]:
    """Return a sample of the quarantine, months, and ids without a purchase."""
    tables = workspace.tables(engine)
    return {
        **_sample_quarantine(engine, workspace),
        "revenue_by_month": engine.to_arrow(summary.revenue_by_month(tables, state.as_of)),
        "no_purchases": engine.to_arrow(summary.no_purchases(tables, state.as_of)),
    }


def _count_unlisted(engine: Engine, tables: Tables, as_of: dt.date) -> pa.Table:
    """Count the lines of ids that the customers file lacks, as a finding of their rule."""
    query = summary.sum_unlisted(tables, as_of)
    found = [] if query is None else engine.to_arrow(query).to_pylist()
    rule = {"table": "transactions", "rule": UNLISTED, "decision": "keep"}
    return pa.Table.from_pylist([rule | row for row in found if row["rows"]], QUALITY_SCHEMA)


def state_facts(state: TablesState, customers: int) -> dict[str, Any]:
    """Return the headline facts of the tables.

    Rows, ids and money are what was known on ``as_of``; ``whole_tables`` is what the canonical
    tables hold beyond it, None where that is the same.
    """
    lines = [line for ledger in state.ledgers for line in ledger.lines]
    totals, of_people = state.totals_then, _count_rows(state, "customers")
    return {
        "as_of": state.as_of.isoformat(),
        "anew": state.anew,
        "rows_in": sum(line.rows for line in lines if line.place == "read"),
        "rows_already_held": sum(line.rows for line in lines if line.place == "already_held"),
        "rows_canonical": totals.rows + of_people,
        "rows_quarantined": _count_rows(state, "quarantine"),
        "customers": customers,
        "customers_identified": totals.customers_identified,
        "net_amount": f"{totals.net_amount:.2f}",
        "revenue": f"{totals.revenue:.2f}",
        "unidentified_share": totals.unidentified_share,
        "whole_tables": _describe_whole(state, of_people),
        "currency": state.manifest.currency,
        "timezone": state.manifest.timezone,
        "id_form": state.manifest.id_form,
        "reconciliation": list_account(state.ledgers),
    }


def build_record(
    facts: Mapping[str, Any],
    scores: Mapping[str, Any],
    settings: Settings,
    request: RunRequest,
    state: TablesState,
    seconds: Mapping[str, float],
    now: dt.datetime,
) -> RunRecord:
    """Make the row of the table ``runs``; ``scores`` says what a later run may take over."""
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
        net_amount=float(state.totals_then.net_amount),
        unidentified_share=state.totals_then.unidentified_share,
        seconds=dict(seconds),
        summary={**facts, **scores},
    )


def _describe_whole(state: TablesState, of_people: int) -> dict[str, Any] | None:
    totals = state.totals
    if totals == state.totals_then:
        return None
    return {
        "last_day": None if totals.last_day is None else totals.last_day.isoformat(),
        "rows_canonical": totals.rows + of_people,
        "net_amount": f"{totals.net_amount:.2f}",
    }


def _count_rows(state: TablesState, table: str) -> int:
    return sum(file.rows for file in state.manifest.files if file.table == table)


def _sample_quarantine(engine: Engine, workspace: Workspace) -> dict[str, pa.Table]:
    """Take the first rows of each rule; the whole quarantine stands in the workspace."""
    paths = workspace.paths("quarantine")
    if not paths:
        return {}
    t = engine.read_parquet(paths)
    position = ibis.row_number().over(
        group_by="rule", order_by=["source", "source_row", "line_key"]
    )
    first = t.mutate(place=position).filter(lambda t: t.place < QUARANTINE_ROWS_A_RULE)
    rows = first.select(*QUARANTINE_COLUMNS).order_by("rule", "source", "source_row")
    return {"quarantine": engine.to_arrow(rows)}


def build_quality(manifest: Manifest, ledgers: Sequence[Ledger], totals: Totals) -> pa.Table:
    """Return what the rules found in all that the tables hold, and the account of this run.

    Rows of this run's account have no decision; their rule is the place: ``read``, ``sale``,
    ``already_held``, ``quarantine:RULE`` and so on. Over several sources they tell no customers,
    for one may stand in each.
    """
    rows: list[dict[str, Any]] = [
        _quality_row(table, finding) for table, finding in _sum_findings(manifest)
    ]
    rows.append(
        {
            "table": "transactions",
            "rule": "unmatched_return",
            "decision": "keep",
            "rows": totals.unmatched_returns,
            "amount": totals.unmatched_amount,
        }
    )
    rows += [
        {
            "table": table,
            "rule": f"{line.place}:{line.rule}" if line.rule else line.place,
            "decision": None,
            "rows": line.rows,
            "customers": line.customers if len(ledgers) == 1 else None,
            "amount": line.amount,
        }
        for table in dict.fromkeys(ledger.table for ledger in ledgers)
        for line in merge_lines(
            x for ledger in ledgers if ledger.table == table for x in ledger.lines
        )
    ]
    return pa.Table.from_pylist(rows, QUALITY_SCHEMA)


def list_account(ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """Return this run's account as plain rows: a source's rows by the place where they ended."""
    return [
        {
            "source": ledger.source,
            "table": ledger.table,
            "place": line.place,
            "rule": line.rule or None,
            "rows": line.rows,
            "customers": line.customers,
            "amount": f"{line.amount:.4f}",
            **({"orders": line.orders} if line.orders else {}),
        }
        for ledger in ledgers
        for line in ledger.lines
    ]


def _sum_findings(manifest: Manifest) -> list[tuple[str, RuleFinding]]:
    """Add up what each rule found over all sources that brought rows."""
    sums: dict[tuple[str, str], RuleFinding] = {}
    for batch in manifest.batches:
        for finding in batch.ledger.found:
            key = (batch.ledger.table, finding.rule)
            total = sums.get(key)
            sums[key] = finding if total is None else _add(total, finding)
    return [(table, finding) for (table, _), finding in sums.items() if finding.rows]


def _add(left: RuleFinding, right: RuleFinding) -> RuleFinding:
    return RuleFinding(
        rule=left.rule,
        decision=right.decision,
        rows=left.rows + right.rows,
        customers=left.customers + right.customers,
        amount=left.amount + right.amount,
    )


def _quality_row(table: str, finding: RuleFinding) -> dict[str, Any]:
    return {
        "table": table,
        "rule": finding.rule,
        "decision": finding.decision,
        "rows": finding.rows,
        "customers": finding.customers,
        "amount": finding.amount,
    }
