"""The words of a condition, and amounts as the firm writes them."""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

from clientela.features.catalog import feature
from clientela.i18n import NO_CURRENCY, Lang, format_date, format_money, format_number, t

FINE_DECIMALS = 4
REMEMBERED = 65_536  # members share amounts and days; writing them is most of the work


@lru_cache(maxsize=REMEMBERED)
def amount(value: float, lang: Lang, currency: str | None) -> str:
    """Write an amount, bare where the data names no currency; whole amounts without cents.

    Below one, a bare amount shows the four decimals that the data can have.

    Examples
    --------
    >>> amount(1200, "en", "GBP"), amount(1200, "pt_BR", None)
    ('£1,200', '1.200')
    """
    decimals = 0 if float(value).is_integer() else 2
    if currency in (None, NO_CURRENCY):
        fine = abs(value) < 1 and round(value, 2) != value
        return format_number(value, lang, FINE_DECIMALS if fine else decimals)
    return format_money(value, str(currency), lang, whole=not decimals)


@lru_cache(maxsize=REMEMBERED)
def value_text(name: str, value: float, lang: Lang, currency: str | None) -> str:
    """Write a value of a feature in its unit."""
    if feature(name).unit == "amount":
        return amount(value, lang, currency)
    return format_number(value, lang, 0 if float(value).is_integer() else 2)


@lru_cache(maxsize=REMEMBERED)
def day_text(day: dt.date, lang: Lang) -> str:
    """Write a day."""
    return format_date(day, lang)


def joined_words(parts: Sequence[str], lang: Lang) -> str:
    """Join parts of a sentence.

    Examples
    --------
    >>> joined_words(["a", "b", "c"], "en")
    'a, b and c'
    """
    *first, last = parts
    if not first:
        return last
    return t("programme.rule.and", lang, first=", ".join(first), last=last)


def phrase(name: str, operator: str, value: float, lang: Lang, currency: str | None) -> str:
    """Write one condition, such as "spent at least £1,200 in the last 12 months"."""
    side = "least" if operator == ">=" else "most"
    form = "one" if value == 1 else "other"
    key = f"programme.if.{name}.{side}"
    return t(f"{key}.{form}", lang, value=value_text(name, value, lang, currency))
