"""The day that a backtest takes for today, and the days after it on which it is judged."""

import datetime as dt
from dataclasses import dataclass

from clientela.errors import InputError

LEAST_DAYS = 30
LEAST_CUSTOMERS = 20


@dataclass(frozen=True)
class Period:
    """What is known and what is judged, local days.

    Parameters
    ----------
    first_day, last_day : datetime.date
        The first and the last day of the data, both included.
    as_of : datetime.date
        The last day that may be learnt from.
    horizon_days : int
        Days after it that are judged.

    Examples
    --------
    >>> day = dt.date(1997, 9, 30)
    >>> Period(dt.date(1997, 1, 1), dt.date(1998, 6, 30), day, 273).upto
    datetime.date(1998, 6, 30)
    """

    first_day: dt.date
    last_day: dt.date
    as_of: dt.date
    horizon_days: int

    @property
    def upto(self) -> dt.date:
        """The last day that is judged."""
        return self.as_of + dt.timedelta(days=self.horizon_days)


def chosen(
    first_day: dt.date, last_day: dt.date, as_of: dt.date | None, horizon_days: int
) -> Period:
    """Choose the days: the last horizon of the data is judged, unless another day is asked for.

    Parameters
    ----------
    first_day, last_day : datetime.date
        The first and the last day of the data, both included.
    as_of : datetime.date, optional
        The day asked for.
    horizon_days : int
        Days to judge.

    Raises
    ------
    InputError
        The day lies outside the data, the days after it are not over, or too few lie before it.
    """
    latest = last_day - dt.timedelta(days=horizon_days)
    day = as_of or latest
    if as_of and not first_day <= as_of <= last_day:
        raise InputError(
            f"{as_of} lies outside the data, which goes from {first_day} to {last_day}",
            where="--as-of",
            do="give a day inside, with enough days before and after it",
        )
    if day > latest:
        raise InputError(
            f"{horizon_days} days after {day} reach beyond {last_day}, the last day of the data",
            where="--horizon-days",
            do=f"give --as-of {latest} or earlier, or fewer days",
        )
    if (day - first_day).days < LEAST_DAYS:
        raise InputError(
            f"only {max((day - first_day).days, 0)} days of history lie before {day}: at least "
            f"{LEAST_DAYS} are needed",
            where="--as-of" if as_of else "--horizon-days",
            do="give a later day, fewer days to judge, or a longer history",
        )
    return Period(first_day, last_day, day, horizon_days)


def see_customers(customers: int, as_of: dt.date) -> None:
    """Refuse to learn from fewer customers than would tell anything.

    Raises
    ------
    InputError
        There are too few.
    """
    if customers < LEAST_CUSTOMERS:
        raise InputError(
            f"{customers} customers had bought by {as_of}: at least {LEAST_CUSTOMERS} are needed",
            do="give a later day or a longer history",
        )
