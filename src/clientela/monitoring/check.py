"""A check: a value beside its usual range, and what to say of it in both languages."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from clientela.contract.tables import Unit
from clientela.i18n import LANGS, Lang, format_amount, format_number, format_share, t
from clientela.statistics.arrays import Doubles

State = Literal["ok", "alarm", "learning"]
Area = Literal["data", "drift", "performance", "programme", "service"]

LIMIT = 6.0
"""Robust standard deviations from the usual that alarm: ``benchmarks/monitoring.py`` measures the
false alarms they give. Weeks of a small shop have heavier tails than the normal."""
LEAST_PAST = 12
"""Past values that a range is made of; with fewer the check learns and says so. By convention: a
quarter of weeks, below which the median deviation of a sample jumps."""
RANGES = {
    (True, True): "ok",
    (True, False): "ok_low",
    (False, True): "ok_high",
    (False, False): "sound",
}
"""Whether a range has a lower and an upper end, to the sentence that says it."""
MAD_TO_SIGMA = 1.4826
"""The median deviation of a normal distribution in standard deviations, inverted: Hampel (1974),
doi:10.1080/01621459.1974.10482962."""


class Check(NamedTuple):
    """A value that was compared with what is usual.

    Parameters
    ----------
    area, name : str
        What was looked at; ``monitoring.<name>`` are its texts.
    cause : str
        Checks of one cause make one alert.
    state : {"ok", "alarm", "learning"}
        ``learning`` where the past is too short to judge.
    unit : str
        Of the numbers.
    value, expected, low, high : float, optional
        The value, the usual one, and the range outside of which it alarms.
    detail : str
        What the sentence names beside the numbers: features, rules, places.
    """

    area: Area
    name: str
    state: State
    unit: Unit = ""
    value: float | None = None
    expected: float | None = None
    low: float | None = None
    high: float | None = None
    detail: str = ""
    cause: str = ""

    def row(self, currency: str | None) -> dict[str, Any]:
        """Return the row of the table ``checks``, sentence and advice in both languages."""
        texts = {f"sentence_{lang.lower()}": self.write_sentence(lang, currency) for lang in LANGS}
        if self.state == "alarm":
            texts |= {
                f"advice_{lang.lower()}": t(f"monitoring.{self.name}.advice", lang)
                for lang in LANGS
            }
        return self._asdict() | {"cause": self.cause or self.name} | texts

    def write_sentence(self, lang: Lang, currency: str | None) -> str:
        """Say in one sentence what was seen."""
        numbers = {
            name: write_value(getattr(self, name), self.unit, lang, currency)
            for name in ("value", "expected", "low", "high")
        }
        label = t(f"monitoring.{self.name}.label", lang)
        if self.state == "alarm":
            return t(f"monitoring.{self.name}.alarm", lang, detail=self.detail, **numbers)
        if self.state == "learning":
            return t("monitoring.learning", lang, label=label)
        ends = (self.low is not None, self.high is not None)
        return t(f"monitoring.{RANGES[ends]}", lang, label=label, **numbers)


def write_value(value: float | None, unit: Unit, lang: Lang, currency: str | None) -> str:
    """Write a number by its unit, a dash where there is none.

    Examples
    --------
    >>> write_value(0.25, "share", "pt_BR", None)
    '25,0%'
    """
    if value is None:
        return "\N{EN DASH}"
    if unit == "amount":
        return format_amount(value, lang, currency)
    if unit == "share":
        return format_share(value, lang)
    return format_number(value, lang, 0 if unit or float(value).is_integer() else 2)


def judge_level(
    area: Area,
    name: str,
    value: float,
    past: Sequence[float] | Doubles,
    *,
    unit: Unit,
    floor: float,
    detail: str = "",
    one_sided: bool = False,
) -> Check:
    """Judge a level by the values before it: median and median deviation.

    Parameters
    ----------
    past : sequence of float
        Earlier values of the same.
    floor : float
        Smallest deviation that counts as one standard deviation, so that a value that never
        changed does not alarm at its first move.
    one_sided : bool
        Whether only more than usual alarms.

    Examples
    --------
    >>> judge_level("data", "rows", 9.0, [1.0, 2.0] * 6, unit="count", floor=0.1).state
    'alarm'
    """
    values = np.asarray(past, dtype=np.float64)
    if len(values) < LEAST_PAST:
        return Check(area, name, "learning", unit, value)
    middle = float(np.median(values))
    spread = LIMIT * max(floor, MAD_TO_SIGMA * float(np.median(np.abs(values - middle))))
    low, high = None if one_sided else middle - spread, middle + spread
    state: State = "alarm" if value > high or (low is not None and value < low) else "ok"
    return Check(area, name, state, unit, value, middle, low, high, detail)
