"""Metrics and importance as rows of the tables of results."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.churn.fit.holdout import (
    COMPARISON_ROWS,
    CandidateComparison,
    HoldoutPredictions,
    to_probability,
)
from clientela.churn.fit.learners.candidates import LearnerSettings
from clientela.churn.fit.learners.learner import Learner, Parameters
from clientela.churn.fit.logistic import fit_slope
from clientela.churn.fit.season import find_shift
from clientela.churn.fit.selection import CRITERION, ChampionChoice, compare_models
from clientela.churn.fit.training_data import TrainingRows, stack_rows
from clientela.churn.score.additive import Additive
from clientela.churn.score.boosted import BoostedTrees
from clientela.churn.score.btyd_churn import BtydChurn
from clientela.churn.score.encoding import Encoding
from clientela.churn.score.loss import split_loss
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval, resample_sums
from clientela.statistics.calibration import assign_bins, compute_log_losses, simulate_perfect_ece
from clientela.statistics.panel import METRICS, Panel, compute_confusion, count_calls
from clientela.statistics.ranking import rank_rows
from clientela.store.arrow_schemas import arrow_table

PURPOSE = "churn"
# The threshold of what is measured of a model: either error costs the same, by convention; whom to
# contact follows the money instead.
NEUTRAL_THRESHOLD = 0.5


def list_metrics(
    panel: Panel, holdout: HoldoutPredictions, baseline: str, as_of: dt.date | None, seed: int
) -> list[dict[str, object]]:
    """Return every metric of every model, with intervals and paired differences from a baseline."""
    common = {"purpose": PURPOSE, "as_of": as_of, "customers": holdout.people}
    rows: list[dict[str, object]] = []
    for model, values in panel.items():
        for metric in METRICS:
            low, high = interval(values[metric][1:])
            rows.append(
                common
                | {"model": model, "metric": metric, "value": _drop_nan(values[metric][0])}
                | {"low": _drop_nan(low), "high": _drop_nan(high)}
                | _compare_with(panel, model, baseline, metric)
            )
        error = simulate_perfect_ece(holdout.chances[model], holdout.customers, seed)
        figures = dict(zip(("value", "low", "high"), error, strict=True))
        rows.append(common | {"model": model, "metric": "ece_perfect", **figures})
    return rows


def list_levels(
    holdout: HoldoutPredictions, model: str, threshold: float, as_of: dt.date | None
) -> list[dict[str, object]]:
    """Return the share of leavers and the threshold."""
    share, count = float(holdout.left.mean()), holdout.people
    half = 1.96 * float(np.sqrt(share * (1.0 - share) / max(count, 1)))
    common = {"purpose": PURPOSE, "model": model, "as_of": as_of, "customers": count}
    return [
        common
        | {"metric": "base_rate", "value": share}
        | {"low": max(share - half, 0.0), "high": min(share + half, 1.0)},
        common | {"metric": "threshold", "value": threshold},
    ]


def list_thresholds(
    holdout: HoldoutPredictions, model: str, as_of: dt.date | None
) -> list[dict[str, object]]:
    """Return accuracy, precision, recall and F1 at the F1-best and at the prevalence threshold.

    What chooses does not report: of each half of the customers leavers are called by the threshold
    that is best in the other half.
    """
    chance, left = holdout.chances[model], holdout.left
    half = holdout.customers % 2 > 0
    best = np.where(half, *(_find_best_f1(chance[side], left[side]) for side in (~half, half)))
    cuts = {"f1_best": best, "prevalence": np.full(len(left), left.mean())}
    common = {"purpose": PURPOSE, "model": model, "as_of": as_of, "customers": holdout.people}
    rows: list[dict[str, object]] = []
    for name, cut in cuts.items():
        calls = count_calls(chance, left, cut).sum(axis=0, keepdims=True)
        values = {"threshold": cut, **compute_confusion(calls)}
        rows += [
            common | {"metric": f"{metric}_{name}", "value": _drop_nan(float(value.mean()))}
            for metric, value in values.items()
        ]
    return rows


def _find_best_f1(chance: Doubles, left: Doubles) -> float:
    """Return the probability from which calling customers leavers has the largest F1."""
    if not left.sum():
        return NEUTRAL_THRESHOLD
    order = np.argsort(-chance, kind="stable")
    hits, calls = np.cumsum(left[order]), np.arange(1, len(left) + 1)
    return float(chance[order][np.argmax(2.0 * hits / (calls + left.sum()))])


def build_metrics(
    panel: Panel,
    holdout: HoldoutPredictions,
    names: tuple[str, str],
    threshold: float,
    settings: Churn,
    as_of: dt.date | None = None,
    choice: ChampionChoice | None = None,
) -> pa.Table:
    """Return ``model_metrics``; ``names`` are the champion and what it is held against.

    Over past dates only the champion's log loss is compared with an interval: that over dates.
    """
    champion, baseline = names
    rows = list_metrics(panel, holdout, baseline, as_of, settings.seed)
    if choice is not None and choice.dates is not None:
        rows = [row | _compare_dates(row, choice) for row in rows]
    rows += list_levels(holdout, champion, threshold, as_of)
    return arrow_table("model_metrics", rows + list_thresholds(holdout, champion, as_of))


def _compare_dates(row: Mapping[str, object], choice: ChampionChoice) -> dict[str, object]:
    """Return the difference of a metric, where the date is the unit."""
    if (row["model"], row["metric"]) != (choice.champion, CRITERION):
        return {"difference_low": None, "difference_high": None}
    names = ("difference", "difference_low", "difference_high")
    return dict(zip(names, map(_drop_nan, choice.gain), strict=True))


def build_losses(by_date: Mapping[dt.date, Mapping[str, float]]) -> pa.Table:
    """Return the log losses of single dates as ``model_metrics``."""
    common = {"purpose": PURPOSE, "metric": CRITERION}
    rows: list[dict[str, object]] = [
        common | {"as_of": day, "model": model, "value": value}
        for day, losses in by_date.items()
        for model, value in losses.items()
    ]
    return arrow_table("model_metrics", rows)


def build_candidates(
    learners: Sequence[Learner],
    tuned: LearnerSettings,
    choice: ChampionChoice,
    verdict_texts: dict[str, dict[str, str]],
) -> pa.Table:
    """Return ``model_candidates``, in the order of the comparison."""
    rows: list[dict[str, object]] = [
        {
            "purpose": PURPOSE,
            "position": position + 1,
            "model": learner.name,
            "family": learner.family,
            "parameters": json.dumps(dict(tuned[learner.name]), sort_keys=True),
            "trials": tuned.trials.get(learner.name, 0),
            "exportable": learner.exportable,
            "role": _name_role(learner.name, choice),
            "verdict": choice.verdicts[learner.name],
            **verdict_texts[learner.name],
        }
        for position, learner in enumerate(learners)
    ]
    return arrow_table("model_candidates", rows)


def build_importance(
    core: Additive | BoostedTrees | BtydChurn, matrix: Doubles, encoding: Encoding, model: str
) -> pa.Table:
    """Return ``model_importance``: mean absolute contributions as shares of their sum.

    The direction is the sign of the correlation of a number with its contribution, 0 where it is
    weaker than .3 or the feature is a text.
    """
    effects = core.contributions(matrix)
    size = np.abs(effects).mean(axis=0)
    total = float(size.sum())
    order = [column for column in np.argsort(-size, kind="stable") if size[column] > 0.0]
    rows: list[dict[str, object]] = [
        {
            "purpose": PURPOSE,
            "model": model,
            "position": position + 1,
            "feature": encoding.features[column].name,
            "importance": float(size[column] / total),
            "direction": _find_direction(matrix[:, column], effects[:, column])
            if column < len(encoding.numbers)
            else 0,
        }
        for position, column in enumerate(order)
    ]
    return arrow_table("model_importance", rows)


def _find_direction(values: Doubles, effects: Doubles) -> int:
    finite = np.isfinite(values)
    if finite.sum() < 3 or not np.ptp(values[finite]) or not np.ptp(effects[finite]):
        return 0
    ranks = np.argsort(np.argsort(values[finite])).astype(np.float64)
    together = float(np.corrcoef(ranks, effects[finite])[0, 1])
    return 0 if abs(together) < 0.3 else int(np.sign(together))


def _name_role(name: str, choice: ChampionChoice) -> str:
    verdict = choice.verdicts[name]
    return verdict if verdict in ("champion", "challenger") else "compared"


def _compare_with(panel: Panel, model: str, baseline: str, metric: str) -> dict[str, object]:
    if model == baseline:
        return {}
    gain = compare_models(panel, model, baseline, metric)
    return {
        "baseline": baseline,
        "difference": _drop_nan(gain.value),
        "difference_low": _drop_nan(gain.low),
        "difference_high": _drop_nan(gain.high),
    }


def _drop_nan(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


# Points of a curve, by convention: more are not seen in a chart.
CURVE_POINTS = 50


def build_curves(
    holdout: HoldoutPredictions, model: str, learning: list[dict[str, object]] | None = None
) -> pa.Table:
    """Return ``model_curves`` of :mod:`clientela.store.arrow_schemas`, at most fifty points each.

    ``roc``: share of stayers called, share of leavers found; ``pr``: recall, precision; ``gain``:
    share of customers called, share of leavers found; ``calibration``: mean probability and
    share that left in each bin, with its 95 % interval (Wilson); ``learning``: customers learnt
    from and log loss.
    """
    chance, left = holdout.chances[model], holdout.left
    rows = _draw_ranking(chance, left) + _draw_calibration(chance, left)
    rows += [{"curve": "learning", **point} for point in learning or []]
    return arrow_table(
        "model_curves", [{"purpose": "churn", "model": model, **row} for row in rows]
    )


def _draw_ranking(chance: Doubles, left: Doubles) -> list[dict[str, object]]:
    leavers, stayers = rank_rows(chance, left)
    hits = np.r_[0.0, np.cumsum(leavers[0])]
    wrong = np.r_[0.0, np.cumsum(stayers[0])]
    if not (hits[-1] and wrong[-1]):
        return []
    called = hits + wrong
    places = np.unique(np.searchsorted(called, np.linspace(0, called[-1], CURVE_POINTS)))
    points = places[:CURVE_POINTS]
    recall, share = (hits / hits[-1])[points], (called / called[-1])[points]
    precision = (hits[1:] / called[1:])[np.maximum(points - 1, 0)]
    return [
        *_list_points("roc", (wrong / wrong[-1])[points], recall),
        *_list_points("pr", recall, precision),
        *_list_points("gain", share, recall),
    ]


def _draw_calibration(chance: Doubles, left: Doubles) -> list[dict[str, object]]:
    member = assign_bins(chance)
    used, positions = np.unique(member, return_inverse=True)
    count = np.bincount(positions)
    expected, observed = (
        np.bincount(positions, chance) / count,
        np.bincount(positions, left) / count,
    )
    middle = (observed + 1.92 / count) / (1.0 + 3.84 / count)
    half = (
        1.96 * np.sqrt(observed * (1 - observed) / count + 0.96 / count**2) / (1.0 + 3.84 / count)
    )
    points = _list_points("calibration", expected, observed)
    for point in range(len(used)):
        points[point] |= {"low": float(middle[point] - half[point])}
        points[point] |= {"high": float(middle[point] + half[point])}
    return points


def _list_points(curve: str, x: Doubles, y: Doubles) -> list[dict[str, object]]:
    return [
        {"curve": curve, "position": position + 1, "x": float(a), "y": float(b)}
        for position, (a, b) in enumerate(zip(x, y, strict=True))
    ]


# Shares of the rows learnt from, by convention.
LEARNING_SHARES = (0.1, 0.25, 0.5, 1.0)


def build_learning_curve(
    comparison: CandidateComparison, learner: Learner, parameters: Parameters
) -> list[dict[str, object]]:
    """Return log losses on the first date that chooses, by the rows learnt from.

    The level and slope are those of the date itself, so that the curve shows the ranking alone;
    without dates the last fifth of the customers is holdout.
    """
    train, test = _split_rows(comparison)
    seed = comparison.settings.seed
    points: list[dict[str, object]] = []
    for share in LEARNING_SHARES:
        rows = train.thin(int(len(train) * share), seed)
        if min(rows.left.sum(), len(rows) - rows.left.sum()) < 5:
            continue
        logits = learner.fit(rows, parameters, seed).logits(test.matrix)
        logits = logits * fit_slope(logits, test.left)
        chance = to_probability(logits + find_shift(logits, float(test.left.mean())))
        losses = compute_log_losses(chance, test.left)
        half = 1.96 * float(losses.std()) / max(len(losses), 1) ** 0.5
        mean = float(losses.mean())
        points.append({"x": float(len(rows)), "y": mean, "low": mean - half, "high": mean + half})
    return [{"position": position + 1, **point} for position, point in enumerate(points)]


def _split_rows(comparison: CandidateComparison) -> tuple[TrainingRows, TrainingRows]:
    seed = comparison.settings.seed
    if comparison.timeline.choosing:
        latest, train = comparison.timeline.choosing[0]
        past = [comparison.past[position] for position in train]
        test = stack_rows([comparison.past[latest]], comparison.encoding, COMPARISON_ROWS, seed)
        return stack_rows(past, comparison.encoding, COMPARISON_ROWS, seed), test
    rows = stack_rows([comparison.past[0]], comparison.encoding, COMPARISON_ROWS, seed)
    last = np.random.default_rng([seed, 5]).random(len(rows)) < 0.2
    return rows.take(~last), rows.take(last)


# Points of the curve of contacts, by convention: more are not seen in a chart.
CONTACT_POINTS = 50

_Whole = npt.NDArray[np.intp]
# Where bands begin: twice and half the odds of the average customer, as the model's bands do.
ELIGIBLE_ODDS = 0.5


def build_contacts(holdout: HoldoutPredictions, model: str, settings: Churn) -> pa.Table:
    """Return what was at stake with those first in the order of expected loss, on past dates.

    In the order are those of the high and the medium band, the largest expected loss first. At
    stake is the revenue that the leavers among them had brought in as many days before: money that
    no contact can more than keep. What was expected was forecast as of each date.

    Returns
    -------
    pa.Table
        ``churn_contacts`` of :mod:`clientela.store.arrow_schemas`, of an average date; in other
        orders, by the revenue before and at random, as many of the same customers are contacted.
    """
    times, eligible = holdout.repeats, _find_eligible(holdout, model)
    chance, worth = holdout.chances[model][eligible], np.maximum(holdout.worth, 0.0)[eligible]
    loss = _expect_loss(holdout, model)[eligible]
    order = np.argsort(-loss, kind="stable")
    gains = holdout.left[eligible] * worth
    counts = np.unique(np.linspace(0, len(order), CONTACT_POINTS).astype(np.intp))
    low, high = _resample_sums(gains[order], holdout.customers[eligible][order], counts, settings)
    by_worth = _sum_first(gains[np.argsort(-worth, kind="stable")], counts)
    stakes, share = _sum_first(gains[order], counts), counts / max(len(chance), 1)
    rows: list[dict[str, object]] = [
        {
            "position": position + 1,
            "contacts": round(count / times),
            "contacts_share": float(count / max(len(holdout.left), 1)),
            "threshold": float(loss[order][count - 1]) if count else None,
            "at_stake": float(stakes[position]) / times,
            "at_stake_low": float(low[position]) / times,
            "at_stake_high": float(high[position]) / times,
            "at_stake_random": float(share[position] * gains.sum()) / times,
            "at_stake_revenue": float(by_worth[position]) / times,
            "chosen": False,
        }
        for position, count in enumerate(counts)
    ]
    return arrow_table("churn_contacts", rows)


def _find_eligible(holdout: HoldoutPredictions, model: str) -> _Whole:
    """Find the rows of the high and the medium band, with the share that left as the average."""
    chance, share = holdout.chances[model], float(holdout.left.mean())
    odds = chance / np.maximum(1.0 - chance, 1e-12)
    return np.flatnonzero(odds >= ELIGIBLE_ODDS * share / max(1.0 - share, 1e-12))


def _expect_loss(holdout: HoldoutPredictions, model: str) -> Doubles:
    """Return the expected loss of every row, by the pace where nothing was forecast."""
    chance, pace = holdout.chances[model], np.maximum(holdout.worth, 0.0)
    by_pace = chance * pace
    if holdout.expected is None:
        return by_pace
    loss = split_loss(chance, holdout.expected)[1]
    return np.where(np.isnan(loss), by_pace, loss)


def _sum_first(gains: Doubles, counts: _Whole) -> Doubles:
    summed: Doubles = np.r_[0.0, np.cumsum(gains)][counts]
    return summed


def _resample_sums(
    gains: Doubles, customers: _Whole, counts: _Whole, settings: Churn
) -> tuple[Doubles, Doubles]:
    """Resample customers; each point keeps who was contacted."""
    people = int(customers.max(initial=-1)) + 1
    point = np.searchsorted(counts, np.arange(len(gains)), side="right") - 1
    cells = np.zeros((people, len(counts)))
    np.add.at(cells, (customers, np.minimum(point, len(counts) - 1)), gains)
    summed = resample_sums(cells, settings.resamples, settings.seed).cumsum(axis=1)
    bounds = np.array([(0.0, 0.0), *(interval(column) for column in summed.T[:-1])])
    return bounds[:, 0], bounds[:, 1]
