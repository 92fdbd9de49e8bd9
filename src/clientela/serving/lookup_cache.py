"""The segments of one run in memory, for look-ups of many customers at once.

A B-tree takes several times as long as sorted arrays to find a hundred scattered customers. The
database stays the truth: what is held is of one run, and a run never changes once it is published.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

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
    insider: str | None


Told = tuple[Kind, float | None]


def told(row: Segmented) -> Told:
    """Give what a row of the database tells: a kind, and how clearly the customer belongs."""
    return Kind(row[1], *row[3:]), row[2]


class Held:
    """What a look-up tells of all customers of a run, in about 40 bytes each.

    Customers are found by the hashes of their ids, and the ids compared. Where two ids share a
    hash, which is next to impossible, nothing is told.

    Parameters
    ----------
    batches : iterable of sequences of Segmented
        All customers, in any order.

    Examples
    --------
    >>> held = Held([[Segmented("13047", 2, 0.5, "loyal", 4, 5, 3)]])
    >>> held.lookup(["99999", "13047"])
    [None, (Kind(segment=2, rfm_segment='loyal', r_score=4, f_score=5, m_score=3,
    insider=None), 0.5)]
    """

    def __init__(self, batches: Iterable[Sequence[Segmented]]) -> None:
        numbers: dict[Kind, int] = {}
        parts = [_arrays(batch, numbers) for batch in chain(batches, [[]])]
        hashes, ids, kinds, confidences = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._ids = ids[order]
        self._numbers = kinds[order]
        self._confidences = confidences[order]
        self._kinds = list(numbers)
        self._tells = len(ids) > 0 and bool((np.diff(self._hashes) != 0).all())

    def can_tell(self, ids: Sequence[str]) -> bool:
        """Tell whether it can compare these ids; the database is asked about any others."""
        text = "".join(ids)
        return (
            self._tells
            and self._ids.itemsize <= LONGEST_ID_BYTES
            and text.isascii()
            and "\0" not in text
            and max(map(len, ids)) <= self._ids.itemsize
        )

    def lookup(self, ids: Sequence[str]) -> list[Told | None]:
        """Give what is known of each id in the order asked; None for an unknown id."""
        hashes = np.array([hash(each) for each in ids])
        place = np.minimum(self._hashes.searchsorted(hashes), len(self._ids) - 1)
        known = (self._ids[place] == np.array(ids, self._ids.dtype)).tolist()
        numbers = self._numbers[place].tolist()
        confidences = self._confidences[place].tolist()
        kinds = self._kinds
        return [
            (kinds[number], None if sure != sure else sure) if is_known else None  # NaN is null
            for is_known, number, sure in zip(known, numbers, confidences, strict=True)
        ]


def _arrays(batch: Sequence[Segmented], numbers: dict[Kind, int]) -> tuple[npt.NDArray[Any], ...]:
    """Give the hashes, ids, numbers of kinds and confidences of some customers."""
    ids = [row.customer_id for row in batch]
    return (
        np.array([hash(each) for each in ids], np.int64),
        np.array([each.encode() for each in ids], np.bytes_),
        np.array([numbers.setdefault(told(row)[0], len(numbers)) for row in batch], np.int32),
        np.array([row.segment_confidence for row in batch], np.float64),
    )
