"""Metrics and importance as rows of the tables of results."""

import datetime as dt
import json
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from clientela.churn.fit.choice import Choice, difference
from clientela.churn.fit.judged import Judged
from clientela.churn.fit.learners.learner import Learner
from clientela.churn.fit.tuning import Tuned
from clientela.churn.score.additive import Additive
from clientela.churn.score.boosted import Boosted
from clientela.churn.score.btyd_churn import Rhythm
from clientela.churn.score.encoding import Encoding
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval
from clientela.statistics.calibration import simulate_perfect_ece
from clientela.statistics.panel import METRICS, Panel
from clientela.store.arrow_schemas import table

PURPOSE = "churn"


def metric_rows(
    panel: Panel, judged: Judged, baseline: str, as_of: dt.date | None, seed: int
) -> list[dict[str, object]]:
    """Give every metric of every model, with intervals and paired differences from a baseline."""
    common = {"purpose": PURPOSE, "as_of": as_of, "customers": judged.people}
    rows: list[dict[str, object]] = []
    for model, values in panel.items():
        for metric in METRICS:
            low, high = interval(values[metric][1:])
            rows.append(
                common
                | {"model": model, "metric": metric, "value": _known(values[metric][0])}
                | {"low": _known(low), "high": _known(high)}
                | _against(panel, model, baseline, metric)
            )
        error = simulate_perfect_ece(judged.chances[model], judged.customers, seed)
        figures = dict(zip(("value", "low", "high"), error, strict=True))
        rows.append(common | {"model": model, "metric": "ece_perfect", **figures})
    return rows


def level_rows(
    judged: Judged, model: str, threshold: float, as_of: dt.date | None
) -> list[dict[str, object]]:
    """Give the share of leavers and the threshold."""
    share, count = float(judged.left.mean()), judged.people
    half = 1.96 * float(np.sqrt(share * (1.0 - share) / max(count, 1)))
    common = {"purpose": PURPOSE, "model": model, "as_of": as_of, "customers": count}
    return [
        common
        | {"metric": "base_rate", "value": share}
        | {"low": max(share - half, 0.0), "high": min(share + half, 1.0)},
        common | {"metric": "threshold", "value": threshold},
    ]


def metrics(
    panel: Panel,
    judged: Judged,
    names: tuple[str, str],
    threshold: float,
    settings: Churn,
    as_of: dt.date | None = None,
) -> pa.Table:
    """Give ``model_metrics``; ``names`` are the champion and what it is held against."""
    champion, baseline = names
    rows = metric_rows(panel, judged, baseline, as_of, settings.seed)
    return table("model_metrics", rows + level_rows(judged, champion, threshold, as_of))


def candidates(
    learners: Sequence[Learner],
    tuned: Tuned,
    choice: Choice,
    verdict_texts: dict[str, dict[str, str]],
) -> pa.Table:
    """Give ``model_candidates``, in the order of the comparison."""
    rows: list[dict[str, object]] = [
        {
            "purpose": PURPOSE,
            "position": position + 1,
            "model": learner.name,
            "family": learner.family,
            "parameters": json.dumps(dict(tuned[learner.name]), sort_keys=True),
            "trials": tuned.trials.get(learner.name, 0),
            "exportable": learner.exportable,
            "role": _role(learner.name, choice),
            "verdict": choice.verdicts[learner.name],
            **verdict_texts[learner.name],
        }
        for position, learner in enumerate(learners)
    ]
    return table("model_candidates", rows)


def importance(
    core: Additive | Boosted | Rhythm, matrix: Doubles, encoding: Encoding, model: str
) -> pa.Table:
    """Give ``model_importance``: mean absolute contributions as shares of their sum.

    The direction is the sign of the correlation of a number with its contribution, 0 where it is
    weaker than .3 or the feature is a text.
    """
    effects = core.contributions(matrix)
    size = np.abs(effects).mean(axis=0)
    total = float(size.sum())
    order = [place for place in np.argsort(-size, kind="stable") if size[place] > 0.0]
    rows: list[dict[str, object]] = [
        {
            "purpose": PURPOSE,
            "model": model,
            "position": position + 1,
            "feature": encoding.features[place].name,
            "importance": float(size[place] / total),
            "direction": _direction(matrix[:, place], effects[:, place])
            if place < len(encoding.numbers)
            else 0,
        }
        for position, place in enumerate(order)
    ]
    return table("model_importance", rows)


def _direction(values: Doubles, effects: Doubles) -> int:
    known = np.isfinite(values)
    if known.sum() < 3 or not np.ptp(values[known]) or not np.ptp(effects[known]):
        return 0
    ranks = np.argsort(np.argsort(values[known])).astype(np.float64)
    together = float(np.corrcoef(ranks, effects[known])[0, 1])
    return 0 if abs(together) < 0.3 else int(np.sign(together))


def _role(name: str, choice: Choice) -> str:
    verdict = choice.verdicts[name]
    return verdict if verdict in ("champion", "challenger") else "compared"


def _against(panel: Panel, model: str, baseline: str, metric: str) -> dict[str, object]:
    if model == baseline:
        return {}
    found = difference(panel, model, baseline, metric)
    return {
        "baseline": baseline,
        "difference": _known(found.value),
        "difference_low": _known(found.low),
        "difference_high": _known(found.high),
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
