"""Take the pictures of the report that the READMEs show, from the demo: ``scripts/pictures.py``.

``make demo`` simulates the shop and writes the reports; headless Chromium opens them as a reader's
browser does, with no address to load from.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
REPORTS = {"en": "report.html", "pt_BR": "relatorio.html"}
SIZE_PX = "1000,1150"  # by convention: the width of a README, and a screen and a half
# What the second picture leaves out, so that one question fills it.
ONE_QUESTION = (
    "#answers, .bottom, section.answer:not(#segments), header, footer, nav { display: none }"
)
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    "--virtual-time-budget=5000",
)


def main() -> None:
    """Take every picture anew."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        sys.exit("there is no Chromium. What to do: install the package chromium.")
    IMAGES.mkdir(exist_ok=True)
    for lang, name in REPORTS.items():
        page = ROOT / "demo" / name
        if not page.exists():
            sys.exit(f"there is no {page.relative_to(ROOT)}. What to do: make demo")
        text = page.read_text("utf-8")
        style = f"<style>{ONE_QUESTION}</style></head>"
        take_picture(browser, text, IMAGES / f"report-{lang}.png")
        take_picture(browser, text.replace("</head>", style, 1), IMAGES / f"segments-{lang}.png")


def take_picture(browser: str, text: str, picture: Path) -> None:
    """Open a page and write what is seen of it as PNG."""
    with TemporaryDirectory() as name:
        page = Path(name) / "page.html"
        page.write_text(text, "utf-8")
        options = (f"--user-data-dir={name}/profile", f"--window-size={SIZE_PX}")
        subprocess.run(
            [browser, *FLAGS, *options, f"--screenshot={picture}", page.as_uri()],
            check=True,
            capture_output=True,
            timeout=120,
        )
    print(f"{picture.name}: {picture.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
