"""The cohorts of a chart as lists: who first ordered in each month."""

import datetime as dt
from typing import cast

from clientela.i18n import format_month
from clientela.report.answer import Chart
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import Page
from clientela.serving.results import Results
from clientela.serving.routes.evidence import COHORTS
from clientela.store.filters import Condition, Filter, FilterGroup, write_filter

FIRST_ORDER = "first_order_date"


async def list_cohorts(
    page: Page, results: Results, chart: Chart, narrowed: CrossFilter
) -> list[tuple[str, str, int]]:
    """List the rows of the chart of cohorts by name, each with its customers, to who may see them.

    A cell tells how many of them ordered again in a month; which, no published column knows.
    """
    if chart.key != COHORTS or not page.may("lists"):
        return []
    rows = await results.ask(lambda reader: reader.table("cohorts").content)
    months = {format_month(day, page.lang): day for row in rows for day in [_read_day(row)]}
    return [
        (
            series.name,
            page.link(
                "customers", filter=write_filter(narrowed.narrow(_pick_month(months[series.name])))
            ),
            place,
        )
        for place, series in enumerate(chart.series)
        if series.name in months
    ]


def _read_day(row: object) -> dt.date:
    return cast("dict[str, dt.date]", row)["cohort"]


def _pick_month(first: dt.date) -> Filter:
    """Return the filter of whose first order fell in a month.

    Examples
    --------
    >>> write_filter(_pick_month(dt.date(2011, 12, 1)))
    "first_order_date >= '2011-12-01' and first_order_date < '2012-01-01'"
    """
    following = (first + dt.timedelta(days=31)).replace(day=1)
    begun = Condition(FIRST_ORDER, ">=", first.isoformat())
    return FilterGroup("and", (begun, Condition(FIRST_ORDER, "<", str(following))))
