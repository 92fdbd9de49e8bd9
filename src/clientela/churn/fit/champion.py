"""The champion fitted on all of the past, calibrated, with its evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pyarrow as pa

from clientela.churn.fit.evidence import (
    build_candidates,
    build_contacts,
    build_curves,
    build_importance,
    build_learning_curve,
    build_metrics,
    compute_threshold,
)
from clientela.churn.fit.holdout import (
    COMPARISON_ROWS,
    CandidateComparison,
    HoldoutPredictions,
    measure_holdout,
)
from clientela.churn.fit.learners.candidates import LearnerSettings
from clientela.churn.fit.learners.learner import CandidateModel, Learner
from clientela.churn.fit.notes import (
    build_notes,
    say_level,
    say_opening,
    say_plainly,
    say_quality,
    say_settings,
    say_verdict,
)
from clientela.churn.fit.season import Level, find_shift
from clientela.churn.fit.selection import (
    ChampionChoice,
    choose_champion,
    compare_models,
    name_rival,
)
from clientela.churn.fit.training_data import ChurnTask, LabelledSnapshot, TrainingRows, stack_rows
from clientela.churn.score.model import KIND, ChurnModel, Core, GoneRule
from clientela.config.churn import Churn, ChurnName
from clientela.registry.card import Card, versions
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval
from clientela.statistics.calibration import simulate_perfect_ece
from clientela.statistics.panel import Panel

FINAL_ROWS = 60_000
FEW_CUSTOMERS = 500
MODEST_MODELS: tuple[ChurnName, ...] = ("logistic", "spline_logistic", "knn")


@dataclass(frozen=True, eq=False)
class ChampionFitter:
    """All that candidates are fitted from: the contest, their settings and calibration."""

    contest: CandidateComparison
    tuned: LearnerSettings
    slopes: dict[str, float]
    framing: ChurnTask

    def rows(self, most: int) -> TrainingRows:
        """Give what is learnt from, thinned."""
        contest = self.contest
        return stack_rows(contest.past, contest.encoding, most, contest.settings.seed)

    def fitted(self, name: str, rows: TrainingRows) -> CandidateModel:
        """Fit one candidate."""
        learner = {one.name: one for one in self.contest.learners}[name]
        return learner.fit(rows, self.tuned[name], self.contest.settings.seed)

    @property
    def level(self) -> Level:
        """The share of leavers expected from ``as_of`` on; undated, the share seen."""
        if self.contest.season.rates:
            return self.contest.season.expected(self.framing.as_of)
        share = float(np.concatenate([one.left for one in self.contest.past]).mean())
        return Level(share, share, None, None)


def select_affordable(past: Sequence[LabelledSnapshot], settings: Churn) -> tuple[ChurnName, ...]:
    """Keep the candidates that so many customers can bear."""
    if max(one.customers for one in past) >= FEW_CUSTOMERS:
        return settings.models
    return tuple(name for name in settings.models if name in MODEST_MODELS)


def build_refusal(reason: str) -> dict[str, pa.Table]:
    """Give the tables of a model that cannot be learnt: the sentence why."""
    return {"model_notes": build_notes({reason: say_plainly(reason)})}


def fit_champion(
    bench: ChampionFitter, judged: HoldoutPredictions, today: pa.Table | None
) -> tuple[ChurnModel, dict[str, pa.Table], dict[str, Any]]:
    """Choose, fit the champion on all of the past and write down the evidence.

    Parameters
    ----------
    bench : Bench
        The candidates.
    judged : Judged
        Their probabilities on dates or folds that they had not seen.
    today : pa.Table or None
        The customers over whom the level is set.
    """
    settings = bench.contest.settings
    cut = compute_threshold(judged.worth, settings)
    found = measure_holdout(judged, cut, settings)
    choice = choose_champion(found, bench.contest.learners)
    other = name_rival(choice, found, bench.contest.learners)
    rows = bench.rows(FINAL_ROWS)
    model = _model(bench, choice, rows, today, _scores(found[choice.champion], judged, cut))
    core, matrix = model.core, rows.thin(4_000, settings.seed).matrix
    tables = {
        "model_candidates": build_candidates(
            bench.contest.learners, bench.tuned, choice, _verdicts(found, choice)
        ),
        "model_metrics": build_metrics(found, judged, (choice.champion, other), cut, settings),
        "model_curves": build_curves(
            judged, choice.champion, build_learning_curve(bench, choice.champion)
        ),
        "model_importance": build_importance(core, matrix, model.encoding, choice.champion),
        "churn_contacts": build_contacts(judged, choice.champion, settings),
        "model_notes": _build_notes(bench, choice, other, found, judged),
    }
    return model.drop_unused(), tables, _facts(bench, choice, other, cut)


def _model(
    bench: ChampionFitter,
    choice: ChampionChoice,
    rows: TrainingRows,
    today: pa.Table | None,
    scores: dict[str, float],
) -> ChurnModel:
    contest, framing = bench.contest, bench.framing
    core = cast(Core, bench.fitted(choice.champion, rows))
    slope = bench.slopes.get(choice.champion, 1.0)
    share = bench.level.share
    shift = 0.0
    if contest.season.rates:
        customers = contest.past[0].table if today is None else today
        logits = slope * core.logits(contest.encoding.matrix(customers))
        shift = find_shift(logits, share) if len(logits) else 0.0
    gone = framing.gone_after_days, framing.gone_share
    return ChurnModel(
        card=_card(bench, choice.champion, scores),
        encoding=contest.encoding,
        core=core,
        slope=slope,
        shift=shift,
        average=float(np.log(share / (1.0 - share))) if 0.0 < share < 1.0 else 0.0,
        gone=GoneRule(gone[0], gone[1]) if gone[0] is not None and gone[1] is not None else None,
    )


def _card(bench: ChampionFitter, champion: str, scores: dict[str, float]) -> Card:
    contest, framing = bench.contest, bench.framing
    return Card(
        kind=KIND,
        data_hash=framing.data_hash,
        as_of=framing.as_of,
        customers=contest.past[0].customers,
        features=contest.encoding.features,
        parameters={
            "model": champion,
            "settings": dict(bench.tuned[champion]),
            "kind": framing.kind,
            "horizon_days": framing.horizon_days,
            "gone_after_days": framing.gone_after_days,
        },
        scores=scores,
        seed=contest.settings.seed,
        versions=versions("clientela", "numpy", "lightgbm", "optuna"),
    )


def _scores(values: dict[str, Doubles], judged: HoldoutPredictions, cut: float) -> dict[str, float]:
    found = {name: float(one[0]) for name, one in values.items() if np.isfinite(one[0])}
    return found | {"threshold": cut, "base_rate": float(judged.left.mean())}


def _verdicts(found: Panel, choice: ChampionChoice) -> dict[str, dict[str, str]]:
    return {
        name: say_verdict(
            code, choice.champion, compare_models(found, choice.champion, name, "log_loss")
        )
        for name, code in choice.verdicts.items()
    }


def _build_notes(
    bench: ChampionFitter,
    choice: ChampionChoice,
    other: str,
    found: Panel,
    judged: HoldoutPredictions,
) -> pa.Table:
    champion = choice.champion
    values = {
        name: (float(one[0]), *interval(one[1:]))
        for name, one in found[champion].items()
        if name in ("roc_auc", "ece")
    }
    seed = bench.contest.settings.seed
    values["ece_perfect"] = simulate_perfect_ece(judged.chances[champion], judged.customers, seed)
    learners: Sequence[Learner] = bench.contest.learners
    trials = sum(bench.tuned.trials.values())
    said = {
        "opening": say_opening(choice, other, judged.people, judged.dates),
        "quality": say_quality(values),
        "chosen": say_settings(bench.tuned[champion], champion, trials, len(learners)),
    }
    if bench.contest.season.rates:
        said["level"] = say_level(bench.level, bench.framing)
    if max(one.customers for one in bench.contest.past) < FEW_CUSTOMERS:
        said["small"] = say_plainly("small")
    return build_notes(said | {"limits": say_plainly("limits"), "next": say_plainly("next")})


def _facts(bench: ChampionFitter, choice: ChampionChoice, other: str, cut: float) -> dict[str, Any]:
    line = bench.contest.timeline
    days = [str(one.as_of) for one in bench.contest.past]
    return {
        "champion": choice.champion,
        "simple": choice.simple,
        "baseline": other,
        "gain": asdict_of(choice),
        "threshold": cut,
        "slopes": bench.slopes,
        "level": bench.level._asdict(),
        "dates": days,
        "tuning": None if line.tuning is None else days[line.tuning.test],
        "choosing": [days[split.test] for split in line.choosing],
        "calibrating": None if line.calibrating is None else days[line.calibrating.test],
        "framing": bench.framing.told(),
        "tried_rows": COMPARISON_ROWS,
    }


def asdict_of(choice: ChampionChoice) -> dict[str, float]:
    """Give the champion's gain for JSON."""
    return dict(choice.gain._asdict())
