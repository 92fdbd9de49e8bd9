"""Selection of the champion: over dates the nearest model, in folds the best simple one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from clientela.churn.fit.learners.learner import Learner
from clientela.statistics.arrays import Doubles
from clientela.statistics.bootstrap import interval
from clientela.statistics.dates import LEAST_DATES, Difference, compare_dates
from clientela.statistics.panel import Panel

CRITERION = "log_loss"
CURVES = "spline_logistic"
Verdict = Literal["champion", "challenger", "not_better", "worse", "not_exportable"]
Claim = Literal["beats", "beats_not", "unclaimed"]


@dataclass(frozen=True)
class ChampionChoice:
    """The champion, the best simple model, and a verdict on each candidate.

    ``gain`` is over customers where there is no time (``dates`` is None), else over so many dates
    that share no day; of fewer than four it has no interval, and nothing is claimed.
    """

    champion: str
    simple: str
    verdicts: dict[str, Verdict]
    gain: Difference
    dates: int | None = None

    @property
    def claim(self) -> Claim:
        """What may be said of the champion against its rival."""
        if self.dates is not None and self.dates < LEAST_DATES:
            return "unclaimed"
        return "beats" if self.gain.lower else "beats_not"


def prove_over_dates(
    choice: ChampionChoice, differences: Doubles, learners: Sequence[Learner]
) -> ChampionChoice:
    """Put the gain over dates in the place of that over customers.

    Parameters
    ----------
    differences : array of shape (dates,)
        Log loss of the champion less its rival's, of dates that share no day.
    learners : sequence of Learner
        The candidates: the interval is corrected for those of the champion's kind.
    """
    gain = Difference(choice.gain.value, np.nan, np.nan)
    if len(differences) >= LEAST_DATES:
        learned = choice.champion != choice.simple
        rivals = sum(
            learner.exportable and (learner.family == "learned") == learned for learner in learners
        )
        gain = compare_dates(differences, rivals)
    return replace(choice, gain=gain, dates=len(differences))


def compare_models(panel: Panel, model: str, other: str, metric: str) -> Difference:
    """Return how much a model's metric exceeds another's, on the same resamples."""
    values = panel[model][metric] - panel[other][metric]
    return Difference(float(values[0]), *interval(values[1:]))


def choose_champion(
    panel: Panel, learners: Sequence[Learner], *, certain: bool = True
) -> ChampionChoice:
    """Choose by log loss; of the learned ones only those that can be stored stand for it.

    Of learned ones that beat the best simple one, curves go before trees unless those beat them.
    With ``certain`` a learned one has to beat the best simple one for certain. Over dates the
    nearer one serves: held against later outcomes of six firms on twelve dates, the two rules
    differ on six, and the nearer one was better on each, by .007 to .069 of AUC and .007 to .113
    of log loss.
    """
    loss = {learner.name: float(panel[learner.name][CRITERION][0]) for learner in learners}
    simple = min(
        (learner.name for learner in learners if learner.family != "learned"),
        key=lambda name: loss[name],
    )
    better = [
        learner.name
        for learner in learners
        if learner.exportable
        and learner.family == "learned"
        and _is_better(compare_models(panel, learner.name, simple, CRITERION), certain=certain)
    ]
    champion = _lightest(panel, sorted(better, key=lambda name: loss[name])) or simple
    exportable = [
        learner.name for learner in learners if learner.exportable and learner.name != champion
    ]
    challenger = min(exportable, key=lambda name: loss[name], default="")
    verdicts = {
        learner.name: _verdict(learner, panel, champion, challenger) for learner in learners
    }
    rival = _name_rival(loss, simple, champion, learners)
    return ChampionChoice(
        champion, simple, verdicts, compare_models(panel, champion, rival, CRITERION)
    )


def _is_better(gain: Difference, *, certain: bool) -> bool:
    return gain.lower if certain else gain.value < 0.0


def _lightest(panel: Panel, better: list[str]) -> str | None:
    """Take the best, or curves where it does not beat them for certain: they cost a tenth."""
    for name in better:
        if name == CURVES and not compare_models(panel, better[0], name, CRITERION).lower:
            return name
    return better[0] if better else None


def _name_rival(
    loss: dict[str, float], simple: str, champion: str, learners: Sequence[Learner]
) -> str:
    """Name what the champion is measured against: the best simple one but itself."""
    if champion != simple:
        return simple
    rivals = [
        learner.name
        for learner in learners
        if learner.family != "learned" and learner.name != champion
    ]
    return min(rivals, key=lambda name: loss[name], default=champion)


def _verdict(learner: Learner, panel: Panel, champion: str, challenger: str) -> Verdict:
    if learner.name == champion:
        return "champion"
    if not learner.exportable:
        return "not_exportable"
    if learner.name == challenger:
        return "challenger"
    worse = compare_models(panel, champion, learner.name, CRITERION).lower
    return "worse" if worse else "not_better"


def name_rival(choice: ChampionChoice, panel: Panel, learners: Sequence[Learner]) -> str:
    """Name the simple model that the champion is measured against in tables and sentences."""
    loss = {name: float(np.asarray(panel[name][CRITERION])[0]) for name in panel}
    return _name_rival(loss, choice.simple, choice.champion, learners)
