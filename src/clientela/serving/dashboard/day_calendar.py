"""A calendar of the weeks ahead: how many customers have their day on each, with their list."""

import datetime as dt
from typing import cast

from clientela.contract.features import FEATURES
from clientela.errors import PlatformError
from clientela.serving.dashboard.cross_filter import CrossFilter
from clientela.serving.dashboard.frame import Page
from clientela.serving.dashboard.heat import HeatMap
from clientela.serving.filtering import get_filters
from clientela.serving.routes.value import AHEAD_DAYS
from clientela.store.filters import Condition, write_filter

WEEKDAYS = [feature.name for feature in FEATURES if feature.name.startswith("weekday_share_")]


async def draw_calendar(
    page: Page, narrowed: CrossFilter, name: str, title: str, **told: str
) -> HeatMap | None:
    """Draw the weeks ahead, each day with whose day it is; nothing while filters are busy.

    Parameters
    ----------
    name : str
        The column of customers that has their day.
    title : str
        The key of the title, of whose note ``told`` are further values.
    """
    if not page.may("lists"):
        return None
    try:
        count = get_filters(page.request).count_days
        reading = await count(page.request, name, AHEAD_DAYS, narrowed.tree)
    except PlatformError:
        return None
    counts = {cast(dt.date, row["day"]): cast(int, row["customers"]) for row in reading.content}
    if not counts:
        return None
    monday = min(counts) - dt.timedelta(min(counts).weekday())
    length, week = (max(counts) - monday).days + 1, len(WEEKDAYS)
    days = [monday + dt.timedelta(number) for number in range(-(-length // week) * week)]
    largest_count = max(counts.values())

    def draw(day: dt.date) -> tuple[str, str, float]:
        count = counts.get(day, 0)
        if not count:
            return "", "", 0.0
        tree = narrowed.narrow(Condition(name, "=", str(day)))
        link = page.link("customers", filter=write_filter(tree))
        return page.write(count, "count"), link, count / largest_count

    weeks = [days[start : start + week] for start in range(0, len(days), week)]
    return HeatMap(
        page.say(title),
        page.say(f"{title}_note", count=page.write(sum(counts.values()), "count"), **told),
        [page.name_feature(weekday) for weekday in WEEKDAYS],
        [(page.write(week[0]), [draw(day) for day in week]) for week in weeks],
    )
