"""Why somebody is a member, is leaving, or what a candidate lacks: one sentence each."""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from clientela.features.catalog import feature
from clientela.i18n import Lang, t
from clientela.insiders.score.condition_words import day_text, joined_words, value_text
from clientela.insiders.score.rule import Rule
from clientela.insiders.score.thresholds import grain
from clientela.insiders.score.view import View
from clientela.statistics.arrays import Doubles

LAST = "days_since_last"


@dataclass(frozen=True)
class Reasons:
    """Writes the sentences of one day, language and currency.

    Parameters
    ----------
    today : View
        All customers.
    lang : 'en' or 'pt_BR'
        The reader's language.
    currency : str or None
        ISO 4217 code of the amounts.
    """

    today: View
    lang: Lang
    currency: str | None

    def facts(self, rule: Rule, rows: Sequence[int]) -> list[str]:
        """Say for customers what the features of a rule amount to.

        Amounts are cut, not rounded, so that nobody seems to reach what they do not.
        """
        names = [one.feature for one in rule.conditions]
        columns = [
            [self._fact(name, value) for value in self._values(name, rows)] for name in names
        ]
        return [joined_words(parts, self.lang) for parts in zip(*columns, strict=True)]

    def lacking(self, missing: Mapping[str, Doubles]) -> list[str]:
        """Say what customers lack: an amount, orders, or one more purchase."""
        amounts = self._most(missing, "amount")
        orders = self._most(missing, "count")
        return [self._lack(*pair) for pair in zip(amounts, orders, strict=True)]

    def _values(self, name: str, rows: Sequence[int]) -> list[float]:
        exact: list[float] = self.today.columns[name][rows].tolist()
        return [_cut(value) for value in exact]

    def _fact(self, name: str, value: float) -> str:
        if name == LAST:
            day = self.today.day - dt.timedelta(days=int(value))
            return t("programme.has.days_since_last", self.lang, day=day_text(day, self.lang))
        form = "one" if value == 1 else "other"
        written = value_text(name, value, self.lang, self.currency)
        return t(f"programme.has.{name}.{form}", self.lang, value=written)

    def _most(self, missing: Mapping[str, Doubles], unit: str) -> list[float]:
        of_unit = [values for name, values in missing.items() if feature(name).unit == unit]
        nothing = np.zeros(len(next(iter(missing.values()))))
        most: list[float] = np.max([nothing, *of_unit], axis=0).tolist()
        return most

    def _lack(self, amount: float, orders: float) -> str:
        parts = []
        if amount:
            value = value_text("revenue", amount, self.lang, self.currency)
            parts.append(t("programme.lacks.amount", self.lang, value=value))
        if orders:
            form = "one" if orders == 1 else "other"
            value = value_text("orders", orders, self.lang, self.currency)
            parts.append(t(f"programme.lacks.orders.{form}", self.lang, value=value))
        return joined_words(parts or [t("programme.lacks.purchase", self.lang)], self.lang)


def _cut(value: float) -> float:
    unit = grain(abs(value))
    return round(math.floor(round(value / unit, 6)) * unit, 4)
