"""Look at every page of a dashboard that is served: widths, dark, print, zoom; in both languages.

    python -m scripts.look http://127.0.0.1:8000 --user demo --password … --out shots

Pictures go into a folder. What no page may do is printed and ends with 1: scroll sideways, say
anything on the console, be refused, or ask another host.
"""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from clientela.i18n import LANGS
from clientela.serving.dashboard.frame import MENU

PAGES = (*(f"app/{name}" for name in (*MENU, "members", "rules", "audience", "account")), "")
WIDTHS = {"phone": 390, "laptop": 1280, "wide": 1920, "zoom": 320, "dark": 1280, "print": 1280}
MARGIN = "15mm"
WIDE = """[...document.querySelectorAll("main *, header *")].filter((each) => {
  const box = each.getBoundingClientRect();
  return !each.closest(".scroll") && box.left > -99 && box.right > innerWidth + 1;
}).slice(0, 3).map((each) => each.outerHTML.slice(0, 60))"""


def look(page: Page, out: Path, faults: list[str]) -> None:
    """Take a picture of every page in every way."""
    base = page.url.partition("/app")[0]
    for way, width in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(
            color_scheme="dark" if way == "dark" else "light",
            media="print" if way == "print" else "screen",
        )
        for lang in LANGS:
            for name in PAGES:
                page.goto(f"{base}/{name}?lang={lang}", wait_until="networkidle")
                if way != "print" and page.evaluate(
                    "document.documentElement.scrollWidth > innerWidth"
                ):
                    faults.append(f"{name} {lang} {way} is too wide: {page.evaluate(WIDE)}")
                file = out / f"{name.replace('/', '-') or 'report'}-{lang}-{way}"
                if way == "print":
                    margin = dict.fromkeys(("top", "bottom", "left", "right"), MARGIN)
                    page.pdf(path=f"{file}.pdf", format="A4", margin=margin)  # type: ignore[arg-type]
                else:
                    page.screenshot(path=f"{file}.png", full_page=True)


def main() -> int:
    """Log in, look, and print what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("address")
    for name in ("--user", "--password"):
        parser.add_argument(name, required=True)
    parser.add_argument("--out", type=Path, default=Path("build/shots"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    faults: list[str] = []
    with sync_playwright() as playwright:
        program = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda said: faults.append(f"{page.url} says {said.text}"))
        page.on("pageerror", lambda error: faults.append(f"{page.url} fails: {error}"))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((asked.address, "data:"))
                else faults.append(f"{page.url} asks {request.url}")
            ),
        )
        page.goto(f"{asked.address}/app/login")
        page.fill("#user", asked.user)
        page.fill("#password", asked.password)
        page.click("main button")
        page.wait_for_url("**/app/*")
        look(page, asked.out, faults)
        browser.close()
    print("\n".join(faults) or f"nothing is wrong; look at {asked.out}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
