"""Segment profiles: size, revenue, every feature against the whole base, and sentences."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from clientela.i18n import LANGS, Lang, format_amount, format_number, format_share, t
from clientela.segments.score.model import SegmentModel, translate_segment_name
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, Mask, doubles, list_numeric_columns, sum_exactly

ADDITIVE = frozenset(
    {
        *("orders", "revenue", "gross_revenue", "returned_amount", "fees_amount", "lines", "units"),
        *("returned_units", "return_orders", "cancelled_orders", "unmatched_returned_amount"),
        *(f"{name}_{days}d" for name in ("orders", "revenue") for days in (30, 90, 365)),
    }
)
"""Features whose sum over customers means something."""

DISTINCTIVE_FEATURES = (
    "revenue",
    "orders",
    "days_since_last",
    "tenure_days",
    "average_order_value",
    "products",
    "returned_share",
)
"""Features with words of their own for more and for less than other segments."""

MOST_WORDS = 3
"""By convention: what a reader takes in at a glance."""

FAR_RANKS, NEAR_RANKS = 0.15, 0.10
"""By convention: ranks from the middle from which a median is far from it, or no longer near."""

MEAN_RATIO = 1.25
"""By convention: times the base's mean from which a segment's mean is called more."""


@dataclass(frozen=True)
class FeatureStat:
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
class SegmentProfile:
    """A segment as people read it.

    Parameters
    ----------
    id : int
        The segment's id.
    customers : int
        Members.
    customers_share : float or None
        Of all customers; None where there are none.
    revenue : float
        Net revenue of its members, in the workspace's currency.
    revenue_share : float or None
        Of all net revenue; None unless that is above 0.
    features : mapping
        Every numeric feature of the snapshot.
    names, descriptions : mapping
        Language to text.
    """

    id: int
    customers: int
    customers_share: float | None
    revenue: float
    revenue_share: float | None
    features: Mapping[str, FeatureStat]
    names: Mapping[Lang, str]
    descriptions: Mapping[Lang, str]


def profile_segments(
    model: SegmentModel, snapshot: pa.Table, segment: Labels, currency: str | None
) -> list[SegmentProfile]:
    """Profile every segment of a named model on a snapshot.

    Parameters
    ----------
    model : SegmentModel
        With names, of :func:`clientela.segments.describe.segment_names.name_segments`.
    snapshot : pa.Table
        One row a customer, with all its features.
    segment : array of int
        The segment of each row.
    currency : str or None
        ISO 4217 code of the amounts in the descriptions; bare numbers without it.
    """
    segments = {number: segment == number for number in model.ids}
    features = measure_features(snapshot, segments)
    revenue, customers = doubles(snapshot, "revenue"), snapshot.num_rows
    base_revenue, profiles = sum_exactly(revenue), []
    for (number, members), key in zip(segments.items(), model.names, strict=True):
        size, segment_revenue = int(members.sum()), sum_exactly(revenue[members])
        profile = SegmentProfile(
            id=number,
            customers=size,
            customers_share=size / customers if customers else None,
            revenue=segment_revenue,
            revenue_share=segment_revenue / base_revenue if base_revenue > 0 else None,
            features=features[number],
            names={lang: translate_segment_name(key, lang) for lang in LANGS},
            descriptions={},
        )
        descriptions = {lang: describe_segment(profile, currency, lang) for lang in LANGS}
        profiles.append(replace(profile, descriptions=descriptions))
    return profiles


def measure_features(
    snapshot: pa.Table, segments: Mapping[int, Mask]
) -> dict[int, dict[str, FeatureStat]]:
    """Measure every numeric feature in every segment.

    Values are sorted before they are averaged, so that the order of rows changes no bit.
    """
    stats: dict[int, dict[str, FeatureStat]] = {segment: {} for segment in segments}
    for name in list_numeric_columns(snapshot):
        values = doubles(snapshot, name)
        base = np.sort(values[~np.isnan(values)])
        base_sum = sum_exactly(base) if name in ADDITIVE else 0.0
        for segment, members in segments.items():
            stats[segment][name] = _measure_feature(values[members], base, base_sum)
    return stats


def rank_value(ordered: Doubles, value: float) -> float:
    """Return the share of values below one, plus half of those equal to it.

    Examples
    --------
    >>> rank_value(np.array([1.0, 2.0, 2.0, 9.0]), 2.0)
    0.5
    """
    below, upto = (np.searchsorted(ordered, value, side) for side in ("left", "right"))
    return float(below + upto) / 2 / len(ordered)


def _measure_feature(values: Doubles, base: Doubles, base_sum: float) -> FeatureStat:
    values = np.sort(values[~np.isnan(values)])
    if not values.size:
        return FeatureStat(None, None, None, None)
    median, mean, base_mean = float(np.median(values)), float(values.mean()), float(base.mean())
    index = 100 * mean / base_mean if base_mean else None
    base_share = sum_exactly(values) / base_sum if base_sum > 0 else None
    return FeatureStat(median, mean, index, rank_value(base, median), base_share)


def describe_segment(profile: SegmentProfile, currency: str | None, lang: Lang) -> str:
    """Write how large a segment is, how its median customer buys and what sets it apart."""
    if not profile.customers:
        return t("segment.size.none", lang)
    features = profile.features
    typical = t(
        "segment.typical",
        lang,
        orders=_count("segment.orders", features["orders"].median or 0.0, lang),
        days=_count("segment.days_ago", features["days_since_last"].median or 0.0, lang),
        revenue=format_amount(features["revenue"].median or 0.0, lang, currency),
    )
    return " ".join([_describe_size(profile, lang), typical, _describe_differences(features, lang)])


def _describe_size(profile: SegmentProfile, lang: Lang) -> str:
    customers = _count("segment.customers", profile.customers, lang)
    base_share = format_share(profile.customers_share or 0.0, lang)
    if profile.revenue_share is None:
        return t("segment.size.customers", lang, customers=customers, share=base_share)
    revenue = format_share(profile.revenue_share, lang)
    return t("segment.size.revenue", lang, customers=customers, share=base_share, revenue=revenue)


def _describe_differences(features: Mapping[str, FeatureStat], lang: Lang) -> str:
    distances = {
        name: _measure_distance(features[name]) for name in DISTINCTIVE_FEATURES if name in features
    }
    names = sorted(
        (name for name in distances if distances[name]), key=lambda name: -abs(distances[name])
    )
    words = [_word_difference(name, distances[name], lang) for name in names[:MOST_WORDS]]
    if not words:
        return _describe_median(features, lang)
    return t("segment.apart", lang, words=", ".join(words))


def _describe_median(features: Mapping[str, FeatureStat], lang: Lang) -> str:
    """Compare medians alone, where a few enormous customers lift the means of all others away."""
    ranks = {name: features[name].rank for name in DISTINCTIVE_FEATURES if name in features}
    distances = {name: rank - 0.5 for name, rank in ranks.items() if rank is not None}
    name = max(distances, key=lambda name: abs(distances[name]), default="")
    if not name or abs(distances[name]) < NEAR_RANKS:
        return t("segment.apart.none", lang)
    words = _word_difference(name, distances[name], lang)
    return t(
        "segment.apart.typical",
        lang,
        words=words,
        share=format_share(0.5 + abs(distances[name]), lang),
    )


def _word_difference(name: str, distance: float, lang: Lang) -> str:
    return t(f"segment.apart.{name}.{'more' if distance > 0 else 'less'}", lang)


def _measure_distance(stat: FeatureStat) -> float:
    """Return how far a segment's median ranks from the middle; 0 unless its mean agrees."""
    if stat.rank is None or stat.index is None:
        return 0.0
    above = stat.rank >= 0.5 + FAR_RANKS and stat.index >= 100 * MEAN_RATIO
    below = stat.rank <= 0.5 - FAR_RANKS and stat.index <= 100 / MEAN_RATIO
    return stat.rank - 0.5 if above or below else 0.0


def _count(key: str, value: float, lang: Lang) -> str:
    form = "one" if value == 1 else "other"
    if value == 0 and key == "segment.days_ago":
        form = "zero"
    return t(
        f"{key}.{form}", lang, n=format_number(value, lang, 0 if float(value).is_integer() else 1)
    )
