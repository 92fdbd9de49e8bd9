"""What a simulated shop is like."""

import datetime as dt
from dataclasses import dataclass

from clientela.simulate.checks import check, check_shares
from clientela.simulate.groups import RETAIL_GROUPS, Group


@dataclass(frozen=True)
class RetailSettings:
    """The shop to simulate; the defaults resemble the year of UCI Online Retail.

    Parameters
    ----------
    customers : int
        Identified customers, each with at least one purchase.
    start, end : datetime.date
        First and last day, both inclusive.
    seed : int
        The same seed gives the same bytes.
    products : int
        Size of the catalogue.
    season : float
        0: every day is like another; 1: weekdays, weekends and a Christmas peak.
    missing_customer_share : float
        Share of orders, and so about of lines, that name no customer.
    return_share : float
        Share of lines of which something is given back days later.
    cancelled_share : float
        Share of orders cancelled whole within the hour.
    fee_share : float
        Share of orders with a line that is no product: postage, carriage, a discount.
    duplicate_share : float
        Share of lines that stand twice, equal in every column.
    dirty_share : float
        Share of lines that something is wrong with, spread evenly over the kinds of dirt.
    groups : tuple of Group
        The latent groups.

    Raises
    ------
    InputError
        A number is impossible.
    """

    customers: int = 2_000
    start: dt.date = dt.date(2010, 12, 1)
    end: dt.date = dt.date(2011, 12, 9)
    seed: int = 42
    products: int = 1_500
    season: float = 1.0
    missing_customer_share: float = 0.15
    return_share: float = 0.02
    cancelled_share: float = 0.01
    fee_share: float = 0.10
    duplicate_share: float = 0.01
    dirty_share: float = 0.01
    groups: tuple[Group, ...] = RETAIL_GROUPS

    def __post_init__(self) -> None:
        check(self.customers >= 1, "customers must be at least 1")
        check(10 <= self.products <= 15_000, "products must be between 10 and 15,000")
        check(self.start < self.end, "start must be before end")
        check(self.season >= 0, "season must not be negative")
        check(len(self.groups) > 0, "at least one group is needed")
        check_shares(self)

    @property
    def days(self) -> int:
        """Length of the simulated time in days, both ends counted.

        Examples
        --------
        >>> RetailSettings().days
        374
        """
        return (self.end - self.start).days + 1
