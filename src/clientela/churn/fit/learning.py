"""Learn who is about to leave, and by how much better than simpler ways."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.churn.fit import leakage
from clientela.churn.fit.champion import (
    ChampionFitter,
    build_refusal,
    fit_champion,
    select_affordable,
)
from clientela.churn.fit.evidence import (
    NEUTRAL_THRESHOLD,
    build_contacts,
    build_curves,
    build_metrics,
)
from clientela.churn.fit.holdout import (
    COMPARISON_ROWS,
    MOST_PER_DATE,
    CandidateComparison,
    HoldoutPredictions,
    join_outcomes,
    measure_holdout,
    predict_in_folds,
    to_probability,
    tune_inside,
)
from clientela.churn.fit.leakage import find_leaking_attributes
from clientela.churn.fit.learners.candidates import LearnerSettings, list_candidates
from clientela.churn.fit.notes import build_notes, say_plainly
from clientela.churn.fit.season import Paces, assign_dates, find_shift, load_season
from clientela.churn.fit.training_data import (
    KEY,
    ChurnTask,
    ExpectRevenue,
    LabelledSnapshot,
    sample_customers,
    stack_rows,
)
from clientela.churn.score.encoding import Encoding, learn_encoding
from clientela.churn.score.model import ChurnModel
from clientela.config.churn import Churn
from clientela.statistics.arrays import Doubles, doubles
from clientela.tables.customers_file import CustomersFile


@dataclass(frozen=True, eq=False)
class ChurnTraining:
    """A churn model with the evidence for it.

    Parameters
    ----------
    model : ChurnModel or None
        The champion; None where nothing can be learnt, and the notes say why.
    tables : dict of str to pa.Table
        Tables of :mod:`clientela.store.arrow_schemas` by name.
    facts : dict of str to any
        Figures of the choice, ready for JSON.
    fitter : ChampionFitter or None
        What the other candidates are fitted from, to be judged on a later date.
    """

    model: ChurnModel | None
    tables: dict[str, pa.Table]
    facts: dict[str, Any] = field(default_factory=dict)
    fitter: ChampionFitter | None = None


def learn_from_dates(
    past: Sequence[LabelledSnapshot],
    settings: Churn,
    task: ChurnTask,
    today: pa.Table | None = None,
    expect: ExpectRevenue | None = None,
    paces: Paces | None = None,
) -> ChurnTraining:
    """Learn from dated snapshots; no outcome may be known only after ``task.as_of``.

    Parameters
    ----------
    past : sequence of LabelledSnapshot
        Past snapshots, the latest first.
    settings : Churn
        Candidates, trials, costs.
    task : ChurnTask
        The question.
    today : pa.Table, optional
        The customers to be scored: the level is set over them; else over the latest snapshot's.
    expect : callable, optional
        The forecast of revenue that a past day could have made: contacts are put in its order.
    paces : mapping of date to pair, optional
        Orders ahead of past dates and of today, which the share of leavers follows.

    Raises
    ------
    ValueError
        An outcome lies in the future of ``task.as_of``.
    """
    snapshots = [snapshot.sort_by_customer() for snapshot in past if snapshot.customers]
    for snapshot in snapshots:
        if snapshot.known_on is None or snapshot.known_on > task.as_of:
            raise ValueError(
                f"what is learnt from {snapshot.as_of} is known only on {snapshot.known_on}"
            )
    reason = _find_hindrance(snapshots)
    if reason is not None:
        return ChurnTraining(None, build_refusal(reason), {"reason": reason})
    if expect is not None:
        snapshots = [snapshot.forecast(expect) for snapshot in snapshots]
    encoding = _learn_encoding(snapshots)
    comparison = CandidateComparison(
        snapshots,
        list_candidates(encoding, select_affordable(snapshots, settings), task.horizon_days),
        encoding,
        assign_dates(snapshots),
        load_season(snapshots, task.ripe_from, paces or {}),
        settings,
    )
    parameters = comparison.tune()
    short = not comparison.timeline.choosing
    holdout = (
        _predict_without_time(snapshots[0], comparison)
        if short
        else comparison.predict_holdout(parameters)
    )
    fitter = ChampionFitter(comparison, parameters, holdout.slopes, task)
    return _conclude(fitter, holdout, today, "too_short" if short else "")


def learn_without_time(
    snapshot: LabelledSnapshot, settings: Churn, task: ChurnTask
) -> ChurnTraining:
    """Learn from customers without time, by repeated stratified folds."""
    customers = snapshot.sort_by_customer()
    reason = _find_hindrance([customers])
    if reason is not None:
        return ChurnTraining(None, build_refusal(reason), {"reason": reason})
    encoding = _learn_encoding([customers])
    learners = list_candidates(
        encoding, select_affordable([customers], settings), task.horizon_days
    )
    comparison = CandidateComparison(
        [customers], learners, encoding, assign_dates([]), load_season([], None, {}), settings
    )
    holdout = _predict_without_time(customers, comparison)
    rows = stack_rows([customers], encoding, customers.customers, settings.seed)
    parameters: LearnerSettings = tune_inside(rows, learners, settings)
    return _conclude(
        ChampionFitter(comparison, parameters, holdout.slopes, task), holdout, None, ""
    )


def _conclude(
    fitter: ChampionFitter, holdout: HoldoutPredictions, today: pa.Table | None, remark: str
) -> ChurnTraining:
    model, tables, facts = fit_champion(fitter, holdout, today)
    if remark:
        sentences = {code: say_plainly(code) for code in (remark,)}
        tables["model_notes"] = pa.concat_tables([tables["model_notes"], build_notes(sentences)])
    return ChurnTraining(model, tables, facts, fitter)


def _predict_without_time(
    snapshot: LabelledSnapshot, comparison: CandidateComparison
) -> HoldoutPredictions:
    return predict_in_folds(snapshot, comparison.learners, comparison.encoding, comparison.settings)


def _learn_encoding(past: Sequence[LabelledSnapshot]) -> Encoding:
    features = [name for name in past[0].table.column_names if name != KEY]
    return learn_encoding([snapshot.table for snapshot in past], features)


def _find_hindrance(past: Sequence[LabelledSnapshot]) -> str | None:
    """Return the code of what stands against learning, if anything does."""
    if not past:
        return "no_past"
    customers = sum(snapshot.customers for snapshot in past)
    leavers = sum(int(snapshot.left.sum()) for snapshot in past)
    if leavers in (0, customers) and customers:
        return "one_class"
    if max(snapshot.customers for snapshot in past) < 50 or min(leavers, customers - leavers) < 10:
        return "too_few"
    return None


MONTHLY = re.compile(r"monthly_?(charges?|fee|amount|revenue|price)|mensalidade|valor_?mensal|arpu")
# Months of the monthly charge that are at stake where there is no horizon.
MONTHS_AT_STAKE = 12


def label_file(file: CustomersFile) -> tuple[LabelledSnapshot, dict[str, float]]:
    """Return the customers of a file with who left, without what gives the answer away.

    Returns
    -------
    Labelled, dict
        Without time; ``worth`` is a year of the monthly charge where a column holds it, else 1.
        Attributes left out because they say almost alone who left, with their AUC.
    """
    names = [name for name in file.table.column_names if name != KEY]
    leaks = find_leaking_attributes(file.table, file.left, names)
    table = file.table.drop_columns(sorted(leaks))
    return LabelledSnapshot(None, table, file.left, _estimate_worth(file)), leaks


def learn_file(file: CustomersFile, settings: Churn, as_of: dt.date) -> ChurnTraining:
    """Learn from a file of customers by repeated stratified folds; our notes stand first.

    Parameters
    ----------
    as_of : datetime.date
        The day of the file, for the model's card.
    """
    snapshot, leaks = label_file(file)
    training = learn_without_time(
        snapshot, settings, ChurnTask("undated", as_of, data_hash=file.sha256)
    )
    flag_notes = leakage.build_flag_notes(
        left_out=file.left_out, leaking=leaks, attributes_alone=True
    )
    tables = leakage.prepend_notes(training.tables, flag_notes, None)
    return replace(training, tables=tables, facts=training.facts | {"telltale": leaks})


def _estimate_worth(file: CustomersFile) -> Doubles:
    """Return the money at stake of each customer."""
    charges = [name for name in file.table.column_names if MONTHLY.fullmatch(name.casefold())]
    ones = np.ones(file.table.num_rows)
    if not charges or file.table.schema.field(charges[0]).type != "double":
        return ones
    charge = np.maximum(doubles(file.table, charges[0]), 0.0)
    return np.where(np.isnan(charge), 0.0, charge) * MONTHS_AT_STAKE


def judge(training: ChurnTraining, test: LabelledSnapshot, settings: Churn) -> dict[str, pa.Table]:
    """Measure every candidate on a later snapshot, once.

    Each of them is learnt from all of the past and calibrated as the champion is; of the
    champion it is the very model that would serve.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics``, ``model_curves`` and ``churn_contacts`` of that date; empty where
        nothing was learnt or nobody is asked about.
    """
    if training.model is None or training.fitter is None or not test.customers:
        return {}
    customers = sample_customers(test.sort_by_customer(), MOST_PER_DATE, settings.seed)
    champion, baseline = training.facts["champion"], training.facts["baseline"]
    holdout = HoldoutPredictions(
        _score_candidates(training, customers) | {champion: _score_champion(training, customers)},
        *join_outcomes([customers]),
        customers.worth,
        expected=customers.expected,
    )
    cut = NEUTRAL_THRESHOLD
    panel = measure_holdout(holdout, cut, settings)
    names = champion, baseline
    return {
        "model_metrics": build_metrics(panel, holdout, names, cut, settings, test.as_of),
        "model_curves": build_curves(holdout, champion),
        "churn_contacts": build_contacts(holdout, champion, settings),
    }


def _score_champion(training: ChurnTraining, customers: LabelledSnapshot) -> Doubles:
    if training.model is None:
        raise ValueError("there is no model to judge")
    scores = training.model.score(customers.table)
    return np.asarray(scores.column("churn_probability").to_numpy())


def _score_candidates(training: ChurnTraining, customers: LabelledSnapshot) -> dict[str, Doubles]:
    fitter = training.fitter
    if fitter is None:
        return {}
    rows, matrix = fitter.rows(COMPARISON_ROWS), fitter.comparison.encoding.matrix(customers.table)
    chances = {}
    for learner in fitter.comparison.learners:
        if learner.name == training.facts["champion"]:
            continue
        bent = fitter.fit_candidate(learner.name, rows).logits(matrix) * fitter.slopes[learner.name]
        shift = find_shift(bent, fitter.level.share) if fitter.comparison.season.rates else 0.0
        chances[learner.name] = to_probability(bent + shift)
    return chances
