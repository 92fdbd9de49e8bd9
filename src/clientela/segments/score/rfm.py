"""RFM scores that are equal for equal values, and the named segments of a vendor's map.

Maps are data: the files under ``presets/`` state the vendor's source and how its definition became
a partition.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import product, repeat
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.errors import ArtifactError, ClientelaError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.statistics.arrays import Doubles, doubles

KIND = "rfm"
FEATURES = ("days_since_last", "orders", "revenue")
SIGNS = (-1.0, 1.0, 1.0)
"""Fewer days since the last order score higher."""

Scores = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class RfmModel:
    """Fitted breaks and the board of a preset.

    Parameters
    ----------
    preset : str
        Name of the preset.
    keys : tuple of str
        Keys of its segments.
    board : array of shape (levels, levels, levels)
        Position in ``keys`` of every combination of scores.
    breaks : tuple of three arrays
        Rising, one a step, for minus days since the last order, orders, and revenue: a value
        scores 1 plus the number of breaks it reaches.
    card : Card
        Where the model comes from.
    fine : tuple of arrays
        Breaks of finer scores beside the preset's, in the same order; none unless configured.
    """

    preset: str
    keys: tuple[str, ...]
    board: npt.NDArray[np.int8]
    breaks: tuple[Doubles, Doubles, Doubles]
    card: Card
    fine: tuple[Doubles, ...] = ()

    def score(self, snapshot: pa.Table) -> pa.Table:
        """Score every customer, each from its own row alone.

        Returns
        -------
        pa.Table
            ``r_score``, ``f_score`` and ``m_score`` from 1 (worst) to the preset's levels, and
            ``rfm_segment``, the key of the named segment; ``r_score_fine``, ``f_score_fine`` and
            ``m_score_fine``, null without finer scores.

        Raises
        ------
        ArtifactError
            The customers lack one of the three features.
        """
        r, f, m = _score_features(snapshot, self.breaks)
        names = np.asarray(self.keys, dtype=np.str_)[self.board[r - 1, f - 1, m - 1]]
        scores = {"rfm_segment": names, "r_score": r, "f_score": f, "m_score": m}
        fine: Iterable[Any] = _score_features(snapshot, self.fine) if self.fine else repeat(None)
        for letter, column in zip("rfm", fine, strict=False):
            absent = pa.nulls(snapshot.num_rows, pa.int64())
            scores[f"{letter}_score_fine"] = absent if column is None else column
        return pa.table(scores)

    def artifact(self) -> Artifact:
        """Return the model as JSON and arrays, ready to be stored."""
        payload = {"preset": self.preset, "keys": list(self.keys)}
        r, f, m = self.breaks
        arrays: dict[str, npt.NDArray[Any]] = {"board": self.board, "r": r, "f": f, "m": m}
        arrays |= {f"{name}_fine": breaks for name, breaks in zip("rfm", self.fine, strict=False)}
        return Artifact(KIND, payload, arrays, self.card)


def from_artifact(artifact: Artifact) -> RfmModel:
    """Read a stored model.

    Raises
    ------
    ArtifactError
        A part is missing.
    """
    payload, arrays = artifact.payload, artifact.arrays
    try:
        r, f, m = (np.asarray(arrays[name], dtype=np.float64) for name in ("r", "f", "m"))
        return RfmModel(
            preset=str(payload["preset"]),
            keys=tuple(str(key) for key in payload["keys"]),
            board=np.asarray(arrays["board"], dtype=np.int8),
            breaks=(r, f, m),
            card=artifact.card,
            fine=tuple(
                np.asarray(arrays[name], dtype=np.float64)
                for name in ("r_fine", "f_fine", "m_fine")
                if name in arrays
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the stored RFM scores do not hold together: {error}", do="run again with --refit"
        ) from None


def _score_features(snapshot: pa.Table, breaks: Sequence[Doubles]) -> list[Scores]:
    return [
        score_by_breaks(sign * doubles(snapshot, feature), limits)
        for feature, sign, limits in zip(FEATURES, SIGNS, breaks, strict=True)
    ]


def score_by_breaks(values: Doubles, breaks: Doubles) -> Scores:
    """Score values by the breaks they reach; an unknown value reaches none.

    Examples
    --------
    >>> score_by_breaks(np.array([1.0, 2.0, 9.0, np.nan]), np.array([2.0, 5.0]))
    array([1, 2, 3, 1])
    """
    values = np.where(np.isnan(values), -np.inf, values)
    return np.searchsorted(breaks, values, side="right").astype(np.int64) + 1


Combine = Literal["mean_up", "mean_down"]
Cell = tuple[int, int, int]
Tile = dict[Literal["r", "fm"], tuple[int, int]]
"""Scores from and to, both included, of recency and of the mean of frequency and money."""


class RfmSegment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment and where it lies: tiles, or combinations of the three digits; or nowhere."""

    key: str
    tiles: tuple[Tile, ...] = ()
    cells: tuple[str, ...] = ()


class RfmPreset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vendor's map.

    Parameters
    ----------
    levels : int
        Scores run from 1 to this.
    combine : {"mean_up", "mean_down"} or None
        How the mean of f and m is rounded to a score, where tiles are used.
    recency_days : tuple of int or None
        Upper limits in days of the scores ``levels``, ``levels - 1``, …; quantiles if absent.
    source : tuple of str
        Where the vendor publishes it.
    partition : str
        How its definition became a partition.
    """

    name: str
    vendor: str
    levels: int
    combine: Combine | None
    recency_days: tuple[int, ...] | None
    source: tuple[str, ...]
    partition: str
    segments: tuple[RfmSegment, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The segments' keys, in the file's order."""
        return tuple(segment.key for segment in self.segments)

    def cells(self, segment: RfmSegment) -> list[Cell]:
        """List the combinations (r, f, m) of a segment."""
        named = [(int(cell[0]), int(cell[1]), int(cell[2])) for cell in segment.cells]
        scores = range(1, self.levels + 1)
        grid = product(scores, scores, scores)
        return named + [cell for cell in grid if self._in_tiles(cell, segment)]

    def board(self) -> npt.NDArray[np.int8]:
        """Return the number of the segment of every combination, at ``[r - 1, f - 1, m - 1]``.

        Raises
        ------
        ClientelaError
            The map is no partition.
        """
        board = np.full((self.levels,) * 3, -1, dtype=np.int8)
        for number, segment in enumerate(self.segments):
            for r, f, m in self.cells(segment):
                if board[r - 1, f - 1, m - 1] != -1:
                    raise ClientelaError(
                        "two segments share a score", where=f"{self.name} {r}{f}{m}"
                    )
                board[r - 1, f - 1, m - 1] = number
        if (board == -1).any():
            raise ClientelaError("some score has no segment", where=self.name)
        return board

    def _in_tiles(self, cell: Cell, segment: RfmSegment) -> bool:
        mean = (cell[1] + cell[2] + (self.combine == "mean_up")) // 2
        return any(
            tile["r"][0] <= cell[0] <= tile["r"][1] and tile["fm"][0] <= mean <= tile["fm"][1]
            for tile in segment.tiles
        )


def load_preset(name: str) -> RfmPreset:
    """Read a preset.

    Examples
    --------
    >>> board = load_preset("shopify11").board()
    >>> load_preset("shopify11").keys[board[4, 4, 3]]
    'champions'
    """
    file = resources.files("clientela.segments.score").joinpath("presets", f"{name}.json")
    return msgspec.json.decode(file.read_bytes(), type=RfmPreset)
