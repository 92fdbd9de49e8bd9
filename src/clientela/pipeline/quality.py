"""What cleaning did, as rows of the results table ``quality``."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from clientela.tables.ledger import Found, Ledger, merged
from clientela.tables.manifest import Manifest
from clientela.tables.summary import Totals

SCHEMA = pa.schema(
    [
        ("table", pa.string()),
        ("rule", pa.string()),
        ("decision", pa.string()),
        ("rows", pa.int64()),
        ("customers", pa.int64()),
        ("amount", pa.decimal128(38, 4)),
    ]
)


def quality(manifest: Manifest, ledgers: Sequence[Ledger], totals: Totals) -> pa.Table:
    """Give what the rules found in all that the tables hold, and the account of this run.

    Rows of this run's account have no decision; their rule is the place: ``read``, ``sale``,
    ``already_held``, ``quarantine:RULE`` and so on. Over several sources they tell no customers,
    for one may stand in each.
    """
    rows: list[dict[str, Any]] = [_row(table, found) for table, found in _found(manifest)]
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
        for line in merged(x for each in ledgers if each.table == table for x in each.lines)
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def reconciliation(ledgers: Sequence[Ledger]) -> list[dict[str, Any]]:
    """Give this run's account as plain rows: a source's rows by the place where they ended."""
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


def _found(manifest: Manifest) -> list[tuple[str, Found]]:
    """Add up what each rule found over all sources that brought rows."""
    sums: dict[tuple[str, str], Found] = {}
    for batch in manifest.batches:
        for found in batch.ledger.found:
            key = (batch.ledger.table, found.rule)
            held = sums.get(key)
            sums[key] = found if held is None else _sum(held, found)
    return [(table, found) for (table, _), found in sums.items() if found.rows]


def _sum(left: Found, right: Found) -> Found:
    return Found(
        rule=left.rule,
        decision=right.decision,
        rows=left.rows + right.rows,
        customers=left.customers + right.customers,
        amount=left.amount + right.amount,
    )


def _row(table: str, found: Found) -> dict[str, Any]:
    return {
        "table": table,
        "rule": found.rule,
        "decision": found.decision,
        "rows": found.rows,
        "customers": found.customers,
        "amount": found.amount,
    }
