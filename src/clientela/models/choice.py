"""Which number of segments is taken, by a rule that gives every loser its reason.

1. A division with a segment under the smallest or over the largest allowed share is refused: a high
   silhouette is easily had by cutting off a few outliers.
2. A division that does not come back when customers are resampled is refused: mean adjusted Rand
   index under 0.80, or a segment whose mean Jaccard overlap is under 0.60, the value below which
   Hennig (2007) trusts no cluster.
3. Of the rest the highest silhouette wins, in three decimals; of equals the fewest segments.

Where rule 2 leaves none, the division that comes back best is taken, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from clientela.config import Segments
from clientela.models.stability import Stability
from clientela.scoring.card import Note

STABLE_ARI = 0.80
VALID_JACCARD = 0.60


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A division and what was measured of it.

    Parameters
    ----------
    space, algorithm : str
        Names in their registries.
    k : int
        Number of segments.
    silhouette : float
        Mean over the sampled customers, in the common space.
    stability : Stability or None
        Agreement with bootstrap refits; None where none were asked for.
    shares, revenue_shares : tuple of float
        Of customers and of net revenue, segment by segment in the order of ids.
    """

    space: str
    algorithm: str
    k: int
    silhouette: float
    stability: Stability | None
    shares: tuple[float, ...]
    revenue_shares: tuple[float, ...]


def choose(
    candidates: Sequence[Candidate], settings: Segments
) -> tuple[Candidate | None, list[Note]]:
    """Apply the rule; give the winner, if any is sound, and a verdict for each candidate."""
    refusals = [degenerate(candidate, settings) for candidate in candidates]
    sound = [one for one, refusal in zip(candidates, refusals, strict=True) if refusal is None]
    stable = [one for one in sound if unstable(one) is None]
    if not sound:
        return None, [refusal for refusal in refusals if refusal is not None]
    winner = max(stable, key=_by_silhouette) if stable else max(sound, key=_by_stability)
    return winner, [_verdict(one, winner, settings) for one in candidates]


def degenerate(candidate: Candidate, settings: Segments) -> Note | None:
    """Say why a division is no division, if so."""
    smallest, largest = min(candidate.shares), max(candidate.shares)
    if smallest < settings.min_share:
        return Note("too_small", {"share": smallest, "limit_share": settings.min_share})
    if largest > settings.max_share:
        return Note("too_large", {"share": largest, "limit_share": settings.max_share})
    return None


def unstable(candidate: Candidate) -> Note | None:
    """Say why a division does not come back, if so."""
    stability = candidate.stability
    if stability is None:
        return None
    if stability.ari < STABLE_ARI:
        return Note("unstable", {"ari": stability.ari, "limit": STABLE_ARI})
    if stability.jaccard < VALID_JACCARD:
        return Note("dissolves", {"jaccard": stability.jaccard, "limit": VALID_JACCARD})
    return None


def _verdict(candidate: Candidate, winner: Candidate, settings: Segments) -> Note:
    shaky = unstable(winner)
    if candidate is winner and shaky:
        return Note("chosen_unstable", shaky.values)
    if candidate is winner:
        return Note("chosen", {"silhouette": winner.silhouette})
    reason = degenerate(candidate, settings) or unstable(candidate)
    best = {"best": winner.silhouette, "best_k": winner.k, "silhouette": candidate.silhouette}
    return reason or Note("lower_silhouette", best)


def _by_silhouette(candidate: Candidate) -> tuple[float, int]:
    return round(candidate.silhouette, 3), -candidate.k


def _by_stability(candidate: Candidate) -> tuple[float, int]:
    return (candidate.stability.ari if candidate.stability else 0.0), -candidate.k
