"""Claims made as of past days beside what followed: how often "beats" held."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from clientela.pipeline.backtest.context import BacktestPeriod
from clientela.pipeline.backtest.parts import ChurnBacktest
from clientela.statistics.dates import LEAST_DATES, LEVEL
from clientela.value.fit.choice import ModelVerdict

MOST_DAYS = 10  # by convention: "our last ten such sentences"
Rows = Sequence[Mapping[str, Any]]


def list_claim_days(period: BacktestPeriod) -> list[dt.date]:
    """List the days to go back to, the latest first, a horizon apart.

    Each has the dates behind it without which nothing is claimed.

    Examples
    --------
    >>> end = dt.date(2011, 12, 9)
    >>> list_claim_days(BacktestPeriod(dt.date(2009, 12, 1), end, dt.date(2011, 9, 10), 90))[-1]
    datetime.date(2011, 3, 14)
    """
    step = dt.timedelta(days=period.horizon_days)
    days = [period.as_of - step * back for back in range(MOST_DAYS)]
    return [day for day in days if day - step * (LEAST_DATES + 1) >= period.first_day]


def list_claims(
    day: dt.date, verdicts: Sequence[ModelVerdict], churn: ChurnBacktest | None, judged: Rows
) -> list[dict[str, Any]]:
    """List what was claimed as of a day, with whether it held.

    Parameters
    ----------
    verdicts : sequence of ModelVerdict
        Of the forecasts of value.
    judged : sequence of mappings
        ``model_metrics`` of the days after it.

    Returns
    -------
    list of dict
        A row a claim: ``as_of``, ``purpose``, ``model``, ``baseline``, ``metric``, ``level``, the
        ``difference`` claimed (``low``, ``high``), the one that ``came``, and ``held``.
    """
    claims = [
        _build_claim(day, verdict.purpose, verdict.model, verdict.baseline, verdict.metric)
        | {name: getattr(verdict, name) for name in ("difference", "low", "high")}
        for verdict in verdicts
        if verdict.beats
    ]
    facts = churn.fit.facts if churn else {}
    if facts.get("claim") == "beats":
        gain = facts["gain"]
        claim = _build_claim(day, "churn", facts["champion"], facts["baseline"], "log_loss")
        claims.append(
            claim | {"difference": gain["value"], "low": gain["low"], "high": gain["high"]}
        )
    for claim in claims:
        sizes = [_read_size(judged, claim, claim[name]) for name in ("model", "baseline")]
        claim["came"] = None if None in sizes else sizes[0] - sizes[1]
        claim["held"] = None if claim["came"] is None else claim["came"] < 0.0
    return claims


def _build_claim(
    day: dt.date, purpose: str, model: str, baseline: str | None, metric: str
) -> dict[str, Any]:
    facts = {"purpose": purpose, "model": model, "baseline": baseline, "metric": metric}
    return {"as_of": day, **facts, "level": LEVEL}


def _read_size(judged: Rows, claim: Mapping[str, Any], model: str) -> Any:
    """Return the size of a model's metric on the days after; a bias counts without its sign."""
    wanted = (claim["purpose"], model, claim["metric"])
    for row in judged:
        if (row["purpose"], row["model"], row["metric"]) == wanted and row["value"] is not None:
            return abs(row["value"])
    return None
