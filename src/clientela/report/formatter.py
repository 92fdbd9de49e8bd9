"""Texts and numbers of one report: in its language and its currency."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clientela import i18n
from clientela.contract.features import FEATURE_COLUMNS
from clientela.i18n import Lang, load_catalogue
from clientela.report.report_data import ReportData
from clientela.store.record import PROGRAMME

UNITS = {feature.name: feature.unit for feature in FEATURE_COLUMNS}
CENTS_BELOW = 100
TENTHS_BELOW = 100
SHORT_FROM = 1_000_000
SMALLEST_P = 0.001
NOTHING = "\N{EN DASH}"


@dataclass(frozen=True)
class Formatter:
    """How a report writes."""

    lang: Lang
    currency: str | None

    def say(self, key: str, **values: object) -> str:
        """Give the text of a key of the topic ``report``."""
        return i18n.t(f"report.{key}", self.lang, **values)

    def count(self, key: str, n: int, **values: object) -> str:
        """Give the text of a key for one or for several, with ``{n}`` written."""
        told = {"n": self.number(n)} | values
        return self.say(f"{key}.{'one' if n == 1 else 'other'}", **told)

    def label(self, family: str, code: object) -> str:
        """Give the name of a code, or the code in plain letters where it has none."""
        if code is None:
            return NOTHING
        key = f"report.{family}.{code}"
        known = load_catalogue(self.lang)
        return known[key] if key in known else str(code).replace("_", " ")

    def headed(self, family: str, code: object) -> str:
        """Give the name of a code as it stands at the head of a line."""
        return capitalize(self.label(family, code))

    def of(self, row: Mapping[str, Any], name: str) -> str:
        """Give a finished text of a row that has one a language."""
        return str(row.get(f"{name}_{self.lang.lower()}") or "")

    def feature(self, name: str) -> str:
        """Give the label of a feature, or of what a model makes of features."""
        known = load_catalogue(self.lang)
        return known.get(f"feature.{name}.label") or self.label("input", name)

    def model(self, code: str | None) -> str:
        """Give the name of a model; ``bg_cnbd_2`` is the BG/CNBD-2 of the literature."""
        stem, _, k = (code or "").rpartition("_")
        if k.isdigit():
            return f"{stem.upper().replace('_', '/')}-{k}"
        return self.label("model", code)

    def value(self, feature: str, value: float | None) -> str:
        """Write the value of a feature in its unit."""
        if value is None or value != value:
            return NOTHING
        unit = UNITS.get(feature, "")
        if unit == "amount":
            return self.money(value)
        if unit == "share":
            return self.share(value)
        near = round(value, 1)
        whole = near == int(near) or abs(near) >= TENTHS_BELOW
        written = self.number(near, 0 if whole else 1)
        if unit != "days":
            return written
        return self.say(f"days.{'one' if near == 1 else 'other'}", n=written)

    def money(self, amount: float | None) -> str:
        """Write an amount; cents are told of small ones alone."""
        if amount is None or amount != amount:
            return NOTHING
        whole = abs(amount) >= CENTS_BELOW or amount == int(amount)
        if self.currency is None:
            return i18n.format_number(amount, self.lang, 0 if whole else 2)
        return i18n.format_money(amount, self.currency, self.lang, whole=whole)

    def short(self, amount: float | None) -> str:
        """Write an amount for a headline, millions in three digits."""
        if amount is None or self.currency is None or abs(amount) < SHORT_FROM:
            return self.money(amount)
        return i18n.format_money_short(amount, self.currency, self.lang)

    def number(self, value: float | None, decimals: int = 0) -> str:
        """Write a number."""
        if value is None or value != value:
            return NOTHING
        return i18n.format_number(value, self.lang, decimals)

    def share(self, value: float | None) -> str:
        """Write a share as a percentage."""
        return NOTHING if value is None or value != value else i18n.format_share(value, self.lang)

    def p_value(self, value: float | None) -> str:
        """Write a p-value; what is smaller than a thousandth is told so."""
        if value is None or value != value:
            return NOTHING
        if value < SMALLEST_P:
            return f"< {i18n.format_number(SMALLEST_P, self.lang, 3)}"
        return i18n.format_number(value, self.lang, 3)

    def whole_share(self, value: float) -> str:
        """Write a round share without decimals."""
        return f"{self.number(100 * value)}%"

    def date(self, day: dt.date | None) -> str:
        """Write a day."""
        return NOTHING if day is None else i18n.format_date(day, self.lang)

    def month(self, day: dt.date) -> str:
        """Write a month."""
        return i18n.format_month(day, self.lang)


def capitalize(text: str) -> str:
    """Begin a text with a capital letter.

    Examples
    --------
    >>> capitalize("k-means on ranks")
    'K-means on ranks'
    """
    return text[:1].upper() + text[1:]


def make_formatter(material: ReportData, lang: Lang) -> Formatter:
    """Give the words of a report."""
    return Formatter(lang, material.currency)


def programme_name(material: ReportData) -> str:
    """Give what the firm calls its programme."""
    told = material.facts.get("programme")
    return str(told.get("name", PROGRAMME)) if isinstance(told, Mapping) else PROGRAMME
