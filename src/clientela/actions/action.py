"""Actions: whom they address, what people of the same start gained before, what a test shows."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from clientela.actions.customers_at import CustomersAt
from clientela.features.daily_revenue import DailyRevenue
from clientela.features.history import History
from clientela.features.product_families import ProductFamilies
from clientela.i18n import Lang
from clientela.statistics.arrays import Doubles, Mask, doubles, sum_exactly
from clientela.statistics.power import ExperimentPlan, find_smallest_rate

ActionKind = Literal[
    "cross_sell",
    "win_back",
    "basket",
    "variety",
    "returns",
    "reminder",
    "invitation",
    "warning",
    "retention",
]
ActionTarget = Literal["segment", "everyone", "members", "candidates", "leaving", "at_risk"]

PERIOD_DAYS = 90
"""By convention: a quarter, as the other figures of the report; upsides are counted over it."""

LEAST_AUDIENCE = 5
"""By convention: below it there is nobody to address and nothing to measure."""

REACH_QUANTILE = 0.75
"""By convention: three in four of those who made it before had started within reach."""

CAPPED_QUANTILE = 0.95
"""By convention: gains count up to it, so that no single customer makes an upside."""


class PastStep(NamedTuple):
    """What customers of the same start did in the past period; nobody's row.

    Attributes
    ----------
    within : float
        How far from the step those start who are within reach of it.
    peers, reached : int
        Customers within reach on the past day; those of them who made the step.
    gain : float
        What it brought of all who made it, counted up to a cap.
    base : float
        Share of the peers who bought in the period.
    """

    within: float
    peers: int
    reached: int
    gain: float
    base: float


RecallStep = Callable[[str, Callable[[], PastStep | None]], PastStep | None]
"""Returns the step of an action that was measured before, or measures it."""

LookBack = Callable[[CustomersAt], tuple[Mask, Doubles, Mask, Doubles]]
"""Returns of each customer of the past day: whether they were at the start, how far from the end,
whether they made the step in the days after, and what it brought."""


@dataclass(frozen=True)
class ActionInputs:
    """The customers, their segments and their past.

    Parameters
    ----------
    history : History
        The firm's past up to its last day.
    revenue : DailyRevenue
        Each customer's revenue by day.
    today : CustomersAt
        The customers as of ``history.as_of``.
    view_past : callable or None
        Returns those of :data:`PERIOD_DAYS` before, of the history's sample; None where the history
        is too short for it.
    names : mapping of int to mapping
        Each segment's name, by language.
    currency : str or None
        ISO 4217 code of the amounts.
    status : array of object
        ``member``, ``leaving``, ``candidate`` or None of each of today's customers.
    enters, stays : array of bool
        Which of today's customers meet the rules of entry and of staying.
    loss : array of float
        Expected loss of those listed as at risk; NaN of all others.
    loss_judged : bool
        Whether past dates can judge the forecast behind it: if not, its sum is not stated.
    margin : array of float
        Gross margin of each; NaN where none is known.
    families : ProductFamilies
        Products by family.
    pairs : sequence of dict
        Families that go together, as :func:`clientela.actions.cross_sell.list_pairs` gives them.
    buyers : pa.Table
        Who bought of these families, of :data:`clientela.features.product_ranking.BUYERS`.
    saved_share : float or None
        Share of contacted leavers who stay, where an experiment measured it.
    unreachable : pa.Array, optional
        Ids of customers who must not be contacted or are held out: no audience has them.
    recall : RecallStep, optional
        Finds what was measured of a past period before.
    """

    history: History
    revenue: DailyRevenue
    today: CustomersAt
    view_past: Callable[[], CustomersAt] | None
    names: Mapping[int, Mapping[Lang, str]]
    currency: str | None
    status: npt.NDArray[np.object_]
    enters: Mask
    stays: Mask
    loss: Doubles
    margin: Doubles
    families: ProductFamilies
    pairs: Sequence[dict[str, Any]]
    buyers: pa.Table
    saved_share: float | None = None
    loss_judged: bool = True
    unreachable: pa.Array | None = None
    recall: RecallStep = lambda name, measure: measure()

    @cached_property
    def past(self) -> CustomersAt | None:
        """The customers of the past day, viewed only where something is measured of them."""
        return None if self.view_past is None else self.view_past()

    def recall_step(
        self, name: str, measure: Callable[[CustomersAt], PastStep | None]
    ) -> PastStep | None:
        """Return what was measured of the past period for an action, or measure it now."""
        if self.view_past is None:
            return None

        def measure_now() -> PastStep | None:
            return None if self.past is None else measure(self.past)

        return self.recall(name, measure_now)

    @cached_property
    def reachable(self) -> Mask:
        """Whether each of today's customers may be addressed."""
        if self.unreachable is None or not len(self.unreachable):
            return np.ones(len(self.today.ids), dtype=np.bool_)
        ids = self.today.ids.combine_chunks()
        return ~np.asarray(pc.is_in(ids, value_set=self.unreachable))

    @cached_property
    def later(self) -> Mapping[str, Doubles]:
        """What the customers of the past day did in the days after it."""
        if self.past is None:
            return {}
        day = self.history.as_of - dt.timedelta(days=PERIOD_DAYS)
        rows = self.history.sample.later(day, PERIOD_DAYS)
        return {name: doubles(rows, name) for name in rows.column_names if name != "customer_id"}

    @cached_property
    def now(self) -> npt.NDArray[np.int64]:
        """The row of each customer of the past day among today's."""
        if self.past is None:
            return np.zeros(0, dtype=np.int64)
        ids = self.today.ids.combine_chunks()
        return np.asarray(pc.index_in(self.past.ids, value_set=ids), dtype=np.int64)


