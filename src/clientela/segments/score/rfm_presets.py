"""Named RFM maps as data: which segment every combination of scores belongs to.

The files under ``presets/`` give the vendor's source and how its definition became a partition.
"""

from importlib import resources
from itertools import product
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from clientela.errors import ClientelaError

Combine = Literal["mean_up", "mean_down"]
Range = tuple[int, int]
Cell = tuple[int, int, int]


class Tile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from and to, both included, of recency and of the mean of frequency and money."""

    r: Range
    fm: Range


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A segment and where it lies: tiles, or combinations of the three digits; or nowhere."""

    key: str
    tiles: tuple[Tile, ...] = ()
    cells: tuple[str, ...] = ()


class Preset(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
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
    segments: tuple[Named, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The segments' keys, in the file's order."""
        return tuple(segment.key for segment in self.segments)

    def cells(self, segment: Named) -> list[Cell]:
        """List the combinations (r, f, m) of a segment."""
        named = [(int(cell[0]), int(cell[1]), int(cell[2])) for cell in segment.cells]
        return named + [cell for cell in self._grid() if self._in_tiles(cell, segment)]

    def board(self) -> npt.NDArray[np.int8]:
        """Give the number of the segment of every combination, at ``[r - 1, f - 1, m - 1]``.

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

    def _grid(self) -> list[Cell]:
        scores = range(1, self.levels + 1)
        return list(product(scores, scores, scores))

    def _in_tiles(self, cell: Cell, segment: Named) -> bool:
        r, f, m = cell
        value = (f + m + (self.combine == "mean_up")) // 2
        return any(
            tile.r[0] <= r <= tile.r[1] and tile.fm[0] <= value <= tile.fm[1]
            for tile in segment.tiles
        )


def preset(name: str) -> Preset:
    """Read a preset.

    Examples
    --------
    >>> board = preset("shopify11").board()
    >>> preset("shopify11").keys[board[4, 4, 3]]
    'champions'
    """
    file = resources.files("clientela.segments.score").joinpath("presets", f"{name}.json")
    return msgspec.json.decode(file.read_bytes(), type=Preset)
