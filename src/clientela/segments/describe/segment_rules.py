"""Each segment as a rule of a few readable conditions, with how far the rule can be trusted."""

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import Any

import numpy as np
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.i18n import LANGS, NO_CURRENCY, Lang, format_money, format_number, t
from clientela.segments.describe.exploration import list_compared_features
from clientela.segments.describe.tree import (
    Box,
    Leaf,
    Limits,
    grow_leaves,
    mark_inside,
    simplify_boxes,
)
from clientela.segments.fit.space_sample import draw_rows
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import SegmentModel, translate_segment_name
from clientela.statistics.agreement import Labels
from clientela.statistics.arrays import Doubles, doubles

ROWS = 20_000
"""Customers on whom the tree is grown, beyond this many; it is measured on everybody."""

READABLE_UNITS = ("amount", "count", "units", "days")
WHOLE_UNITS = ("count", "days")

NOUNS = {
    "days_since_last": "segment.rule.days",
    "orders": "segment.orders",
    "revenue": None,
    "tenure_days": "segment.rule.days",
    "products": "segment.rule.products",
    "average_order_value": None,
}
"""Features with phrases of their own, in the order they are said, and what they count."""

RULES = pa.schema(
    [
        ("segment", pa.int64()),
        ("rule_en", pa.string()),
        ("rule_pt_br", pa.string()),
        ("rule_precision", pa.float64()),
        ("rule_recall", pa.float64()),
    ]
)
"""Columns of the rules: of those a rule names, the share that are members, and the reverse."""


def write_segment_rules(
    snapshot: pa.Table,
    model: SegmentModel,
    segment: Labels,
    currency: str | None,
    leaves: Sequence[Leaf],
) -> tuple[float | None, pa.Table]:
    """Describe the segments by one shallow tree over the space's amounts, counts and days.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        With names, so that a segment without a rule can say whose rule takes its members.
    segment : array of int
        The segment of each row.
    currency : str or None
        ISO 4217 code of the amounts; bare numbers without it.
    leaves : sequence of Leaf
        Of :func:`grow_readable_leaves`, for these or earlier customers of the same model.

    Returns
    -------
    fidelity : float or None
        Share of customers whom the rules put where they belong; None without customers.
    rules : pa.Table
        Of :data:`RULES`, in the order of the model's segments; precision and recall are null where
        a segment has no rule of its own.
    """
    if not leaves or not snapshot.num_rows:
        key = "segment.rule.everyone" if snapshot.num_rows else "segment.size.none"
        trust = 1.0 if snapshot.num_rows else None
        rows = [_write_row(segment, _translate(key), trust, trust) for segment in model.ids]
        return trust, pa.Table.from_pylist(rows, RULES)
    ruled, rows = _assign_by_rules(snapshot, leaves), []
    for number in model.ids:
        own, members = [box for box, label in leaves if label == number], segment == number
        if own and members.any():
            texts = {lang: write_rule(own, currency, lang) for lang in LANGS}
            hits, size = int((members & (ruled == number)).sum()), int((ruled == number).sum())
            precision = hits / size if size else None
            rows.append(_write_row(number, texts, precision, hits / int(members.sum())))
        else:
            rows.append(_write_row(number, _explain_no_rule(model, ruled[members]), None, None))
    return float((ruled == segment).mean()), pa.Table.from_pylist(rows, RULES)


def _write_row(
    segment: int, texts: dict[Lang, str], precision: float | None, recall: float | None
) -> dict[str, Any]:
    return {
        "segment": segment,
        "rule_en": texts["en"],
        "rule_pt_br": texts["pt_BR"],
        "rule_precision": precision,
        "rule_recall": recall,
    }


def _translate(key: str) -> dict[Lang, str]:
    return {lang: t(key, lang) for lang in LANGS}


def grow_readable_leaves(snapshot: pa.Table, model: SegmentModel, segment: Labels) -> list[Leaf]:
    """Grow the tree that tells the segments apart; none where there is one segment or nobody."""
    if len(model.ids) == 1 or not snapshot.num_rows:
        return []
    rows = draw_rows(snapshot, ROWS, model.card.seed)
    sample, space = snapshot.take(rows), list_compared_features(model, snapshot)
    values = _read_readable(sample, space) or _read_readable(sample, DEFAULT_FEATURES)
    units = {name: find_feature(name).unit for name in values}
    return grow_leaves(values, segment[rows], units, model.card.seed)


def _read_readable(rows: pa.Table, names: Sequence[str]) -> dict[str, Doubles]:
    """Read the features that people can check a customer by: without gaps, no shares or ratios."""
    readable = [
        name
        for name in names
        if find_feature(name).unit in READABLE_UNITS and name in rows.column_names
    ]
    values = {name: doubles(rows, name) for name in readable}
    return {name: column for name, column in values.items() if not np.isnan(column).any()}


