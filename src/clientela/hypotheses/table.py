"""The table of hypotheses, with verdicts and sentences."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal

import pyarrow as pa

from clientela.config import Programme
from clientela.features.daily_revenue import DailyRevenue
from clientela.features.history import History
from clientela.hypotheses.compare import (
    LEAST_CUSTOMERS,
    UNMEASURED,
    GroupComparison,
    compare_groups,
    read_comparison,
)
from clientela.hypotheses.hypothesis import Hypothesis
from clientela.hypotheses.outcomes import measure_outcomes
from clientela.i18n import Lang, format_date, format_number, format_share, t
from clientela.registry.past_evidence import Recall, measure_anew
from clientela.statistics.bootstrap import LEVEL
from clientela.statistics.significance import adjust_p_values

PROGRAMME = "{programme}"
HYPOTHESES = pa.schema(
    [
        ("key", pa.string()),
        ("text_en", pa.string()),
        ("text_pt_br", pa.string()),
        ("chosen_on", pa.date32()),
        ("tested_on", pa.date32()),
        ("effect", pa.float64()),
        ("effect_unit", pa.string()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("test", pa.string()),
        ("p_value", pa.float64()),
        ("p_holm", pa.float64()),
        ("verdict", pa.string()),
        ("sentence_en", pa.string()),
        ("sentence_pt_br", pa.string()),
    ]
)
"""Columns of ``hypotheses``."""

ALPHA = 0.05
"""By convention: the level of the family of tests, after Holm's correction."""

SMALLEST_P = 0.001
"""By convention: p-values below it are written as smaller than it."""

Verdict = Literal["holds", "does_not_hold", "not_measurable"]
Period = tuple[dt.date, dt.date]
"""The day on which the members were chosen, and the last day of the test."""


def test_hypotheses(
    history: History,
    members: Mapping[dt.date, Collection[str]],
    settings: Programme,
    hypotheses: Sequence[Hypothesis],
    revenue: DailyRevenue | None = None,  # noqa: PT028 - no test of pytest's
    recall: Recall = measure_anew,  # noqa: PT028
) -> pa.Table:
    """Test each hypothesis on the days after that on which the members were chosen.

    That day is the last on which members were chosen that lies a whole horizon before the end;
    tested is the horizon after it.

    Parameters
    ----------
    history : History
        The firm's past.
    members : mapping of datetime.date to collection of str
        The ids of the members as chosen on each day, from what was known on it.
    settings : Programme
        Horizon, resamples, seed and the programme's name.
    hypotheses : sequence of Hypothesis
        From :func:`clientela.hypotheses.hypothesis.load_hypotheses`.
    revenue : DailyRevenue, optional
        Each customer's revenue by day, where it was read already.
    recall : Recall, optional
        Finds what a test showed less than a month ago.

    Returns
    -------
    pa.Table
        Of :data:`HYPOTHESES`.
    """
    horizon = dt.timedelta(days=settings.horizon_days)
    latest = history.as_of - horizon
    day = max((day for day in members if history.first_day <= day <= latest), default=None)
    comparisons = [UNMEASURED] * len(hypotheses)
    if day is not None:
        tried = day

        def compare() -> dict[str, Any]:
            measures = {hypothesis.measure for hypothesis in hypotheses}
            chosen, outcomes = measure_outcomes(
                history, revenue, tried, settings.horizon_days, members[tried], measures
            )
            return {
                "day": tried.isoformat(),
                "comparisons": compare_groups(chosen, outcomes, hypotheses, settings),
            }

        found = recall("hypotheses", _list_grounds(hypotheses, settings), compare)
        day = dt.date.fromisoformat(found["day"])
        comparisons = [read_comparison(values) for values in found["comparisons"]]
    corrected = iter(
        adjust_p_values([result.p_value for result in comparisons if result.measurable])
    )
    period = (day or latest, (day or latest) + horizon)
    rows = [
        _write_row(
            hypothesis, result, next(corrected) if result.measurable else None, period, settings
        )
        for hypothesis, result in zip(hypotheses, comparisons, strict=True)
    ]
    return pa.Table.from_pylist(rows, HYPOTHESES)


def _list_grounds(hypotheses: Sequence[Hypothesis], settings: Programme) -> dict[str, Any]:
    """List what a comparison depends on beside the members."""
    names = ("horizon_days", "resamples", "seed")
    return {"hypotheses": hypotheses} | {name: getattr(settings, name) for name in names}


def _write_row(
    hypothesis: Hypothesis,
    comparison: GroupComparison,
    p_holm: float | None,
    period: Period,
    settings: Programme,
) -> dict[str, Any]:
    figures = comparison._asdict() if comparison.measurable else {}
    figures.pop("rare", None)
    return figures | {
        "key": hypothesis.key,
        "text_en": hypothesis.text_en.replace(PROGRAMME, settings.name),
        "text_pt_br": hypothesis.text_pt_br.replace(PROGRAMME, settings.name),
        "chosen_on": period[0],
        "tested_on": period[1],
        "effect_unit": "ratio" if hypothesis.compare == "ratio_of_means" else "share",
        "verdict": decide_verdict(p_holm),
        "sentence_en": write_sentence(hypothesis, comparison, p_holm, period, "en"),
        "sentence_pt_br": write_sentence(hypothesis, comparison, p_holm, period, "pt_BR"),
        "p_holm": p_holm,
    }


def decide_verdict(p_holm: float | None) -> Verdict:
    """Decide whether a claim holds, from its p-value corrected for the number of claims."""
    if p_holm is None:
        return "not_measurable"
    return "holds" if p_holm < ALPHA else "does_not_hold"


def write_sentence(
    hypothesis: Hypothesis,
    comparison: GroupComparison,
    p_holm: float | None,
    period: Period,
    lang: Lang,
) -> str:
    """Write the result of a test, on which days it was measured and how sure it is."""
    days = {"chosen": format_date(period[0], lang), "tested": format_date(period[1], lang)}
    if p_holm is None:
        reason = f"rare.{hypothesis.measure}" if comparison.rare else "not_measurable"
        return t(f"hypothesis.{reason}", lang, least=format_number(LEAST_CUSTOMERS, lang), **days)

    def write_effect(value: float) -> str:
        ratio = hypothesis.compare == "ratio_of_means"
        return format_number(value, lang, 2) if ratio else format_share(value, lang)

    figures = t(
        f"hypothesis.found.{hypothesis.compare}",
        lang,
        effect=write_effect(comparison.effect),
        low=write_effect(comparison.low),
        high=write_effect(comparison.high),
        level=format_number(100 * LEVEL, lang),
        threshold=write_effect(hypothesis.threshold),
    )
    test = t(f"hypothesis.test.{comparison.test}", lang)
    how = t("hypothesis.how", lang, test=test, p=_write_p_value(p_holm, lang), **days)
    verdict = t(f"hypothesis.{_name_verdict(hypothesis, comparison, p_holm)}", lang)
    return f"{verdict} {figures} {how}"


def _name_verdict(hypothesis: Hypothesis, comparison: GroupComparison, p_holm: float) -> str:
    """Distinguish a claim that is missed from one that chance alone might explain."""
    if decide_verdict(p_holm) == "holds":
        return "holds"
    effect, threshold = comparison.effect, hypothesis.threshold
    reached = effect >= threshold if hypothesis.relation == ">=" else effect <= threshold
    return "unsure" if reached else "does_not_hold"


def _write_p_value(p_value: float, lang: Lang) -> str:
    sign, value = ("<", SMALLEST_P) if p_value < SMALLEST_P else ("=", p_value)
    return f"{sign} {format_number(value, lang, 3)}"
