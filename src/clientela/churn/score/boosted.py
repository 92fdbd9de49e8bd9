"""Boosted trees in LightGBM's own text, with the exact contribution of every feature."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.statistics.arrays import Doubles


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """A LightGBM model of log-odds.

    Parameters
    ----------
    text : str
        The model as LightGBM writes it; read once, when it first scores.
    offset : float
        Log-odds from which the trees started, which LightGBM does not write.
    columns : tuple of int or None
        Where the features given stand among those of the trees, which split on no others; None
        where all are given.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence 2, doi:10.1038/s42256-019-0138-9.
    """

    text: str
    offset: float = 0.0
    columns: tuple[int, ...] | None = None

    @cached_property
    def booster(self) -> Any:
        """The model in memory."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @cached_property
    def _places(self) -> npt.NDArray[np.intp] | None:
        return None if self.columns is None else np.array(self.columns, dtype=np.intp)

    @cached_property
    def intercept(self) -> float:
        """Log-odds of the average customer."""
        row = np.zeros((1, self.booster.num_feature()))
        contributions = self.booster.predict(row, pred_contrib=True, num_threads=1)
        return self.offset + float(contributions[0, -1])

    def logits(self, matrix: Doubles) -> Doubles:
        """Return the log-odds, shape (customers,)."""
        if not len(matrix):
            return np.zeros(0)
        raw: Doubles = self.booster.predict(
            self._fill_matrix(matrix), raw_score=True, num_threads=1
        )
        return self.offset + raw

    def contributions(self, matrix: Doubles) -> Doubles:
        """Return the log-odds that each feature adds, shape (customers, features)."""
        if not len(matrix):
            return np.zeros_like(matrix)
        effects = self.booster.predict(self._fill_matrix(matrix), pred_contrib=True, num_threads=1)
        if self._places is None:
            return np.ascontiguousarray(effects[:, :-1])
        own: Doubles = effects.take(self._places, axis=1)
        return own

    def reads(self) -> npt.NDArray[np.intp]:
        """Return the positions of the features on which a tree splits."""
        splits = self.booster.feature_importance("split")
        return np.flatnonzero(splits if self._places is None else splits[self._places])

    def only(self, positions: npt.NDArray[np.intp]) -> "BoostedTrees":
        """Return the same trees of some features; no tree splits on the others."""
        columns = positions if self._places is None else self._places[positions]
        return replace(self, columns=tuple(columns.tolist()))

    def _fill_matrix(self, matrix: Doubles) -> Doubles:
        """Return the features their places among those of the trees."""
        if self._places is None:
            return matrix
        padded = np.zeros((len(matrix), self.booster.num_feature()))
        padded[:, self._places] = matrix
        return padded

    def parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return JSON and arrays, ready to be stored."""
        payload = {"core": "boosted", "offset": self.offset, "columns": self.columns}
        return payload, {"booster": np.frombuffer(self.text.encode(), np.uint8)}


def load_trees(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> BoostedTrees:
    """Make the trees of what was stored."""
    columns = payload.get("columns")
    return BoostedTrees(
        np.asarray(arrays["booster"], np.uint8).tobytes().decode(),
        float(payload["offset"]),
        None if columns is None else tuple(int(column) for column in columns),
    )
