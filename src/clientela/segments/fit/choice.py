"""The rule that chooses among candidates and gives every loser its reason.

1. A clustering with another number of segments than configured, with a segment under the smallest
   or over the largest allowed share, or with one of a single customer, is refused: a high
   silhouette is easily had by cutting off a few outliers.
2. A clustering whose groups the one-row assignment does not reproduce is refused: adjusted Rand
   index of the groups and the segments as assigned under 0.70. Nobody could say where a customer
   belongs. Where the groups were sought in an embedding, which cannot place one customer, the
   assignment must find the group of 98 % of the customers kept out of its training.
3. A clustering that does not come back when customers are resampled is refused: mean adjusted Rand
   index under 0.80, or a segment whose mean Jaccard overlap is under 0.60, the value below which
   Hennig (2007) trusts no cluster.
4. Among those left the highest silhouette in the common space counts, and those within 0.01 of it
   are its equals. Of equals the one wins whose segments, learnt on an earlier date, explain most of
   the log of later revenue, in two decimals; then the fewest segments; then the highest silhouette;
   then the first in the grid.

Where rule 3 leaves none, the clustering that comes back best is taken, and says so.
"""

from collections.abc import Sequence

from clientela.config import Segments
from clientela.registry.card import Note
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec

STABLE_ARI = 0.80
"""From it agreement is good by Steinley (2004), doi:10.1037/1082-989X.9.3.386."""

VALID_JACCARD = 0.60
"""Below it Hennig (2007), doi:10.1016/j.csda.2006.11.025, trusts no cluster."""

FAITHFUL_ARI = 0.70
"""By convention: less strict than stability, because centres smooth ragged groups."""

LEAST_ROW_AGREEMENT = 0.98
"""By convention: one customer of fifty, no more, may stand elsewhere than the picture showed."""

EQUAL_SILHOUETTE = 0.01
"""By convention: readers see two decimals."""

REFIT_DOUBT = 0.15
"""How far a few refits may fall short of stable before more of them are spared; by convention."""

STRUCTURE_SILHOUETTE = 0.12
"""Silhouette by which groups must beat what the same spec reaches on points without structure.

Measured with KMeans, k = 4 and 6: on 39 simulated bases without groups, independent and correlated
up to 0.8, discrete and not, the difference stayed under 0.111; on bases of four groups whose
members spread by a factor of two (standard deviation 0.7 of the logarithm) it is 0.125 and more.
"""

FLATTERY_SILHOUETTE = 0.10
"""Silhouette by which a clustering may look better in its own space than in the common one.

By convention: ten times what the rule calls equal.
"""

Candidates = Sequence[EvaluatedCandidate]


def choose_candidate(
    candidates: Candidates, settings: Segments
) -> tuple[EvaluatedCandidate | None, list[Note]]:
    """Apply the rule; return the winner, if any is sound, and a verdict for each candidate."""
    flaws = [explain_unsound(candidate, settings) for candidate in candidates]
    sound = [candidate for candidate, flaw in zip(candidates, flaws, strict=True) if not flaw]
    if not sound:
        return None, [flaw for flaw in flaws if flaw]
    stable = _select_stable(sound)
    if stable:
        winner = max(_select_equals(stable), key=_rank_by_foresight)
    else:
        winner = max(sound, key=_rank_by_stability)
    verdicts = [
        _praise(winner, stable)
        if candidate is winner
        else flaw or explain_unstable(candidate) or _explain_defeat(candidate, winner, stable)
        for candidate, flaw in zip(candidates, flaws, strict=True)
    ]
    return winner, verdicts


def list_contenders(candidates: Candidates, settings: Segments) -> list[EvaluatedCandidate]:
    """Return the candidates among which the choice falls, or might with more refits.

    They are the best and its equals, and those of a silhouette as high that a few refits found
    little short of stable; where none is stable, the one that comes back best.
    """
    sound = [candidate for candidate in candidates if not explain_unsound(candidate, settings)]
    stable = _select_stable(sound)
    if not stable:
        return sorted(sound, key=_rank_by_stability)[-1:]
    best = max(_round_silhouette(candidate) for candidate in stable)
    return [
        candidate
        for candidate in sound
        if _round_silhouette(candidate) >= best - EQUAL_SILHOUETTE
        and (candidate in stable or _rank_by_stability(candidate)[0] >= STABLE_ARI - REFIT_DOUBT)
    ]


def explain_unsound(candidate: EvaluatedCandidate, settings: Segments) -> Note | None:
    """Explain why a clustering is no segmentation, or none to assign customers to, if so."""
    fewest, highest = settings.k_min, settings.k_max
    if candidate.spec.parameter == "k":  # a configured number of segments is allowed as it is
        fewest = highest = int(candidate.spec.value)
    if not fewest <= candidate.k <= highest:
        return Note("wrong_number", {"segments": candidate.k, "least": fewest, "most": highest})
    return explain_sizes(candidate, settings) or explain_unfaithful(candidate)


def explain_sizes(candidate: EvaluatedCandidate, settings: Segments) -> Note | None:
    """Explain why the sizes of the segments are degenerate, if so."""
    smallest, largest = min(candidate.shares), max(candidate.shares)
    if smallest < settings.min_share:
        return Note("too_small", {"share": smallest, "limit_share": settings.min_share})
    if largest > settings.max_share:
        return Note("too_large", {"share": largest, "limit_share": settings.max_share})
    return None


