"""The table of hypotheses with their verdicts."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import pyarrow as pa

from clientela.config import Programme
from clientela.features.daily_revenue import Takings
from clientela.features.history import History
from clientela.hypotheses.compare import Result, compared
from clientela.hypotheses.hypothesis import Hypothesis
from clientela.hypotheses.outcomes import outcomes
from clientela.hypotheses.sentences import Tested, sentence
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


def test_hypotheses(
    history: History,
    chosen: Mapping[dt.date, Collection[str]],
    settings: Programme,
    hypotheses: Sequence[Hypothesis],
    brought: Takings | None = None,  # noqa: PT028 - no test of pytest's
) -> pa.Table:
    """Test each hypothesis on the days after that on which the members were chosen.

    That day is the last on which members were chosen that lies a whole horizon before the end;
    tested is the horizon after it.

    Parameters
    ----------
    history : History
        The firm's past.
    chosen : mapping of datetime.date to collection of str
        The ids of the members as chosen on each day, from what was known on it.
    settings : Programme
        Horizon, resamples, seed and the programme's name.
    hypotheses : sequence of Hypothesis
        From :func:`clientela.hypotheses.hypothesis.load`.
    brought : Takings, optional
        What each customer brought on each day, where it was read already.

    Returns
    -------
    pa.Table
        Of :data:`HYPOTHESES`.
    """
    horizon = dt.timedelta(days=settings.horizon_days)
    latest = history.as_of - horizon
    chosen_on = max((day for day in chosen if history.first_day <= day <= latest), default=None)
    results: list[Result] = []
    if chosen_on is not None:
        wanted = {one.measure for one in hypotheses}
        past = history, brought
        groups = outcomes(past, chosen_on, settings.horizon_days, chosen[chosen_on], wanted)
        results = compared(groups, hypotheses, settings)
    tested = [one for one in results if one.measured]
    corrected = dict(
        zip(map(id, tested), adjust_p_values([one.p_value for one in tested]), strict=True)
    )
    day = chosen_on or latest
    rows = [
        _row(
            Tested(hypothesis, day, day + horizon, result, corrected.get(id(result))),
            settings.name,
        )
        for hypothesis, result in zip_longest(hypotheses, results)
    ]
    return pa.Table.from_pylist(rows, HYPOTHESES)


def _row(tested: Tested, programme: str) -> dict[str, Any]:
    one, result = tested.hypothesis, tested.result
    return {
        "key": one.key,
        "text_en": one.text_en.replace(PROGRAMME, programme),
        "text_pt_br": one.text_pt_br.replace(PROGRAMME, programme),
        "chosen_on": tested.chosen_on,
        "tested_on": tested.tested_on,
        "effect_unit": tested.unit,
        "verdict": tested.verdict,
        "sentence_en": sentence(tested, "en"),
        "sentence_pt_br": sentence(tested, "pt_BR"),
        "p_holm": tested.p_holm,
        **(_figures(result) if result and result.measured else {}),
    }


def _figures(result: Result) -> dict[str, Any]:
    return {
        "effect": result.effect,
        "low": result.low,
        "high": result.high,
        "test": result.test,
        "p_value": result.p_value,
    }
