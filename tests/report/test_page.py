"""The page is one file that needs nothing else, and holds what it is given safely."""

import dataclasses
import html as escaping
import json
import re
from collections import Counter

import msgspec
import pytest

from clientela.i18n import LANGS, Lang
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Axis, Chart, Figure, Series
from clientela.report.answers.figures import compute_figures, write_figure
from clientela.report.formatter import make_formatter
from clientela.report.page import load_assets, render_page
from clientela.report.page.charts import compute_height_px, find_wide, tabulate_chart
from clientela.report.page.layout import arrange_topics, list_method
from tests.report.answer_helpers import answers_of
from tests.report.run_tables import AS_OF
from tests.report.variants import VARIANTS, whole
from tests.store.runs import record

RUN = dataclasses.replace(record(1), as_of=AS_OF)
LOADED = re.compile(r"""<(?:script|link|img|iframe)[^>]*?(?:src|href)=["'](?!data:)""")


def markup(html: str) -> str:
    """Return the page without the scripts that stand inside it."""
    return re.sub(r"<script.*?</script>", "", html, flags=re.DOTALL)


@pytest.mark.parametrize("lang", LANGS)
def test_the_file_loads_nothing(lang: Lang) -> None:
    html = render_page(answers_of("whole", lang), RUN, lang)
    assert not LOADED.search(markup(html))
    assert not re.search(r"<script[^>]*src=", html)
    assert "@import" not in html
    assert not re.search(r"url\(", markup(html))
    assert html.count("</script>") == 3
    assert f'<html lang="{lang.replace("_", "-")}">' in html


def test_the_charts_in_the_page_are_those_of_the_answers() -> None:
    given = answers_of("whole", "en")
    html = render_page(given, RUN, "en")
    found = re.search(r'<script type="application/json" id="charts">(.*?)</script>', html)
    assert found
    held = json.loads(found.group(1))
    charts = {chart.key: chart for answer in given for chart in answer.charts}
    assert msgspec.convert(held["charts"], dict[str, Chart]) == charts
    assert len(charts) == sum(len(answer.charts) for answer in given)


def test_served_it_names_its_scripts_lists_and_other_language() -> None:
    html = render_page(
        answers_of("whole", "en"),
        RUN,
        "en",
        scripts="report/",
        downloads="report/lists/en/",
        other_language="?lang=pt_BR",
    )
    for name in load_assets():
        assert f'src="report/{name}"' in html
    assert 'href="report/lists/en/insiders.csv"' in html
    assert 'href="report/lists/en/segment-1.xlsx"' in html
    assert 'href="?lang=pt_BR" hreflang="pt-BR"' in html
    assert len(html) < 400_000


def test_texts_of_customers_cannot_become_markup() -> None:
    evil = "</script><script>alert(1)</script>"
    chart = Chart("c", evil, "columns", (Series(evil, (1.0,)),), (evil,))
    table = AnswerTable("t", evil, (AnswerColumn(evil),), ((evil,),))
    answer = Answer("k", evil, evil, (evil,), Figure(evil, evil), (chart,), (table,), evil)
    html = render_page([answer], RUN, "en")
    assert "<script>alert" not in html
    assert html.count("</script>") == 3


def test_backticks_become_code() -> None:
    html = render_page([Answer("k", "Q?", "H.", ("run `clientela serve` & see",))], RUN, "en")
    assert "run <code>clientela serve</code> &amp; see" in html


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("name", VARIANTS)
def test_every_material_makes_a_page(name: str, lang: Lang) -> None:
    given = answers_of(name, lang)
    html = markup(render_page(given, RUN, lang))
    assert 0 < html.count('class="row"') <= 8
    assert html.count("data-chart=") == sum(len(answer.charts) for answer in given)
    shown = re.sub(r"<style>.*?</style>", "", html, flags=re.DOTALL)
    assert not re.search(r"report\.[a-z]", shown)  # the key of a text that is missing


