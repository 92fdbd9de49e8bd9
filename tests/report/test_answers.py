"""Every question is answered, in both languages, whatever a run lacks."""

import datetime as dt
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest

from clientela.i18n import LANGS, Lang, load_catalogue
from clientela.report.answer import Answer, Chart
from clientela.report.answers import QUESTIONS, build_answers_table
from clientela.report.formatter import make_formatter
from clientela.report.report_data import ReportData
from clientela.store.arrow_schemas import arrow_table
from tests.conftest import ROOT
from tests.report.answer_helpers import answer_of, answers_of, with_column
from tests.report.variants import VARIANTS, empty, one_customer, one_month, whole, without

SOURCES = ROOT / "src" / "clientela" / "report"
KEYS = list(QUESTIONS)
SAID = re.compile(r'\.(?:say|count)\(\s*(f?)"([^"]+)"')
FAMILIES = re.compile(r'\.(?:label|heading)\(\s*"(\w+)"')
RAW_FLOAT = re.compile(r"\d\.\d{4,}|\bnan\b|\binf\b|\bNone\b")


def texts(answer: Answer) -> Iterator[str]:
    """Return everything that a reader of an answer reads."""
    yield from (answer.question, answer.headline, answer.caveat, *answer.paragraphs)
    if answer.value:
        yield from (answer.value.text, answer.value.label)
    for chart in answer.charts:
        yield from (chart.title, chart.note, *chart.categories, chart.value.title)
        yield from (series.name for series in chart.series)
    for table in answer.tables:
        yield from (table.title, table.note, *(column.name for column in table.columns))
        yield from (cell for row in table.rows for cell in row)


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_question_has_an_answer(name: str, lang: Lang) -> None:
    given = answers_of(name, lang)
    assert [answer.key for answer in given] == KEYS
    for answer in given:
        assert answer.question
        assert answer.headline.endswith(".")
        for text in texts(answer):
            assert not RAW_FLOAT.search(text), text
            assert not re.search(r"report\.\w|\{\w*\}", text), text


def test_a_whole_run_has_a_number_a_picture_and_a_caveat_for_each() -> None:
    for answer in answers_of("whole", "en")[1:]:
        if answer.key == "experiments":  # this run has none
            continue
        assert answer.value or answer.key == "eligible", answer.key
        assert answer.charts, answer.key
        assert answer.caveat, answer.key


def test_the_languages_say_different_words_and_the_same_numbers() -> None:
    english, brazilian = (answers_of("whole", lang) for lang in LANGS)
    for one, other in zip(english, brazilian, strict=True):
        assert one.headline != other.headline
        assert one.question != other.question
        pairs = zip(one.charts, other.charts, strict=True)
        assert all(
            [series.values for series in a.series] == [series.values for series in b.series]
            for a, b in pairs
        )
        assert (one.value and one.value.number) == (other.value and other.value.number)


@pytest.mark.slow
def test_an_answer_survives_its_way_through_the_store() -> None:
    rows = build_answers_table(whole()).to_pylist()
    assert [row["lang"] for row in rows] == [lang for lang in LANGS for _ in KEYS]
    assert [row["position"] for row in rows[: len(KEYS)]] == list(range(1, len(KEYS) + 1))
    read = [msgspec.convert(json.loads(row["content"]), Answer) for row in rows]
    assert read[: len(KEYS)] == answers_of("whole", "en")


@pytest.mark.slow
def test_the_same_material_gives_the_same_bytes() -> None:
    assert build_answers_table(whole()).equals(build_answers_table(whole()))


def test_what_is_missing_is_said_and_not_drawn() -> None:
    for answer in answers_of("empty", "pt_BR"):
        assert not answer.charts
        assert not answer.tables
        assert not answer.value or answer.key == "method"
    assert "ainda não há programa" in answer_of(empty(), "how_many", "pt_BR").headline.lower()
    assert "too short" in answer_of(one_month(), "proof").headline


