"""The tables of results from what the past dates showed."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from clientela.store.arrow_schemas import arrow_table
from clientela.value.fit import tables
from clientela.value.fit.backtest import BacktestDay, DayForecasts
from clientela.value.fit.choice import ModelVerdict
from clientela.value.fit.intervals import ConformalBounds
from clientela.value.fit.metrics import ModelSums
from clientela.value.fit.notes import Told, write_notes
from clientela.value.fit.training_data import TrainingData
from clientela.value.fit.tuning import Tuned


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

    attempts: Sequence[BacktestDay]
    judged: Sequence[BacktestDay]
    measured: tuple[dict[str, ModelSums], dict[str, ModelSums]]
    verdicts: tuple[ModelVerdict, ModelVerdict]
    bounds: ConformalBounds | None


def build_tables(
    ground: TrainingData,
    today: DayForecasts,
    evidence: Evidence,
    tuned: Tuned,
    currency: str | None,
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
        found["model_candidates"] += tables.list_candidates(verdict, today, tuned)
        found["model_metrics"] += tables.list_metrics(verdict.purpose, measured, None, customers)
        found["model_metrics"] += tables.list_metrics_by_date(verdict.purpose, evidence.judged)
        if evidence.judged and verdict.model in evidence.judged[0].forecasts(verdict.purpose):
            found["model_curves"] += tables.list_gains(verdict, evidence.judged)
            found["model_curves"] += tables.list_calibration(verdict, evidence.judged)
        found["model_importance"] += tables.list_importance(verdict, today)
        found["model_notes"] += write_notes(verdict, told)
    model = evidence.verdicts[0].model
    found["model_metrics"] += tables.list_coverage(apart, model, evidence.bounds, None)
    made = {name: arrow_table(name, rows) for name, rows in found.items()}
    made["btyd_fits"] = tables.fits(ground.today[1])
    return made