def test_no_address_stands_twice() -> None:
    html = markup(render_page(answers_of("whole", "en"), RUN, "en"))
    ids = re.findall(r'\bid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= set(ids)


def chart(kind: str, categories: int = 2, series: int = 1) -> Chart:
    rows = tuple(Series(f"s{n}", (1.0,) * categories) for n in range(series))
    names = tuple(map(str, range(categories)))
    return Chart(f"{kind}{categories}", "", kind, rows, names)  # type: ignore[arg-type]


def test_a_chart_without_neighbour_takes_the_whole_width() -> None:
    halves = [chart("bars", 2), chart("bars", 3), chart("bars", 4)]
    assert find_wide(halves) == {"bars2"}
    assert find_wide(halves[:2]) == set()
    assert find_wide([chart("heat"), chart("lines"), chart("heat", 3)]) == {
        "heat2",
        "lines2",
        "heat3",
    }


def test_more_rows_make_a_chart_higher() -> None:
    assert compute_height_px(chart("bars", 8)) > compute_height_px(chart("bars", 4))
    assert compute_height_px(chart("heat", 4, 8)) > compute_height_px(chart("heat", 4, 3))


def test_the_numbers_of_a_chart_are_written_in_the_language() -> None:
    drawn = next(a for a in answers_of("whole", "pt_BR") if a.key == "expected").charts[0]
    table = tabulate_chart(drawn, "pt_BR")
    assert table
    before, last_year = "£\xa0165.200", "£\xa0106.200"
    forecast = ("£\xa0118.000", "£\xa094.400", "£\xa0153.400")
    assert table.rows[0] == ("30 dias", *forecast, before, last_year)


def test_the_numbers_of_lines_stand_side_by_side() -> None:
    ours = Series(
        "ours", ((0.0, 1.0), (0.5, 3.0), (0.5, 4.0)), low=(0.0, 2.0, 3.0), high=(2.0, 4.0, 5.0)
    )
    drawn = Chart(
        "c",
        "t",
        "lines",
        category=Axis("x", "share"),
        series=(ours, Series("chance", ((0.5, 9.0),))),
    )
    table = tabulate_chart(drawn, "en")
    assert table
    assert [column.name for column in table.columns] == [
        "x",
        "ours",
        "ours (from)",
        "ours (to)",
        "chance",
    ]
    assert table.rows == (
        ("0.0%", "1", "0", "2", "\N{EN DASH}"),
        ("50.0%", "3", "2", "4", "9"),
        ("50.0%", "4", "3", "5", "\N{EN DASH}"),
    )


def test_the_first_page_says_what_each_number_counts() -> None:
    given = answers_of("whole", "en")
    page = render_page(given, RUN, "en")
    first = page.partition('id="answers"')[2].partition("</section>")[0]
    topics = [topic for group in arrange_topics(given).values() for topic in group]
    labels = [each[0].value.label for each in topics if each[0].value]
    assert labels
    assert re.findall(r'class="counts">([^<]*)<', first) == [
        escaping.escape(each) for each in labels
    ]


NUMBER = re.compile(r"\d[\d.,]*\d|\d")
SPANS = {"12", "90", "10", "3"}  # lengths of time, and the tenth who spend most


@pytest.mark.parametrize("lang", LANGS)
def test_the_first_page_has_three_sentences_eight_answers_and_no_number_twice(lang: Lang) -> None:
    page = render_page(answers_of("whole", lang), RUN, lang)
    first = page.partition('class="bottom"')[2].partition('class="part"')[0]
    assert first.count("<dd>") == 3
    assert first.count('class="row"') == 8
    text = re.sub(r"<[^>]*>|\d{4}-\d\d-\d\d|\d\d/\d\d/\d{4}", " ", first)
    counts = Counter(number for number in NUMBER.findall(text) if number not in SPANS)
    data, fmt = whole(), make_formatter(whole(), lang)
    texts = [write_figure(data, fmt, row["name"]) for row in compute_figures(data)]
    written = Counter(number for each in texts for number in NUMBER.findall(each))
    assert len(counts) > 10
    for number, count in counts.items():  # figures that happen to be equal may both stand there
        assert count <= max(1, written[number]), number


def test_the_summary_is_the_first_page_with_its_caveats_and_nothing_to_run() -> None:
    given = answers_of("whole", "en")
    summary = render_page(given, RUN, "en", summary=True)
    assert "<script" not in summary
    assert "<a " not in markup(summary).replace('<a class="skip"', "")
    assert summary.count('class="row"') == 8
    caveat = next(each.caveat for each in given if each.key == "churn")
    assert escaping.escape(caveat) in summary


def test_statistics_stand_with_the_models_alone() -> None:
    given = answers_of("whole", "en")
    method = {answer.key for answer in list_method(given)}
    words = re.compile(r"silhouette|Rand index|log loss|ROC|p = |p-value", re.IGNORECASE)
    for answer in given:
        if answer.key not in method:
            open_tables = [table.title for table in answer.tables if not table.folded]
            titles = [chart.title for chart in answer.charts]
            for text in (answer.headline, *answer.paragraphs, *titles, *open_tables):
                assert not words.search(text), text
