"""The questions on members' revenue: their share today, and what is expected of them."""

from typing import Any

from clientela.contract.programme import MONTH_DAYS
from clientela.report.answer import (
    Answer,
    AnswerTable,
    Axis,
    Chart,
    Figure,
    Mark,
    Series,
    build_intervals,
    drop_absent,
)
from clientela.report.answers.figures import cite, cite_forecast, find_figure, head
from clientela.report.answers.queries import (
    Rows,
    count_members,
    draw_known,
    head_known,
    head_method,
    is_launched,
    say_method,
)
from clientela.report.formatter import Formatter, list_sentences
from clientela.report.report_data import ReportData

GROUPS = ("members", "rest", "known")
USUAL_MONTHS = 3  # by convention: a quarter, the horizon of most plans


def answer_revenue_share(data: ReportData, fmt: Formatter) -> Answer:
    """State the members' share of revenue, today and month by month."""
    question = fmt.say("revenue_share.question")
    label = "revenue_share.figure" if is_launched(data) else "revenue_share.figure_launch"
    if not (count_members(data) and find_figure(data, "members_revenue_share")):
        return Answer("revenue_share", question, fmt.say("programme.none"))
    return Answer(
        "revenue_share",
        question,
        fmt.say(
            "revenue_share.headline",
            **cite(data, fmt, times="members_revenue_times"),
        ),
        value=head(data, fmt, "members_revenue_share", fmt.say(label)),
        charts=drop_absent((_draw_size_curve(data, fmt), _draw_months(data, fmt))),
        caveat=fmt.say("revenue_share.caveat"),
    )


def _find_size(data: ReportData, mark: str) -> dict[str, Any]:
    """Return the first size that carries a mark, or an empty row."""
    return next((row for row in data.rows("programme_size") if row[mark]), {})


def _draw_size_curve(data: ReportData, fmt: Formatter) -> Chart | None:
    rows = data.sorted_by("programme_size", "customers_share")
    if len(rows) < 3:
        return None
    sizes = {mark: _find_size(data, mark) for mark in ("bend", "budget")}
    marks = (
        Mark(size["customers_share"], fmt.say(f"revenue_share.mark_{mark}"))
        for mark, size in sizes.items()
        if size
    )
    points = tuple((row["customers_share"], row["revenue_share"]) for row in rows)
    members_share, revenue_share = (
        find_figure(data, name)["value"] for name in ("members_share", "members_revenue_share")
    )
    return Chart(
        key="size_curve",
        title=_name_bend(sizes["bend"], fmt),
        kind="lines",
        category=Axis(fmt.say("revenue_share.customers_axis"), "share"),
        value=Axis(fmt.say("revenue_share.revenue_axis"), "share"),
        series=(
            Series(fmt.say("revenue_share.best"), points),
            Series(
                fmt.say("revenue_share.members"), ((members_share, revenue_share),), tone="signal"
            ),
        ),
        marks=(Mark(members_share, fmt.say("revenue_share.today")), *marks),
        note=fmt.say("revenue_share.curve_note"),
    )


def _name_bend(bend: dict[str, Any], fmt: Formatter) -> str:
    """Say from which share of the customers on a further member adds little."""
    if not bend:
        return fmt.say("revenue_share.curve")
    shares = {name: fmt.share(bend[name]) for name in ("customers_share", "revenue_share")}
    return fmt.say("revenue_share.bend", **shares)


def _draw_months(data: ReportData, fmt: Formatter) -> Chart | None:
    rows = data.sorted_by("programme_months", "as_of")
    shares = [row["revenue_share"] for row in rows if row["revenue_share"] is not None]
    if len(shares) < 2:
        return None
    low, high = fmt.share(min(shares)), fmt.share(max(shares))
    return Chart(
        key="revenue_share_by_month",
        title=fmt.say("revenue_share.months", low=low, high=high),
        kind="columns",
        categories=tuple(fmt.date(row["as_of"]) for row in rows),
        value=Axis(fmt.say("revenue_share.month_axis"), "share"),
        series=(
            Series(
                fmt.say("revenue_share.of_revenue"), tuple(row["revenue_share"] for row in rows)
            ),
            Series(
                fmt.say("revenue_share.of_customers"),
                tuple(row["members_share"] for row in rows),
                tone="quiet",
            ),
        ),
        note=fmt.say("revenue_share.months_note"),
    )


