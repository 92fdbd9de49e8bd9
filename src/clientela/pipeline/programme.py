"""The programme in a run: members, rules, proof, expected revenue, actions, hypotheses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientela.config import Programme
from clientela.decisions.actions import Base, actions
from clientela.decisions.forecast import forecast
from clientela.decisions.gaps import gaps
from clientela.decisions.hypotheses import Hypothesis, load, test_hypotheses
from clientela.decisions.programme.programme import Given, programme
from clientela.decisions.programme.result import ProgrammeResult
from clientela.features.history import History
from clientela.features.takings import Takings, takings
from clientela.pipeline.choosing import Ground
from clientela.pipeline.rules import in_force, keep
from clientela.pipeline.segmenting import Scored


@dataclass(frozen=True)
class Programmed:
    """Tables for the store, the columns of the customers, and facts for people."""

    tables: dict[str, pa.Table]
    status: pa.Table
    facts: dict[str, Any]


def programmed(ground: Ground, scored: Scored, settings: Programme) -> Programmed:
    """Choose the members and answer what marketing asks about them."""
    history, rules = ground.history, in_force(ground, settings)
    made = programme(
        history,
        scored.snapshot,
        lambda one: scored.model.assign(one).segment,
        settings,
        scored.currency,
        Given(entry=rules.entry, exit=rules.exit),
    )
    if rules.entry is None:
        keep(ground, settings, made)
    brought = takings(history)
    tables = {
        **made.tables,
        "programme_forecast": forecast(brought, made.members_at, settings, scored.currency),
        "segment_gaps": _gaps(made, scored),
        "actions": _actions(history, brought, scored),
        "hypotheses": test_hypotheses(
            history, made.proved_at, settings, _stated(settings), brought
        ),
    }
    return Programmed(tables, made.status, made.facts | {"learnt": rules.entry is None})


def _gaps(made: ProgrammeResult, scored: Scored) -> pa.Table:
    state = made.status["insider"].to_pylist()
    members = [one in ("member", "leaving") for one in state]
    return gaps(scored.snapshot, scored.assignment.segment, pa.array(members).to_numpy(False))


def _actions(history: History, brought: Takings, scored: Scored) -> pa.Table:
    return actions(
        Base(
            history=history,
            takings=brought,
            snapshot=scored.snapshot,
            segment=scored.assignment.segment,
            names=scored.names,
            currency=scored.currency,
        )
    )


def _stated(settings: Programme) -> tuple[Hypothesis, ...]:
    return load(Path(settings.hypotheses) if settings.hypotheses else None)


def joined(customers: pa.Table, status: pa.Table) -> pa.Table:
    """Add each customer's standing in the programme; both tables are sorted by customer."""
    columns = ("insider", "insider_since")
    for name in columns:
        customers = customers.append_column(name, status[name])
    return customers