def explain_unstable(candidate: EvaluatedCandidate) -> Note | None:
    """Explain why a clustering does not come back, if so."""
    ari, jaccards = candidate.bootstrap_ari, candidate.jaccards
    if ari is None or not jaccards:
        return None
    if ari < STABLE_ARI:
        return Note("unstable", {"ari": ari, "limit": STABLE_ARI})
    if min(jaccards) < VALID_JACCARD:
        return Note("dissolves", {"jaccard": min(jaccards), "limit": VALID_JACCARD})
    return None


def explain_unfaithful(candidate: EvaluatedCandidate) -> Note | None:
    """Explain why nobody could say where a customer belongs, if so."""
    agreement = candidate.row_agreement
    if agreement is not None and agreement < LEAST_ROW_AGREEMENT:
        values = {"agreement_share": agreement, "limit_share": LEAST_ROW_AGREEMENT}
        return Note("not_reproduced", values)
    if candidate.fidelity is None or candidate.fidelity >= FAITHFUL_ARI:
        return None
    return Note("unfaithful", {"fidelity": candidate.fidelity, "limit": FAITHFUL_ARI})


def explain_no_groups(winner: EvaluatedCandidate) -> Note | None:
    """Explain that the customers form no separate groups, if so."""
    own, null = winner.own_silhouette, winner.permuted_silhouette
    if own is None or null is None or own - null >= STRUCTURE_SILHOUETTE:
        return None
    return Note("no_groups", {"silhouette": own, "permuted": null})


def list_remarks(
    winner: EvaluatedCandidate, settings: Segments, forced: CandidateSpec | None
) -> tuple[Note, ...]:
    """List what is to be minded about the winner, whichever way it was chosen."""
    notes: list[Note | None] = []
    if winner.spec == forced:
        notes.append(Note("forced", {"candidate": forced.label}))
        notes += [explain_sizes(winner, settings), explain_unfaithful(winner)]
        notes.append(explain_unstable(winner))
    else:
        if forced:
            notes.append(Note("not_forced", {"candidate": forced.label}))
        if winner.k < settings.k_min:
            notes.append(Note("fewer_segments", {"segments": winner.k, "wanted": settings.k_min}))
    own, common = winner.own_silhouette, winner.silhouette
    if own is not None and common is not None and own - common >= FLATTERY_SILHOUETTE:
        notes.append(Note("own_silhouette", {"own": own, "silhouette": common}))
    notes.append(explain_no_groups(winner))
    return tuple(note for note in notes if note is not None)


def _praise(winner: EvaluatedCandidate, stable: Candidates) -> Note:
    flaw = explain_unstable(winner)
    if flaw:
        return Note("chosen_unstable", flaw.values)
    silhouette, equals = _round_silhouette(winner), len(_select_equals(stable)) - 1
    if winner.bootstrap_ari is None:
        return Note("chosen_untested", {"silhouette": silhouette, "equals": equals})
    if not equals:
        return Note("chosen", {"silhouette": silhouette})
    if winner.foresight is None:
        return Note("chosen_fewest", {"silhouette": silhouette, "equals": equals})
    values = {"silhouette": silhouette, "equals": equals, "foresight": winner.foresight}
    return Note("chosen_foresight", values)


def _explain_defeat(
    candidate: EvaluatedCandidate, winner: EvaluatedCandidate, stable: Candidates
) -> Note:
    """Explain why a sound and stable candidate did not win."""
    silhouette = _round_silhouette(candidate)
    best = max(stable, key=_round_silhouette)
    if candidate not in _select_equals(stable):
        values = {"silhouette": silhouette, "best": _round_silhouette(best), "best_k": best.k}
        return Note("lower_silhouette", values)
    foresight, best_foresight = _round_foresight(candidate), _round_foresight(winner)
    if foresight < best_foresight:
        values = {"foresight": foresight, "best": best_foresight, "silhouette": silhouette}
        return Note("less_foresight", values)
    if candidate.k > winner.k:
        return Note("more_segments", {"segments": candidate.k, "best_k": winner.k})
    return Note("outmatched", {"silhouette": silhouette, "best": _round_silhouette(winner)})


def _select_stable(sound: Candidates) -> list[EvaluatedCandidate]:
    return [candidate for candidate in sound if explain_unstable(candidate) is None]


def _select_equals(stable: Candidates) -> list[EvaluatedCandidate]:
    best = max(_round_silhouette(candidate) for candidate in stable)
    return [
        candidate for candidate in stable if _round_silhouette(candidate) >= best - EQUAL_SILHOUETTE
    ]


def _round_silhouette(candidate: EvaluatedCandidate) -> float:
    return -1.0 if candidate.silhouette is None else round(candidate.silhouette, 3)


def _round_foresight(candidate: EvaluatedCandidate) -> float:
    return 0.0 if candidate.foresight is None else round(candidate.foresight, 2)


def _rank_by_foresight(candidate: EvaluatedCandidate) -> tuple[float, int, float]:
    return _round_foresight(candidate), -candidate.k, _round_silhouette(candidate)


def _rank_by_stability(candidate: EvaluatedCandidate) -> tuple[float, int]:
    return candidate.bootstrap_ari or 0.0, -candidate.k
