"""A rule of the programme: one object that chooses customers, reads as a sentence, and is JSON."""

import json
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.i18n import Lang, t
from clientela.insiders.score.condition_words import joined_words, phrase
from clientela.statistics.arrays import Doubles, doubles

Operator = Literal[">=", "<="]
Chosen = npt.NDArray[np.bool_]

MEETS = {">=": np.greater_equal, "<=": np.less_equal}


@dataclass(frozen=True)
class Condition:
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
        """Say for which values of the feature the condition holds; never for a missing one.

        Examples
        --------
        >>> Condition("orders", ">=", 2).holds(np.array([1.0, 2.0, np.nan]))
        array([False,  True, False])
        """
        met: Chosen = MEETS[self.operator](values, self.value)
        return met


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold; a rule without any chooses nobody.

    Parameters
    ----------
    conditions : tuple of Condition
        In the order in which they are read.
    """

    conditions: tuple[Condition, ...]

    def chosen(self, snapshot: pa.Table) -> Chosen:
        """Say which customers of a snapshot the rule chooses, row by row.

        Raises
        ------
        ArtifactError
            A feature of the rule is not in the snapshot.

        Examples
        --------
        >>> rule = Rule((Condition("orders", ">=", 2), Condition("days_since_last", "<=", 91)))
        >>> rule.chosen(pa.table({"orders": [1, 2, 9], "days_since_last": [3, 91, 92]}))
        array([False,  True, False])
        """
        if not self.conditions:
            return np.zeros(snapshot.num_rows, dtype=np.bool_)
        held = (one.holds(doubles(snapshot, one.feature)) for one in self.conditions)
        return reduce(np.logical_and, held)

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
        >>> rule = Rule((Condition("orders", ">=", 2), Condition("days_since_last", "<=", 91)))
        >>> rule.sentence("en", None)
        'placed at least 2 orders and bought in the last 91 days'
        """
        if not self.conditions:
            return t("programme.rule.nobody", lang)
        written = [
            phrase(one.feature, one.operator, one.value, lang, currency) for one in self.conditions
        ]
        return joined_words(written, lang)

    def to_json(self) -> str:
        """Write the rule as JSON: a list of conditions."""
        return json.dumps([vars(one) for one in self.conditions])

    @staticmethod
    def from_json(text: str) -> "Rule":
        """Read a rule that :meth:`to_json` wrote.

        Examples
        --------
        >>> rule = Rule((Condition("orders", ">=", 2.0),))
        >>> Rule.from_json(rule.to_json()) == rule
        True
        """
        return Rule(tuple(Condition(**one) for one in json.loads(text)))
