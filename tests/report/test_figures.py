"""One quantity has one value: what an answer names is a row of the table of figures."""

import datetime as dt
import re
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clientela.contract.figures import FIGURES
from clientela.i18n import LANGS, Lang, format_number
from clientela.report.answer import Answer
from clientela.report.answers import answer_questions
from clientela.report.answers.figures import (
    build_figures_table,
    compute_figures,
    share_of_top,
    write_figure,
)
from clientela.report.formatter import make_formatter
from clientela.report.page.charts import tabulate_chart
from clientela.report.report_data import ReportData
from tests.report.answer_helpers import with_column
from tests.report.variants import VARIANTS, empty, whole

NUMBER = re.compile(r"\d[\d.,]*")
ENDS = ("value", "low", "high", "horizon_days")
RATIOS = {
    "entry",
    "leaving",
    "proof",
    "hypotheses",
    "propensity",
}  # a limit, a time, and counts of counts
OTHERS = {"characteristics"}  # its headline holds medians of the table below it


def cut(text: str) -> set[str]:
    """Find the numbers of a text, without the mark that ends a sentence."""
    return {number.rstrip(".,") for number in NUMBER.findall(text)}


def citable(data: ReportData, lang: Lang) -> set[str]:
    """Return every number that a headline may hold: figures, rules, and the day of the run."""
    fmt = make_formatter(data, lang)
    texts = [fmt.date(data.as_of)]
    for row in compute_figures(data):
        texts += [write_figure(data, fmt, row["name"], end) for end in ENDS if row.get(end)]
        texts += [fmt.number(row["value"])]
    for table in ("programme_conditions", "segments", "actions", "model_notes", "hypotheses"):
        texts += [str(value) for row in data.rows(table) for value in row.values()]
    tiers = [row["members"] for row in data.rows("programme_case") if row["option"] == "tier"]
    texts += map(fmt.number, tiers)
    plan = data.facts.get("churn", {}).get("contacts", {})
    texts += [fmt.share(plan.get(name)) for name in ("margin", "saved_share")]
    texts += [fmt.money(plan.get("contact_cost")), fmt.number(1)]
    days = [row["grace_days"] for row in data.rows("programme_conditions") if row["grace_days"]]
    return set().union(*map(cut, [*texts, *map(fmt.number, days)])) | {"0", "10", "12"}


def shown(answer: Answer, lang: Lang) -> set[str]:
    """Return the numbers of the tables and charts that stand below an answer."""
    drawn = (tabulate_chart(chart, lang) for chart in answer.charts)
    tables = [table for table in (*answer.tables, *drawn) if table]
    cells = (cell for table in tables for row in table.rows for cell in row)
    names = (column.name for table in tables for column in table.columns)
    points = [str(sum(len(series.values) for series in chart.series)) for chart in answer.charts]
    points += [  # an index of 571 is said as 5.7 times
        format_number(value / 100, lang, 1)
        for chart in answer.charts
        if chart.value.format == "index"
        for series in chart.series
        for value in series.values
        if isinstance(value, float)
    ]
    return set().union(*map(cut, [*cells, *names, *points]))


def business(data: ReportData, lang: Lang) -> Iterator[Answer]:
    """Return the answers for the business, whose headlines are figures."""
    for answer in answer_questions(data, lang):
        if answer.part == "business" and answer.key not in OTHERS:
            yield answer


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_number_of_a_headline_is_a_figure(name: str, lang: Lang) -> None:
    data = VARIANTS[name]()
    known = citable(data, lang)
    for answer in business(data, lang):
        assert cut(answer.headline) <= known, answer.headline


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_every_number_of_a_text_is_a_figure_or_stands_below_it(lang: Lang) -> None:
    data = whole()
    known = citable(data, lang)
    for answer in answer_questions(data, lang):
        if answer.part == "models":
            continue
        evidence = known | shown(answer, lang)
        titles = [chart.title for chart in answer.charts]
        for text in (answer.headline, *answer.paragraphs, *titles):
            assert cut(text) <= evidence, (answer.key, text, cut(text) - evidence)


