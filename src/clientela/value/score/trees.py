"""Boosted trees of the forecasts of value: LightGBM's own text as bytes, read once."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.errors import ArtifactError
from clientela.statistics.arrays import Doubles


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """A boosted model of one number a row, before any link.

    Parameters
    ----------
    text : array of uint8
        The model in LightGBM's text format.
    """

    text: npt.NDArray[np.uint8]

    def raw(self, rows: Doubles) -> Doubles:
        """Give the sum of the trees for each row of shape (rows, features); NaN is missing.

        Raises
        ------
        ArtifactError
            The text is no model, or one of other features.
        """
        if self.booster.num_feature() != rows.shape[1]:
            raise _unreadable(f"it reads {self.booster.num_feature()} columns of {rows.shape[1]}")
        if not len(rows):
            return np.zeros(0)
        found = self.booster.predict(rows, raw_score=True, num_threads=1)
        return np.asarray(found, dtype=np.float64)

    @cached_property
    def booster(self) -> Any:
        """The model in memory."""
        import lightgbm

        try:
            return lightgbm.Booster(model_str=bytes(self.text).decode())
        except (lightgbm.basic.LightGBMError, UnicodeDecodeError) as error:
            raise _unreadable(str(error)) from None


def _unreadable(why: str) -> ArtifactError:
    return ArtifactError(
        f"the stored boosted model cannot be used: {why}", do="run again with --refit"
    )
