"""The question how much revenue customers will bring in: forecasts of groups and past errors."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

from clientela.report.answer import (
    Answer,
    AnswerColumn,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Series,
    build_intervals,
    drop_absent,
)
from clientela.report.answers.customer_value import (
    ask_margin,
    describe_alive,
    describe_next_orders,
    draw_segment_value,
    list_segment_value,
)
from clientela.report.answers.figures import cite, cite_forecast, find_figure, head
from clientela.report.answers.queries import (
    Rows,
    draw_known,
    find_champion,
    find_metric,
    find_rival,
    format_metric,
    head_known,
    head_method,
    list_notes,
    localize_notes,
    say_method,
    trace_metric,
)
from clientela.report.formatter import Formatter, TableColumn, capitalize, fold, list_sentences
from clientela.report.report_data import ReportData

GROUPS = ("known", "new", "everyone")
PARENTHESIS = re.compile(r" \((?:[^()]|\([^()]*\))*\)")
SENTENCE_END = re.compile(r"(?<=\.) (?=[A-Z])")
JUDGES = (("value_mean", "bias"), ("value_median", "mae"))
"""Each forecast with the metric it is judged by: never one number for both."""


def answer_value(data: ReportData, fmt: Formatter) -> Answer:
    """Say whether the forecast beats a naive one, and what is expected."""
    question = fmt.say("value.question")
    rows = _list_groups(data)
    if not rows and not list_notes(data, "value_mean"):
        return Answer("value", question, fmt.say("value.none"))
    next_orders, next_orders_text = describe_next_orders(data, fmt)
    alive, alive_text = describe_alive(data, fmt)
    return Answer(
        "value",
        question,
        _write_headline(data, rows, fmt),
        paragraphs=drop_absent(
            (
                *_write_paragraphs(data, rows, fmt),
                ask_margin(data, fmt),
                next_orders_text,
                alive_text,
            )
        ),
        value=_state_figure(data, rows, fmt),
        charts=drop_absent(
            (
                _draw_groups(data, rows, fmt),
                draw_segment_value(data, fmt),
                _draw_backtest(data, fmt),
                next_orders,
                alive,
            )
        ),
        tables=drop_absent(
            (
                _list_forecasts(rows, fmt),
                list_sentences("value_words", rows, _name_group(fmt), fmt),
                list_segment_value(data, fmt),
                _list_backtest(data, fmt),
            )
        ),
        caveat=fmt.say("value.caveat"),
    )


def _list_groups(data: ReportData) -> Rows:
    """Return the groups' forecasts of the shortest horizon, in the order of the text."""
    rows = [row for row in data.rows("value_forecast") if row["customer_group"] in GROUPS]
    shortest = min((row["days"] for row in rows), default=0)
    rows = [row for row in rows if row["days"] == shortest]
    return sorted(rows, key=lambda row: GROUPS.index(row["customer_group"]))


def _find_group(rows: Rows, *groups: str) -> dict[str, Any]:
    """Return the first of these groups' forecasts, or an empty row."""
    forecasts = {row["customer_group"]: row for row in rows if row["expected"] is not None}
    return next((forecasts[group] for group in groups if group in forecasts), {})


def _state_findings(data: ReportData, fmt: Formatter) -> str:
    """Say of both forecasts whether they beat a naive one; the figures stand with the models."""
    verdicts = (localize_notes(list_notes(data, name)[:1], fmt) for name, _ in JUDGES)
    texts = (PARENTHESIS.sub("", text).partition(":")[0] for pair in verdicts for text in pair)
    sentences = [part for text in texts for part in SENTENCE_END.split(f"{text.rstrip('.')}.")]
    # What is true of both forecasts is said once, after the second.
    return " ".join(reversed(dict.fromkeys(reversed(sentences))))


def _write_headline(data: ReportData, rows: Rows, fmt: Formatter) -> str:
    total = _find_group(rows, "everyone", "known")
    if not total:
        return fmt.say("value.not_measurable")
    if total["measurable"]:
        forecast = _state_amount("value.between", data, total, fmt)
        return f"{forecast} {_state_beside(data, total, fmt)}".strip()
    beside = "" if total.get("last_year") is None else "_year"
    return fmt.say(
        f"value.not_judged{beside}",
        days=fmt.number(total["days"]),
        **cite(data, fmt, year="same_days_last_year_revenue"),
    )


def _state_beside(data: ReportData, total: dict[str, Any], fmt: Formatter) -> str:
    """Say what everybody knows without a model: the last period and the same days last year."""
    if total.get("last_period") is None:
        return ""
    key = "value.beside_last" if total.get("last_year") is None else "value.beside"
    texts = cite(data, fmt, last="last_period_revenue", year="same_days_last_year_revenue")
    return fmt.say(key, days=fmt.number(total["days"]), **texts)


def _state_unjudged(data: ReportData, rows: Rows, fmt: Formatter) -> str:
    """Say the figure of a forecast that no past date can judge, away from the headline."""
    total = _find_group(rows, "everyone", "known")
    if not total or total["measurable"]:
        return ""
    return _state_amount("value.unjudged", data, total, fmt)


def _state_amount(key: str, data: ReportData, total: dict[str, Any], fmt: Formatter) -> str:
    return fmt.say(
        f"{key}_plain" if total["low"] is None or total["high"] is None else key,
        group=fmt.label("customer_group", total["customer_group"]),
        **cite_forecast(data, fmt, total["customer_group"]),
    )


