"""Where a customer stands among those of the same segment: more than how many, less than how many.

Hundredths of the segment are read once a run from its DuckDB file; a person's place is found by
them, so that a page costs no count of its own.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, cast

from clientela.errors import InputError, PlatformError
from clientela.serving.filtering import get_filters
from clientela.serving.problems import AnyRequest
from clientela.store.read import Row

# What describes a person's habits best, beside what is usual in the segment
HABITS = (
    "orders",
    "revenue",
    "revenue_365d",
    "average_order_value",
    "days_since_last",
    "gap_days_mean",
    "products",
    "returned_share",
)
HUNDREDTHS = tuple(part / 100 for part in range(1, 100))
LEAST_PEERS = 20  # by convention: of fewer each is five hundredths, and could be recognised
Side = Literal["more", "less", "same"]


class Standing(NamedTuple):
    """A person's place in the segment by a habit: at least these shares have less, and more."""

    feature: str
    own: float
    less: float
    more: float

    @property
    def side(self) -> Side:
        """Return whether the person has more or less than most; the same where half have."""
        if self.less + self.more < 0.5:
            return "same"
        return "more" if self.less >= self.more else "less"


async def find_standing(request: AnyRequest, row: Row) -> list[Standing]:
    """Find a customer's place in the segment by each habit that is known of both.

    Nothing where the run has no segments, the segment is small, or filters are busy.
    """
    if row["segment"] is None:
        return []
    try:
        quantiles = await get_filters(request).list_quantiles(
            request, cast(int, row["segment"]), HABITS, HUNDREDTHS
        )
    except (InputError, PlatformError):  # the person's page does not wait for filters
        return []
    return _place_in_segment(row, quantiles)


def _place_in_segment(
    row: Row, quantiles: Mapping[str, tuple[int, Sequence[float]]]
) -> list[Standing]:
    return [
        Standing(name, float(cast(float, row[name])), *find_place(cast(float, row[name]), points))
        for name, (peers, points) in quantiles.items()
        if row[name] is not None and peers >= LEAST_PEERS
    ]


def find_place(own: float, hundredths: Sequence[float]) -> tuple[float, float]:
    """Return what share at least has less, and more, by the hundredths of all.

    Examples
    --------
    >>> thousand = [float(number * 10) for number in range(1, 100)]
    >>> find_place(835.0, thousand)
    (0.83, 0.16)
    >>> find_place(1.0, [1.0] * 99)
    (0.0, 0.0)
    """
    parts = len(hundredths) + 1
    above = bisect_right(hundredths, own)
    more = (parts - above - 1) / parts if above < len(hundredths) else 0.0
    return bisect_left(hundredths, own) / parts, more
