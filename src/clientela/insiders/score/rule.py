"""A rule of the programme: one object that chooses customers, reads as a sentence, and is JSON."""

import datetime as dt
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.contract.features import find_feature
from clientela.errors import InputError
from clientela.i18n import Lang, format_date, format_exact_amount, format_number, t
from clientela.statistics.arrays import Doubles, doubles

Operator = Literal[">=", "<="]
Chosen = npt.NDArray[np.bool_]

MEETS = {">=": np.greater_equal, "<=": np.less_equal}


@dataclass(frozen=True)
class RuleCondition:
    """One feature against one threshold.

    Parameters
    ----------
    feature : str
        A numeric feature of the snapshot.
    operator : '>=' or '<='
        How the feature must stand to the value.
    value : float
        The threshold, in the feature's unit.
    """

    feature: str
    operator: Operator
    value: float

    def holds(self, values: Doubles) -> Chosen:
        """Return for which values of the feature the condition holds; never for a missing one.

        Examples
        --------
        >>> RuleCondition("orders", ">=", 2).holds(np.array([1.0, 2.0, np.nan]))
        array([False,  True, False])
        """
        met: Chosen = MEETS[self.operator](values, self.value)
        return met


WRITTEN = re.compile(r"\s*([a-z_0-9]+)\s*(>=|<=)\s*(\d+(?:\.\d+)?)\s*")


def parse_condition(text: str, features: Collection[str]) -> RuleCondition:
    """Read a condition that a person wrote.

    Parameters
    ----------
    text : str
        A feature, ``>=`` or ``<=``, and a number with a decimal point.
    features : collection of str
        Those that a rule may use.

    Raises
    ------
    InputError
        It is none, or its feature has no sentence that a customer could be told.

    Examples
    --------
    >>> parse_condition("revenue_365d >= 1200", ["revenue_365d"])
    RuleCondition(feature='revenue_365d', operator='>=', value=1200.0)
    """
    match = WRITTEN.fullmatch(text)
    if match is None:
        raise InputError(
            "this is no condition: a feature, >= or <=, and a number are",
            where=text,
            do="write it as 'revenue_365d >= 1200'",
        )
    name, operator, value = match.groups()
    if name not in features:
        raise InputError(
            f"a condition on {name} cannot be promised: there is no sentence to tell it by",
            where=text,
            do=f"use one of {', '.join(features)}",
        )
    return RuleCondition(name, ">=" if operator == ">=" else "<=", float(value))


@dataclass(frozen=True)
class ProgrammeRule:
    """Conditions that must all hold; a rule without any chooses nobody.

    Parameters
    ----------
    conditions : tuple of RuleCondition
        In the order in which they are read.
    """

    conditions: tuple[RuleCondition, ...]

    def choose(self, snapshot: pa.Table) -> Chosen:
        """Return which customers of a snapshot the rule chooses, row by row.

        Raises
        ------
        ArtifactError
            A feature of the rule is not in the snapshot.

        Examples
        --------
        >>> rule = ProgrammeRule(
        ...     (RuleCondition("orders", ">=", 2), RuleCondition("days_since_last", "<=", 91))
        ... )
        >>> rule.choose(pa.table({"orders": [1, 2, 9], "days_since_last": [3, 91, 92]}))
        array([False,  True, False])
        """
        if not self.conditions:
            return np.zeros(snapshot.num_rows, dtype=np.bool_)
        masks = (
            condition.holds(doubles(snapshot, condition.feature)) for condition in self.conditions
        )
        return reduce(np.logical_and, masks)

    def sentence(self, lang: Lang, currency: str | None) -> str:
        """Write the rule as the firm would tell it to a customer.

        Parameters
        ----------
        lang : 'en' or 'pt_BR'
            The reader's language.
        currency : str or None
            ISO 4217 code of the amounts; bare numbers without one or with ``XXX``.

        Examples
        --------
        >>> rule = ProgrammeRule(
        ...     (RuleCondition("orders", ">=", 2), RuleCondition("days_since_last", "<=", 91))
        ... )
        >>> rule.sentence("en", None)
        'placed at least 2 orders and bought in the last 91 days'
        """
        if not self.conditions:
            return t("programme.rule.nobody", lang)
        written = [
            write_condition(condition.feature, condition.operator, condition.value, lang, currency)
            for condition in self.conditions
        ]
        return join_words(written, lang)

    def to_json(self) -> str:
        """Write the rule as JSON: a list of conditions."""
        return json.dumps([vars(condition) for condition in self.conditions])

    @staticmethod
    def from_json(text: str) -> "ProgrammeRule":
        """Read a rule that :meth:`to_json` wrote.

        Examples
        --------
        >>> rule = ProgrammeRule((RuleCondition("orders", ">=", 2.0),))
        >>> ProgrammeRule.from_json(rule.to_json()) == rule
        True
        """
        return ProgrammeRule(tuple(RuleCondition(**load) for load in json.loads(text)))


REMEMBERED = 65_536  # members share amounts and days; writing them is most of the work


@lru_cache(maxsize=REMEMBERED)
def write_value(name: str, value: float, lang: Lang, currency: str | None) -> str:
    """Write a value of a feature in its unit."""
    if find_feature(name).unit == "amount":
        return format_exact_amount(value, lang, currency)
    return format_number(value, lang, 0 if float(value).is_integer() else 2)


@lru_cache(maxsize=REMEMBERED)
def write_day(day: dt.date, lang: Lang) -> str:
    """Write a day."""
    return format_date(day, lang)


def join_words(parts: Sequence[str], lang: Lang) -> str:
    """Join parts of a sentence.

    Examples
    --------
    >>> join_words(["a", "b", "c"], "en")
    'a, b and c'
    """
    *first, last = parts
    if not first:
        return last
    return t("programme.rule.and", lang, first=", ".join(first), last=last)


def write_condition(
    name: str, operator: str, value: float, lang: Lang, currency: str | None
) -> str:
    """Write one condition, such as "spent at least £1,200 in the last 12 months"."""
    side = "least" if operator == ">=" else "most"
    form = "one" if value == 1 else "other"
    key = f"programme.if.{name}.{side}"
    return t(f"{key}.{form}", lang, value=write_value(name, value, lang, currency))
