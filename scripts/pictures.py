"""Take the pictures of report and dashboard that the READMEs show: ``python -m scripts.pictures``.

``make demo`` simulates the shop and writes the reports. Headless Chromium opens them as a reader's
browser does, and the dashboard of a copy of the demo, on which somebody is let in.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, sync_playwright

from clientela.i18n import LANGS

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REPORTS = {"en": "report.html", "pt_BR": "relatorio.html"}
WIDTH, HEIGHT = 1000, 1150  # by convention: the width of a README, and a screen and a half
# What the second picture leaves out, so that one question fills it.
ONE_QUESTION = (
    "#answers, .bottom, section.answer:not(#segments), header, footer, nav { display: none }"
)
PAGES = {"dashboard": "app/today", "risk": "app/risk"}
ADDRESS = re.compile(r"http://[0-9.]+:[0-9]+")
CLIENTELA = (sys.executable, "-m", "clientela")


def main() -> None:
    """Take every picture anew."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("there is no Chromium. What to do: install the package chromium.")
    missing = [name for name in REPORTS.values() if not (ROOT / "demo" / name).exists()]
    if missing:
        sys.exit(f"there is no demo/{missing[0]}. What to do: make demo")
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        picture_reports(browser)
        picture_dashboard(browser)
        browser.close()


def picture_reports(browser: Browser) -> None:
    """Take the report's first page and its answer on segments."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
    for lang, name in REPORTS.items():
        page.goto((ROOT / "demo" / name).as_uri())
        take_picture(page, f"report-{lang}")
        page.add_style_tag(content=ONE_QUESTION)
        take_picture(page, f"segments-{lang}")


def picture_dashboard(browser: Browser) -> None:
    """Log in and take the pages of a morning."""
    with TemporaryDirectory() as folder:
        workspace = Path(folder) / "demo"
        shutil.copytree(ROOT / "demo", workspace, ignore=shutil.ignore_patterns("*.key", "access*"))
        user = ("users", "add", "demo", "--name", "Demo", "--role", "marketing", "--generate")
        words = (*CLIENTELA, *user, "--json", "--workspace", str(workspace))
        made = subprocess.run(words, check=True, capture_output=True, text=True)
        with serve(workspace) as address:
            page = browser.new_page(viewport={"width": WIDTH + 200, "height": HEIGHT})
            page.goto(f"{address}/app/login")
            page.fill("#user", "demo")
            page.fill("#password", json.loads(made.stdout)["password"])
            page.click("main button")
            page.wait_for_url("**/app/*")
            for lang in LANGS:
                for name, place in PAGES.items():
                    page.goto(f"{address}/{place}?lang={lang}", wait_until="networkidle")
                    take_picture(page, f"{name}-{lang}")


@contextmanager
def serve(workspace: Path) -> Iterator[str]:
    """Serve a workspace on a free port; what is given is the address."""
    words = (*CLIENTELA, "serve", "--port", "0", "--workspace", str(workspace))
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as server:
        try:
            said = (ADDRESS.search(line) for line in server.stdout or ())
            yield next(found[0] for found in said if found)
        finally:
            server.terminate()


def take_picture(page: Page, name: str) -> None:
    """Write what is seen as PNG."""
    picture = IMAGES / f"{name}.png"
    page.screenshot(path=picture)
    print(f"{picture.name}: {picture.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