def test_the_last_month_is_paler_where_it_is_not_over() -> None:
    chart = answer_of(whole(), "customers").charts[0]
    assert chart.key == "revenue_by_month"
    assert [series.pale for series in chart.series] == [(12,), (12,)]
    over = ReportData(whole().tables, whole().facts | {"as_of": "2011-12-31"})  # type: ignore[operator]
    assert [series.pale for series in answer_of(over, "customers").charts[0].series] == [(), ()]


def test_shares_are_those_of_the_tables() -> None:
    data = whole()
    inside = [
        row["revenue_365d"]
        for row in data.rows("programme_members")
        if row["status"] in ("member", "leaving")
    ]
    every = [row["revenue_365d"] for row in data.rows("customers")]
    value = answer_of(data, "revenue_share").value
    assert value
    assert value.number == pytest.approx(sum(inside) / sum(every))
    many = answer_of(data, "how_many").value
    assert many
    assert many.number == len(inside)


def test_the_naive_rules_beaten_are_the_figure_of_the_proof() -> None:
    answer = answer_of(whole(), "proof")
    assert answer.value
    assert (answer.value.text, answer.value.number) == ("3 of 4", 3)
    assert "3 of 4" in answer.headline


def test_money_without_a_known_currency_is_a_bare_number() -> None:
    data = one_customer()
    assert data.currency is None
    headline = answer_of(data, "customers").headline
    assert "The only customer spent -5 (net revenue)" in headline


def test_brazilians_read_their_own_numbers() -> None:
    said = "\n".join(text for answer in answers_of("whole", "pt_BR") for text in texts(answer))
    assert "£\xa01.240" in said
    assert "09/12/2011" in said
    assert not re.search(r"\d\.\d%|£\d", said)


def test_products_that_go_together_need_products() -> None:
    assert any(table.key == "pairs" for table in answer_of(whole(), "actions").tables)
    answer = answer_of(without("actions"), "actions")
    assert not answer.tables
    assert answer.headline


def test_actions_without_a_past_period_have_no_chart() -> None:
    rows = [row | {"upside": None} for row in whole().rows("actions")]
    data = ReportData({**whole().tables, "actions": arrow_table("actions", rows)}, whole().facts)
    answer = answer_of(data, "actions")
    assert (answer.charts, answer.value) == ((), None)
    assert "the first to try" in answer.headline


def test_an_upside_of_margin_is_called_gross_profit() -> None:
    customers = whole().table("customers")
    assert customers is not None
    for margin, is_profit in ((None, False), (0.4, True)):
        margins = pa.array([margin] * customers.num_rows, pa.float64())
        tables = {**whole().tables, "customers": customers.append_column("gross_margin", margins)}
        figure = answer_of(ReportData(tables, whole().facts), "actions").value
        assert figure is not None
        assert ("gross profit" in figure.label) is is_profit


@pytest.mark.parametrize("lang", LANGS)
def test_every_column_of_every_table_says_something(lang: Lang) -> None:
    tables = [table for answer in answers_of("whole", lang) for table in answer.tables]
    assert len(tables) > 20
    for table in tables:
        for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True):
            assert any(str(cell).strip() for cell in cells), (table.key, column.name)


def test_who_bought_too_long_ago_lacks_one_more_purchase() -> None:
    answer = answer_of(whole(), "entry")
    assert "One more purchase" in [row[0] for row in answer.tables[-1].rows]
    assert "One more purchase" in answer.charts[0].categories
    told = answer_of(whole(), "entry", "pt_BR").charts[0]
    assert "Mais uma compra" in told.categories


def used_keys() -> Iterator[str]:
    """Find the keys that the report asks for; those with a blank stand for several."""
    for path in sorted(SOURCES.rglob("*.py")):
        yield from (key for _, key in SAID.findall(path.read_text("utf-8")))
    for page in sorted(SOURCES.rglob("*.html")):
        yield from re.findall(r"""say\(["']([\w.]+)["']""", page.read_text("utf-8"))
    yield from ("page.low", "page.high", "page.title", "page.subtitle")
    yield from re.findall(r'"((?:\w+)\.(?:\w+))"', "\n".join(_sources()))