@dataclass(frozen=True)
class Upside:
    """What people of the same start gained in the past period, and as many would today.

    Parameters
    ----------
    peers, reached : int
        Customers of the same start; those of them who made the step.
    gain_each : float
        Mean gain of those who made it, counted up to a cap.
    amount : float
        Gain that today's audience would bring, of margin where one is known.
    margin : float or None
        The audience's mean margin.
    base : float or None
        Share of the peers who bought in the period.
    """

    peers: int
    reached: int
    gain_each: float
    amount: float
    margin: float | None
    base: float | None


@dataclass(frozen=True)
class Action:
    """A measure for a group of customers.

    Parameters
    ----------
    kind : str
        What is done.
    target : str
        To whom: a segment, everyone or a group of the programme.
    segment : int or None
        The segment, where it is for one.
    rows : array of int
        Today's customers addressed.
    amount_at_stake : float
        Money, counted from what these customers did or are expected to do.
    write_words : callable
        Returns the values of the texts in a language.
    upside : Upside or None
        None where no past period can tell.
    detail : mapping
        JSON-able figures behind the amount.
    base : float or None
        Share of such customers who bought in the past period, where the upside does not say it.
    """

    kind: ActionKind
    target: ActionTarget
    segment: int | None
    rows: npt.NDArray[np.int64]
    amount_at_stake: float
    write_words: Callable[[Lang], Mapping[str, str]]
    upside: Upside | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    base: float | None = None

    @property
    def audience(self) -> int:
        """How many customers are addressed."""
        return len(self.rows)

    @property
    def applies(self) -> bool:
        """Whether there is somebody to address and something to win."""
        wins = self.amount_at_stake if self.upside is None else self.upside.amount
        return self.audience >= LEAST_AUDIENCE and wins > 0

    @property
    def buyers_share(self) -> float | None:
        """The share of customers of the same start who bought in the past period."""
        upside_base = None if self.upside is None else self.upside.base
        return self.base if upside_base is None else upside_base

    @property
    def smallest_rate(self) -> float | None:
        """The lowest share of buyers that an experiment on the audience could show."""
        if self.buyers_share is None:
            return None
        return find_smallest_rate(self.buyers_share, self.audience, ExperimentPlan())


def select_audience(
    inputs: ActionInputs, name: str, start: Mask, distance: Doubles, look_back: LookBack
) -> tuple[npt.NDArray[np.int64], Upside | None]:
    """Select who is within reach, and what people of the same start gained.

    Parameters
    ----------
    inputs : ActionInputs
        The customers.
    name : str
        The action's, by which what was measured of the past is known.
    start : array of bool
        Who is at the start of the step today.
    distance : array of float
        How far each is from its end.
    look_back : callable
        Tells the same of the past day, and who made the step.

    Returns
    -------
    array of int, Upside or None
        Rows of today; all that are reachable at the start, and no upside, where fewer than
        :data:`LEAST_AUDIENCE` made the step.
    """

    def measure(past: CustomersAt) -> PastStep | None:
        return _measure_step(inputs.later["later_orders"] > 0, *look_back(past))

    step, today = inputs.recall_step(name, measure), start & inputs.reachable
    if step is None:
        return np.flatnonzero(today), None
    rows = np.flatnonzero(today & (distance <= step.within))
    upside = build_upside(inputs, rows, (step.peers, step.reached), step.gain, step.base)
    return rows, upside


def _measure_step(
    bought: Mask, start: Mask, distance: Doubles, reached: Mask, gain: Doubles
) -> PastStep | None:
    """Measure how many of those within reach made a step; None where too few did."""
    stepped = start & reached
    if stepped.sum() < LEAST_AUDIENCE:
        return None
    within = float(np.quantile(distance[stepped], REACH_QUANTILE))
    near = start & (distance <= within)
    stepped = near & reached
    gains = np.minimum(gain[stepped], np.quantile(gain[stepped], CAPPED_QUANTILE))
    base = float(bought[near].mean())
    return PastStep(within, int(near.sum()), int(stepped.sum()), sum_exactly(gains), base)


def build_upside(
    inputs: ActionInputs,
    rows: npt.NDArray[np.int64],
    counts: tuple[int, int],
    total: float,
    base: float | None,
) -> Upside:
    """Return the upside of an audience from the peers, those who made it and their gain."""
    peers, reached = counts
    margins = inputs.margin[rows]
    margin = float(margins.mean()) if len(rows) and np.isfinite(margins).all() else None
    amount = round(len(rows) * total / peers * (1.0 if margin is None else margin), 4)
    return Upside(peers, reached, total / reached, amount, margin, base)
