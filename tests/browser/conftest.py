"""The report as a file, in both languages, and a browser to look at it."""

import dataclasses
from pathlib import Path

import pytest

from clientela.i18n import LANGS
from clientela.report.answers import answer_questions
from clientela.report.page import render_page
from tests.report.variants import whole
from tests.store.runs import record

# What a test wants to know of the laid out page is written into it, for --dump-dom to give.
OPENED = """<script>for (const fold of document.querySelectorAll("details.model")) fold.open = true;
</script>"""
PROBE = """<script>addEventListener("load", () => setTimeout(() => {
  const root = document.documentElement;
  root.dataset.overflow = root.scrollWidth - innerWidth;
  const wide = [...document.querySelectorAll("main *")].filter((each) =>
    !each.closest(".scroll") && each.getBoundingClientRect().right > innerWidth + 1);
  root.dataset.wide = wide.map((each) => each.tagName + "." + each.className).join(" ");
  const clipped = [...document.querySelectorAll(".plot svg text")].filter((each) => {
    const [word, plot] = [each, each.closest(".plot")].map((one) => one.getBoundingClientRect());
    const aside = word.left < plot.left - 2 || word.right > plot.right + 2;
    return aside || word.bottom > plot.bottom + 2;
  });
  root.dataset.clipped = clipped.map((each) => each.textContent).join("|");
  const covered = [...document.querySelectorAll(".plot svg")].flatMap((plot) => {
    const words = [...plot.querySelectorAll("text")].map((each) =>
      [each.textContent, each.getBoundingClientRect()]).filter(([, box]) => box.width);
    return words.flatMap(([one, a], i) => words.slice(i + 1)
      .filter(([, b]) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 3
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 7)
      .map(([other]) => `${plot.closest("[data-chart]").dataset.chart}: ${one} x ${other}`));
  });
  root.dataset.covered = covered.join("|");
}, 500));</script>"""


@pytest.fixture(scope="session")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("report")
    data = whole()
    run = dataclasses.replace(record(1), as_of=data.as_of)
    written: dict[str, Path] = {}
    for lang in LANGS:
        html = render_page(answer_questions(data, lang), run, lang)
        written[lang] = folder / f"{lang}.html"
        before, end, after = html.rpartition("</body>")
        written[lang].write_text(before + OPENED + PROBE + end + after, "utf-8")
    return written