def test_no_two_figures_mean_the_same() -> None:
    for lang in ("en", "pt_br"):
        meanings = [row[f"meaning_{lang}"] for row in build_figures_table(whole()).to_pylist()]
        assert len(set(meanings)) == len(meanings)


def test_a_number_from_elsewhere_would_be_seen() -> None:
    data = whole()
    other = with_column(
        data, "customers", "revenue", pc.multiply(data.tables["customers"]["revenue"], 1.1)
    )
    known = citable(other, "en")
    headlines = [answer.headline for answer in business(data, "en")]
    assert not all(cut(headline) <= known for headline in headlines)


def test_answers_read_the_stored_figures_and_compute_none() -> None:
    data = whole()
    stored = build_figures_table(data)
    doubled = stored.set_column(2, "value", pc.multiply(stored["value"], 2.0))
    read = ReportData({**data.tables, "figures": doubled}, data.facts)
    for plain, twice in zip(business(data, "en"), business(read, "en"), strict=True):
        if plain.value is not None and plain.value.number and plain.key not in RATIOS:
            assert twice.value is not None
            assert twice.value.number == pytest.approx(2 * plain.value.number), plain.key


def test_the_figures_of_a_whole_run() -> None:
    rows = {row["name"]: row for row in build_figures_table(whole()).to_pylist()}
    assert set(rows) == set(FIGURES) - {"last_months_change"}  # it needs two years
    assert rows["members"]["value"] <= rows["customers"]["value"]
    assert all(row["meaning_en"] and row["meaning_pt_br"] for row in rows.values())
    assert {row["name"] for row in compute_figures(empty())} <= {
        "rows_canonical",
        "rows_quarantined",
        "unidentified_share",
    }


def test_the_last_days_count_who_is_new_and_who_came_again() -> None:
    columns = {
        "tenure_days": [0, 29, 30, 400],
        "orders_90d": [1, 2, 3, 0],
        "orders_30d": [1, 2, 0, 0],
    }
    data = ReportData({"customers": pa.table(columns)}, {"as_of": "2011-12-09"})
    values = {row["name"]: row["value"] for row in compute_figures(data)}
    assert (values["active_customers_30d"], values["new_customers_30d"]) == (2, 2)
    assert values["repeat_rate_90d"] == pytest.approx(2 / 3)
    silent = ReportData({"customers": pa.table(columns).slice(3)}, data.facts)
    assert "repeat_rate_90d" not in {row["name"] for row in compute_figures(silent)}


def test_the_orders_of_a_week_are_a_part_of_the_forecast() -> None:
    forecast = {"customer_group": "known", "days": 70, "expected": 9.0, "low": 1.0, "high": 20.0}
    rows = pa.Table.from_pylist([forecast | {"measurable": False}])
    customers = pa.table({"expected_orders": [12.0, 8.0, None]})
    data = ReportData({"customers": customers, "value_forecast": rows}, {"as_of": "2011-12-09"})
    orders = next(row for row in compute_figures(data) if row["name"] == "expected_orders_7d")
    assert (orders["value"], orders["judged"]) == (pytest.approx(2.0), False)


def test_the_tenth_who_spend_most_are_whole_customers() -> None:
    assert share_of_top(np.ones(30)) == pytest.approx(0.1)
    assert share_of_top(np.ones(25)) == pytest.approx(0.08)
    assert share_of_top(np.ones(9)) is None
    assert share_of_top(np.r_[np.zeros(99), 1.0]) == pytest.approx(1.0)


def test_the_last_months_are_compared_with_those_a_year_before() -> None:
    months = [dt.date(2010 + n // 12, n % 12 + 1, 1) for n in range(24)]
    rows = {"month": months, "net": [100.0 + (50.0 if n >= 21 else 0.0) for n in range(24)]}
    data = ReportData({"revenue_by_month": pa.table(rows)}, {"as_of": "2011-12-31"})
    change = {row["name"]: row["value"] for row in compute_figures(data)}
    assert change["last_months_change"] == pytest.approx(0.5)
    short = ReportData({"revenue_by_month": pa.table(rows).slice(10)}, data.facts)
    assert "last_months_change" not in {row["name"] for row in compute_figures(short)}
