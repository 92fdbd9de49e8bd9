"""Which candidate is taken, by a rule that gives every loser its reason.

1. A division with another number of segments than asked for, with a segment under the smallest or
   over the largest allowed share, or with one of a single customer, is refused: a high silhouette
   is easily had by cutting off a few outliers.
2. A division whose groups the one-row assignment does not give back is refused: adjusted Rand index
   of groups as found and as assigned under 0.70. Customers could not be told where they belong.
3. A division that does not come back when customers are resampled is refused: mean adjusted Rand
   index under 0.80, or a segment whose mean Jaccard overlap is under 0.60, the value below which
   Hennig (2007) trusts no cluster.
4. Of the rest the highest silhouette in the common space counts, and those within 0.01 of it are
   its equals. Of equals the one wins whose segments, learnt on an earlier date, explain most of
   the log of later revenue, in two decimals; then the fewest segments; then the highest silhouette;
   then the first in the plan.

Where rule 3 leaves none, the division that comes back best is taken, and says so.
"""

from collections.abc import Sequence

from clientela.config import Segments
from clientela.registry.card import Note
from clientela.segments.fit import choice
from clientela.segments.fit.candidate import EvaluatedCandidate
from clientela.segments.fit.candidate_spec import CandidateSpec

STABLE_ARI = 0.80
VALID_JACCARD = 0.60
FAITHFUL_ARI = 0.70
EQUAL_SILHOUETTE = 0.01
DOUBT = 0.15
"""How far a few refits may fall short of stable before more of them are spared."""


def choose_candidate(
    candidates: Sequence[EvaluatedCandidate], settings: Segments
) -> tuple[EvaluatedCandidate | None, list[Note]]:
    """Apply the rule; give the winner, if any is sound, and a verdict for each candidate."""
    sound = [one for one in candidates if explain_unsound(one, settings) is None]
    if not sound:
        return None, [note for one in candidates if (note := explain_unsound(one, settings))]
    winner = _winner(sound)
    return winner, [_verdict(one, winner, sound, settings) for one in candidates]


def list_contenders(
    candidates: Sequence[EvaluatedCandidate], settings: Segments
) -> list[EvaluatedCandidate]:
    """Give the candidates among which the choice falls, or might with more refits.

    They are the best and its equals, and those of a silhouette as high that a few refits found
    little short of stable; where none is stable, the one that comes back best.
    """
    sound = [one for one in candidates if explain_unsound(one, settings) is None]
    stable = [one for one in sound if explain_unstable(one) is None]
    if not stable:
        return sorted(sound, key=_by_stability)[-1:]
    best = max(_silhouette(one) for one in stable)
    near = [one for one in sound if one in stable or _by_stability(one)[0] >= STABLE_ARI - DOUBT]
    return [one for one in near if _silhouette(one) >= best - EQUAL_SILHOUETTE]


def explain_unsound(candidate: EvaluatedCandidate, settings: Segments) -> Note | None:
    """Say why a division is no division, or not one that customers can be assigned to, if so."""
    least, most = list_allowed_numbers(candidate, settings)
    if not least <= candidate.k <= most:
        return Note("wrong_number", {"segments": candidate.k, "least": least, "most": most})
    return explain_lopsided(candidate, settings) or explain_unfaithful(candidate)


def list_allowed_numbers(candidate: EvaluatedCandidate, settings: Segments) -> tuple[int, int]:
    """Give the numbers of segments a candidate may have; one asked for by number may have it."""
    if candidate.spec.parameter == "k":
        return int(candidate.spec.value), int(candidate.spec.value)
    return settings.k_min, settings.k_max


def explain_lopsided(candidate: EvaluatedCandidate, settings: Segments) -> Note | None:
    """Say why the sizes of the segments are degenerate, if so."""
    smallest, largest = min(candidate.shares), max(candidate.shares)
    if smallest < settings.min_share:
        return Note("too_small", {"share": smallest, "limit_share": settings.min_share})
    if largest > settings.max_share:
        return Note("too_large", {"share": largest, "limit_share": settings.max_share})
    return None


def explain_unstable(candidate: EvaluatedCandidate) -> Note | None:
    """Say why a division does not come back, if so."""
    stability = candidate.stability
    if stability is None:
        return None
    if stability.ari < STABLE_ARI:
        return Note("unstable", {"ari": stability.ari, "limit": STABLE_ARI})
    if stability.jaccard < VALID_JACCARD:
        return Note("dissolves", {"jaccard": stability.jaccard, "limit": VALID_JACCARD})
    return None


def explain_unfaithful(candidate: EvaluatedCandidate) -> Note | None:
    """Say why customers could not be told where they belong, if so."""
    if candidate.fidelity is None or candidate.fidelity >= FAITHFUL_ARI:
        return None
    return Note("unfaithful", {"fidelity": candidate.fidelity, "limit": FAITHFUL_ARI})


def _winner(sound: Sequence[EvaluatedCandidate]) -> EvaluatedCandidate:
    stable = [one for one in sound if explain_unstable(one) is None]
    if not stable:
        return max(sound, key=_by_stability)
    return max(_equals(stable), key=_by_foresight)


