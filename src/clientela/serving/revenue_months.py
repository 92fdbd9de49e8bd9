"""Revenue month by month: of this year and the one before, as planned, and what is expected."""

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from clientela.store.read import Reader, Row

MONTHS = 12  # of the past; the same months of the year before stand behind
AHEAD_MONTHS = 3  # by convention: a quarter of plans and forecasts stands beside a year of months


class RevenueMonth(NamedTuple):
    """A month: net revenue, that of the year before, the plan, and the forecast with its ends."""

    month: dt.date
    net: float | None
    year_before: float | None
    planned: float | None
    expected: float | None
    low: float | None
    high: float | None


def read_forecast(reader: Reader) -> Row | None:
    """Return the published forecast of all customers over the fewest days, else of today's."""
    rows = [row for row in reader.table("value_forecast").content if row["expected"] is not None]
    for group in ("everyone", "known"):
        of_group = [row for row in rows if row["customer_group"] == group]
        if of_group:
            return min(of_group, key=lambda row: cast(int, row["days"]))
    return None


def list_months(
    months: Sequence[Row], targets: Sequence[Row], forecast: Row | None, as_of: dt.date
) -> list[RevenueMonth]:
    """List the last months of the past and those ahead that are planned or expected.

    Parameters
    ----------
    months, targets : sequence of dict
        ``revenue_by_month``, and what is planned.
    forecast : dict, optional
        Of :func:`read_forecast`.
    as_of : datetime.date
        The day of the run, from whose next one the forecast counts.
    """
    net = {cast(dt.date, row["month"]): cast(float, row["net"]) for row in months}
    planned = {cast(dt.date, row["month"]): cast(float, row["amount"]) for row in targets}
    expected = _spread_forecast(forecast, as_of) if forecast else {}
    if not net:
        return []
    shown = sorted(net)[-MONTHS:]
    ahead = sorted(month for month in {*planned, *expected} if month > shown[-1])
    nothing = (None, None, None)
    return [
        RevenueMonth(
            month,
            net.get(month),
            net.get(month.replace(year=month.year - 1)),
            planned.get(month),
            *expected.get(month, nothing),
        )
        for month in [*shown, *ahead[:AHEAD_MONTHS]]
    ]


def _spread_forecast(
    forecast: Row, as_of: dt.date
) -> Mapping[dt.date, tuple[float | None, float | None, float | None]]:
    """Spread a forecast over the whole months of its days, evenly by day.

    Examples
    --------
    >>> whole = {"days": 90, "expected": 900.0, "low": 450.0, "high": None}
    >>> ahead = _spread_forecast(whole, dt.date(2011, 12, 9))
    >>> [(month.month, amounts) for month, amounts in ahead.items()]
    [(1, (310.0, 155.0, None)), (2, (290.0, 145.0, None))]
    """
    days = cast(int, forecast["days"])
    last, spread = as_of + dt.timedelta(days), {}
    month = (as_of + dt.timedelta(1)).replace(day=1)
    while month <= last:
        length = calendar.monthrange(month.year, month.month)[1]
        if month > as_of and month + dt.timedelta(length - 1) <= last:
            ends = (cast("float | None", forecast[name]) for name in ("expected", "low", "high"))
            expected, low, high = (end and end * length / days for end in ends)
            spread[month] = expected, low, high
        month = month + dt.timedelta(length)
    return spread
