"""What was decided about models, segments and rules, with the evidence: only ever added to."""

import datetime as dt
import json
from dataclasses import asdict, dataclass, fields
from typing import Any

from sqlalchemy import func, insert, select

from clientela.store.connect import connect_to_read, transaction
from clientela.store.lock import lock
from clientela.store.schema import decisions


@dataclass(frozen=True, kw_only=True)
class ModelDecision:
    """A row of the table ``decisions``, without its position.

    Parameters
    ----------
    kind : str
        Kind of model, or ``programme_rules``.
    decision : str
        ``promoted``, ``kept``, ``held``, ``rolled_back`` or ``proposed``.
    causes : str
        Why it was looked at.
    evidence : str
        JSON: what was measured, and on which dates.
    """

    decided_at: dt.datetime
    as_of: dt.date
    kind: str
    decision: str
    causes: str
    champion_id: str | None = None
    challenger_id: str | None = None
    decided_by: str
    evidence: str = "{}"
    sentence_en: str
    sentence_pt_br: str


def add_decision(url: str, decision: ModelDecision) -> None:
    """Record a decision after those that are there."""
    with transaction(url, migrate=True) as connection:
        lock(connection)
        last = connection.scalar(select(func.max(decisions.c.position))) or 0
        connection.execute(insert(decisions), asdict(decision) | {"position": last + 1})


def list_decisions(url: str, kind: str | None = None) -> list[ModelDecision]:
    """Return the decisions, the latest first, of all kinds or of one.

    Raises
    ------
    StoreError
        The database cannot be used, or is not there.
    """
    columns = [decisions.c[field.name] for field in fields(ModelDecision)]
    query = select(*columns).order_by(decisions.c.position.desc())
    if kind is not None:
        query = query.where(decisions.c.kind == kind)
    with connect_to_read(url) as connection:
        rows: list[Any] = list(connection.execute(query))
    return [ModelDecision(**row._mapping) for row in rows]


def describe_decision(decision: ModelDecision) -> dict[str, Any]:
    """Return a decision for JSON, its evidence parsed."""
    plain = asdict(decision) | {"evidence": json.loads(decision.evidence)}
    return {
        name: value.isoformat() if isinstance(value, dt.date) else value
        for name, value in plain.items()
    }
