"""Texts, money and dates in the reader's language, given explicitly with every call.

The catalogues are flat JSON files, ``locales/en/<topic>.json`` and ``locales/pt_BR/<topic>.json``,
that hold the same keys with the same placeholders, which the tests check.
"""

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Literal

Lang = Literal["en", "pt_BR"]
LANGS: tuple[Lang, ...] = ("en", "pt_BR")


@cache
def catalogue(lang: Lang) -> dict[str, str]:
    """Read all texts of a language."""
    texts: dict[str, str] = {}
    for file in sorted(resources.files("clientela.locales").joinpath(lang).iterdir(), key=str):
        texts |= json.loads(file.read_text("utf-8"))
    return texts


def t(key: str, lang: Lang, **values: object) -> str:
    """Give the text of a key with its placeholders filled.

    Raises
    ------
    KeyError
        The key is not in the catalogue: a fault of ours, found by the tests.

    Examples
    --------
    >>> t("unit.days", "pt_BR")
    'dias'
    """
    return catalogue(lang)[key].format(**values)


def money(
    amount: Decimal | float, currency: str, lang: Lang, decimals: int | None = None
) -> str:
    r"""Write an amount with its currency as readers of the language write it.

    Parameters
    ----------
    decimals : int, optional
        Digits after the mark; as many as the currency has if left out.

    Examples
    --------
    >>> money(1234.5, "BRL", "pt_BR"), money(1200, "GBP", "en", decimals=0)
    ('R$\xa01.234,50', '£1,200')
    """
    from babel import Locale
    from babel.numbers import format_currency

    if decimals is None:
        return format_currency(amount, currency, locale=lang)
    usual = Locale.parse(lang).currency_formats["standard"].pattern
    digits = "0." + "0" * decimals if decimals else "0"
    pattern = usual.replace("0.00", digits)
    return format_currency(amount, currency, format=pattern, locale=lang, currency_digits=False)


def number(value: Decimal | float, lang: Lang, decimals: int = 0) -> str:
    """Write a number with the language's separators.

    Examples
    --------
    >>> number(541909, "pt_BR")
    '541.909'
    """
    from babel.numbers import format_decimal

    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return format_decimal(value, format=pattern, locale=lang)


def share(value: float, lang: Lang) -> str:
    """Write a share as a percentage with one decimal.

    Examples
    --------
    >>> share(0.1234, "pt_BR")
    '12,3%'
    """
    from babel.numbers import format_percent

    return format_percent(value, format="#,##0.0%", locale=lang)


def date(day: dt.date, lang: Lang) -> str:
    """Write a day as readers of the language write it.

    Examples
    --------
    >>> date(dt.date(2011, 12, 9), "pt_BR")
    '09/12/2011'
    """
    from babel.dates import format_date

    return format_date(day, format="dd/MM/yyyy" if lang == "pt_BR" else "yyyy-MM-dd", locale=lang)
