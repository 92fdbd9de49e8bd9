"""Each segment as a rule of a few readable conditions, with how far the rule can be trusted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.i18n import LANGS, NO_CURRENCY, Lang, format_money, format_number, t
from clientela.segments.describe.exploration import list_compared_features
from clientela.segments.describe.tree import Leaf, Range, grow_leaves
from clientela.segments.fit.space_sample import draw_rows
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import Assignment, SegmentModel, translate_segment_name
from clientela.statistics.arrays import Doubles, Mask, doubles

ROWS = 20_000
"""Customers on whom the tree is grown, beyond this many; it is measured on all."""

READABLE_UNITS = ("amount", "count", "units", "days")
Ids = npt.NDArray[np.int64]


@dataclass(frozen=True)
class SegmentRule:
    """A segment in words.

    Parameters
    ----------
    texts : mapping
        Language to sentence.
    precision, recall : float or None
        Of those the rule names, the share that are members; of the members, the share it names.
        None where the segment has no rule of its own.
    """

    texts: Mapping[Lang, str]
    precision: float | None = None
    recall: float | None = None


@dataclass(frozen=True)
class SegmentRules:
    """The rules of all segments, by id.

    ``fidelity`` is the share of customers whom the rules put where they belong; None without
    customers.
    """

    fidelity: float | None
    rules: Mapping[int, SegmentRule]


def write_segment_rules(
    snapshot: pa.Table, model: SegmentModel, assignment: Assignment, currency: str | None
) -> SegmentRules:
    """Describe the segments by one shallow tree over the space's amounts, counts and days.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        Named, so that a segment without a rule can say whose rule takes its members.
    assignment : Assignment
        The segment of each row.
    currency : str or None
        ISO 4217 code of the amounts; bare numbers without it.
    """
    if len(model.ids) == 1 or not snapshot.num_rows:
        return _everyone(model, snapshot.num_rows)
    space, segment = list_compared_features(model, snapshot), assignment.segment
    taken = draw_rows(snapshot, ROWS, model.card.seed)
    grown = _grown(snapshot.take(taken), segment[taken], space, model.card.seed)
    told = _told(snapshot, grown)
    rules = {}
    for one in model.ids:
        own, members = [leaf for leaf in grown if leaf.label == one], segment == one
        if own and members.any():
            texts = {lang: write_rule(own, currency, lang) for lang in LANGS}
            rules[one] = SegmentRule(texts, *_trust(members, told == one))
        else:
            rules[one] = SegmentRule(_no_rule(model, told[members]))
    return SegmentRules(float((told == segment).mean()), rules)


def _trust(members: Mask, named: Mask) -> tuple[float | None, float]:
    hits, many = int((members & named).sum()), int(named.sum())
    return hits / many if many else None, hits / int(members.sum())


def _everyone(model: SegmentModel, customers: int) -> SegmentRules:
    key = "segment.rule.everyone" if customers else "segment.size.none"
    share = 1.0 if customers else None
    rule = SegmentRule({lang: t(key, lang) for lang in LANGS}, share, share)
    return SegmentRules(share, dict.fromkeys(model.ids, rule))


def _grown(rows: pa.Table, segment: Ids, space: Sequence[str], seed: int) -> list[Leaf]:
    values = _readable(rows, space) or _readable(rows, DEFAULT_FEATURES)
    return grow_leaves(values, segment, {name: find_feature(name).unit for name in values}, seed)


def _readable(rows: pa.Table, names: Sequence[str]) -> dict[str, Doubles]:
    """Read the features that people can check a customer by: known to all, no shares or ratios."""
    able = (name for name in names if find_feature(name).unit in READABLE_UNITS)
    values = {name: doubles(rows, name) for name in able if name in rows.column_names}
    return {name: column for name, column in values.items() if not np.isnan(column).any()}


def _told(rows: pa.Table, grown: Sequence[Leaf]) -> Ids:
    """Give each customer the segment of its leaf; the leaves leave nobody out."""
    asked = {name: doubles(rows, name) for leaf in grown for name in leaf.box}
    told = np.full(rows.num_rows, grown[0].label, dtype=np.int64)
    for leaf in grown[1:]:
        told[leaf.holds(asked)] = leaf.label
    return told


def _no_rule(model: SegmentModel, told: Ids) -> dict[Lang, str]:
    if not told.size:
        return {lang: t("segment.size.none", lang) for lang in LANGS}
    other = int(np.bincount(told).argmax())
    names = dict(zip(model.ids, model.names, strict=False))
    if other not in names:
        return {lang: t("segment.rule.none", lang) for lang in LANGS}
    return {
        lang: t("segment.rule.other", lang, name=translate_segment_name(names[other], lang))
        for lang in LANGS
    }


NOUNS = {
    "days_since_last": "segment.rule.days",
    "orders": "segment.orders",
    "revenue": None,
    "tenure_days": "segment.rule.days",
    "products": "segment.rule.products",
    "average_order_value": None,
}
"""Features with phrases of their own, in the order they are said, and what they count."""

WHOLE = ("count", "days")


def write_rule(leaves: Sequence[Leaf], currency: str | None, lang: Lang) -> str:
    """Say which customers lie in any of some leaves, as one sentence.

    Examples
    --------
    >>> box = {"days_since_last": Range(None, 61), "orders": Range(5), "revenue": Range(900)}
    >>> write_rule([Leaf(box, 1)], "GBP", "en")
    'Bought in the last 60 days, at least 5 orders, spent £900 or more.'
    >>> write_rule([Leaf({"orders": Range(None, 2)}, 1)], "BRL", "pt_BR")
    'Um só pedido.'
    """
    parts = [", ".join(_conditions(leaf, currency, lang)) for leaf in leaves]
    if not all(parts):
        return t("segment.rule.everyone", lang)
    text = reduce(lambda one, other: t("segment.rule.or", lang, one=one, other=other), parts)
    return f"{text[:1].upper()}{text[1:]}."


def write_condition(name: str, limits: Range, currency: str | None, lang: Lang) -> str:
    """Say a range of a feature that is open on one side at most.

    Examples
    --------
    >>> write_condition("tenure_days", Range(101, 301), None, "en")
    'first bought 101 to 300 days ago'
    >>> write_condition("units", Range(30), None, "en")
    '“Units”: 30 or more'
    """
    low, high = limits
    side = _side(name, limits)
    if side == "from" and low is not None and NOUNS.get(name) == "segment.rule.days":
        low -= 1  # "more than 60 days ago" begins on day 61
    if high is not None and name in NOUNS and find_feature(name).unit in WHOLE:
        high -= 1
    values = {
        "label": t(f"feature.{name}.label", lang),
        "low": _written(name, low, currency, lang, counted=side == "from"),
        "high": _written(name, high, currency, lang, counted=True),
    }
    return t(f"segment.rule.{name if name in NOUNS else 'other'}.{side}", lang, **values)


def _conditions(leaf: Leaf, currency: str | None, lang: Lang) -> Iterator[str]:
    worded = [name for name in NOUNS if name in leaf.box]
    for name in (*worded, *(name for name in leaf.box if name not in NOUNS)):
        yield write_condition(name, leaf.box[name], currency, lang)


def _side(name: str, limits: Range) -> str:
    low, high = limits
    if high is None:
        return "from"
    if name == "orders" and high == 2:
        return "once"
    if low is None:
        return "below"
    return "is" if NOUNS.get(name) and low == high - 1 else "between"


def _written(
    name: str, value: float | None, currency: str | None, lang: Lang, *, counted: bool
) -> str:
    if value is None:
        return ""
    if find_feature(name).unit == "amount" and currency not in (None, NO_CURRENCY):
        return format_money(value, str(currency), lang, whole=float(value).is_integer())
    noun = NOUNS.get(name)
    if not noun or not counted:
        return _plain(value, lang)
    return t(f"{noun}.{'one' if value == 1 else 'other'}", lang, n=_plain(value, lang))


def _plain(value: float, lang: Lang) -> str:
    return format_number(value, lang, 0 if float(value).is_integer() else 2)
