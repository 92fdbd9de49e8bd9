"""What is to be minded about a segmentation, whichever way it was chosen."""

from clientela.config import Segments
from clientela.registry.card import Note
from clientela.segments.fit import choice
from clientela.segments.fit.candidate import Candidate
from clientela.segments.fit.candidate_spec import Recipe

STRUCTURE = 0.12
"""Silhouette by which groups must beat what the same recipe reaches on points without structure.

Measured with KMeans, k = 4 and 6: on 39 simulated bases without groups, independent and correlated
up to 0.8, discrete and not, the difference stayed under 0.111; on bases of four groups whose
members spread by a factor of two (standard deviation 0.7 of the logarithm) it is 0.125 and more.
"""

FLATTERED = 0.10
"""Silhouette by which a division may look better in its own space than in the common one."""


def remarks_on(winner: Candidate, settings: Segments, forced: Recipe | None) -> tuple[Note, ...]:
    """Give the remarks that the chosen division deserves."""
    taken = winner.recipe == forced
    notes = [
        Note("forced", {"candidate": winner.recipe.label}) if taken else None,
        Note("not_forced", {"candidate": forced.label}) if forced and not taken else None,
        choice.lopsided(winner, settings) if taken else None,
        choice.unfaithful(winner) if taken else None,
        choice.unstable(winner) if taken else None,
        _fewer(winner, settings) if not taken else None,
        _flattered(winner),
        structureless(winner),
    ]
    return tuple(note for note in notes if note is not None)


def structureless(winner: Candidate) -> Note | None:
    """Say that the customers form no separate groups, if so."""
    own, nothing = winner.own_silhouette, winner.permuted_silhouette
    if own is None or nothing is None or own - nothing >= STRUCTURE:
        return None
    return Note("no_groups", {"silhouette": own, "permuted": nothing})


def _flattered(winner: Candidate) -> Note | None:
    own, common = winner.own_silhouette, winner.silhouette
    if own is None or common is None or own - common < FLATTERED:
        return None
    return Note("own_silhouette", {"own": own, "silhouette": common})


def _fewer(winner: Candidate, settings: Segments) -> Note | None:
    if winner.k >= settings.k_min:
        return None
    return Note("fewer_segments", {"segments": winner.k, "wanted": settings.k_min})
