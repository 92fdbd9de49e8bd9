"""Localised texts, money and dates; the language is an argument of every call.

The catalogues are flat JSON files, ``locales/en/<topic>.json`` and ``locales/pt_BR/<topic>.json``,
that hold the same keys with the same placeholders, which the tests check.
"""

import datetime as dt
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from babel import Locale
    from babel.numbers import NumberPattern

Lang = Literal["en", "pt_BR"]
LANGS: tuple[Lang, ...] = ("en", "pt_BR")
LARGE = 100  # by convention: cents no longer matter
NO_CURRENCY = "XXX"  # ISO 4217: transactions where no currency is involved
FINE_DECIMALS = 4  # those of the data's money
REMEMBERED = 65_536  # lists repeat amounts; writing them is most of the work


@cache
def load_catalogue(lang: Lang) -> dict[str, str]:
    """Read all texts of a language."""
    texts: dict[str, str] = {}
    for file in sorted(resources.files("clientela.locales").joinpath(lang).iterdir(), key=str):
        texts |= json.loads(file.read_text("utf-8"))
    return texts


def t(key: str, lang: Lang, **values: object) -> str:
    """Return the text of a key with its placeholders filled.

    Raises
    ------
    KeyError
        The key is not in the catalogue.

    Examples
    --------
    >>> t("unit.days", "pt_BR")
    'dias'
    """
    return load_catalogue(lang)[key].format(**values)


def translate(message: str, lang: Lang) -> str:
    """Return a message of the code, made of an English template, in another language.

    Messages stay where they are raised; ``locales/messages_pt_BR.json`` maps their templates. What
    fills a template is translated alike, and each line by itself; a text that is none stays.

    Examples
    --------
    >>> translate("there is no encoding 'klingon'", "pt_BR")
    "não há codificação 'klingon'"
    >>> translate("1,234 transactions, 5 rows in the quarantine", "pt_BR")
    '1.234 transações, 5 linhas na quarentena'
    """
    if lang == "en":
        return message
    exact = load_messages(lang).get(message)
    if exact is not None:
        return exact
    if "\n" in message:
        return "\n".join(translate(line, lang) for line in message.split("\n"))
    for pattern, template in _message_patterns(lang):
        match = pattern.fullmatch(message)
        if match:
            # A lone word that fills a template is a name of the user's, such as a column.
            parts = [translate(part, lang) if " " in part else part for part in match.groups()]
            return template.format(*map(_Part, parts))
    return message


class _Part(str):
    """What fills a template, its numbers written as the template's language has them.

    Numbers with separators of thousands and shares are known by their form; where a template says
    ``{0:n}``, any decimal number is one. Others stay: people type ``0.5`` into settings, and what
    a template quotes is the user's.
    """

    def __format__(self, spec: str) -> str:
        if spec == "s":
            return self
        return (_DECIMAL if spec == "n" else _WRITTEN).sub(_swap_separators, self)


def _swap_separators(match: re.Match[str]) -> str:
    return match[0].translate(str.maketrans(",.", ".,"))


_NOT_ZERO = re.compile(r"[1-9]")
_QUOTED = re.compile(r"(?<=['\"`\u201c])\{(\d)\}")
_APART = r"(?<![\w.,'\"`/]){}(?![\w'\"`/]|[.,]\d)"
_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
_WRITTEN = re.compile(_APART.format(rf"(?:{_GROUPED}|\d+\.\d+(?=%))"))
_DECIMAL = re.compile(_APART.format(rf"(?:{_GROUPED}|\d+\.\d+)"))


def translate_facts(text: str, lang: Lang) -> str:
    """Return what a run announces in another language, each part of a list by itself.

    Examples
    --------
    >>> translate_facts("read as UCI Online Retail: InvoiceNo is order_id, times are UTC", "pt_BR")
    'lido como UCI Online Retail: InvoiceNo é order_id, horários em UTC'
    """
    if lang == "en" or text in load_messages(lang):
        return translate(text, lang)
    parts = re.split(r"(: |, |; )", text)
    verb = rf" {translate('is', lang)} "
    named = [re.sub(r"^(.+) is (?=[a-z_]+\)?$)", rf"\1{verb}", part) for part in parts]
    return "".join(translate(part, lang) for part in named)


@cache
def load_messages(lang: Lang) -> dict[str, str]:
    """Read the templates of messages: English -> the language."""
    text = resources.files("clientela.locales").joinpath(f"messages_{lang}.json").read_text("utf-8")
    messages: dict[str, str] = json.loads(text)
    return messages


