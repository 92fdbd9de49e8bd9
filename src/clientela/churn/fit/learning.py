"""Learn who is about to leave, and by how much better than simpler ways."""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.churn.fit import leakage as trap
from clientela.churn.fit.champion import (
    ChampionFitter,
    build_refusal,
    fit_champion,
    select_affordable,
)
from clientela.churn.fit.evidence import (
    build_contacts,
    build_curves,
    build_metrics,
    compute_threshold,
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
from clientela.churn.fit.season import assign_dates, find_shift, load_season
from clientela.churn.fit.training_data import (
    KEY,
    ChurnTask,
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
    bench : Bench or None
        What the other candidates are fitted from, to be judged on a later date.
    """

    model: ChurnModel | None
    tables: dict[str, pa.Table]
    facts: dict[str, Any] = field(default_factory=dict)
    bench: ChampionFitter | None = None


def learn_dated(
    past: Sequence[LabelledSnapshot],
    settings: Churn,
    framing: ChurnTask,
    progress: Callable[[str], None] | None = None,
    today: pa.Table | None = None,
) -> ChurnTraining:
    """Learn from dated snapshots; no outcome may be known only after ``framing.as_of``.

    Parameters
    ----------
    past : sequence of Labelled
        Past snapshots, the latest first.
    settings : Churn
        Candidates, trials, costs.
    framing : Framing
        The question.
    progress : callable, optional
        Told of each stage.
    today : pa.Table, optional
        The customers to be scored: the level is set over them; else over the latest snapshot's.

    Raises
    ------
    ValueError
        An outcome lies in the future of ``framing.as_of``.
    """
    tell = progress or (lambda _: None)
    asked = [one.sort_by_customer() for one in past if one.customers]
    for one in asked:
        if one.known_on is None or one.known_on > framing.as_of:
            raise ValueError(f"what is learnt from {one.as_of} is known only on {one.known_on}")
    reason = _find_hindrance(asked)
    if reason is not None:
        return ChurnTraining(None, build_refusal(reason), {"reason": reason})
    encoding = _encoding(asked)
    contest = CandidateComparison(
        asked,
        list_candidates(encoding, select_affordable(asked, settings), framing.horizon_days),
        encoding,
        assign_dates(asked),
        load_season(asked, framing.ripe_from),
        settings,
    )
    tell("churn: settings")
    chosen = contest.tuned()
    tell("churn: candidates on past dates")
    short = not contest.timeline.choosing
    judged = _predict_without_time(asked[0], contest) if short else contest.predict_holdout(chosen)
    bench = ChampionFitter(contest, chosen, judged.slopes, framing)
    return _conclude(bench, judged, today, "too_short" if short else "")


def learn_undated(one: LabelledSnapshot, settings: Churn, framing: ChurnTask) -> ChurnTraining:
    """Learn from customers without time, by repeated stratified folds."""
    asked = one.sort_by_customer()
    reason = _find_hindrance([asked])
    if reason is not None:
        return ChurnTraining(None, build_refusal(reason), {"reason": reason})
    encoding = _encoding([asked])
    learners = list_candidates(encoding, select_affordable([asked], settings), framing.horizon_days)
    contest = CandidateComparison(
        [asked], learners, encoding, assign_dates([]), load_season([], None), settings
    )
    judged = _predict_without_time(asked, contest)
    rows = stack_rows([asked], encoding, asked.customers, settings.seed)
    chosen: LearnerSettings = tune_inside(rows, learners, settings)
    return _conclude(ChampionFitter(contest, chosen, judged.slopes, framing), judged, None, "")


def _conclude(
    bench: ChampionFitter, judged: HoldoutPredictions, today: pa.Table | None, remark: str
) -> ChurnTraining:
    model, tables, facts = fit_champion(bench, judged, today)
    if remark:
        said = {code: say_plainly(code) for code in (remark,)}
        tables["model_notes"] = pa.concat_tables([tables["model_notes"], build_notes(said)])
    return ChurnTraining(model, tables, facts, bench)


def _predict_without_time(
    one: LabelledSnapshot, contest: CandidateComparison
) -> HoldoutPredictions:
    return predict_in_folds(one, contest.learners, contest.encoding, contest.settings)


def _encoding(past: Sequence[LabelledSnapshot]) -> Encoding:
    features = [name for name in past[0].table.column_names if name != KEY]
    return learn_encoding([one.table for one in past], features)


def _find_hindrance(past: Sequence[LabelledSnapshot]) -> str | None:
    """Give the code of what stands against learning, if anything does."""
    if not past:
        return "no_past"
    customers = sum(one.customers for one in past)
    leavers = sum(int(one.left.sum()) for one in past)
    if leavers in (0, customers) and customers:
        return "one_class"
    if max(one.customers for one in past) < 50 or min(leavers, customers - leavers) < 10:
        return "too_few"
    return None


MONTHLY = re.compile(r"monthly_?(charges?|fee|amount|revenue|price)|mensalidade|valor_?mensal|arpu")
MONTHS_AT_STAKE = 12
"""Months of the monthly charge that are at stake where there is no horizon."""


def label_file(file: CustomersFile) -> tuple[LabelledSnapshot, dict[str, float]]:
    """Give the customers of a file with who left, without what gives the answer away.

    Returns
    -------
    Labelled, dict
        Without time; ``worth`` is a year of the monthly charge where a column tells it, else 1.
        Attributes left out because they say almost alone who left, with their AUC.
    """
    names = [name for name in file.table.column_names if name != KEY]
    found = find_leaking_attributes(file.table, file.left, names)
    table = file.table.drop_columns(sorted(found))
    return LabelledSnapshot(None, table, file.left, _worth(file)), found


def learn_file(file: CustomersFile, settings: Churn, as_of: dt.date) -> ChurnTraining:
    """Learn from a file of customers by repeated stratified folds; our notes stand first.

    Parameters
    ----------
    as_of : datetime.date
        The day of the file, for the model's card.
    """
    one, found = label_file(file)
    learnt = learn_undated(one, settings, ChurnTask("undated", as_of, data_hash=file.sha256))
    told = trap.FlagFindings(left_out=file.left_out, telltale=found, attributes_alone=True)
    tables = trap.prepend_notes(learnt.tables, trap.build_flag_notes(told), None)
    return replace(learnt, tables=tables, facts=learnt.facts | {"telltale": found})


def _worth(file: CustomersFile) -> Doubles:
    """Give the money at stake of each customer."""
    charges = [name for name in file.table.column_names if MONTHLY.fullmatch(name.casefold())]
    ones = np.ones(file.table.num_rows)
    if not charges or file.table.schema.field(charges[0]).type != "double":
        return ones
    told = np.maximum(doubles(file.table, charges[0]), 0.0)
    return np.where(np.isnan(told), 0.0, told) * MONTHS_AT_STAKE


def judge(learnt: ChurnTraining, test: LabelledSnapshot, settings: Churn) -> dict[str, pa.Table]:
    """Measure every candidate on a later snapshot, once.

    Each of them is learnt from all of the past and calibrated as the champion is; of the
    champion it is the very model that would serve.

    Returns
    -------
    dict of str to pa.Table
        ``model_metrics``, ``model_curves`` and ``churn_contacts`` of that date; empty where
        nothing was learnt or nobody is asked about.
    """
    if learnt.model is None or learnt.bench is None or not test.customers:
        return {}
    asked = sample_customers(test.sort_by_customer(), MOST_PER_DATE, settings.seed)
    champion, baseline = learnt.facts["champion"], learnt.facts["baseline"]
    judged = HoldoutPredictions(
        _score_candidates(learnt, asked) | {champion: _score_champion(learnt, asked)},
        *join_outcomes([asked]),
        asked.worth,
    )
    cut = compute_threshold(asked.worth, settings)
    found = measure_holdout(judged, cut, settings)
    names = champion, baseline
    return {
        "model_metrics": build_metrics(found, judged, names, cut, settings, test.as_of),
        "model_curves": build_curves(judged, champion),
        "churn_contacts": build_contacts(judged, champion, settings),
    }


def _score_champion(learnt: ChurnTraining, asked: LabelledSnapshot) -> Doubles:
    if learnt.model is None:
        raise ValueError("there is no model to judge")
    scores = learnt.model.score(asked.table)
    return np.asarray(scores.column("churn_probability").to_numpy())


def _score_candidates(learnt: ChurnTraining, asked: LabelledSnapshot) -> dict[str, Doubles]:
    bench = learnt.bench
    if bench is None:
        return {}
    rows, matrix = bench.rows(COMPARISON_ROWS), bench.contest.encoding.matrix(asked.table)
    chances = {}
    for learner in bench.contest.learners:
        if learner.name == learnt.facts["champion"]:
            continue
        bent = bench.fitted(learner.name, rows).logits(matrix) * bench.slopes[learner.name]
        shift = find_shift(bent, bench.level.share) if bench.contest.season.rates else 0.0
        chances[learner.name] = to_probability(bent + shift)
    return chances