def _assign_by_rules(rows: pa.Table, leaves: Sequence[Leaf]) -> Labels:
    """Return the segment of each customer's leaf; the leaves leave nobody out."""
    values = {name: doubles(rows, name) for box, _ in leaves for name in box}
    segment = np.full(rows.num_rows, leaves[0][1], dtype=np.int64)
    for box, label in leaves[1:]:
        segment[mark_inside(box, values)] = label
    return segment


def _explain_no_rule(model: SegmentModel, ruled: Labels) -> dict[Lang, str]:
    if not ruled.size:
        return _translate("segment.size.none")
    taker = int(np.bincount(ruled).argmax())
    names = dict(zip(model.ids, model.names, strict=False))
    if taker not in names:
        return _translate("segment.rule.none")
    return {
        lang: t("segment.rule.other", lang, name=translate_segment_name(names[taker], lang))
        for lang in LANGS
    }


def write_rule(leaves: Sequence[Box], currency: str | None, lang: Lang) -> str:
    """Write which customers lie in any of some leaves, as one sentence.

    Examples
    --------
    >>> box = {"days_since_last": (None, 61), "orders": (5, None), "revenue": (900, None)}
    >>> write_rule([box], "GBP", "en")
    'Bought in the last 60 days, at least 5 orders, spent £900 or more.'
    >>> write_rule([{"orders": (None, 2)}], "BRL", "pt_BR")
    'Um só pedido.'
    >>> lapsed = {"days_since_last": (66, None)}
    >>> poor = {**lapsed, "orders": (4, None), "revenue": (None, 8)}
    >>> write_rule([{**lapsed, "orders": (None, 4)}, poor], "GBP", "en")
    'Last bought more than 65 days ago, and one of these: at most 3 orders; or spent less than £8.'
    """
    boxes = simplify_boxes(leaves) if all(leaves) else [{}]
    if not all(boxes):
        return t("segment.rule.everyone", lang)
    shared = {
        name: limits
        for name, limits in boxes[0].items()
        if len(boxes) > 1 and all(box.get(name) == limits for box in boxes)
    }
    ways = [", ".join(_list_conditions(_leave_out(box, shared), currency, lang)) for box in boxes]
    text = reduce(lambda left, right: t("segment.rule.or", lang, one=left, other=right), ways)
    if shared:
        common = ", ".join(_list_conditions(shared, currency, lang))
        text = t("segment.rule.shared", lang, common=common, ways=text)
    return f"{text[:1].upper()}{text[1:]}."


def _leave_out(box: Box, names: Box) -> Box:
    return {name: limits for name, limits in box.items() if name not in names}


def _list_conditions(box: Box, currency: str | None, lang: Lang) -> Iterator[str]:
    worded = [name for name in NOUNS if name in box]
    for name in (*worded, *(name for name in box if name not in NOUNS)):
        yield write_condition(name, box[name], currency, lang)


def write_condition(name: str, limits: Limits, currency: str | None, lang: Lang) -> str:
    """Write the limits of a feature, of which one at most is open.

    Examples
    --------
    >>> write_condition("tenure_days", (101, 301), None, "en")
    'first bought 101 to 300 days ago'
    >>> write_condition("units", (30, None), None, "en")
    '“Units”: 30 or more'
    """
    low, high = limits
    form = _choose_form(name, low, high)
    if form == "from" and low is not None and NOUNS.get(name) == "segment.rule.days":
        low -= 1  # "more than 60 days ago" begins on day 61
    if high is not None and name in NOUNS and find_feature(name).unit in WHOLE_UNITS:
        high -= 1
    values = {
        "label": t(f"feature.{name}.label", lang),
        "low": _write_value(name, low, currency, lang, counted=form == "from"),
        "high": _write_value(name, high, currency, lang, counted=True),
    }
    return t(f"segment.rule.{name if name in NOUNS else 'other'}.{form}", lang, **values)


def _choose_form(name: str, low: float | None, high: float | None) -> str:
    if high is None:
        return "from"
    if name == "orders" and high == 2:
        return "once"
    if low is None:
        return "below"
    return "is" if NOUNS.get(name) and low == high - 1 else "between"


def _write_value(
    name: str, value: float | None, currency: str | None, lang: Lang, *, counted: bool
) -> str:
    if value is None:
        return ""
    is_whole = float(value).is_integer()
    if find_feature(name).unit == "amount" and currency not in (None, NO_CURRENCY):
        return format_money(value, str(currency), lang, whole=is_whole)
    digits, noun = format_number(value, lang, 0 if is_whole else 2), NOUNS.get(name)
    if not noun or not counted:
        return digits
    return t(f"{noun}.{'one' if value == 1 else 'other'}", lang, n=digits)
