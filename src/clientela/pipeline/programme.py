"""The programme in a run: members, rules, proof, expected revenue, actions, hypotheses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientela.actions import ActionInputs, recommend_actions
from clientela.config import Programme
from clientela.features.daily_revenue import Takings, takings
from clientela.features.history import History
from clientela.hypotheses import Hypothesis, load_hypotheses, test_hypotheses
from clientela.insiders.fit.programme import ProgrammeInputs, build_programme
from clientela.insiders.fit.proof_material import ViewForecast
from clientela.insiders.score.result import ProgrammeResult
from clientela.pipeline.forecasts import Ahead
from clientela.pipeline.programme_rules import in_force, keep
from clientela.pipeline.run_context import Ground
from clientela.pipeline.segments import Scored
from clientela.segments.describe.member_gaps import measure_gaps
from clientela.value.group_tables import build_programme_forecast


@dataclass(frozen=True)
class Programmed:
    """Tables for the store, the columns of the customers, and facts for people."""

    tables: dict[str, pa.Table]
    status: pa.Table
    facts: dict[str, Any]


def programmed(ground: Ground, scored: Scored, settings: Programme, foreseen: Ahead) -> Programmed:
    """Choose the members and answer what marketing asks about them."""
    history = ground.history
    made, since = _chosen(ground, scored, settings, foreseen.expected)
    brought = takings(history)
    tables = {
        **made.tables,
        "programme_members": foreseen.of_members(made.tables["programme_members"]),
        "programme_forecast": build_programme_forecast(
            foreseen.valued.groups,
            made.members_at,
            settings.name,
            scored.currency,
            learnt_then=made.chosen_at if made.facts["policy"] == "rules" else None,
        ),
        "segment_gaps": _gaps(made, scored),
        "actions": _actions(history, brought, scored),
        "hypotheses": test_hypotheses(history, made.proved, settings, _stated(settings), brought),
    }
    return Programmed(tables, made.status, made.facts | since)


def _chosen(
    ground: Ground, scored: Scored, settings: Programme, expected: ViewForecast
) -> tuple[ProgrammeResult, dict[str, Any]]:
    """Choose by the rules in force; learn others where there are none or they burst the budget."""
    rules = in_force(ground, settings)
    if rules.entry is not None:
        given = ProgrammeInputs(expected, rules.entry, rules.exit)
        made = _programme(ground, scored, settings, given)
        if made.facts["members_share"] <= settings.budget_share:
            since = {"learnt": False, "rules_since": str(rules.since)}
            return made, since | {"learnt_days": rules.learnt_days}
    made = _programme(ground, scored, settings, ProgrammeInputs(expected))
    keep(ground, settings, made)
    return made, {"learnt": True, "rules_since": ground.state.as_of.isoformat()}


def _programme(
    ground: Ground, scored: Scored, settings: Programme, given: ProgrammeInputs
) -> ProgrammeResult:
    return build_programme(
        ground.history,
        scored.snapshot,
        scored.assignment.segment,
        settings,
        scored.currency,
        given,
    )


def _gaps(made: ProgrammeResult, scored: Scored) -> pa.Table:
    state = made.status["insider"].to_pylist()
    members = [one in ("member", "leaving") for one in state]
    return measure_gaps(
        scored.snapshot, scored.assignment.segment, pa.array(members).to_numpy(False)
    )


def _actions(history: History, brought: Takings, scored: Scored) -> pa.Table:
    return recommend_actions(
        ActionInputs(
            history=history,
            revenue=brought,
            snapshot=scored.snapshot,
            segment=scored.assignment.segment,
            names=scored.names,
            currency=scored.currency,
        )
    )


def _stated(settings: Programme) -> tuple[Hypothesis, ...]:
    return load_hypotheses(Path(settings.hypotheses) if settings.hypotheses else None)


def joined(customers: pa.Table, status: pa.Table) -> pa.Table:
    """Add each customer's standing in the programme; both tables are sorted by customer."""
    columns = ("insider", "insider_since")
    for name in columns:
        customers = customers.append_column(name, status[name])
    return customers
