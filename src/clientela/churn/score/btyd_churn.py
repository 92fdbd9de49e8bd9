"""BTYD churn: the probability of no purchase within the horizon, as a churn model."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.btyd.candidates import load_purchase_model
from clientela.btyd.frame import Frame, Span
from clientela.btyd.model import PurchaseModel
from clientela.statistics.arrays import Doubles

READS = ("purchase_days", "tenure_days", "days_since_last")


@dataclass(frozen=True, eq=False)
class BtydChurn:
    """A Buy Till You Die model asked for no purchase within a horizon.

    All of a contribution stands under the days since the last purchase: the model reads nothing
    but the purchase rhythm that they break.

    Parameters
    ----------
    model : Model
        The fitted model.
    horizon_days : int
        Days ahead.
    places : tuple of int
        Where the features of :data:`READS` stand in the matrix.
    centre : float
        Log-odds of the average customer.
    """

    model: PurchaseModel
    horizon_days: int
    columns: tuple[int, int, int]
    centre: float = 0.0

    @property
    def intercept(self) -> float:
        """Log-odds of the average customer."""
        return self.centre

    def logits(self, matrix: Doubles) -> Doubles:
        """Return the log-odds, shape (customers,); the average where a feature is unknown."""
        days, tenure, silence = (matrix[:, column] for column in self.columns)
        valid = np.isfinite(days) & (tenure >= silence) & (silence >= 0.0)
        x = np.where(valid, np.maximum(days - 1.0, 0.0), 0.0)
        late = np.where(valid & (x > 0.0), tenure - silence, 0.0)
        frame = Frame(x, late, np.where(valid, tenure, 1.0), np.zeros(len(x)), "days")
        chance = np.clip(
            self.model.p_no_purchase(frame, Span.days(self.horizon_days)), 1e-5, 1.0 - 1e-5
        )
        log_odds: Doubles = np.where(valid, np.log(chance) - np.log1p(-chance), self.centre)
        return log_odds

    def contributions(self, matrix: Doubles) -> Doubles:
        """Return the log-odds that each feature adds, shape (customers, features)."""
        result = np.zeros_like(matrix)
        result[:, self.columns[2]] = self.logits(matrix) - self.centre
        return result

    def reads(self) -> npt.NDArray[np.intp]:
        """Return the positions of the features that can change an answer."""
        return np.unique(self.columns)

    def only(self, positions: npt.NDArray[np.intp]) -> "BtydChurn":
        """Return the same model of the features at these positions."""
        first, second, third = np.searchsorted(positions, self.columns).tolist()
        return replace(self, columns=(first, second, third))

    def parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return JSON and arrays, ready to be stored."""
        payload = {
            "core": "btyd",
            "model": self.model.to_json(),
            "horizon_days": self.horizon_days,
            "places": list(self.columns),
            "centre": self.centre,
        }
        return payload, {}


def load_btyd_churn(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> BtydChurn:
    """Make the model of what was stored."""
    first, second, third = (int(column) for column in payload["places"])
    return BtydChurn(
        load_purchase_model(payload["model"]),
        int(payload["horizon_days"]),
        (first, second, third),
        float(payload["centre"]),
    )
