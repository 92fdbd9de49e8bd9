"""RFM scores that give equal values equal scores, and the named segment they fall into."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.errors import ArtifactError
from clientela.registry.artifacts import Artifact
from clientela.registry.card import Card
from clientela.statistics.arrays import Doubles, doubles

KIND = "rfm"
FEATURES = ("days_since_last", "orders", "revenue")
SIGNS = (-1.0, 1.0, 1.0)  # fewer days since the last order score higher
Scores = npt.NDArray[np.int64]


class RfmScores(NamedTuple):
    """Scores from 1 (worst) to the preset's levels, and the key of the named segment."""

    r: Scores
    f: Scores
    m: Scores
    segment: npt.NDArray[np.str_]


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
    """

    preset: str
    keys: tuple[str, ...]
    board: npt.NDArray[np.int8]
    breaks: tuple[Doubles, Doubles, Doubles]
    card: Card

    def score(self, snapshot: pa.Table) -> RfmScores:
        """Score every customer, each from its own row alone.

        Raises
        ------
        ArtifactError
            The customers lack one of the three features.
        """
        r, f, m = (
            reached(sign * doubles(snapshot, feature), breaks)
            for feature, sign, breaks in zip(FEATURES, SIGNS, self.breaks, strict=True)
        )
        names = np.asarray(self.keys, dtype=np.str_)[self.board[r - 1, f - 1, m - 1]]
        return RfmScores(r, f, m, names)

    def artifact(self) -> Artifact:
        """Give the model as JSON and arrays, ready to be stored."""
        payload = {"preset": self.preset, "keys": list(self.keys)}
        r, f, m = self.breaks
        return Artifact(KIND, payload, {"board": self.board, "r": r, "f": f, "m": m}, self.card)


def from_artifact(artifact: Artifact) -> RfmModel:
    """Make the model of what was stored.

    Raises
    ------
    ArtifactError
        A part is missing.
    """
    try:
        return _model(artifact.payload, artifact.arrays, artifact.card)
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"the stored RFM scores do not hold together: {error}", do="run again with --refit"
        ) from None


def reached(values: Doubles, breaks: Doubles) -> Scores:
    """Score values by the breaks they reach; an unknown value reaches none.

    Examples
    --------
    >>> reached(np.array([1.0, 2.0, 9.0, np.nan]), np.array([2.0, 5.0]))
    array([1, 2, 3, 1])
    """
    known = np.where(np.isnan(values), -np.inf, values)
    return np.searchsorted(breaks, known, side="right").astype(np.int64) + 1


def _model(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]], card: Card) -> RfmModel:
    return RfmModel(
        preset=str(payload["preset"]),
        keys=tuple(str(key) for key in payload["keys"]),
        board=np.asarray(arrays["board"], dtype=np.int8),
        breaks=(
            np.asarray(arrays["r"], dtype=np.float64),
            np.asarray(arrays["f"], dtype=np.float64),
            np.asarray(arrays["m"], dtype=np.float64),
        ),
        card=card,
    )