@cache
def _message_patterns(lang: Lang) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compile the templates with placeholders, those that say most first."""
    filled = [(en, other) for en, other in load_messages(lang).items() if "{" in en]
    filled.sort(key=lambda pair: -len(re.sub(r"\{\d\}", "", pair[0])))
    return tuple(
        (
            re.compile("(.*?)".join(map(re.escape, re.split(r"\{\d\}", en))), re.DOTALL),
            _QUOTED.sub(r"{\1:s}", other),
        )
        for en, other in filled
    )


def choose_language(option: str | None, environment: Mapping[str, str]) -> Lang:
    """Choose the language of messages: the option's, else that of LC_ALL, LC_MESSAGES or LANG.

    Examples
    --------
    >>> choose_language(None, {"LANG": "pt_BR.UTF-8"}), choose_language("en", {"LANG": "pt_BR"})
    ('pt_BR', 'en')
    """
    variables = [environment.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG")]
    named = option or next((value for value in variables if value), "en")
    return "pt_BR" if named.startswith("pt") else "en"


def format_money(amount: Decimal | float, currency: str, lang: Lang, *, whole: bool = False) -> str:
    r"""Write an amount with its currency as readers of the language write it.

    With ``whole`` it is rounded to the unit, as suits thresholds and large sums.

    Examples
    --------
    >>> format_money(1234.5, "BRL", "pt_BR")
    'R$\xa01.234,50'
    >>> format_money(1240.0, "GBP", "en", whole=True)
    '£1,240'
    """
    from babel.numbers import format_currency

    locale = _read_locale(lang)
    if not whole:
        return _unsign_zero(format_currency(amount, currency, locale=locale))
    text = format_currency(
        amount, currency, format=_round_pattern(lang), locale=locale, currency_digits=False
    )
    return _unsign_zero(text)


def format_amount(value: float, lang: Lang, currency: str | None) -> str:
    """Write an amount in a sentence: bare where no currency is named, with cents if small.

    Examples
    --------
    >>> format_amount(1234.56, "en", "GBP"), format_amount(9.5, "pt_BR", None)
    ('£1,235', '9,50')
    """
    is_large = abs(value) >= LARGE
    if currency in (None, NO_CURRENCY):
        return format_number(value, lang, 0 if is_large else 2)
    return format_money(value, str(currency), lang, whole=is_large)


@lru_cache(maxsize=REMEMBERED)
def format_exact_amount(value: float, lang: Lang, currency: str | None) -> str:
    """Write an amount, bare where the data names no currency; whole amounts without cents.

    Below one, a bare amount shows the four decimals that the data can have.

    Examples
    --------
    >>> format_exact_amount(1200, "en", "GBP"), format_exact_amount(1200, "pt_BR", None)
    ('£1,200', '1.200')
    """
    decimals = 0 if float(value).is_integer() else 2
    if currency in (None, NO_CURRENCY):
        fine = abs(value) < 1 and round(value, 2) != value
        return format_number(value, lang, FINE_DECIMALS if fine else decimals)
    return format_money(value, str(currency), lang, whole=not decimals)


def format_number(value: Decimal | float, lang: Lang, decimals: int = 0) -> str:
    """Write a number with the language's separators.

    Examples
    --------
    >>> format_number(541909, "pt_BR")
    '541.909'
    """
    from babel.numbers import format_decimal

    return _unsign_zero(
        format_decimal(value, format=_number_pattern(decimals), locale=_read_locale(lang))
    )


def format_share(value: float, lang: Lang) -> str:
    """Write a share as a percentage with one decimal.

    Examples
    --------
    >>> format_share(0.1234, "pt_BR"), format_share(-0.0002, "en")
    ('12,3%', '0.0%')
    """
    from babel.numbers import format_percent

    return _unsign_zero(format_percent(value, format="#,##0.0%", locale=_read_locale(lang)))


def _unsign_zero(text: str) -> str:
    """Return a number that is zero as written without the sign of what was rounded away."""
    return text if not text.startswith("-") or _NOT_ZERO.search(text) else text[1:]


def format_date(day: dt.date, lang: Lang) -> str:
    """Write a day as readers of the language write it.

    Examples
    --------
    >>> format_date(dt.date(2011, 12, 9), "pt_BR")
    '09/12/2011'
    """
    from babel.dates import format_date

    pattern = "dd/MM/yyyy" if lang == "pt_BR" else "yyyy-MM-dd"
    return format_date(day, format=pattern, locale=_read_locale(lang))


@cache
def _read_locale(lang: Lang) -> "Locale":
    """Read a language's habits once: by its name Babel looks for them at every number."""
    from babel import Locale

    return Locale.parse(lang)


@cache
def _round_pattern(lang: Lang) -> "NumberPattern":
    from babel.numbers import parse_pattern

    pattern = str(_read_locale(lang).currency_formats["standard"].pattern)
    return parse_pattern(pattern.replace(".00", ""))


@cache
def _number_pattern(decimals: int) -> "NumberPattern":
    from babel.numbers import parse_pattern

    return parse_pattern("#,##0" + ("." + "0" * decimals if decimals else ""))


def format_month(day: dt.date, lang: Lang) -> str:
    """Write the month of a day in few letters.

    Examples
    --------
    >>> format_month(dt.date(2011, 12, 9), "pt_BR"), format_month(dt.date(2011, 12, 9), "en")
    ('dez. 2011', 'Dec 2011')
    """
    from babel.dates import format_date

    return format_date(day, format="MMM yyyy", locale=_read_locale(lang))


def name_month(number: int, lang: Lang) -> str:
    """Name a month of the year in few letters.

    Examples
    --------
    >>> name_month(12, "pt_BR"), name_month(12, "en")
    ('dez.', 'Dec')
    """
    from babel.dates import format_date

    return format_date(dt.date(2000, number, 1), format="MMM", locale=_read_locale(lang))


def format_money_short(amount: float, currency: str, lang: Lang) -> str:
    r"""Write a large amount in three digits or so, with the language's word for the magnitude.

    Examples
    --------
    >>> format_money_short(8911408, "GBP", "en"), format_money_short(8911408, "BRL", "pt_BR")
    ('£8.91M', 'R$\xa08,91\xa0mi')
    """
    from babel.numbers import format_compact_currency

    digits = max(0, 2 - (len(str(abs(int(amount)))) - 1) % 3)
    locale = _read_locale(lang)
    return format_compact_currency(amount, currency, locale=locale, fraction_digits=digits)
