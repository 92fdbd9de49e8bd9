"""The segments of one run in memory, for look-ups of many customers at once.

A B-tree takes several times as long as sorted arrays to find a hundred scattered customers. The
database stays the truth: an index is of one run, and a run never changes once it is published.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.store.read import SegmentRow

# Every id takes as many bytes as the longest, so one long id must not multiply them all; 64 is a
# SHA-256 in hexadecimal, the longest id that is usual
LONGEST_ID_BYTES = 64


Scores = tuple[SegmentRow, float | None]
"""What many customers share, a row without id and confidence, of which runs have a few hundred; and
the confidence of one."""


def split_row(row: SegmentRow) -> Scores:
    """Split a row of the database in its group and how clearly the customer belongs."""
    return SegmentRow("", row[1], None, *row[3:]), row[2]


class SegmentIndex:
    """Segments and scores of all customers of a run, in about 40 bytes each.

    Customers are found by the hashes of their ids, and the ids compared. Where two ids share a
    hash, which is next to impossible, the index covers no id at all.

    Parameters
    ----------
    batches : iterable of sequences of SegmentRow
        All customers, in any order.

    Examples
    --------
    >>> index = SegmentIndex([[SegmentRow("13047", 2, 0.5, "loyal", 4, 5, 3)]])
    >>> index.look_up(["99999", "13047"])
    [None, (SegmentRow(customer_id='', segment=2, segment_confidence=None, rfm_segment='loyal',
    r_score=4, f_score=5, m_score=3, insider=None), 0.5)]
    """

    def __init__(self, batches: Iterable[Sequence[SegmentRow]]) -> None:
        numbers: dict[SegmentRow, int] = {}
        parts = [_build_arrays(batch, numbers) for batch in chain(batches, [[]])]
        hashes, ids, groups, confidences = map(np.concatenate, zip(*parts, strict=True))
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._ids = ids[order]
        self._numbers = groups[order]
        self._confidences = confidences[order]
        self._groups = list(numbers)
        self._is_usable = len(ids) > 0 and bool((np.diff(self._hashes) != 0).all())

    def covers(self, ids: Sequence[str]) -> bool:
        """Return whether it can compare these ids; the database is asked about any others."""
        text = "".join(ids)
        return (
            self._is_usable
            and self._ids.itemsize <= LONGEST_ID_BYTES
            and text.isascii()
            and "\0" not in text
            and max(map(len, ids)) <= self._ids.itemsize
        )

    def look_up(self, ids: Sequence[str]) -> list[Scores | None]:
        """Return the scores of each id in the order of the ids; None for an unknown id."""
        hashes = np.array([hash(customer_id) for customer_id in ids])
        index = np.minimum(self._hashes.searchsorted(hashes), len(self._ids) - 1)
        matches = (self._ids[index] == np.array(ids, self._ids.dtype)).tolist()
        numbers = self._numbers[index].tolist()
        confidences = self._confidences[index].tolist()
        groups = self._groups
        return [
            (groups[number], None if sure != sure else sure) if match else None  # NaN is null
            for match, number, sure in zip(matches, numbers, confidences, strict=True)
        ]


def _build_arrays(
    batch: Sequence[SegmentRow], numbers: dict[SegmentRow, int]
) -> tuple[npt.NDArray[Any], ...]:
    """Return the hashes, ids, numbers of groups and confidences of some customers."""
    ids = [row.customer_id for row in batch]
    return (
        np.array([hash(customer_id) for customer_id in ids], np.int64),
        np.array([customer_id.encode() for customer_id in ids], np.bytes_),
        np.array([numbers.setdefault(split_row(row)[0], len(numbers)) for row in batch], np.int32),
        np.array([row.segment_confidence for row in batch], np.float64),
    )
