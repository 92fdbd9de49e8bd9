"""The probability of no purchase from a customer's own rhythm, as a churn model."""

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

    All of a contribution is told under the days since the last purchase: the model knows nothing
    but the rhythm that they break.

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
    places: tuple[int, int, int]
    centre: float = 0.0

    @property
    def intercept(self) -> float:
        """Log-odds of the average customer."""
        return self.centre

    def logits(self, matrix: Doubles) -> Doubles:
        """Give the log-odds, shape (customers,); the average where a feature is unknown."""
        days, tenure, silence = (matrix[:, place] for place in self.places)
        known = np.isfinite(days) & (tenure >= silence) & (silence >= 0.0)
        x = np.where(known, np.maximum(days - 1.0, 0.0), 0.0)
        late = np.where(known & (x > 0.0), tenure - silence, 0.0)
        frame = Frame(x, late, np.where(known, tenure, 1.0), np.zeros(len(x)), "days")
        held = np.clip(
            self.model.p_no_purchase(frame, Span.days(self.horizon_days)), 1e-5, 1.0 - 1e-5
        )
        found: Doubles = np.where(known, np.log(held) - np.log1p(-held), self.centre)
        return found

    def contributions(self, matrix: Doubles) -> Doubles:
        """Give the log-odds that each feature adds, shape (customers, features)."""
        result = np.zeros_like(matrix)
        result[:, self.places[2]] = self.logits(matrix) - self.centre
        return result

    def reads(self) -> npt.NDArray[np.intp]:
        """Give the positions of the features that can change an answer."""
        return np.unique(self.places)

    def only(self, kept: npt.NDArray[np.intp]) -> "BtydChurn":
        """Give the same model of the features at these positions."""
        first, second, third = np.searchsorted(kept, self.places).tolist()
        return replace(self, places=(first, second, third))

    def parts(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Give JSON and arrays, ready to be stored."""
        payload = {
            "core": "btyd",
            "model": self.model.to_json(),
            "horizon_days": self.horizon_days,
            "places": list(self.places),
            "centre": self.centre,
        }
        return payload, {}


def load_btyd_churn(payload: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> BtydChurn:
    """Make the model of what was stored."""
    first, second, third = (int(place) for place in payload["places"])
    return BtydChurn(
        load_purchase_model(payload["model"]),
        int(payload["horizon_days"]),
        (first, second, third),
        float(payload["centre"]),
    )