def _sources() -> Iterator[str]:
    yield from (path.read_text("utf-8") for path in sorted(SOURCES.rglob("*.py")))


def pattern(key: str) -> re.Pattern[str]:
    return re.compile(re.escape(re.sub(r"\{[^}]*\}", "@", key)).replace("@", r"\w+") + r"(\.\w+)?")


def test_every_text_of_the_report_is_asked_for() -> None:
    listed = [
        key.removeprefix("report.") for key in load_catalogue("en") if key.startswith("report.")
    ]
    families = set(FAMILIES.findall("\n".join(_sources())))
    patterns = [pattern(key) for key in used_keys()]
    idle = [
        key
        for key in listed
        if key.split(".")[0] not in families and not any(p.fullmatch(key) for p in patterns)
    ]
    assert len(listed) > 300
    assert idle == []


def test_the_files_of_the_locales_are_sorted() -> None:
    for lang in LANGS:
        folder: Path = ROOT / "src" / "clientela" / "locales" / lang
        for path in folder.glob("report*.json"):
            keys = list(json.loads(path.read_text("utf-8")))
            assert keys == sorted(keys), path.name


def test_the_elbow_begins_with_all_customers_as_one_segment() -> None:
    starts = [
        _chart(each, "model_segments", "elbow").series[0].values
        for each in (whole(), without("models"))
    ]
    assert [values[0] for values in starts] == [(1, 1.0), (4, 1.0)]


def test_cohorts_too_small_for_a_share_are_left_out() -> None:
    size: list[object] = [9 if row["customers"] < 150 else 200 for row in whole().rows("cohorts")]
    small = _chart(with_column(whole(), "cohorts", "customers", size), "customers", "cohorts")
    full = _chart(whole(), "customers", "cohorts")
    assert "fewer than 10" in small.note
    assert "fewer than 10" not in full.note
    assert 0 < len(small.series) < len(full.series)


def test_a_run_that_refused_nothing_says_so() -> None:
    facts = {**whole().facts, "rows_canonical": 5, "rows_quarantined": 0}
    told = answer_of(ReportData(whole().tables, facts), "method").headline
    assert told == "Everything here was computed from 5 rows of data; none was refused."


def test_nothing_is_expected_of_a_programme_without_members() -> None:
    nobody = without("programme_members")
    answer = answer_of(nobody, "expected")
    assert "no programme yet" in answer.headline
    assert answer.value is None


def test_hypotheses_that_nobody_can_measure_are_not_counted_as_failed() -> None:
    rows = len(whole().rows("hypotheses"))
    none = with_column(whole(), "hypotheses", "verdict", ["not_measurable"] * rows)
    answer = answer_of(none, "hypotheses")
    assert answer.headline == "No hypothesis can be measured with this data."
    assert answer.value is None


def test_the_only_month_is_not_called_whole() -> None:
    only = whole().tables["revenue_by_month"].slice(12, 1)
    given = ReportData({**whole().tables, "revenue_by_month": only}, whole().facts)
    assert "not over yet" in _chart(given, "customers", "revenue_by_month").title


def _chart(data: ReportData, key: str, name: str) -> Chart:
    return next(chart for chart in answer_of(data, key).charts if chart.key == name)


@pytest.mark.parametrize("lang", LANGS)
def test_a_forecast_that_past_dates_cannot_judge_is_no_headline(lang: Lang) -> None:
    full = whole()
    rows = full.tables["programme_forecast"].to_pylist()
    unjudged = pa.Table.from_pylist([row | {"measurable": False} for row in rows])
    data = ReportData({**full.tables, "programme_forecast": unjudged}, full.facts)
    answer = QUESTIONS["expected"](data, make_formatter(data, lang))
    assert answer.value is None
    assert not {"354", "283", "460"} & set(re.findall(r"\d+", answer.headline))


