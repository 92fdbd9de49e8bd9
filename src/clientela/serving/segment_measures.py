"""What segments are measured by beside their size: counts that add up, and what is made of them.

The counts come from the run's file of filters and from the segments of earlier runs. Segments that
are shown as one have the sums of their counts, so that their means are weighted.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Annotated, cast

from msgspec import Meta

from clientela.errors import PlatformError
from clientela.serving.filtering import get_filters
from clientela.serving.problems import AnyRequest
from clientela.serving.results import get_results
from clientela.serving.small_groups import find_hidden, hides_small, is_small, keep_parts
from clientela.store.earlier_runs import find_run_since, list_past
from clientela.store.filters import PREVIOUS
from clientela.store.read import Reader, Row

USUAL = (PREVIOUS, "year")  # by convention: what is new, and what is more than the season
COUNTED = (
    *("orders", "gross_revenue", "repeat_customers"),
    *("banded", "high_risk", "scored", "churn_sum", "expected_revenue"),
)
GROWN = ("customers", "revenue")
BEFORE = "before"
MEASURES = {
    "growth": Annotated[
        dict[str, dict[str, float | None]],
        Meta(description="Growth of customers and revenue since the run before, and since a year"),
    ],
    "mean_order": Annotated[
        float | None, Meta(description="What an order brought on average, before returns")
    ],
    "repeat_share": Annotated[
        float | None, Meta(description="Share of customers with more than one order")
    ],
    "high_risk_share": Annotated[
        float | None, Meta(description="Share of customers at high risk of leaving")
    ],
    "churn_probability": Annotated[
        float | None, Meta(description="Their mean, of those whose risk is known")
    ],
    "expected_revenue": Annotated[
        float | None, Meta(description="Expected of them within the days of the forecast")
    ],
}
"""Fields of a segment; absent where filters are busy, or where they would tell of few people."""


async def find_compared(request: AnyRequest) -> dict[str, str]:
    """Find the run before and the one of a year ago, those of them that are kept."""
    past = await get_results(request).ask(list_past, long=True)
    runs = {since: find_run_since(past, since) for since in USUAL}
    return {since: run_id for since, run_id in runs.items() if run_id}


async def add_counts(
    request: AnyRequest, rows: Sequence[Row], compared: Mapping[str, str]
) -> list[Row]:
    """Add to the segments of a run what their measures are made of, and leave small ones out.

    Parameters
    ----------
    rows : sequence of dict
        All segments of the run.
    compared : mapping
        Runs to compare with, by what since.
    """
    before = await get_results(request).ask(partial(_read_before, compared=compared), long=True)
    earlier = {
        since: {row["segment"]: row for row in keep_parts(request, former)}
        for since, former in before.items()
    }
    shown = keep_parts(request, rows)
    counts = await _read_counts(request, {row["segment"] for row in shown})
    return [
        {
            **row,
            **dict.fromkeys(COUNTED),
            **counts.get(row["segment"], {}),
            BEFORE: {since: former.get(row["segment"]) for since, former in earlier.items()},
        }
        for row in shown
    ]


def _read_before(reader: Reader, compared: Mapping[str, str]) -> dict[str, list[Row]]:
    return {since: reader.table("segments", run).content for since, run in compared.items()}


async def _read_counts(request: AnyRequest, shown: set[object]) -> dict[object, Row]:
    """Read the counts by segment, none of few people; nothing while filters are busy."""
    try:
        rows = (await get_filters(request).count_segments(request)).content
    except PlatformError:
        return {}
    counts: dict[object, Row] = {row["segment"]: {**row} for row in rows}
    if hides_small(request):
        unseen = {number for number, row in enumerate(rows) if row["segment"] not in shown}
        for name, whole in (("repeat_customers", "customers"), ("high_risk", "customers")):
            parts = [cast(int, row[name]) for row in rows]
            rests = [cast(int, row[whole]) - part for row, part in zip(rows, parts, strict=True)]
            for place in find_hidden(parts, unseen) | find_hidden(rests, unseen):
                counts[rows[place]["segment"]][name] = None
        for row in counts.values():
            row["churn_sum"] = None if is_small(row["scored"]) else row["churn_sum"]
    return {
        segment: {name: row[name] for name in COUNTED}
        for segment, row in counts.items()
        if segment in shown
    }


def sum_counts(parts: Sequence[Row]) -> Row:
    """Sum the counts of segments that are shown as one; absent where one of them lacks it."""
    before = [cast("Mapping[str, Row | None]", part.get(BEFORE, {})) for part in parts]
    return {
        **{name: _sum([part.get(name) for part in parts]) for name in COUNTED},
        BEFORE: {
            since: {name: _sum([row[name] for row in then]) for name in GROWN}
            for since in before[0]
            if len(then := [row for counts in before if (row := counts[since])]) == len(parts)
        },
    }


def _sum(amounts: Sequence[object]) -> float | None:
    if any(amount is None for amount in amounts):
        return None
    return sum(cast("list[float]", amounts))


def measure(row: Row) -> Row:
    """Return the measures of a segment, or of some shown as one, from their counts.

    Examples
    --------
    >>> then = {"run": {"customers": 8, "revenue": 40.0}, "year": None}
    >>> counts = dict.fromkeys(COUNTED) | {"orders": 4, "gross_revenue": 60.0, "high_risk": 5}
    >>> row = measure(counts | {"customers": 10, "revenue": 50.0, "banded": 9, "before": then})
    >>> row["growth"], row["mean_order"], row["high_risk_share"], row["repeat_share"]
    ({'run': {'customers': 0.25, 'revenue': 0.25}}, 15.0, 0.5, None)
    """
    before = cast("Mapping[str, Row | None]", row[BEFORE])
    return {
        "growth": {
            since: {name: _grow(row[name], then[name]) for name in GROWN}
            for since, then in before.items()
            if then
        },
        "mean_order": _divide(row["gross_revenue"], row["orders"]),
        "repeat_share": _divide(row["repeat_customers"], row["customers"]),
        # where nobody has a risk it is not known, rather than none
        "high_risk_share": _divide(row["high_risk"], row["customers"]) if row["banded"] else None,
        "churn_probability": _divide(row["churn_sum"], row["scored"]),
        "expected_revenue": row["expected_revenue"],
    }


def _divide(part: object, total: object) -> float | None:
    if part is None or not total:
        return None
    return float(cast(float, part)) / float(cast(float, total))


def _grow(now: object, then: object) -> float | None:
    ratio = _divide(now, then)
    return None if ratio is None or cast(float, then) < 0 else ratio - 1
