"""What a segment is: its size, its revenue, and every feature against the whole base."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from clientela.i18n import Lang
from clientela.statistics.arrays import Doubles, Mask, doubles, list_numeric_columns, sum_exactly

ADDITIVE = frozenset(
    {
        *("orders", "revenue", "gross_revenue", "returned_amount", "fees_amount", "lines", "units"),
        *("returned_units", "return_orders", "cancelled_orders", "unmatched_returned_amount"),
        *(f"{name}_{days}d" for name in ("orders", "revenue") for days in (30, 90, 365)),
    }
)
"""Features whose sum over customers means something."""


@dataclass(frozen=True)
class Stat:
    """A feature in a segment.

    Parameters
    ----------
    median, mean : float or None
        In the feature's unit; None where no member has a value.
    index : float or None
        100 times the segment's mean over the base's: 200 is twice as much; None where the base's
        mean is 0 or unknown.
    rank : float or None
        Where the median stands among all customers, from 0 (lowest) to 1 (highest).
    share : float or None
        The segment's part of the whole base's sum; None for features that do not add up over
        customers, and where that sum is not above 0.
    """

    median: float | None
    mean: float | None
    index: float | None
    rank: float | None
    share: float | None = None


@dataclass(frozen=True, kw_only=True)
class Size:
    """How large a segment is.

    Parameters
    ----------
    customers : int
        Members.
    customers_share : float or None
        Of all customers; None where there are none.
    revenue : float
        Net revenue of its members, in the workspace's currency.
    revenue_share : float or None
        Of all net revenue; None unless that is above 0.
    """

    customers: int
    customers_share: float | None
    revenue: float
    revenue_share: float | None


@dataclass(frozen=True, kw_only=True)
class Profile(Size):
    """A segment as people read it: its size, and what follows.

    Parameters
    ----------
    id : int
        The segment's id.
    names, descriptions : mapping
        Language to text.
    features : mapping
        Every numeric feature of the snapshot.
    """

    id: int
    names: Mapping[Lang, str]
    descriptions: Mapping[Lang, str]
    features: Mapping[str, Stat]


def stats(snapshot: pa.Table, segments: Mapping[int, Mask]) -> dict[int, dict[str, Stat]]:
    """Measure every numeric feature in every segment.

    Values are sorted before they are averaged, so that the order of rows changes no bit.
    """
    found: dict[int, dict[str, Stat]] = {segment: {} for segment in segments}
    for name in list_numeric_columns(snapshot):
        values = doubles(snapshot, name)
        base = np.sort(values[~np.isnan(values)])
        whole = sum_exactly(base) if name in ADDITIVE else 0.0
        for segment, members in segments.items():
            found[segment][name] = _stat(values[members], base, whole)
    return found


def rank(ordered: Doubles, value: float) -> float:
    """Give the share of values below one, plus half of those equal to it.

    Examples
    --------
    >>> rank(np.array([1.0, 2.0, 2.0, 9.0]), 2.0)
    0.5
    """
    below, upto = (np.searchsorted(ordered, value, side) for side in ("left", "right"))
    return float(below + upto) / 2 / len(ordered)


def _stat(values: Doubles, base: Doubles, whole: float) -> Stat:
    known = np.sort(values[~np.isnan(values)])
    if not known.size:
        return Stat(None, None, None, None)
    median, mean, usual = float(np.median(known)), float(known.mean()), float(base.mean())
    index = 100 * mean / usual if usual else None
    share = sum_exactly(known) / whole if whole > 0 else None
    return Stat(median, mean, index, rank(base, median), share)