def _state_figure(data: ReportData, rows: Rows, fmt: Formatter) -> Figure | None:
    total = _find_group(rows, "everyone", "known")
    if not total.get("measurable"):
        label = fmt.say("value.figure_last", days=fmt.number(total.get("days")))
        return head(data, fmt, "last_period_revenue", label)
    group = total["customer_group"]
    days = cite_forecast(data, fmt, group)["days"]
    return head(data, fmt, f"expected_revenue_{group}", fmt.say("value.figure", days=days))


def _write_paragraphs(data: ReportData, rows: Rows, fmt: Formatter) -> list[str]:
    findings = _state_findings(data, fmt)
    errors = "" if findings else _state_past_errors(data, fmt)
    return [findings, _state_unjudged(data, rows, fmt), fmt.say("value.two"), errors]


def _draw_groups(data: ReportData, rows: Rows, fmt: Formatter) -> Chart | None:
    forecasts = [row for row in rows if row["expected"] is not None]
    if not forecasts:
        return None
    judged = _find_group(rows, "everyone", "known").get("measurable")
    new = judged and find_figure(data, "expected_revenue_new_share")
    share = cite(data, fmt, share="expected_revenue_new_share")
    key = "value.chart_new" if new else "value.chart" if judged else "value.chart_unjudged"
    return Chart(
        key="value_forecast",
        title=fmt.say(key, days=fmt.number(forecasts[0]["days"]), **share),
        kind="intervals",
        categories=tuple(fmt.heading("customer_group", row["customer_group"]) for row in forecasts),
        value=Axis(fmt.say("value.expected"), "money"),
        series=(
            build_intervals(fmt.say("value.expected"), forecasts, "expected"),
            *draw_known(forecasts, fmt, forecasts[0]["days"]),
        ),
        note=fmt.say("value.chart_note"),
        currency=fmt.currency,
    )


def _list_forecasts(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "value_forecast",
        fmt.say("value.table", days=fmt.number(rows[0]["days"] if rows else None)),
        rows,
        [
            ("value.group", "text", _name_group(fmt)),
            ("value.expected", "money", "expected"),
            ("column.low", "money", "low"),
            ("column.high", "money", "high"),
            ("expected.hits", "figure", fmt.hits),
            ("expected.bias", "share", "bias"),
            *head_known(rows, fmt, rows[0]["days"] if rows else None),
            *head_method(rows, fmt),
        ],
        strong=lambda row: row["customer_group"] == "everyone",
        note=f"{fmt.say('value.table_note')} {say_method(rows, fmt)}".strip(),
    )


def _name_group(fmt: Formatter) -> Callable[[Any], str]:
    return lambda row: fmt.heading("customer_group", row["customer_group"])


def _draw_backtest(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw by how much the totals were out on each past date."""
    champion = find_champion(data, "value_mean")
    rival = find_rival(data, "value_mean", "bias")
    ours = trace_metric(data, "value_mean", champion, "bias")
    theirs = trace_metric(data, "value_mean", rival, "bias")
    if len(ours) < 2:
        return None
    series = [Series(fmt.say("backtest.ours"), tuple(ours.values()))]
    if theirs and rival != champion:
        values = tuple(theirs.get(day) for day in ours)
        series.append(Series(capitalize(fmt.model(rival)), values, tone="quiet"))
    worst = max(ours, key=lambda day: abs(ours[day]))
    return Chart(
        key="value_backtest",
        title=fmt.say(
            "backtest.high" if ours[worst] > 0 else "backtest.low",
            share=fmt.share(abs(ours[worst])),
            day=fmt.date(worst),
        ),
        kind="columns",
        categories=tuple(fmt.date(day) for day in ours),
        value=Axis(fmt.say("metric.bias"), "share"),
        series=tuple(series),
        note=fmt.say("backtest.note"),
    )


def _state_past_errors(data: ReportData, fmt: Formatter) -> str:
    """Say how wrong the forecasts were before, each by its own measure."""
    sentences = []
    for purpose, name in JUDGES:
        ours = find_metric(data, purpose, find_champion(data, purpose), name)
        if ours.get("value") is None:
            continue
        rival = find_rival(data, purpose, name)
        theirs = find_metric(data, purpose, rival, name).get("value")
        compared = theirs is not None and rival != ours["model"]
        sentences.append(
            fmt.say(
                f"backtest.{name}_against" if compared else f"backtest.{name}",
                value=format_metric(name, ours["value"], fmt),
                other=fmt.model(rival),
                theirs=format_metric(name, theirs, fmt),
            )
        )
    return " ".join(sentences)


def _list_backtest(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List both measures of champion and rival on each past date."""
    columns: list[TableColumn] = [("backtest.day", "date", lambda day: day)]
    days: set[dt.date] = set()
    for purpose, name in JUDGES:
        rival = find_rival(data, purpose, name)
        for model in dict.fromkeys((find_champion(data, purpose), rival)):
            if values := trace_metric(data, purpose, model, name):
                columns.append(_head_metric(name, model, values, fmt))
                days |= set(values)
    return fold(fmt.table("value_backtest", fmt.say("backtest.table"), sorted(days), columns))


def _head_metric(
    name: str, model: str | None, values: dict[dt.date, float], fmt: Formatter
) -> TableColumn:
    title = fmt.say("backtest.column", metric=fmt.heading("metric", name), model=fmt.model(model))
    return (
        AnswerColumn(title, True),
        "figure",
        lambda day: format_metric(name, values.get(day), fmt),
    )
