"""The report in a browser: charts drawn, nothing said on the console, nothing too wide, on A4."""

import html
import re
import struct
from pathlib import Path

import pytest

from clientela.i18n import LANGS, Lang
from clientela.report.answers import answer_questions
from tests.browser.conftest import OPENED
from tests.chromium import Chromium
from tests.report.variants import whole

pytestmark = pytest.mark.browser
WIDTHS = (1280, 390)
A4_POINTS = (595, 842)
BROKEN = ("heat", "silhouettes")  # names beside the rows, in several lines


def told(dom: str, name: str) -> str:
    """Return what the probe wrote into the page."""
    found = re.search(rf'<html[^>]* data-{name}="([^"]*)"', dom)
    assert found, f"the probe told no {name}"
    return found.group(1)


def drawn_in(dom: str) -> list[str]:
    """Name the charts that hold a picture."""
    return re.findall(r'data-chart="(\w+)"[^>]*>(?:(?!data-chart).)*?<svg', dom, re.DOTALL)


def texts_in(dom: str, chart: str) -> set[str]:
    """Return what is written in the picture of a chart."""
    drawn = re.search(rf'data-chart="{chart}".*?</svg>', dom, re.DOTALL)
    assert drawn
    words = re.findall(r"<text[^>]*>(.*?)</text>", drawn[0], re.DOTALL)
    return {html.unescape(re.sub(r"<[^>]+>", "", word)) for word in words}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("lang", LANGS)
def test_every_chart_is_drawn_and_nothing_sticks_out(
    chromium: Chromium, pages: dict[str, Path], lang: Lang, width: int
) -> None:
    dom, said = chromium.dom(pages[lang], width)
    assert said == []
    charts = [chart for answer in answer_questions(whole(), lang) for chart in answer.charts]
    drawn = drawn_in(dom)
    assert len(charts) >= 20
    assert sorted(drawn) == sorted(chart.key for chart in charts)
    assert int(told(dom, "overflow")) <= 0
    assert told(dom, "wide") == ""
    assert told(dom, "clipped") == ""
    assert told(dom, "covered") == ""
    for chart in charts:
        named = chart.series if len(chart.series) > 1 and chart.kind not in BROKEN else ()
        assert {each.name for each in named} <= texts_in(dom, chart.key), chart.key


FOLLOW = """<script>addEventListener("load", () => { location.hash = "model_churn"; });</script>"""


def test_a_link_unfolds_what_it_leads_to(chromium: Chromium, pages: dict[str, Path]) -> None:
    folded = pages["en"].with_name("folded.html")
    before, end, after = pages["en"].read_text("utf-8").replace(OPENED, "").rpartition("</body>")
    for script, unfolded in (("", []), (FOLLOW, ["model_churn"])):
        folded.write_text(before + script + end + after, "utf-8")
        dom, said = chromium.dom(folded, 1280)
        assert said == []
        assert re.findall(r'<details class="model" id="(\w+)" open=""', dom) == unfolded
        assert "value_forecast" in drawn_in(dom)


def test_a_chart_that_fails_is_noticed(chromium: Chromium, pages: dict[str, Path]) -> None:
    broken = pages["en"].with_name("broken.html")
    page = pages["en"].read_text("utf-8")
    broken.write_text(page.replace('"kind":"heat"', '"kind":"none"'), "utf-8")
    _, said = chromium.dom(broken, 1280)
    assert said


def test_marks_of_the_languages_stand_in_the_charts(
    chromium: Chromium, pages: dict[str, Path]
) -> None:
    brazilian, _ = chromium.dom(pages["pt_BR"], 1280)
    english, _ = chromium.dom(pages["en"], 1280)
    assert ">£ 800 mil<" in re.sub("\xa0|&nbsp;", " ", brazilian)
    assert ">£800K<" in english


def test_the_picture_is_not_blank(chromium: Chromium, pages: dict[str, Path]) -> None:
    picture, _ = chromium.screenshot(pages["en"], 1280, 3_000)
    assert struct.unpack(">II", picture[16:24]) == (1280, 3_000)
    assert len(picture) > 150_000


@pytest.mark.parametrize("lang", LANGS)
def test_it_prints_on_a4(chromium: Chromium, pages: dict[str, Path], lang: Lang) -> None:
    printed = chromium.pdf(pages[lang])
    boxes = re.findall(rb"/MediaBox \[([\d. ]+)\]", printed)
    assert 8 <= len(boxes) <= 45
    for box in boxes:
        assert [round(float(edge)) for edge in box.split()[2:]] == pytest.approx(A4_POINTS, abs=1)
