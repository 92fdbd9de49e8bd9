"""The months of the past on which the programme is learnt, simulated and proved."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clientela.features.daily_revenue import PurchaseDays, read_purchase_days
from clientela.features.history import History
from clientela.statistics.arrays import Doubles, Mask

STEP_DAYS = 30  # by convention: a review a month
MOST_MONTHS = 18  # by convention: one year of reviews and the half before it
LEAST_DAYS = 60  # by convention: two reviews of history behind a day
KEY = "customer_id"
FEATURES = (
    "revenue_365d",
    "revenue_90d",
    "revenue_30d",
    "revenue",
    "orders_365d",
    "orders_90d",
    "orders",
    "days_since_last",
    "tenure_days",
)
"""All that the programme reads of a customer."""


@dataclass(frozen=True)
class MonthlySnapshots:
    """Days a month of 30 days apart, the last of them today's.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days after a day over which a choice of that day is judged.
    days : tuple of datetime.date
        The earliest first; each but the last has at least 60 days of history behind it.
    """

    history: History
    horizon_days: int
    days: tuple[dt.date, ...]

    @property
    def today(self) -> dt.date:
        """The day of the programme."""
        return self.days[-1]

    @property
    def purchases(self) -> PurchaseDays:
        """The days of all customers, from which every month is added up."""
        return self.history.compute_once(read_purchase_days)

    def judgeable(self, known_on: dt.date) -> tuple[dt.date, ...]:
        """Return the days whose horizon was over on a day, the earliest first."""
        horizon = dt.timedelta(days=self.horizon_days)
        return tuple(day for day in self.days if day + horizon <= known_on)


class MonthColumns(Mapping[str, Doubles]):
    """The features of a day, each added up when it is asked for.

    Parameters
    ----------
    purchases : PurchaseDays
        The days of some customers.
    day : datetime.date
        The last day that counts.
    rows : array of bool
        Which of the customers have a value.
    """

    def __init__(self, purchases: PurchaseDays, day: dt.date, rows: Mask) -> None:
        self._purchases, self._day, self._rows = purchases, day, rows
        self._columns: dict[str, Doubles] = {}

    def __getitem__(self, name: str) -> Doubles:
        if name not in self._columns:
            self._columns[name] = self._add_up(name)[self._rows]
        return self._columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(FEATURES)

    def __len__(self) -> int:
        return len(FEATURES)

    def _add_up(self, name: str) -> Doubles:
        purchases, day = self._purchases, self._day
        if name == "days_since_last":
            return purchases.days_since_last(day)
        if name == "tenure_days":
            return (purchases.first_age_days - purchases.age(day)).astype(float)
        total, _, window = name.partition("_")
        return purchases.add_up(day, total, int(window.removesuffix("d")) if window else None)


def build_snapshots(history: History, horizon_days: int) -> MonthlySnapshots:
    """Lay out the months of a history, 18 at most.

    Parameters
    ----------
    history : History
        The firm's past.
    horizon_days : int
        Days after a day over which a choice is judged.
    """
    span = (history.as_of - history.first_day).days
    ages = range(0, min(span - LEAST_DAYS, STEP_DAYS * (MOST_MONTHS - 1)) + 1, STEP_DAYS)
    days = {history.as_of, *(history.as_of - dt.timedelta(days=age) for age in ages)}
    return MonthlySnapshots(history, horizon_days, tuple(sorted(days)))
