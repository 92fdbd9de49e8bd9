"""The champion fitted on all of the past, calibrated, with its evidence."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyarrow as pa

from clientela.churn.fit.evidence import (
    NEUTRAL_THRESHOLD,
    PURPOSE,
    build_candidates,
    build_contacts,
    build_curves,
    build_importance,
    build_learning_curve,
    build_losses,
    build_metrics,
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
    CRITERION,
    ChampionChoice,
    choose_champion,
    compare_models,
    name_rival,
    prove_over_dates,
)
from clientela.churn.fit.training_data import ChurnTask, LabelledSnapshot, TrainingRows, stack_rows
from clientela.churn.score.model import KIND, ChurnModel, Core
from clientela.config.churn import Churn, ChurnName
from clientela.registry.card import Card, versions
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval
from clientela.statistics.calibration import simulate_perfect_ece
from clientela.statistics.dates import state_claim
from clientela.statistics.panel import Panel

# Rows that the champion learns from, by convention: a bound on the cost of the last fit.
FINAL_ROWS = 60_000
# Customers of a date below which modest models alone compete, by convention: boosted trees need
# some hundreds to split.
FEW_CUSTOMERS = 500
MODEST_MODELS: tuple[ChurnName, ...] = ("logistic", "spline_logistic", "knn")
# Their columns are scaled to mean 0 and deviation 1, skewed ones by logarithms before; trees
# and rules read features as they are.
REGRESSIONS = ("logistic", "spline_logistic")


class ChampionFitter:
    """All that candidates are fitted from: the comparison, their settings and calibration."""

    def __init__(
        self,
        comparison: CandidateComparison,
        parameters: LearnerSettings,
        slopes: dict[str, float],
        task: ChurnTask,
    ) -> None:
        self.comparison, self.parameters = comparison, parameters
        self.slopes, self.task = slopes, task

    def rows(self, limit: int) -> TrainingRows:
        """Return what is learnt from, thinned."""
        comparison = self.comparison
        return stack_rows(comparison.past, comparison.encoding, limit, comparison.settings.seed)

    def fit_candidate(self, name: str, rows: TrainingRows) -> CandidateModel:
        """Fit one candidate."""
        learner = {learner.name: learner for learner in self.comparison.learners}[name]
        return learner.fit(rows, self.parameters[name], self.comparison.settings.seed)

    @property
    def level(self) -> Level:
        """The share of leavers expected from ``as_of`` on; undated, the share seen."""
        if self.comparison.season.rates:
            return self.comparison.season.expect_level(self.task.as_of)
        share = float(np.concatenate([snapshot.left for snapshot in self.comparison.past]).mean())
        return Level(share, share, None, None)


def select_affordable(past: Sequence[LabelledSnapshot], settings: Churn) -> tuple[ChurnName, ...]:
    """Keep the candidates that so many customers can bear."""
    if max(snapshot.customers for snapshot in past) >= FEW_CUSTOMERS:
        return settings.models
    return tuple(name for name in settings.models if name in MODEST_MODELS)


def build_refusal(reason: str) -> dict[str, pa.Table]:
    """Return the tables of a model that cannot be learnt: the sentence why."""
    return {"model_notes": build_notes({reason: say_plainly(reason)})}


def fit_champion(
    fitter: ChampionFitter, holdout: HoldoutPredictions, today: pa.Table | None
) -> tuple[ChurnModel, dict[str, pa.Table], dict[str, Any]]:
    """Choose, fit the champion on all of the past and write down the evidence.

    Parameters
    ----------
    fitter : ChampionFitter
        The candidates.
    holdout : HoldoutPredictions
        Their probabilities on dates or folds that they had not seen.
    today : pa.Table or None
        The customers over whom the level is set.
    """
    comparison, settings = fitter.comparison, fitter.comparison.settings
    cut = NEUTRAL_THRESHOLD
    panel = measure_holdout(holdout, cut, settings)
    undated = comparison.past[0].as_of is None
    choice = choose_champion(panel, comparison.learners, certain=undated)
    other = name_rival(choice, panel, comparison.learners)
    champion = choice.champion
    by_date = comparison.measure_dates((champion, other), fitter.parameters, fitter.slopes)
    if not undated:
        differences = [losses[champion] - losses[other] for losses in by_date.values()]
        choice = prove_over_dates(choice, np.array(differences), comparison.learners)
    learner = next(learner for learner in comparison.learners if learner.name == champion)
    rows = fitter.rows(FINAL_ROWS)
    model = _fit_model(
        fitter, choice, rows, today, _list_scores(panel[choice.champion], holdout, cut)
    )
    core, matrix = model.core, rows.thin(4_000, settings.seed).matrix
    tables = {
        "model_candidates": build_candidates(
            comparison.learners, fitter.parameters, choice, _write_verdicts(panel, choice)
        ),
        "model_metrics": pa.concat_tables(
            [
                build_metrics(panel, holdout, (champion, other), cut, settings, choice=choice),
                build_losses(by_date),
            ]
        ),
        "model_curves": build_curves(
            holdout,
            choice.champion,
            build_learning_curve(comparison, learner, fitter.parameters[champion]),
        ),
        "model_importance": build_importance(core, matrix, model.encoding, choice.champion),
        "churn_contacts": build_contacts(holdout, choice.champion, settings),
        "model_notes": _build_notes(fitter, choice, other, panel, holdout),
    }
    return model.strip_unused_features(), tables, _collect_facts(fitter, choice, other, cut)


def _fit_model(
    fitter: ChampionFitter,
    choice: ChampionChoice,
    rows: TrainingRows,
    today: pa.Table | None,
    scores: dict[str, float],
) -> ChurnModel:
    comparison, task = fitter.comparison, fitter.task
    core = cast(Core, fitter.fit_candidate(choice.champion, rows))
    slope = fitter.slopes.get(choice.champion, 1.0)
    share = fitter.level.share
    shift = 0.0
    if comparison.season.rates:
        customers = comparison.past[0].table if today is None else today
        logits = slope * core.logits(comparison.encoding.matrix(customers))
        shift = find_shift(logits, share) if len(logits) else 0.0
    return ChurnModel(
        card=_fill_card(fitter, choice.champion, scores),
        encoding=comparison.encoding,
        core=core,
        slope=slope,
        shift=shift,
        average=float(np.log(share / (1.0 - share))) if 0.0 < share < 1.0 else 0.0,
        gone_after_days=None if task.gone_share is None else task.gone_after_days,
        gone_share=1.0 if task.gone_share is None else task.gone_share,
    )


def _fill_card(fitter: ChampionFitter, champion: str, scores: dict[str, float]) -> Card:
    comparison, task = fitter.comparison, fitter.task
    return Card(
        kind=KIND,
        data_hash=task.data_hash,
        as_of=task.as_of,
        customers=comparison.past[0].customers,
        features=comparison.encoding.features,
        parameters={
            "model": champion,
            "settings": dict(fitter.parameters[champion]),
            "kind": task.kind,
            "horizon_days": task.horizon_days,
            "gone_after_days": task.gone_after_days,
            "season": task.season,
            "scaling": "standardised" if champion in REGRESSIONS else "none",
        },
        scores=scores,
        seed=comparison.settings.seed,
        versions=versions("clientela", "numpy", "lightgbm", "optuna"),
    )


def _list_scores(
    values: dict[str, Doubles], holdout: HoldoutPredictions, cut: float
) -> dict[str, float]:
    scores = {name: float(draws[0]) for name, draws in values.items() if np.isfinite(draws[0])}
    return scores | {"threshold": cut, "base_rate": float(holdout.left.mean())}


def _write_verdicts(panel: Panel, choice: ChampionChoice) -> dict[str, dict[str, str]]:
    return {
        name: say_verdict(
            code, choice.champion, compare_models(panel, choice.champion, name, "log_loss")
        )
        for name, code in choice.verdicts.items()
    }


def _build_notes(
    fitter: ChampionFitter,
    choice: ChampionChoice,
    other: str,
    panel: Panel,
    holdout: HoldoutPredictions,
) -> pa.Table:
    champion = choice.champion
    values = {
        name: (float(draws[0]), *interval(draws[1:]))
        for name, draws in panel[champion].items()
        if name in ("roc_auc", "ece")
    }
    seed = fitter.comparison.settings.seed
    values["ece_perfect"] = simulate_perfect_ece(holdout.chances[champion], holdout.customers, seed)
    learners: Sequence[Learner] = fitter.comparison.learners
    trials = sum(fitter.parameters.trials.values())
    sentences = {
        "opening": say_opening(choice, other, holdout.people, holdout.dates),
        "quality": say_quality(values),
        "chosen": say_settings(
            fitter.parameters[champion],
            champion,
            trials,
            len(learners),
            certain=fitter.comparison.past[0].as_of is None,
        ),
    }
    if fitter.comparison.season.rates:
        sentences["level"] = say_level(fitter.level, fitter.task)
    if max(draws.customers for draws in fitter.comparison.past) < FEW_CUSTOMERS:
        sentences["small"] = say_plainly("small")
    return build_notes(sentences | {"limits": say_plainly("limits"), "next": say_plainly("next")})


def _collect_facts(
    fitter: ChampionFitter, choice: ChampionChoice, other: str, cut: float
) -> dict[str, Any]:
    line = fitter.comparison.timeline
    days = [str(snapshot.as_of) for snapshot in fitter.comparison.past]
    return {
        "champion": choice.champion,
        "simple": choice.simple,
        "baseline": other,
        "gain": asdict_of(choice),
        "claims": _list_claims(fitter.task, choice, other),
        "threshold": cut,
        "slopes": fitter.slopes,
        "level": fitter.level._asdict(),
        "dates": days,
        "tuning": None if line.tuning is None else days[line.tuning[0]],
        "choosing": [days[test] for test, _ in line.choosing],
        "calibrating": None if line.calibrating is None else days[line.calibrating[0]],
        "framing": fitter.task.to_json(),
        "tried_rows": COMPARISON_ROWS,
    }


def _list_claims(task: ChurnTask, choice: ChampionChoice, rival: str) -> list[dict[str, Any]]:
    """Return the claim to be checked on later dates; where there is no time, none ever come."""
    if choice.dates is None or choice.claim != "beats":
        return []
    days = task.horizon_days or 0
    return [state_claim(PURPOSE, choice.champion, rival, CRITERION, days, choice.gain)]


def asdict_of(choice: ChampionChoice) -> dict[str, float | None]:
    """Return the champion's gain for JSON."""
    ends = choice.gain._asdict()
    return {name: value if np.isfinite(value) else None for name, value in ends.items()}
