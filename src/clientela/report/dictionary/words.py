"""The cells of the dictionary in the reader's language."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import groupby

from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.report.dictionary.entry import DictionaryEntry, EntryFacts, Value

COLUMNS = ("column", "type", "unit", "meaning", "range", "missing")


def by_table(
    entries: Sequence[DictionaryEntry],
) -> Iterator[tuple[DictionaryEntry, list[DictionaryEntry]]]:
    """Give each table's entries together, with the first of them to name the table."""
    for _, group in groupby(entries, key=lambda entry: (entry.place, entry.table)):
        listed = list(group)
        yield listed[0], listed


def header(lang: Lang) -> list[str]:
    """Give the names of the cells."""
    return [t(f"dictionary.{name}", lang) for name in COLUMNS]


def cells(entry: DictionaryEntry, lang: Lang) -> list[str]:
    """Give an entry as text, a cell for each of ``COLUMNS``."""
    missing = entry.facts.missing
    return [
        entry.column,
        entry.type,
        unit(entry, lang),
        t(entry.meaning_key, lang),
        span(entry.facts, lang),
        "" if missing is None else format_share(missing, lang),
    ]


def caption(first: DictionaryEntry, lang: Lang) -> str:
    """Give the meaning of a table, and how many rows it has where that is known."""
    meaning = t(first.table_meaning_key, lang)
    if first.facts.missing is None:
        return meaning
    return f"{meaning} {t('dictionary.rows', lang, rows=format_number(first.facts.rows, lang))}."


def unit(entry: DictionaryEntry, lang: Lang) -> str:
    """Give the unit in words; empty for texts."""
    return t(f"dictionary.unit.{entry.unit}", lang) if entry.unit else ""


def span(facts: EntryFacts, lang: Lang) -> str:
    """Give the range of a number, day or moment, or how many texts there are.

    Examples
    --------
    >>> span(Facts(low=-3, high=Decimal("168469.6")), "pt_BR")
    '-3 a 168.469,6'
    >>> span(Facts(values=1), "en")
    'one value'
    """
    if facts.low is not None and facts.high is not None:
        low, high = _word(facts.low, lang), _word(facts.high, lang)
        return low if low == high else t("dictionary.span", lang, low=low, high=high)
    if not facts.values:
        return ""
    if facts.values == 1:
        return t("dictionary.distinct_one", lang)
    return t("dictionary.distinct", lang, values=format_number(facts.values, lang))


def _word(value: Value, lang: Lang) -> str:
    if isinstance(value, dt.datetime):
        return f"{format_date(value.date(), lang)} {value:%H:%M}"
    if isinstance(value, dt.date):
        return format_date(value, lang)
    rounded = round(Decimal(str(value)), 4)
    decimals = max(0, -int(rounded.normalize().as_tuple().exponent))
    return format_number(rounded, lang, decimals)
