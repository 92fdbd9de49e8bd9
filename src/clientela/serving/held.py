"""The segments of one run in memory, for look-ups of many customers at once.

A B-tree takes three times as long as sorted arrays to find a hundred scattered customers. The
database stays the truth: what is held is of one run, and a run never changes once it is published.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from clientela.store.read import Segmented

LONGEST_ID_BYTES = 64  # every id takes as many bytes as the longest


class Kind(NamedTuple):
    """What many customers share; runs have a few hundred of these."""

    segment: int | None
    rfm_segment: str | None
    r_score: int | None
    f_score: int | None
    m_score: int | None


Told = tuple[Kind, float | None]


def told(row: Segmented) -> Told:
    """Give what a row of the database tells: a kind, and how clearly the customer belongs."""
    return Kind(row.segment, *row[3:]), row.segment_confidence


class Held:
    """What a look-up tells of all customers of a run, in about 25 bytes each.

    Parameters
    ----------
    batches : iterable of sequences of Segmented
        All customers, sorted by the bytes of their ids.

    Examples
    --------
    >>> held = Held([[Segmented("13047", 2, 0.5, "loyal", 4, 5, 3)]])
    >>> held.lookup(["99999", "13047"])
    [None, (Kind(segment=2, rfm_segment='loyal', r_score=4, f_score=5, m_score=3), 0.5)]
    """

    def __init__(self, batches: Iterable[Sequence[Segmented]]) -> None:
        numbers: dict[Kind, int] = {}
        parts = [_arrays(batch, numbers) for batch in batches]
        ids, kinds, confidences = zip(*parts, strict=True) if parts else ([], [], [])
        self._ids = np.concatenate([np.array([], "S1"), *ids])
        self._numbers = np.concatenate([np.array([], np.int32), *kinds])
        self._confidences = np.concatenate([np.array([], np.float64), *confidences])
        self._kinds = list(numbers)

    def can_tell(self, ids: Sequence[str]) -> bool:
        """Tell whether it can compare these ids; the database is asked about any others."""
        text = "".join(ids)
        return (
            len(self._ids) > 0
            and self._ids.itemsize <= LONGEST_ID_BYTES
            and text.isascii()
            and "\0" not in text
            and max(map(len, ids)) <= self._ids.itemsize
        )

    def lookup(self, ids: Sequence[str]) -> list[Told | None]:
        """Give what is known of each id in the order asked; None for an unknown id."""
        asked = np.array(ids, self._ids.dtype)
        place = np.minimum(self._ids.searchsorted(asked), len(self._ids) - 1)
        known = (self._ids[place] == asked).tolist()
        numbers = self._numbers[place].tolist()
        confidences = self._confidences[place].tolist()
        kinds = self._kinds
        return [
            (kinds[number], None if sure != sure else sure) if is_known else None  # NaN is null
            for is_known, number, sure in zip(known, numbers, confidences, strict=True)
        ]


def _arrays(
    batch: Sequence[Segmented], numbers: dict[Kind, int]
) -> tuple[npt.NDArray[np.bytes_], npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    ids = np.array([row.customer_id.encode() for row in batch])
    kinds = [numbers.setdefault(told(row)[0], len(numbers)) for row in batch]
    confidences = [row.segment_confidence for row in batch]
    return ids, np.array(kinds, np.int32), np.array(confidences, np.float64)
