"""The contest of candidates over one snapshot, and what the card keeps of it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clientela.registry.card import Note
from clientela.segments.fit import choice
from clientela.segments.fit.candidate import EvaluatedCandidate, unmeasured
from clientela.segments.fit.candidate_spec import (
    CandidateSpec,
    list_candidates,
    list_smaller_candidates,
    parse_candidate,
)
from clientela.segments.fit.choice import list_remarks
from clientela.segments.fit.cluster_metrics import compute_shares
from clientela.segments.fit.clustering import Clustering
from clientela.segments.fit.evaluation import Evaluation, Tried
from clientela.segments.fit.space_sample import SpaceSample
from clientela.segments.fit.spaces import COMMON
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

Scores = dict[str, Any]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a contest gave.

    Parameters
    ----------
    ground : Ground
        The winner's space; the common one where there is no winner.
    division : Division or None
        The winner's; None where all customers form one segment.
    scores : dict
        The evidence.
    notes : tuple of Note
        What is to be minded.
    """

    ground: SpaceSample
    division: Clustering | None
    scores: Scores
    notes: tuple[Note, ...]

    def recounted(self, whole: Clustering, labels: Labels, revenue: Doubles) -> Scores:
        """Give the evidence with sizes counted on everyone and segments in their final order.

        Parameters
        ----------
        whole : Division
            The winner's with its segments ordered by the revenue of everyone.
        labels : label array
            The segment of everyone.
        revenue : array
            Of everyone.
        """
        sizes = {
            "shares": compute_shares(labels, whole.k, np.ones_like(revenue)),
            "revenue_shares": compute_shares(labels, whole.k, revenue),
        }
        listed = [one | sizes if one["chosen"] else one for one in self.scores["candidates"]]
        then = [] if self.division is None else self.division.owners.tolist()
        place = dict(zip(whole.owners.tolist(), then, strict=True))
        jaccards = self.scores["jaccards"] or []
        return self.scores | {
            "candidates": listed,
            "jaccards": [jaccards[place[one]] for one in range(whole.k)] if jaccards else None,
        }


@dataclass
class CandidateSelection:
    """Candidates tried so far, and the evidence of those that were not, by recipe."""

    trial: Evaluation
    tried: list[Tried] = field(default_factory=list)
    listed: dict[CandidateSpec, Scores] = field(default_factory=dict)

    def stage(self, recipes: Sequence[CandidateSpec], must: Iterable[CandidateSpec] = ()) -> None:
        """Try recipes within the budget, and in any case those that must be."""
        asked = set(must)
        chosen: list[CandidateSpec] = []
        for recipe in recipes:
            refusal = self._hindered(recipe) if len(chosen) < self._budget else None
            if refusal:
                self.listed[recipe] = unmeasured(recipe, refusal)
            elif len(chosen) < self._budget or recipe in asked:
                chosen.append(recipe)
                self.listed[recipe] = {}
            else:
                self.listed[recipe] = unmeasured(recipe, Note("untried", {"budget": self._budget}))
        self.tried = self.trial.settled(self.trial.run(chosen))

    def judge(self, forced: CandidateSpec | None) -> Tried | None:
        """Let the rule, or the one asked for, win, and write every verdict down."""
        asked = self._asked(forced)
        candidates = [one.candidate for one in self.tried]
        best, verdicts = choice.choose_candidate(candidates, self.trial.settings)
        winner = asked or next((one for one in self.tried if one.candidate is best), None)
        for one, verdict in zip(candidates, verdicts, strict=True):
            taken, given = winner is not None and one is winner.candidate, verdict
            if taken and asked:
                given = Note("forced", {"candidate": one.spec.label})
            elif one is best and not taken:
                given = Note("set_aside", {"silhouette": one.silhouette})
            self.listed[one.spec] = one.evidence(given, chosen=taken)
        return winner

    @property
    def _budget(self) -> int:
        return self.trial.settings.budget

    def _asked(self, forced: CandidateSpec | None) -> Tried | None:
        """Find the one asked for among those that are divisions, and test it as the best are."""
        for number, tried in enumerate(self.tried):
            if tried.candidate.spec == forced and tried.division.k > 1:
                self.tried[number] = self.trial.tested(tried)
                return self.tried[number]
        return None

    def _hindered(self, recipe: CandidateSpec) -> Note | None:
        """Say why a recipe cannot be fitted, if so."""
        most = self.trial.most_segments()
        if recipe.groups_asked <= most:
            most = self.trial.most_segments(recipe.space)
        if recipe.groups_asked <= most:
            return None
        return Note("too_few", {"segments": recipe.groups_asked, "most": max(most, 1)})


def select_candidate(trial: Evaluation) -> Outcome:
    """Try the numbers of segments asked for, then fewer, then one segment for all.

    Raises
    ------
    ConfigError
        ``segments.force`` names no candidate.
    """
    settings = trial.settings
    forced = parse_candidate(settings.force) if settings.force else None
    numbers = range(settings.k_min, settings.k_max + 1)
    recipes = list_candidates(settings.spaces, settings.algorithms, numbers)
    held = CandidateSelection(trial)
    must = [forced] if forced else []
    held.stage(list(dict.fromkeys([*must, *recipes])), must)
    winner = held.judge(forced)
    if winner is None:
        held.stage(list_smaller_candidates(settings.algorithms, settings.spaces[0], settings.k_min))
        winner = held.judge(None)
    return _outcome(held, winner, forced)


def _outcome(
    held: CandidateSelection, winner: Tried | None, forced: CandidateSpec | None
) -> Outcome:
    trial, evidence = held.trial, list(held.listed.values())
    if winner is None:
        notes = (Note("one_segment", {"customers": trial.customers}),)
        scores = {"candidates": evidence, "segments": 1, "space": COMMON}
        return Outcome(trial.ground(COMMON), None, scores, notes)
    candidate = winner.candidate
    return Outcome(
        trial.ground(candidate.spec.space),
        winner.division,
        _scores(candidate, trial, evidence),
        list_remarks(candidate, trial.settings, forced),
    )


def _scores(winner: EvaluatedCandidate, trial: Evaluation, evidence: list[Scores]) -> Scores:
    stability, recipe = winner.stability, winner.spec
    return {
        "segments": winner.k,
        "space": recipe.space,
        "algorithm": recipe.algorithm,
        "parameters": recipe.parameters,
        "silhouette": winner.silhouette,
        "silhouette_error": winner.silhouette_error,
        "own_silhouette": winner.own_silhouette,
        "permuted_silhouette": winner.permuted_silhouette,
        "bootstrap_ari": stability.ari if stability else None,
        "bootstrap_ari_low": stability.ari_low if stability else None,
        "jaccards": list(stability.jaccards) if stability else None,
        "seed_ari": winner.seed_ari,
        "fidelity": winner.fidelity,
        "foresight": winner.foresight,
        "sampled_customers": trial.customers,
        "candidates": evidence,
    }
