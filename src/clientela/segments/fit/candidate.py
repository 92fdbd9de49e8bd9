"""An evaluated candidate: its spec and everything that was measured of its clustering."""

from dataclasses import dataclass
from typing import Any

from clientela.registry.card import Note
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.clustering import Clustering

_FIGURES = (
    "k",
    "noise_share",
    "shares",
    "revenue_shares",
    "silhouette",
    "silhouette_error",
    "own_silhouette",
    "permuted_silhouette",
    "davies_bouldin",
    "calinski_harabasz",
    "within_ss",
    "fidelity",
    "row_agreement",
    "seed_ari",
    "refits",
    "foresight",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class EvaluatedCandidate:
    """A candidate's figures; None stands for what was not measured.

    Parameters
    ----------
    spec : CandidateSpec
        How it was made.
    k : int
        Number of its segments.
    clustering : Clustering or None
        What was measured; a candidate without it can be judged, not stored.
    noise_share : float
        Customers in no group, among those looked at.
    shares, revenue_shares : tuple of float
        Of customers and of net revenue, segment by segment, as assigned.
    silhouette, silhouette_error : float or None
        Mean in the common space, of the segments as assigned, and its standard error where it was
        taken on a sample.
    own_silhouette : float or None
        Mean in the space where the groups were sought, of the groups themselves, noise aside.
    permuted_silhouette : float or None
        What the same spec reaches there on points without structure.
    davies_bouldin, calinski_harabasz, within_ss : float or None
        In the common space.
    fidelity : float or None
        Adjusted Rand index of the segments as assigned with the groups.
    row_agreement : float or None
        Share of customers kept out of its training whom the assignment of single rows puts into
        their own group; measured where groups are sought in an embedding.
    bootstrap_ari, bootstrap_ari_low : float or None
        Mean adjusted Rand index of bootstrap refits with the full fit, and its 5 % quantile.
    jaccards : tuple of float or None
        Each segment's mean Jaccard overlap with its like in the refits.
    seed_ari : float or None
        Agreement with fits from other seeds.
    refits : int
        Refits behind these.
    foresight : float or None
        Out-of-time R² of the log of later revenue, from segments fitted at an earlier date.
    """

    spec: CandidateSpec
    k: int
    clustering: Clustering | None = None
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
    row_agreement: float | None = None
    bootstrap_ari: float | None = None
    bootstrap_ari_low: float | None = None
    jaccards: tuple[float, ...] | None = None
    seed_ari: float | None = None
    refits: int = 0
    foresight: float | None = None

    def to_evidence(self, verdict: Note, *, is_winner: bool) -> dict[str, Any]:
        """Return the figures and the verdict as the card keeps them."""
        stability = None
        if self.jaccards:
            stability = {
                "ari": self.bootstrap_ari,
                "ari_low": self.bootstrap_ari_low,
                "jaccard": min(self.jaccards),
            }
        figures = {name: getattr(self, name) for name in _FIGURES}
        return (
            _describe_spec(self.spec, verdict)
            | figures
            | {"stability": stability, "chosen": is_winner}
        )


def record_obstacle(spec: CandidateSpec, verdict: Note) -> dict[str, Any]:
    """Return a candidate that was not fitted as the card keeps it."""
    return _describe_spec(spec, verdict) | {"k": None, "silhouette": None, "chosen": False}


def _describe_spec(spec: CandidateSpec, verdict: Note) -> dict[str, Any]:
    return {
        "space": spec.space,
        "algorithm": spec.algorithm,
        "parameters": spec.parameters,
        "verdict": {"code": verdict.code, "values": verdict.values},
    }
