"""Boosted trees in LightGBM's own text, with the exact contribution of every feature."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.scoring.columns import Doubles


@dataclass(frozen=True, eq=False)
class Boosted:
    """A LightGBM model of log-odds.

    Parameters
    ----------
    text : str
        The model as LightGBM writes it; read once, when it first scores.
    offset : float
        Log-odds from which the trees started, which LightGBM does not write.

    References
    ----------
    Lundberg et al. (2020), From local explanations to global understanding with explainable AI for
    trees, Nature Machine Intelligence 2, doi:10.1038/s42256-019-0138-9.
    """

    text: str
    offset: float = 0.0

    @cached_property
    def booster(self) -> Any:
        """The model in memory."""
        import lightgbm

        return lightgbm.Booster(model_str=self.text)

    @cached_property
    def intercept(self) -> float:
        """Log-odds of the average customer."""
        row = np.zeros((1, self.booster.num_feature()))
        found = self.booster.predict(row, pred_contrib=True, num_threads=1)
        return self.offset + float(found[0, -1])

    def logits(self, matrix: Doubles) -> Doubles:
        """Give the log-odds, shape (customers,)."""
        if not len(matrix):
            return np.zeros(0)
        raw: Doubles = self.booster.predict(matrix, raw_score=True, num_threads=1)
        return self.offset + raw

    def contributions(self, matrix: Doubles) -> Doubles:
        """Give the log-odds that each feature adds, shape (customers, features)."""
        if not len(matrix):
            return np.zeros_like(matrix)
        found = self.booster.predict(matrix, pred_contrib=True, num_threads=1)
        return np.ascontiguousarray(found[:, :-1])

    def parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give JSON and arrays, ready to be stored."""
        payload = {"core": "boosted", "offset": self.offset}
        return payload, {"booster": np.frombuffer(self.text.encode(), np.uint8)}


def boosted(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Boosted:
    """Make the trees of what was stored."""
    return Boosted(
        np.asarray(arrays["booster"], np.uint8).tobytes().decode(), float(payload["offset"])
    )
