"""The verdict of a hypothesis and its sentence."""

import datetime as dt
from typing import Literal, NamedTuple

from clientela.hypotheses.compare import LEAST_CUSTOMERS, Result
from clientela.hypotheses.hypothesis import Hypothesis
from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.statistics.bootstrap import LEVEL

ALPHA = 0.05
SMALL = 0.001

Verdict = Literal["holds", "does_not_hold", "not_measurable"]


class Tested(NamedTuple):
    """A hypothesis with what was found; ``p_holm`` is its p-value among all that were tested."""

    hypothesis: Hypothesis
    chosen_on: dt.date
    tested_on: dt.date
    result: Result | None
    p_holm: float | None

    @property
    def unit(self) -> str:
        """What the effect is: a ratio or a share."""
        return "ratio" if self.hypothesis.compare == "ratio_of_means" else "share"

    @property
    def verdict(self) -> Verdict:
        """Whether the claim holds, corrected for the number of claims."""
        if self.p_holm is None:
            return "not_measurable"
        return "holds" if self.p_holm < ALPHA else "does_not_hold"


def sentence(tested: Tested, lang: Lang) -> str:
    """Tell what was found, measured on which days and how sure it is."""
    result, days = (
        tested.result,
        (format_date(tested.chosen_on, lang), format_date(tested.tested_on, lang)),
    )
    if result is None or tested.p_holm is None:
        return t(
            f"hypothesis.{_reason(tested)}",
            lang,
            chosen=days[0],
            tested=days[1],
            least=format_number(LEAST_CUSTOMERS, lang),
        )
    found = t(
        f"hypothesis.found.{tested.hypothesis.compare}",
        lang,
        effect=_written(tested, result.effect, lang),
        low=_written(tested, result.low, lang),
        high=_written(tested, result.high, lang),
        level=format_number(100 * LEVEL, lang),
        threshold=_written(tested, tested.hypothesis.threshold, lang),
    )
    how = t(
        "hypothesis.how",
        lang,
        test=t(f"hypothesis.test.{result.test}", lang),
        p=_p_text(tested.p_holm, lang),
        chosen=days[0],
        tested=days[1],
    )
    return " ".join([t(f"hypothesis.{_outcome(tested, result)}", lang), found, how])


def _reason(tested: Tested) -> str:
    """Name the sentence that says why nothing was measured."""
    if tested.result is not None and tested.result.rare:
        return f"rare.{tested.hypothesis.measure}"
    return "not_measurable"


def _outcome(tested: Tested, result: Result) -> str:
    """Tell a claim that is missed from one that only cannot be told from chance."""
    if tested.verdict == "holds":
        return "holds"
    one = tested.hypothesis
    met = result.effect >= one.threshold if one.relation == ">=" else result.effect <= one.threshold
    return "unsure" if met else "does_not_hold"


def _written(tested: Tested, value: float, lang: Lang) -> str:
    return format_number(value, lang, 2) if tested.unit == "ratio" else format_share(value, lang)


def _p_text(p_value: float, lang: Lang) -> str:
    if p_value < SMALL:
        return "< " + format_number(SMALL, lang, 3)
    return "= " + format_number(p_value, lang, 3)
