"""The value model as it is applied: what each customer will bring, row by row."""

import datetime as dt
from dataclasses import dataclass

import pyarrow as pa

from clientela.scoring.artifacts import Artifact
from clientela.scoring.card import Card

KIND = "value"
_DOUBLES = (
    "p_alive",
    "expected_orders",
    "expected_orders_low",
    "expected_orders_high",
    "expected_revenue",
    "expected_revenue_low",
    "expected_revenue_high",
    "likely_revenue",
    "clv",
)
_DAYS = ("next_order", "next_order_low", "next_order_high")
VALUE = pa.schema(
    [
        ("customer_id", pa.string()),
        *((name, pa.float64()) for name in _DOUBLES),
        *((name, pa.date32()) for name in _DAYS),
    ]
)
"""Columns of a score: money is net revenue within the horizon, ``clv`` within its own days."""


@dataclass(frozen=True, eq=False, kw_only=True)
class ValueModel:
    """Two forecasts, their intervals, orders, lifetime value and the next order's window.

    Parameters
    ----------
    horizon_days : int
        Days after the snapshot that the forecasts cover.
    card : Card
        Where the model comes from and how well it does.
    """

    horizon_days: int
    card: Card

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features the model reads, all of the catalogue."""
        return tuple(one.name for one in self.card.features)

    def score(self, snapshot: pa.Table, as_of: dt.date) -> pa.Table:
        """Give every customer's forecasts; each depends on nothing but the customer's own row.

        Parameters
        ----------
        snapshot : pa.Table
            Customers as known on ``as_of``, with :attr:`features`.
        as_of : datetime.date
            The day from which the horizon and the next order are counted.

        Returns
        -------
        pa.Table
            Of :data:`VALUE`, in the order of the snapshot's rows.

        Raises
        ------
        ArtifactError
            The customers lack a feature that the model reads.
        """
        raise NotImplementedError

    def artifact(self) -> Artifact:
        """Give the model as JSON and arrays, ready to be stored."""
        raise NotImplementedError


def from_artifact(artifact: Artifact) -> ValueModel:
    """Make the model of a stored one.

    Raises
    ------
    ArtifactError
        Its parts do not hold together.
    """
    raise NotImplementedError
