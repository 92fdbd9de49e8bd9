"""What a simulated subscription firm is like."""

import datetime as dt
from dataclasses import dataclass

from clientela.simulate.checks import check, check_shares

MONTH_DAYS = 30.4375  # 365.25 / 12, the mean month


@dataclass(frozen=True)
class SubscriptionSettings:
    """The firm to simulate: two years of it, and half a year more that only the truth knows.

    Parameters
    ----------
    customers : int
        Subscribers; one who signed up before ``start`` may have no purchase after it.
    start, end : datetime.date
        First and last day of the files, both inclusive; ``start`` is the first of a month and
        ``end`` the last of one.
    future_months : int
        Months after ``end`` for which the truth goes on: exits that no file tells yet.
    seed : int
        The same seed gives the same bytes.
    purchases_per_month : float
        Mean of the customers' usual rates, the monthly charge not counted.
    charged : bool
        Whether every month under contract has a charge, on the customer's own day of the month.
        Without it silences can be long.
    leaving_per_month : float
        Hazard of a customer of average behaviour, a month.
    dated : bool
        Whether customers.csv has a column ``churn_date`` beside ``churn``.
    before_share : float
        Share of customers who signed up in the two years before ``start``.
    dirty_share, duplicate_share : float
        Shares of rows that something is wrong with, and that stand twice.

    Raises
    ------
    InputError
        A number is impossible.
    """

    customers: int = 5_000
    start: dt.date = dt.date(2023, 1, 1)
    end: dt.date = dt.date(2024, 12, 31)
    future_months: int = 6
    seed: int = 42
    purchases_per_month: float = 3.0
    charged: bool = True
    leaving_per_month: float = 0.022
    dated: bool = False
    before_share: float = 0.35
    dirty_share: float = 0.01
    duplicate_share: float = 0.005

    def __post_init__(self) -> None:
        check(self.customers >= 1, "customers must be at least 1")
        check(self.start < self.end, "start must be before end")
        check(self.start.day == 1, "start must be the first of a month")
        check((self.end + dt.timedelta(days=1)).day == 1, "end must be the last of a month")
        check(self.future_months >= 0, "future_months must not be negative")
        check(self.purchases_per_month > 0, "purchases_per_month must be above 0")
        check(0 < self.leaving_per_month < 1, "leaving_per_month must be between 0 and 1")
        check_shares(self)

    @property
    def days(self) -> int:
        """Length of the files' time in days, both ends counted.

        Examples
        --------
        >>> SubscriptionSettings().days
        731
        """
        return (self.end - self.start).days + 1

    @property
    def months(self) -> list[dt.date]:
        """First days of all months that the truth knows, and of the one after the last.

        Examples
        --------
        >>> len(SubscriptionSettings().months), str(SubscriptionSettings().months[-1])
        (31, '2025-07-01')
        """
        first = self.start.year * 12 + self.start.month - 1
        last = self.end.year * 12 + self.end.month + self.future_months
        return [dt.date(month // 12, month % 12 + 1, 1) for month in range(first, last + 1)]
