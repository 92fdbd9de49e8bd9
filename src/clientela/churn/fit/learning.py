"""Learn who is about to leave, and by how much better than simpler ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clientela.churn.fit.champion import Bench, few, finished, unlearnt
from clientela.churn.fit.churn_task import Framing
from clientela.churn.fit.comparison import Contest
from clientela.churn.fit.folds import judged_in_folds, tuned_inside
from clientela.churn.fit.judged import Judged
from clientela.churn.fit.labelled import KEY, Labelled
from clientela.churn.fit.learners.candidates import roster
from clientela.churn.fit.notes import notes, plain
from clientela.churn.fit.rows import rows_of
from clientela.churn.fit.season import season
from clientela.churn.fit.timeline import timeline
from clientela.churn.fit.tuning import Tuned
from clientela.churn.score.encoding import Encoding, learn_encoding
from clientela.churn.score.model import ChurnModel
from clientela.config.churn import Churn


@dataclass(frozen=True, eq=False)
class LearntChurn:
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
    bench: Bench | None = None


def learn(
    past: Sequence[Labelled],
    settings: Churn,
    framing: Framing,
    progress: Callable[[str], None] | None = None,
    today: pa.Table | None = None,
) -> LearntChurn:
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
    asked = [one.in_order() for one in past if one.customers]
    for one in asked:
        if one.known_on is None or one.known_on > framing.as_of:
            raise ValueError(f"what is learnt from {one.as_of} is known only on {one.known_on}")
    reason = _hindrance(asked)
    if reason is not None:
        return LearntChurn(None, unlearnt(reason), {"reason": reason})
    encoding = _encoding(asked)
    contest = Contest(
        asked,
        roster(encoding, few(asked, settings), framing.horizon_days),
        encoding,
        timeline(asked),
        season(asked, framing.ripe_from),
        settings,
    )
    tell("churn: settings")
    chosen = contest.tuned()
    tell("churn: candidates on past dates")
    short = not contest.timeline.choosing
    judged = _left_out(asked[0], contest) if short else contest.judged(chosen)
    bench = Bench(contest, chosen, judged.slopes, framing)
    return _told(bench, judged, today, "too_short" if short else "")


def learn_undated(one: Labelled, settings: Churn, framing: Framing) -> LearntChurn:
    """Learn from customers without time, by repeated stratified folds."""
    asked = one.in_order()
    reason = _hindrance([asked])
    if reason is not None:
        return LearntChurn(None, unlearnt(reason), {"reason": reason})
    encoding = _encoding([asked])
    learners = roster(encoding, few([asked], settings), framing.horizon_days)
    contest = Contest([asked], learners, encoding, timeline([]), season([], None), settings)
    judged = _left_out(asked, contest)
    rows = rows_of([asked], encoding, asked.customers, settings.seed)
    chosen: Tuned = tuned_inside(rows, learners, settings)
    return _told(Bench(contest, chosen, judged.slopes, framing), judged, None, "")


def _told(bench: Bench, judged: Judged, today: pa.Table | None, remark: str) -> LearntChurn:
    model, tables, facts = finished(bench, judged, today)
    if remark:
        said = {code: plain(code) for code in (remark,)}
        tables["model_notes"] = pa.concat_tables([tables["model_notes"], notes(said)])
    return LearntChurn(model, tables, facts, bench)


def _left_out(one: Labelled, contest: Contest) -> Judged:
    return judged_in_folds(one, contest.learners, contest.encoding, contest.settings)


def _encoding(past: Sequence[Labelled]) -> Encoding:
    features = [name for name in past[0].table.column_names if name != KEY]
    return learn_encoding([one.table for one in past], features)


def _hindrance(past: Sequence[Labelled]) -> str | None:
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
