"""The selection among candidates of one snapshot, and the evidence that the card keeps of it."""

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from clientela.registry.card import Note
from clientela.segments.fit.candidate import EvaluatedCandidate, record_obstacle
from clientela.segments.fit.candidate_spec import (
    CandidateSpec,
    list_candidates,
    list_smaller_candidates,
    parse_candidate,
)
from clientela.segments.fit.choice import choose_candidate, list_remarks
from clientela.segments.fit.cluster_metrics import compute_shares
from clientela.segments.fit.clustering import Clustering
from clientela.segments.fit.evaluation import Evaluation
from clientela.segments.fit.spaces import COMMON, Space
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles

Evidence = dict[str, Any]


class CandidateSelection:
    """The candidates of one snapshot, their verdicts, and the winner.

    Parameters
    ----------
    evaluation : Evaluation
        Fits and measures candidates.

    Attributes
    ----------
    winner : EvaluatedCandidate or None
        None where all customers form one segment.

    Raises
    ------
    ConfigError
        ``segments.force`` names no candidate.
    """

    def __init__(self, evaluation: Evaluation) -> None:
        self._evaluation, settings = evaluation, evaluation.settings
        self._candidates: list[EvaluatedCandidate] = []
        self._evidence: dict[CandidateSpec, Evidence] = {}
        self._forced = parse_candidate(settings.force) if settings.force else None
        self.winner: EvaluatedCandidate | None = None

    def select(self) -> None:
        """Try the configured numbers of segments, then fewer, then one segment for all."""
        settings, forced = self._evaluation.settings, self._forced
        numbers = range(settings.k_min, settings.k_max + 1)
        specs = list_candidates(settings.spaces, settings.algorithms, numbers)
        required = [forced] if forced else []
        self._evaluate(list(dict.fromkeys([*required, *specs])), required)
        self.winner = self._judge(forced)
        if self.winner is None:
            space = settings.spaces[0]
            specs = list_smaller_candidates(settings.algorithms, space, settings.k_min)
            self._evaluate(specs)
            self.winner = self._judge(None)

    @property
    def space(self) -> Space:
        """The winner's space; the common one where there is no winner."""
        return self._evaluation.get_sample(self.winner.spec.space if self.winner else COMMON).space

    @property
    def notes(self) -> tuple[Note, ...]:
        """What is to be minded about the winner, or that there is none."""
        if self.winner is None:
            return (Note("one_segment", {"customers": self._evaluation.customers}),)
        return list_remarks(self.winner, self._evaluation.settings, self._forced)

    @property
    def scores(self) -> Evidence:
        """The evidence: the winner's figures, and every candidate with its verdict."""
        candidates, winner = list(self._evidence.values()), self.winner
        if winner is None:
            return {"candidates": candidates, "segments": 1, "space": COMMON}
        return {
            "segments": winner.k,
            "space": winner.spec.space,
            "algorithm": winner.spec.algorithm,
            "parameters": winner.spec.parameters,
            "silhouette": winner.silhouette,
            "silhouette_error": winner.silhouette_error,
            "own_silhouette": winner.own_silhouette,
            "permuted_silhouette": winner.permuted_silhouette,
            "bootstrap_ari": winner.bootstrap_ari,
            "bootstrap_ari_low": winner.bootstrap_ari_low,
            "jaccards": list(winner.jaccards) if winner.jaccards else None,
            "seed_ari": winner.seed_ari,
            "fidelity": winner.fidelity,
            "row_agreement": winner.row_agreement,
            "foresight": winner.foresight,
            "sampled_customers": self._evaluation.customers,
            "candidates": candidates,
        }

    def count_everyone(self, clustering: Clustering, labels: Labels, revenue: Doubles) -> Evidence:
        """Return the scores with sizes counted on everyone and segments in their final order.

        Parameters
        ----------
        clustering : Clustering
            The winner's, its segments ordered by the revenue of everyone.
        labels : label array
            The segment of everyone.
        revenue : array
            Of everyone.
        """
        sizes = {
            "shares": compute_shares(labels, clustering.k, np.ones_like(revenue)),
            "revenue_shares": compute_shares(labels, clustering.k, revenue),
        }
        scores = self.scores
        candidates = [
            evidence | sizes if evidence["chosen"] else evidence
            for evidence in scores["candidates"]
        ]
        jaccards = scores["jaccards"]
        if jaccards and self.winner and self.winner.clustering:
            before = self.winner.clustering.owners.tolist()
            position = dict(zip(clustering.owners.tolist(), before, strict=True))
            jaccards = [jaccards[position[segment]] for segment in range(clustering.k)]
        return scores | {"candidates": candidates, "jaccards": jaccards}

    def _evaluate(
        self, specs: Sequence[CandidateSpec], required: Collection[CandidateSpec] = ()
    ) -> None:
        """Evaluate candidates within the budget, and the required ones in any case."""
        budget = self._evaluation.settings.budget
        within: list[CandidateSpec] = []
        for spec in specs:
            obstacle = self._explain_impossible(spec) if len(within) < budget else None
            if obstacle:
                self._evidence[spec] = record_obstacle(spec, obstacle)
            elif len(within) < budget or spec in required:
                within.append(spec)
                self._evidence[spec] = {}
            else:
                self._evidence[spec] = record_obstacle(spec, Note("untried", {"budget": budget}))
        self._candidates = self._evaluation.evaluate(within)

    def _explain_impossible(self, spec: CandidateSpec) -> Note | None:
        """Explain why a candidate cannot be fitted, if so."""
        for space in (COMMON, spec.space):
            possible = self._evaluation.count_possible_segments(space)
            if spec.least_segments > possible:
                return Note("too_few", {"segments": spec.least_segments, "most": max(possible, 1)})
        return None

    def _judge(self, forced: CandidateSpec | None) -> EvaluatedCandidate | None:
        """Return the rule's choice, or the forced one, and write every verdict down."""
        required = self._refine_forced_candidate(forced)
        best, verdicts = choose_candidate(self._candidates, self._evaluation.settings)
        winner = required or best
        for candidate, verdict in zip(self._candidates, verdicts, strict=True):
            if required and candidate is winner:
                verdict = Note("forced", {"candidate": candidate.spec.label})
            elif candidate is best and candidate is not winner:
                verdict = Note("set_aside", {"silhouette": candidate.silhouette})
            evidence = candidate.to_evidence(verdict, is_winner=candidate is winner)
            self._evidence[candidate.spec] = evidence
        return winner

    def _refine_forced_candidate(self, forced: CandidateSpec | None) -> EvaluatedCandidate | None:
        """Return the forced candidate, refitted as the best are, if it divides the customers."""
        for position, candidate in enumerate(self._candidates):
            if candidate.spec == forced and candidate.k > 1:
                self._candidates[position] = self._evaluation.refine(candidate)
                return self._candidates[position]
        return None
