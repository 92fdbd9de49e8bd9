"""A candidate: a recipe and everything that was measured of the division it gave."""

from dataclasses import dataclass
from typing import Any

from clientela.registry.card import Note
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.stability import Stability


@dataclass(frozen=True, kw_only=True)
class EvaluatedCandidate:
    """A division's figures; None stands for what was not measured.

    Parameters
    ----------
    recipe : Recipe
        How it was made.
    k : int
        Number of segments found.
    noise_share : float
        Customers in no group, among those looked at.
    shares, revenue_shares : tuple of float
        Of customers and of net revenue, segment by segment, as assigned.
    silhouette, silhouette_error : float or None
        Mean in the common space, of the division as assigned, and its standard error where it was
        taken on a sample.
    own_silhouette : float or None
        Mean in the space where the groups were sought, as they were found, noise aside.
    permuted_silhouette : float or None
        What the same recipe reaches there on points without structure.
    davies_bouldin, calinski_harabasz, within_ss : float or None
        In the common space.
    fidelity : float or None
        Adjusted Rand index of the division as assigned with the groups as found.
    stability : Stability or None
        Agreement with bootstrap refits.
    seed_ari : float or None
        Agreement with fits from other seeds.
    refits : int
        Refits behind the two.
    foresight : float or None
        Share of the variance of the log of later revenue that segments learnt earlier explain.
    """

    spec: CandidateSpec
    k: int
    noise_share: float = 0.0
    shares: tuple[float, ...] = ()
    revenue_shares: tuple[float, ...] = ()
    silhouette: float | None = None
    silhouette_error: float | None = None
    own_silhouette: float | None = None
    permuted_silhouette: float | None = None
    davies_bouldin: float | None = None
    calinski_harabasz: float | None = None
    within_ss: float | None = None
    fidelity: float | None = None
    stability: Stability | None = None
    seed_ari: float | None = None
    refits: int = 0
    foresight: float | None = None

    def evidence(self, verdict: Note, *, chosen: bool) -> dict[str, Any]:
        """Give the figures and the verdict as the card keeps them."""
        figures = {name: value for name, value in vars(self).items() if name != "recipe"}
        return (
            named(self.spec, verdict)
            | figures
            | {
                "stability": _stability(self.stability),
                "chosen": chosen,
            }
        )


def unmeasured(recipe: CandidateSpec, verdict: Note) -> dict[str, Any]:
    """Give a recipe that was not fitted as the card keeps it."""
    return named(recipe, verdict) | {"k": None, "silhouette": None, "chosen": False}


def named(recipe: CandidateSpec, verdict: Note) -> dict[str, Any]:
    """Give the recipe and the verdict as the card keeps them."""
    return {
        "space": recipe.space,
        "algorithm": recipe.algorithm,
        "parameters": recipe.parameters,
        "verdict": {"code": verdict.code, "values": verdict.values},
    }


def _stability(of: Stability | None) -> dict[str, float] | None:
    if of is None:
        return None
    return {"ari": of.ari, "ari_low": of.ari_low, "jaccard": of.jaccard}
