"""Remarks on the programme, as data and as sentences."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.insiders.score.condition_words import amount

Note = dict[str, Any]


def note(code: str, **values: Any) -> Note:
    """Make a remark: the key of its sentence and the JSON-able values of its placeholders.

    Examples
    --------
    >>> note("unproven", days=90)
    {'code': 'unproven', 'values': {'days': 90}}
    """
    return {"code": code, "values": values}


def sentence(remark: Mapping[str, Any], lang: Lang, currency: str | None) -> str:
    """Write a remark for people.

    Examples
    --------
    >>> sentence(note("nobody_fits", budget_share=0.1, customers=3), "en", None)
    'A programme of at most 10.0% of 3 customers has no place for anybody.'
    """
    values = {
        name: _written(name, value, lang, currency) for name, value in remark["values"].items()
    }
    return t(f"programme.note.{remark['code']}", lang, **values)


def _written(name: str, value: Any, lang: Lang, currency: str | None) -> str:
    if name.endswith("share"):
        return format_share(value, lang)
    if name.endswith("_on"):
        return format_date(dt.date.fromisoformat(value), lang)
    if name.endswith("amount"):
        return amount(value, lang, currency)
    if name == "policy":
        return t(f"programme.policy.{value}", lang)
    return format_number(value, lang) if isinstance(value, int | float) else str(value)
