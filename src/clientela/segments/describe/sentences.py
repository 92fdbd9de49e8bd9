"""The sentences about a segment, in the reader's language."""

from collections.abc import Mapping

from clientela.i18n import Lang, format_amount, format_number, format_share, t
from clientela.segments.describe.profile import Size, Stat

APART = (
    "revenue",
    "orders",
    "days_since_last",
    "tenure_days",
    "average_order_value",
    "products",
    "returned_share",
)
"""Features with words of their own for more and for less than others."""

MOST_WORDS = 3
FAR = 0.15  # ranks from the middle, of the median
NEAR = 0.10
MUCH = 1.25  # times the usual, of the mean


def describe(size: Size, features: Mapping[str, Stat], currency: str | None, lang: Lang) -> str:
    """Say how large a segment is, how its median customer buys and what sets it apart."""
    sentences = [_how_many(size, lang)]
    if size.customers:
        sentences.append(_typical(features, currency, lang))
        sentences.append(_apart(features, lang))
    return " ".join(sentences)


def _how_many(size: Size, lang: Lang) -> str:
    if not size.customers:
        return t("segment.size.none", lang)
    customers = _count("segment.customers", size.customers, lang)
    of_all = format_share(size.customers_share or 0.0, lang)
    if size.revenue_share is None:
        return t("segment.size.customers", lang, customers=customers, share=of_all)
    revenue = format_share(size.revenue_share, lang)
    return t("segment.size.revenue", lang, customers=customers, share=of_all, revenue=revenue)


def _typical(features: Mapping[str, Stat], currency: str | None, lang: Lang) -> str:
    spent = features["revenue"].median or 0.0
    return t(
        "segment.typical",
        lang,
        orders=_count("segment.orders", features["orders"].median or 0.0, lang),
        days=_count("segment.days_ago", features["days_since_last"].median or 0.0, lang),
        revenue=format_amount(spent, lang, currency),
    )


def _apart(features: Mapping[str, Stat], lang: Lang) -> str:
    sides = {name: _side(features[name]) for name in APART if name in features}
    names = sorted((name for name in sides if sides[name]), key=lambda one: -abs(sides[one]))
    words = [
        t(f"segment.apart.{name}.{'more' if sides[name] > 0 else 'less'}", lang)
        for name in names[:MOST_WORDS]
    ]
    if not words:
        return _typically(features, lang)
    return t("segment.apart", lang, words=", ".join(words))


def _typically(features: Mapping[str, Stat], lang: Lang) -> str:
    """Compare medians alone, where a few enormous customers lift the means of all others away."""
    ranks = {name: features[name].rank for name in APART if name in features}
    apart = {name: rank - 0.5 for name, rank in ranks.items() if rank is not None}
    name = max(apart, key=lambda one: abs(apart[one]), default="")
    if not name or abs(apart[name]) < NEAR:
        return t("segment.apart.none", lang)
    words = t(f"segment.apart.{name}.{'more' if apart[name] > 0 else 'less'}", lang)
    return t(
        "segment.apart.typical", lang, words=words, share=format_share(0.5 + abs(apart[name]), lang)
    )


def _side(stat: Stat) -> float:
    """Say how far a segment lies above or below the rest; 0 unless median and mean agree."""
    if stat.rank is None or stat.index is None:
        return 0.0
    above = stat.rank >= 0.5 + FAR and stat.index >= 100 * MUCH
    below = stat.rank <= 0.5 - FAR and stat.index <= 100 / MUCH
    return stat.rank - 0.5 if above or below else 0.0


def _count(key: str, value: float, lang: Lang) -> str:
    whole = float(value).is_integer()
    form = "one" if value == 1 else "other"
    if value == 0 and key == "segment.days_ago":
        form = "zero"
    return t(f"{key}.{form}", lang, n=format_number(value, lang, 0 if whole else 1))
