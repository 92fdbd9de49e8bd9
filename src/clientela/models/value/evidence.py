"""The tables of results from what the past dates showed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from clientela.models.results import table
from clientela.models.value import tables
from clientela.models.value.backtest import Attempt, Made
from clientela.models.value.candidates import NAIVE
from clientela.models.value.choice import Verdict
from clientela.models.value.ground import Ground
from clientela.models.value.group import GROUPS, GroupForecast, group_forecasts, of_pairs
from clientela.models.value.intervals import Bounds
from clientela.models.value.metrics import Measured
from clientela.models.value.notes import Told, notes
from clientela.models.value.tuning import Tuned


@dataclass(frozen=True)
class Evidence:
    """What the past dates showed.

    Parameters
    ----------
    attempts, judged : sequence of Attempt
        Forecasts of all cut-offs, and of those by which models were compared.
    measured : tuple of dict of str to Measured
        Of the mean and of the median forecasts.
    verdicts : tuple of Verdict
        Likewise.
    bounds : Bounds or None
        The customers' interval.
    """

    attempts: Sequence[Attempt]
    judged: Sequence[Attempt]
    measured: tuple[dict[str, Measured], dict[str, Measured]]
    verdicts: tuple[Verdict, Verdict]
    bounds: Bounds | None


def _groups(ground: Ground, today: Made, evidence: Evidence) -> list[GroupForecast]:
    """Forecast the groups: known customers by their own forecasts where those have a level apart.

    That is so where history is short and where the total is a naive one's.
    """
    day, horizon, verdict = ground.history.as_of, ground.settings.horizon_days, evidence.verdicts[0]
    naive = verdict.total_of or (verdict.model if verdict.model in NAIVE else None)
    if not ground.by_rhythm and naive is None:
        return group_forecasts(ground.levels, day, ground.settings.level)
    inputs = today.day.inputs
    factor = inputs.orders.stretch(inputs.foretold, (ground.days, horizon))
    mean = today.mean[verdict.model].revenue(inputs) * factor
    expected = float(mean.mean()) * ground.firm.known(day) if len(mean) else None
    pairs = (
        []
        if ground.stretched
        else [
            (float(one.mean[verdict.model].sum()), float(one.revenue.sum()))
            for one in evidence.judged
        ]
    )
    known = of_pairs(expected, horizon, naive or "btyd", pairs)
    others = [GroupForecast(group=one, days=horizon, expected=None) for one in GROUPS[1:]]
    return [known, *others]


def evidence_tables(
    ground: Ground, today: Made, evidence: Evidence, tuned: Tuned, currency: str | None
) -> dict[str, pa.Table]:
    """Give the tables of results of what was learnt."""
    found: dict[str, list[dict[str, object]]] = {
        name: []
        for name in (
            "model_candidates",
            "model_metrics",
            "model_curves",
            "model_importance",
            "model_notes",
        )
    }
    conformal = ground.dates.conformal
    apart = [one for one in evidence.attempts if one.day not in conformal]
    told = Told(ground, tuned, evidence.measured[0], "tweedie" in today.mean, currency)
    for verdict, measured in zip(evidence.verdicts, evidence.measured, strict=True):
        customers = sum(len(one.revenue) for one in evidence.judged)
        found["model_candidates"] += tables.candidates(verdict, today, tuned)
        found["model_metrics"] += tables.metrics(verdict.purpose, measured, None, customers)
        found["model_metrics"] += tables.dated(verdict.purpose, evidence.judged)
        if evidence.judged and verdict.model in evidence.judged[0].forecasts(verdict.purpose):
            found["model_curves"] += tables.gains(verdict, evidence.judged)
            found["model_curves"] += tables.calibration(verdict, evidence.judged)
        found["model_importance"] += tables.importance(verdict, today)
        found["model_notes"] += notes(verdict, told)
    model = evidence.verdicts[0].model
    found["model_metrics"] += tables.covered(apart, model, evidence.bounds, None)
    made = {name: table(name, rows) for name, rows in found.items()}
    made["value_forecast"] = tables.groups(_groups(ground, today, evidence), currency)
    made["btyd_fits"] = tables.fits(ground.today[1])
    return made
