"""The first chart of a dashboard page against a static page of ECharts, in headless Chromium.

``python benchmarks/first_chart.py [page]``: both are served by one uvicorn worker with the same
settings. The static page draws the same chart with the same bundle and nothing else. In turn, each
in a window without a cache; the time from the request to the first frame with the chart in it.
Beyond 1.5 times the median of the static page it ends with code 1.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import made
from figures import Figure, report
from playwright.sync_api import Browser, sync_playwright
from serving import start_server

ROUNDS, WARM_UPS = 15, 3
LIMIT = 1.5
PATIENCE_MS = 120_000  # of a busy machine
PAGE = "value"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars")
# The frame that shows shapes of a chart
WATCH = """
const look = () => {
  if (document.querySelector("[data-chart] svg path")) window.drawn = performance.now();
  else requestAnimationFrame(look);
};
requestAnimationFrame(look);
"""
OPTIONS = """(() => {
  const box = document.querySelector("[data-chart]");
  const { width, height } = box.getBoundingClientRect();
  return JSON.stringify({ width, height, option: echarts.getInstanceByDom(box).getOption() });
})()"""
STATIC = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A chart</title><link rel="icon" href="data:,">
</head><body><div data-chart style="width:{width}px;height:{height}px"></div>
<script src="echarts.js"></script>
<script>echarts.init(document.querySelector("[data-chart]"), null, {{ renderer: "svg" }})
.setOption({option});</script></body></html>
"""


def main(page: str = PAGE) -> int:
    """Measure both in turn and report the medians."""
    url = f"sqlite:///{made.workspace() / 'results.db'}"
    with (
        tempfile.TemporaryDirectory() as folder,
        _start_browser() as browser,
        start_server(url, Path(folder)) as (_, port),
    ):
        dashboard = f"http://127.0.0.1:{port}/app/{page}?lang=en"
        bundle = f"http://127.0.0.1:{port}/report/echarts-6.1.0.js"
        _write_static(browser, dashboard, bundle, Path(folder))
        with start_server("static", Path(folder)) as (_, static_port):
            static = f"http://127.0.0.1:{static_port}/index.html"
            times: dict[str, list[float]] = {dashboard: [], static: []}
            for number in range(WARM_UPS + ROUNDS):
                for address, taken in times.items():
                    taken += [_measure(browser, address)] * (number >= WARM_UPS)
    ours, plain = (median(taken) for taken in times.values())
    figures = [
        Figure(f"the dashboard's page {page}", ours, unit="ms"),
        Figure("a static page", plain, unit="ms"),
        Figure("times the static page", ours / plain, limit=LIMIT),
    ]
    return report("first_chart", figures)


@contextmanager
def _start_browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


def _measure(browser: Browser, address: str) -> float:
    """Return the milliseconds from the request to the first frame with a chart."""
    return float(_visit(browser, address, lambda page: page.evaluate("window.drawn")))


def _visit(browser: Browser, address: str, look: Callable[[Any], Any]) -> Any:
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH)
        page.goto(address)
        page.wait_for_function("window.drawn")
        return look(page)


def _write_static(browser: Browser, dashboard: str, bundle: str, folder: Path) -> None:
    """Write a page that draws the first chart of the dashboard's, and the bundle."""
    drawn = json.loads(_visit(browser, dashboard, lambda page: page.evaluate(OPTIONS)))
    option = json.dumps(drawn["option"]).replace("<", "\\u003c")
    html = STATIC.format(width=drawn["width"], height=drawn["height"], option=option)
    (folder / "index.html").write_text(html, "utf-8")
    script = _visit(browser, dashboard, lambda page: page.request.get(bundle).body())
    (folder / "echarts.js").write_bytes(script)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
