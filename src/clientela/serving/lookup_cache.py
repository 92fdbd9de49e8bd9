"""The segments of one run in memory, for look-ups of many customers at once.

A B-tree takes several times as long as sorted arrays to find a hundred scattered customers. The
database stays the truth: an index is of one run, and a run never changes once it is published.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from math import nan
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from clientela.store.read import SegmentRow

# Every id takes as many bytes as the longest, so one long id must not multiply them all; 64 is a
# SHA-256 in hexadecimal, the longest id that is usual
LONGEST_ID_BYTES = 64
WORD_BYTES = 8  # of the words of an id that are hashed
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # by convention: odd, its bits as those of no pattern
Text = tuple[bytes, bytes]
"""What stands before the confidence of a customer in an answer, and after it."""

UNKNOWN = -1
"""The group of ids that nobody has."""


class ScoreGroups:
    """What customers of one group share: a row without id and confidence, a few hundred in a run.

    Parameters
    ----------
    rows : sequence of SegmentRow
        A group each, by :func:`strip_row`.
    """

    def __init__(self, rows: Sequence[SegmentRow]) -> None:
        self.rows = rows
        self._texts: dict[str, tuple[Mapping[int, str], list[Text]]] = {}

    def write(self, lang: str, names: Mapping[int, str], write: Callable[..., Text]) -> list[Text]:
        """Return each group as it stands in an answer, written once for the names of a language."""
        known, texts = self._texts.get(lang, (None, []))
        if known is not names:
            texts = [
                write(row, None if row.segment is None else names.get(row.segment))
                for row in self.rows
            ]
            self._texts[lang] = names, texts
        return texts


class Scores(NamedTuple):
    """Segments and scores of some customers.

    Parameters
    ----------
    groups : ScoreGroups
        Of these customers, and of others.
    numbers : list of int
        The group of each customer, or ``UNKNOWN``.
    confidences : list of float
        How clearly each belongs to its segment; NaN where nothing says so.
    persons : str, optional
        Who of them is known, as the access log names them, with spaces between; None where that is
        still to be found out.
    """

    groups: ScoreGroups
    numbers: list[int]
    confidences: list[float]
    persons: str | None = None


def strip_row(row: SegmentRow) -> SegmentRow:
    """Return the group of a customer: the row without who it is, and how clearly they belong."""
    return SegmentRow("", row[1], None, *row[3:])


def collect_scores(rows: Sequence[SegmentRow | None]) -> Scores:
    """Take apart what the database says of some customers, as an index does."""
    groups: dict[SegmentRow, int] = {}
    numbers, confidences = [], []
    for row in rows:
        sure = None if row is None else row.segment_confidence
        number = UNKNOWN if row is None else groups.setdefault(strip_row(row), len(groups))
        numbers.append(number)
        confidences.append(nan if sure is None else sure)
    return Scores(ScoreGroups([*groups]), numbers, confidences)


class SegmentIndex:
    """Segments and scores of all customers of a run, in about 48 bytes each.

    Customers are found by the hashes of their ids, and the ids compared. Where two ids share a
    hash, which is next to impossible, the index covers no id at all.

    Parameters
    ----------
    batches : iterable of sequences of SegmentRow
        All customers, in any order.
    hash_person : callable, optional
        Gives each their name in the access log: 64 bits in hexadecimal.

    Examples
    --------
    >>> index = SegmentIndex([[SegmentRow("13047", 2, 0.5, "loyal", 4, 5, 3)]])
    >>> scores = index.look_up(["99999", "13047"])
    >>> scores.numbers, scores.confidences, scores.groups.rows[0].rfm_segment
    ([-1, 0], [nan, 0.5], 'loyal')
    """

    def __init__(
        self,
        batches: Iterable[Sequence[SegmentRow]],
        hash_person: Callable[[str], str] | None = None,
    ) -> None:
        numbers: dict[SegmentRow, int] = {}
        parts = [_build_arrays(batch, numbers, hash_person) for batch in chain(batches, [[]])]
        ids, groups, confidences, persons = map(np.concatenate, zip(*parts, strict=True))
        ids = ids.astype(f"S{-(-ids.itemsize // WORD_BYTES) * WORD_BYTES}")
        hashes = _hash_ids(ids)
        order = np.argsort(hashes)
        arrays = hashes, ids, groups, confidences, *([] if hash_person is None else [persons])
        self._hold([array[order] for array in arrays], list(numbers))

    def _hold(self, arrays: Sequence[npt.NDArray[Any]], rows: Sequence[SegmentRow]) -> None:
        self._arrays = arrays
        self._hashes, self._ids, self._numbers, self._confidences, *persons = arrays
        self._persons = persons[0] if persons else None
        self._groups = ScoreGroups(rows)
        distinct = (np.asarray(self._hashes)[1:] != np.asarray(self._hashes)[:-1]).all()
        self._is_usable = len(self._ids) > 0 and bool(distinct)

    def save(self, folder: Path) -> None:
        """Write it as files that other processes can map."""
        for number, array in enumerate(self._arrays):
            np.save(folder / f"{number}.npy", array)
        (folder / "groups.json").write_bytes(msgspec.json.encode(self._groups.rows))

    @classmethod
    def open(cls, folder: Path) -> "SegmentIndex":
        """Map what was saved: the memory of its arrays is one for all processes."""
        index = cls.__new__(cls)
        paths = sorted(folder.glob("*.npy"))
        arrays = [np.load(path, mmap_mode="r").view(np.ndarray) for path in paths]
        rows = msgspec.json.decode((folder / "groups.json").read_bytes(), type=list[SegmentRow])
        index._hold(arrays, rows)
        return index

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

    def look_up(self, ids: Sequence[str]) -> Scores:
        """Return the segments and scores of these ids."""
        asked = np.array(ids, self._ids.dtype)
        index = np.minimum(self._hashes.searchsorted(_hash_ids(asked)), len(self._ids) - 1)
        matches = self._ids[index] == asked
        numbers = np.where(matches, self._numbers[index], UNKNOWN)
        confidences = np.where(matches, self._confidences[index], nan)
        persons = None
        if self._persons is not None:
            names = self._persons[index[matches]]
            persons = names.tobytes().hex(" ", names.itemsize) if len(names) else ""
        return Scores(self._groups, numbers.tolist(), confidences.tolist(), persons)


def _hash_ids(ids: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint64]:
    """Hash ids word by word, in every process alike; those of one word never share a hash."""
    words = ids.view(np.uint64).reshape(len(ids), ids.itemsize // WORD_BYTES)
    hashes = np.zeros(len(ids), np.uint64)
    for word in words.T:
        hashes = (hashes ^ word) * MULTIPLIER
        hashes ^= hashes >> np.uint64(32)
    return hashes


def _build_arrays(
    batch: Sequence[SegmentRow],
    numbers: dict[SegmentRow, int],
    hash_person: Callable[[str], str] | None,
) -> tuple[npt.NDArray[Any], ...]:
    """Return ids, numbers of groups, confidences and names in the log of customers."""
    ids = [row.customer_id for row in batch]
    persons = "" if hash_person is None else "".join(map(hash_person, ids))
    return (
        np.array([customer_id.encode() for customer_id in ids], np.bytes_),
        np.array([numbers.setdefault(strip_row(row), len(numbers)) for row in batch], np.int32),
        np.array([row.segment_confidence for row in batch], np.float64),
        np.array(bytearray.fromhex(persons), np.uint8).view(np.uint64),
    )
