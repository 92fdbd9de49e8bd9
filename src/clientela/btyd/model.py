"""Purchase models: P(alive), expected purchases and their quantiles, next order, CLV."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, cast

import numpy as np

from clientela.btyd.counts import LivingCounts
from clientela.btyd.frame import DAYS_IN, Frame, Span, TimeUnit
from clientela.statistics.arrays import Doubles

# An order later than a hundred years never comes.
LONGEST_DAYS = 36_525.0
# Parts of a horizon whose money is discounted from its middle, by convention.
PARTS = 4
# Days of a year on average.
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
    def _p_alive(self, frame: Frame) -> Doubles:
        """Return the probability that a customer may buy again, row by row."""

    @abstractmethod
    def _living(self, frame: Frame, length: float) -> LivingCounts:
        """Return the purchases of living customers within a length of time."""

    @abstractmethod
    def _wait_for_share(self, frame: Frame, share: Doubles) -> Doubles:
        """Return the wait within which a share of the living buy; infinite where they never do."""

    def _expect(self, frame: Frame, length: float) -> Doubles:
        return self._living(frame, length).mean_counts()

    def parameters(self) -> dict[str, float]:
        """Return the parameters by name."""
        fields = asdict(cast(Any, self))
        return {key: value for key, value in fields.items() if type(value) is float}

    def p_alive(self, frame: Frame) -> Doubles:
        """Return the probability that a customer may buy again."""
        return self._compute_by_row(frame, self._p_alive)

    def expected_purchases(self, frame: Frame, horizon: Span) -> Doubles:
        """Return the expected number of purchase days within the horizon."""
        length = horizon.to(self.unit)
        return self._compute_by_row(
            frame, lambda rows: self._p_alive(rows) * self._expect(rows, length)
        )

    def p_no_purchase(self, frame: Frame, horizon: Span) -> Doubles:
        """Return the probability of no purchase within the horizon."""
        length = horizon.to(self.unit)

        def none(rows: Frame) -> Doubles:
            return 1.0 - self._p_alive(rows) * self._living(rows, length).at_least(
                np.ones(len(rows))
            )

        return self._compute_by_row(frame, none)

    def p_at_least(self, frame: Frame, horizon: Span, purchases: Doubles) -> Doubles:
        """Return the probability of that many purchase days or more, a number for each row."""
        self._check_unit(frame)
        bought = self._living(frame, horizon.to(self.unit)).at_least(purchases)
        return np.where(purchases < 1.0, 1.0, self._p_alive(frame) * bought)

    def purchases_within(self, frame: Frame, horizon: Span, levels: Sequence[float]) -> Doubles:
        """Return quantiles of the purchase days within the horizon, shape (customers, levels)."""
        length = horizon.to(self.unit)

        def counts(rows: Frame) -> Doubles:
            return self._living(rows, length).quantiles(self._p_alive(rows), levels)

        return self._compute_by_row(frame, counts)

    def next_order(self, frame: Frame, levels: Sequence[float]) -> Doubles:
        """Return quantiles of the days until the next order, shape (customers, levels), in days.

        Infinite where an order may never come with a probability that leaves the level unreached,
        and where it is more than a hundred years away.
        """

        def waits(rows: Frame) -> Doubles:
            alive = np.maximum(self._p_alive(rows), 1e-300)
            wanted = np.concatenate([level / alive for level in levels])
            every = rows.take(np.tile(np.arange(len(rows)), len(levels)))
            waited = self._wait_for_share(every, wanted).reshape(len(levels), len(rows))
            days = waited.T * DAYS_IN[self.unit]
            return np.where(days > LONGEST_DAYS, np.inf, days)

        return self._compute_by_row(frame, waits)

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON; ``clientela.btyd.candidates.load_purchase_model`` reads it."""
        return {"family": type(self).__name__, **asdict(cast(Any, self))}

    def _compute_by_row(self, frame: Frame, work: Callable[[Frame], Doubles]) -> Doubles:
        self._check_unit(frame)
        rows, _, back = frame.distinct()
        return work(rows)[back]

    def _check_unit(self, frame: Frame) -> None:
        if frame.unit != self.unit:
            raise ValueError(f"{self.name} counts in {self.unit}, and the frame in {frame.unit}")


def rank_customers(model: PurchaseModel, frame: Frame, horizon: Span, several: int) -> Doubles:
    """Return the chance of several purchases, or where that is 0 the expected number.

    The chance of one purchase puts a steady customer before a busy one who may have left; that of
    several weighs both. Earlier dates decide which of them orders best.

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
    """Return the discounted value of the purchases expected within a horizon.

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