def answer_forecast(data: ReportData, fmt: Formatter) -> Answer:
    """State the members' expected revenue with its interval, and how often such intervals held."""
    question = fmt.say("expected.question")
    rows = _list_forecasts(data)
    if not rows:
        return Answer("expected", question, fmt.say("expected.none"))
    if not count_members(data):
        return Answer("expected", question, fmt.say("programme.none"))
    main = min(rows, key=lambda row: (_rank_group(row), abs(row["months"] - USUAL_MONTHS)))
    name = main["customer_group"]
    group, figure = fmt.say(_key_group(name, data)), find_figure(data, f"expected_revenue_{name}")
    measurable = all(row["measurable"] for row in rows)
    return Answer(
        "expected",
        question,
        _write_headline(figure, group, cite_forecast(data, fmt, name), fmt),
        value=_head_forecast(data, figure, group, fmt),
        charts=drop_absent(_draw_forecasts(rows, group, fmt) for group in GROUPS),
        tables=drop_absent(
            (
                _table_forecasts(rows, fmt),
                list_sentences("forecast_words", rows, lambda row: _name_row(row, fmt), fmt),
            )
        ),
        caveat=fmt.say("expected.caveat" if measurable else "expected.caveat_short"),
    )


def _key_group(name: str, data: ReportData) -> str:
    """Return the key of a group's words; before the launch nobody is a member."""
    listed = name == "members" and not is_launched(data)
    return f"expected.from_{'launch' if listed else name}"


def _write_headline(
    figure: dict[str, Any], group: str, forecast: dict[str, str], fmt: Formatter
) -> str:
    """Write the forecast, or that no past date can judge it: then it is no headline."""
    if not figure.get("judged"):
        return fmt.say("expected.not_judged", group=group, days=forecast["days"])
    plain = figure.get("low") is None
    return fmt.say("expected.plain" if plain else "expected.between", group=group, **forecast)


def _head_forecast(
    data: ReportData, figure: dict[str, Any], group: str, fmt: Formatter
) -> Figure | None:
    if not figure.get("judged"):
        return None
    label = fmt.say("expected.figure", days=fmt.number(figure["horizon_days"]), group=group)
    return head(data, fmt, figure["name"], label)


def _rank_group(row: dict[str, Any]) -> int:
    return GROUPS.index(row["customer_group"])


def _list_forecasts(data: ReportData) -> Rows:
    rows = [row for row in data.rows("programme_forecast") if row["expected"] is not None]
    return sorted(rows, key=lambda row: (_rank_group(row), row["months"]))


def _name_row(row: dict[str, Any], fmt: Formatter) -> str:
    return f"{fmt.group(row['customer_group'])}, {_write_horizon(row, fmt)}"


def _write_horizon(row: dict[str, Any], fmt: Formatter) -> str:
    return fmt.count("days", row["months"] * MONTH_DAYS)


def _draw_forecasts(rows: Rows, group: str, fmt: Formatter) -> Chart | None:
    rows = [row for row in rows if row["customer_group"] == group]
    if not rows:
        return None
    judged = [row for row in rows if row["measurable"]]
    last = (judged or rows)[-1]
    return Chart(
        key=f"expected_{group}",
        title=fmt.say(
            "expected.chart" if judged else "expected.chart_unjudged",
            days=fmt.number(last["months"] * MONTH_DAYS),
            group=fmt.group(group),
            amount=fmt.money(last["expected"]),
        ),
        kind="intervals",
        categories=tuple(_write_horizon(row, fmt) for row in rows),
        value=Axis(fmt.say("expected.axis"), "money"),
        series=(
            build_intervals(fmt.group(group), rows, "expected"),
            *draw_known(rows, fmt),
        ),
        note=fmt.say("expected.note"),
        currency=fmt.currency,
    )


def _table_forecasts(rows: Rows, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "forecast",
        fmt.say("expected.table"),
        rows,
        [
            ("expected.who", "text", lambda row: fmt.group(row["customer_group"])),
            ("expected.horizon", "figure", lambda row: _write_horizon(row, fmt)),
            ("expected.expected", "money", "expected"),
            ("expected.low", "money", "low"),
            ("expected.high", "money", "high"),
            ("expected.hits", "figure", fmt.hits),
            ("expected.bias", "share", "bias"),
            *head_known(rows, fmt),
            *head_method(rows, fmt),
        ],
        note=f"{fmt.say('expected.table_note')} {say_method(rows, fmt)}".strip(),
    )
