"""The frame of the Buy Till You Die models: counts and ages of purchase days, in a typed unit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.statistics.arrays import Doubles, doubles

TimeUnit = Literal["days", "weeks"]
# The units that lifetimes offers; the models themselves count in days.
DAYS_IN: dict[TimeUnit, float] = {"days": 1.0, "weeks": 7.0}


@dataclass(frozen=True)
class Span:
    """A length of time.

    Examples
    --------
    >>> Span.weeks(39).to("days"), Span.days(273).to("weeks")
    (273.0, 39.0)
    >>> Span.weeks(39) == Span.days(39)
    False
    """

    length: float
    unit: TimeUnit

    def __post_init__(self) -> None:
        if not 0.0 <= self.length < float("inf"):
            raise ValueError(f"a span of {self.length} {self.unit} has no length")

    @classmethod
    def days(cls, length: float) -> "Span":
        """Return a span in days."""
        return cls(float(length), "days")

    @classmethod
    def weeks(cls, length: float) -> "Span":
        """Return a span in weeks."""
        return cls(float(length), "weeks")

    def to(self, unit: TimeUnit) -> float:
        """Return the length in a unit."""
        return self.length * DAYS_IN[self.unit] / DAYS_IN[unit]


@dataclass(frozen=True, eq=False)
class Frame:
    """One row a customer, in the words of lifetimes and PyMC-Marketing.

    Parameters
    ----------
    frequency : array of shape (customers,)
        Purchase days after the first (x).
    recency : array
        Age at the last purchase day (t_x), in ``unit``.
    T : array
        Age at the end of the observation, in ``unit``.
    monetary_value : array
        Mean money of the purchase days after the first; 0 where there is none.
    unit : {"days", "weeks"}
        Unit of ``recency`` and ``T``.

    Raises
    ------
    ValueError
        A value is missing or impossible: negative, or a last purchase after the end.

    Examples
    --------
    >>> one = np.ones(1)
    >>> Frame(one, one * 14, one * 70, one, "days").to("weeks").T
    array([10.])
    """

    frequency: Doubles
    recency: Doubles
    T: Doubles
    monetary_value: Doubles
    unit: TimeUnit

    def __post_init__(self) -> None:
        x, t_x, T = self.frequency, self.recency, self.T
        good = (x >= 0.0) & (t_x >= 0.0) & (t_x <= T) & np.isfinite(T) & np.isfinite(x)
        if not (good & ((x > 0.0) | (t_x == 0.0))).all():
            raise ValueError("frequency, recency and T of some customer contradict each other")

    def __len__(self) -> int:
        return len(self.frequency)

    @classmethod
    def of_btyd(cls, table: pa.Table, unit: TimeUnit = "days") -> "Frame":
        """Read what :func:`clientela.features.btyd.btyd` gives in days; convert to ``unit``."""
        x, t_x, T, money = (
            doubles(table, name) for name in ("frequency", "recency", "T", "monetary_value")
        )
        return cls(x, t_x, T, money, "days").to(unit)

    @classmethod
    def of_snapshot(cls, snapshot: pa.Table) -> "Frame":
        """Read a snapshot's ``purchase_days``, ``tenure_days`` and ``days_since_last``, in days.

        The money is 0: snapshots hold none of the purchase days after the first alone.
        """
        x = np.maximum(doubles(snapshot, "purchase_days") - 1.0, 0.0)
        T = doubles(snapshot, "tenure_days")
        t_x = np.where(x > 0.0, T - doubles(snapshot, "days_since_last"), 0.0)
        return cls(x, t_x, T, np.zeros(len(x)), "days")

    def to(self, unit: TimeUnit) -> "Frame":
        """Return the same customers in another unit."""
        if unit == self.unit:
            return self
        have, want = DAYS_IN[self.unit], DAYS_IN[unit]
        t_x, T = self.recency * have / want, self.T * have / want
        return Frame(self.frequency, t_x, T, self.monetary_value, unit)

    def take(self, rows: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> "Frame":
        """Return some rows."""
        return Frame(
            self.frequency[rows],
            self.recency[rows],
            self.T[rows],
            self.monetary_value[rows],
            self.unit,
        )

    def distinct(self) -> tuple["Frame", Doubles, npt.NDArray[np.intp]]:
        """Return the distinct (x, t_x, T), sorted; their money is that of one such row.

        Returns
        -------
        Frame, array, array of int
            The distinct rows, the customers of each, and the row of every customer.
        """
        if len(self) == 1:
            return self, np.ones(1), np.zeros(1, dtype=np.intp)
        keys = np.stack([self.frequency, self.recency, self.T])
        order = np.lexsort(keys)
        ordered = keys[:, order]
        first = np.ones(len(self), dtype=np.bool_)
        first[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
        inverse = np.empty(len(self), dtype=np.intp)
        inverse[order] = np.cumsum(first) - 1
        starts = np.flatnonzero(first)
        counts = np.diff(np.append(starts, len(self))).astype(np.float64)
        return self.take(order[starts]), counts, inverse