def _verdict(
    candidate: EvaluatedCandidate,
    winner: EvaluatedCandidate,
    sound: Sequence[EvaluatedCandidate],
    settings: Segments,
) -> Note:
    if candidate is winner:
        return _praise(winner, sound)
    return (
        explain_unsound(candidate, settings)
        or explain_unstable(candidate)
        or _beaten(candidate, winner, sound)
    )


def _praise(winner: EvaluatedCandidate, sound: Sequence[EvaluatedCandidate]) -> Note:
    shaky = explain_unstable(winner)
    if shaky:
        return Note("chosen_unstable", shaky.values)
    stable = [one for one in sound if explain_unstable(one) is None]
    silhouette, equals = _silhouette(winner), len(_equals(stable)) - 1
    if winner.stability is None:
        return Note("chosen_untested", {"silhouette": silhouette, "equals": equals})
    if not equals:
        return Note("chosen", {"silhouette": silhouette})
    if winner.foresight is None:
        return Note("chosen_fewest", {"silhouette": silhouette, "equals": equals})
    values = {"silhouette": silhouette, "equals": equals, "foresight": winner.foresight}
    return Note("chosen_foresight", values)


def _beaten(
    candidate: EvaluatedCandidate, winner: EvaluatedCandidate, sound: Sequence[EvaluatedCandidate]
) -> Note:
    if explain_unstable(winner):
        values = {"ari": _by_stability(candidate)[0], "best": _by_stability(winner)[0]}
        return Note("less_stable", values)
    stable = [one for one in sound if explain_unstable(one) is None]
    best, mine = max(stable, key=_silhouette), _silhouette(candidate)
    if not any(candidate is one for one in _equals(stable)):
        values = {"silhouette": mine, "best": _silhouette(best), "best_k": best.k}
        return Note("lower_silhouette", values)
    return _behind(candidate, winner)


def _behind(candidate: EvaluatedCandidate, winner: EvaluatedCandidate) -> Note:
    ours, theirs = _foresight(candidate), _foresight(winner)
    mine, best = _silhouette(candidate), _silhouette(winner)
    if ours < theirs:
        return Note("less_foresight", {"foresight": ours, "best": theirs, "silhouette": mine})
    if candidate.k > winner.k:
        return Note("more_segments", {"segments": candidate.k, "best_k": winner.k})
    return Note("outmatched", {"silhouette": mine, "best": best})


def _equals(stable: Sequence[EvaluatedCandidate]) -> list[EvaluatedCandidate]:
    best = max(_silhouette(one) for one in stable)
    return [one for one in stable if _silhouette(one) >= best - EQUAL_SILHOUETTE]


def _silhouette(candidate: EvaluatedCandidate) -> float:
    return -1.0 if candidate.silhouette is None else round(candidate.silhouette, 3)


def _foresight(candidate: EvaluatedCandidate) -> float:
    return 0.0 if candidate.foresight is None else round(candidate.foresight, 2)


def _by_foresight(candidate: EvaluatedCandidate) -> tuple[float, int, float]:
    return _foresight(candidate), -candidate.k, _silhouette(candidate)


def _by_stability(candidate: EvaluatedCandidate) -> tuple[float, int]:
    return (candidate.stability.ari if candidate.stability else 0.0), -candidate.k


STRUCTURE = 0.12
"""Silhouette by which groups must beat what the same recipe reaches on points without structure.

Measured with KMeans, k = 4 and 6: on 39 simulated bases without groups, independent and correlated
up to 0.8, discrete and not, the difference stayed under 0.111; on bases of four groups whose
members spread by a factor of two (standard deviation 0.7 of the logarithm) it is 0.125 and more.
"""

FLATTERED = 0.10
"""Silhouette by which a division may look better in its own space than in the common one."""


def list_remarks(
    winner: EvaluatedCandidate, settings: Segments, forced: CandidateSpec | None
) -> tuple[Note, ...]:
    """Give the remarks that the chosen division deserves."""
    taken = winner.spec == forced
    notes = [
        Note("forced", {"candidate": winner.spec.label}) if taken else None,
        Note("not_forced", {"candidate": forced.label}) if forced and not taken else None,
        choice.explain_lopsided(winner, settings) if taken else None,
        choice.explain_unfaithful(winner) if taken else None,
        choice.explain_unstable(winner) if taken else None,
        _fewer(winner, settings) if not taken else None,
        _flattered(winner),
        explain_no_groups(winner),
    ]
    return tuple(note for note in notes if note is not None)


def explain_no_groups(winner: EvaluatedCandidate) -> Note | None:
    """Say that the customers form no separate groups, if so."""
    own, nothing = winner.own_silhouette, winner.permuted_silhouette
    if own is None or nothing is None or own - nothing >= STRUCTURE:
        return None
    return Note("no_groups", {"silhouette": own, "permuted": nothing})


def _flattered(winner: EvaluatedCandidate) -> Note | None:
    own, common = winner.own_silhouette, winner.silhouette
    if own is None or common is None or own - common < FLATTERED:
        return None
    return Note("own_silhouette", {"own": own, "silhouette": common})


def _fewer(winner: EvaluatedCandidate, settings: Segments) -> Note | None:
    if winner.k >= settings.k_min:
        return None
    return Note("fewer_segments", {"segments": winner.k, "wanted": settings.k_min})
