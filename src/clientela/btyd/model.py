"""What every fitted Buy Till You Die model foretells of a customer."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import DAYS_IN, Frame, Span, TimeUnit
from clientela.statistics.arrays import Doubles

LONGEST_DAYS = 36_525.0
"""An order later than a hundred years never comes."""
PARTS = 4
YEAR_DAYS = 365.25


class PurchaseModel(ABC):
    """A fitted model: it says who lives and how the living buy, and all else follows.

    It refuses (ValueError) a frame in another unit than its own, and works on the distinct rows of
    a frame. Every array it gives is finite, but for dates of a next order that may never come:
    infinite.
    """

    unit: TimeUnit
    """Unit of time of the parameters and of the frames it reads."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Name, such as ``bg_nbd``."""

    @abstractmethod
    def _alive(self, frame: Frame) -> Doubles:
        """Give the probability that a customer may buy again, row by row."""

    @abstractmethod
    def _living(self, frame: Frame, length: float) -> LivingCounts:
        """Give the purchases of living customers within a length of time."""

    @abstractmethod
    def _waited(self, frame: Frame, share: Doubles) -> Doubles:
        """Give the wait within which a share of the living buy; infinite where they never do."""

    def _expected(self, frame: Frame, length: float) -> Doubles:
        return self._living(frame, length).expected()

    def parameters(self) -> dict[str, float]:
        """Give the parameters by name."""
        fields = asdict(cast(Any, self))
        return {key: value for key, value in fields.items() if type(value) is float}

    def p_alive(self, frame: Frame) -> Doubles:
        """Give the probability that a customer may buy again."""
        return self._by_row(frame, self._alive)

    def expected_purchases(self, frame: Frame, horizon: Span) -> Doubles:
        """Give the expected number of purchase days within the horizon."""
        length = horizon.to(self.unit)
        return self._by_row(frame, lambda rows: self._alive(rows) * self._expected(rows, length))

    def p_no_purchase(self, frame: Frame, horizon: Span) -> Doubles:
        """Give the probability of no purchase within the horizon."""
        length = horizon.to(self.unit)

        def none(rows: Frame) -> Doubles:
            return 1.0 - self._alive(rows) * self._living(rows, length).at_least(np.ones(len(rows)))

        return self._by_row(frame, none)

    def p_at_least(self, frame: Frame, horizon: Span, purchases: Doubles) -> Doubles:
        """Give the probability of that many purchase days or more, a number for each row."""
        self._accept(frame)
        bought = self._living(frame, horizon.to(self.unit)).at_least(purchases)
        return np.where(purchases < 1.0, 1.0, self._alive(frame) * bought)

    def purchases_within(self, frame: Frame, horizon: Span, levels: Sequence[float]) -> Doubles:
        """Give quantiles of the purchase days within the horizon, shape (customers, levels)."""
        length = horizon.to(self.unit)

        def counts(rows: Frame) -> Doubles:
            return self._living(rows, length).quantiles(self._alive(rows), levels)

        return self._by_row(frame, counts)

    def next_order(self, frame: Frame, levels: Sequence[float]) -> Doubles:
        """Give quantiles of the days until the next order, shape (customers, levels), in days.

        Infinite where an order may never come with a probability that leaves the level unreached,
        and where it is more than a hundred years away.
        """

        def waits(rows: Frame) -> Doubles:
            alive = np.maximum(self._alive(rows), 1e-300)
            wanted = np.concatenate([level / alive for level in levels])
            every = rows.take(np.tile(np.arange(len(rows)), len(levels)))
            waited = self._waited(every, wanted).reshape(len(levels), len(rows))
            days = waited.T * DAYS_IN[self.unit]
            return np.where(days > LONGEST_DAYS, np.inf, days)

        return self._by_row(frame, waits)

    def to_json(self) -> dict[str, Any]:
        """Give the model as JSON; ``clientela.btyd.candidates.load_purchase_model`` reads it."""
        return {"family": type(self).__name__, **asdict(cast(Any, self))}

    def _by_row(self, frame: Frame, work: Callable[[Frame], Doubles]) -> Doubles:
        self._accept(frame)
        distinct = frame.distinct()
        return work(distinct.frame)[distinct.inverse]

    def _accept(self, frame: Frame) -> None:
        if frame.unit != self.unit:
            raise ValueError(f"{self.name} counts in {self.unit}, and the frame in {frame.unit}")


def rank_customers(model: PurchaseModel, frame: Frame, horizon: Span, several: int) -> Doubles:
    """Give the chance of several purchases, or where that is 0 the expected number.

    The chance of one purchase puts a steady customer before a busy one who may have left; that of
    several weighs both. Which of them orders best is told by earlier dates.

    Parameters
    ----------
    model : Model
        Of purchase days.
    frame : Frame
        The customers, in the model's unit.
    horizon : Span
        Within which they may buy.
    several : int
        Purchases whose chance is given; 0 for the expected number.
    """
    if not several:
        return model.expected_purchases(frame, horizon)
    return model.p_at_least(frame, horizon, np.full(len(frame), float(several)))


def compute_clv(
    model: PurchaseModel, frame: Frame, spend: Doubles, horizon: Span, yearly_rate: float
) -> Doubles:
    """Give the discounted value of the purchases expected within a horizon.

    ``CLV = spend * sum_i (E(t_i) - E(t_{i-1})) / (1 + rate) ** ((t_i + t_{i-1}) / 2)``, with t in
    years, over four equal parts of the horizon; E(t) are the purchases expected within t, and money
    of a part counts as earned in its middle.

    Parameters
    ----------
    model : Model
        The fitted model of purchases.
    frame : Frame
        The customers, in the model's unit.
    spend : array of shape (customers,)
        Expected money of a purchase day.
    horizon : Span
        How far ahead.
    yearly_rate : float
        Discount rate of a year, such as 0.10.

    Returns
    -------
    array of shape (customers,)
        Money.
    """
    days = horizon.to("days") * np.arange(1, PARTS + 1) / PARTS
    total, before = np.zeros(len(frame)), np.zeros(len(frame))
    for end in days:
        middle = (end - days[0] / 2.0) / YEAR_DAYS
        until = model.expected_purchases(frame, Span.days(float(end)))
        total += (until - before) * (1.0 + yearly_rate) ** -middle
        before = until
    return total * spend