@pytest.mark.parametrize("lang", LANGS)
def test_before_the_launch_nobody_is_called_a_member(lang: Lang) -> None:
    full = whole()
    launched = {"programme": {"name": "Insiders", "state": "launched"}}
    word, listed = {"en": ("member", "launch list"), "pt_BR": ("membro", "lista de lançamento")}[
        lang
    ]
    for key in ("characteristics", "expected"):
        before = QUESTIONS[key](full, make_formatter(full, lang)).headline
        data = ReportData(full.tables, {**full.facts, **launched})
        assert listed in before
        assert word not in before
        assert listed not in QUESTIONS[key](data, make_formatter(data, lang)).headline


@pytest.mark.parametrize(("lang", "word"), [("en", "candidate:"), ("pt_BR", "candidato:")])
def test_a_lone_candidate_is_told_in_the_singular(lang: Lang, word: str) -> None:
    full = whole()
    members = full.tables["programme_members"].to_pylist()
    near = next(row for row in members if row["status"] == "candidate")
    lone = [row for row in members if row["status"] != "candidate"] + [near]
    data = ReportData({**full.tables, "programme_members": pa.Table.from_pylist(lone)}, full.facts)
    value = QUESTIONS["entry"](data, make_formatter(data, lang)).value
    assert value is not None
    assert value.label.startswith(word)


def test_monday_follows_the_verdict_on_the_programme() -> None:
    data = whole()
    programme = dict(data.facts.get("programme", {}))
    facts = {**data.facts, "programme": programme | {"state": "not_launched", "offer": {"x": 1}}}
    for verdict, launches in (("missing", True), ("not_worth", False)):
        rows = [{"position": n + 1, "code": code} for n, code in enumerate((verdict, "alike"))]
        sentences = {f"sentence_{lang}": "S." for lang in ("en", "pt_br")}
        table = pa.Table.from_pylist([row | sentences for row in rows])
        told = answer_of(
            ReportData({**data.tables, "programme_verdict": table}, facts), "bottom_line"
        )
        assert ("whether to approve them" in told.paragraphs[1]) is launches
        assert [count_sentences(text) for text in (told.headline, *told.paragraphs)] == [1, 1, 1]


def count_sentences(text: str) -> int:
    return len(re.findall(r"[.!?](?:\s|$)", text))


@pytest.mark.parametrize("lang", LANGS)
def test_the_bottom_line_has_three_sentences(lang: Lang) -> None:
    told = answer_of(whole(), "bottom_line", lang)
    texts = (told.headline, *told.paragraphs)
    assert [count_sentences(text) for text in texts] == [1, 1, 1]
    assert all(text[0].isupper() or not text[0].isalpha() for text in texts)


@pytest.mark.parametrize("lang", LANGS)
def test_what_leavers_had_spent_is_stated_once(lang: Lang) -> None:
    told = answer_of(whole(), "churn", lang)
    row = next(row for row in whole().rows("churn_contacts") if row["chosen"])
    stake = make_formatter(whole(), lang).money(row["at_stake"])
    assert sum(text.count(stake) for text in told.paragraphs) == 1


@pytest.mark.parametrize(("lang", "sentence"), [("en", "It stays."), ("pt_BR", "Continua.")])
def test_what_was_decided_of_models_stands_in_how_it_was_done(lang: Lang, sentence: str) -> None:
    decision = {"as_of": dt.date(2011, 12, 9), "sentence_en": "It stays."}
    facts = {**whole().facts, "decisions": [decision | {"sentence_pt_br": "Continua."}]}
    tables = answer_of(ReportData(whole().tables, facts), "method", lang).tables
    table = next(table for table in tables if table.key == "decisions")
    assert [row[1] for row in table.rows] == [sentence]
    plain = answer_of(whole(), "method", lang).tables
    assert "decisions" not in {table.key for table in plain}
