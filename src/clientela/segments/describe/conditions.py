"""Ranges of features as people say them: "bought in the last 60 days, at least 5 orders"."""

from collections.abc import Iterator, Sequence
from functools import reduce

from clientela.features.catalog import feature
from clientela.i18n import NO_CURRENCY, Lang, format_money, format_number, t
from clientela.segments.describe.tree import Leaf, Range

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


def rule_text(leaves: Sequence[Leaf], currency: str | None, lang: Lang) -> str:
    """Say which customers lie in any of some leaves, as one sentence.

    Examples
    --------
    >>> box = {"days_since_last": Range(None, 61), "orders": Range(5), "revenue": Range(900)}
    >>> rule_text([Leaf(box, 1)], "GBP", "en")
    'Bought in the last 60 days, at least 5 orders, spent £900 or more.'
    >>> rule_text([Leaf({"orders": Range(None, 2)}, 1)], "BRL", "pt_BR")
    'Um só pedido.'
    """
    parts = [", ".join(_conditions(leaf, currency, lang)) for leaf in leaves]
    if not all(parts):
        return t("segment.rule.everyone", lang)
    text = reduce(lambda one, other: t("segment.rule.or", lang, one=one, other=other), parts)
    return f"{text[:1].upper()}{text[1:]}."


def condition(name: str, limits: Range, currency: str | None, lang: Lang) -> str:
    """Say a range of a feature that is open on one side at most.

    Examples
    --------
    >>> condition("tenure_days", Range(101, 301), None, "en")
    'first bought 101 to 300 days ago'
    >>> condition("units", Range(30), None, "en")
    '“Units”: 30 or more'
    """
    low, high = limits
    side = _side(name, limits)
    if side == "from" and low is not None and NOUNS.get(name) == "segment.rule.days":
        low -= 1  # "more than 60 days ago" begins on day 61
    if high is not None and name in NOUNS and feature(name).unit in WHOLE:
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
        yield condition(name, leaf.box[name], currency, lang)


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
    if feature(name).unit == "amount" and currency not in (None, NO_CURRENCY):
        return format_money(value, str(currency), lang, whole=float(value).is_integer())
    noun = NOUNS.get(name)
    if not noun or not counted:
        return _plain(value, lang)
    return t(f"{noun}.{'one' if value == 1 else 'other'}", lang, n=_plain(value, lang))


def _plain(value: float, lang: Lang) -> str:
    return format_number(value, lang, 0 if float(value).is_integer() else 2)
