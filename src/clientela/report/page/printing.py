"""The report as PDF, printed by the Chromium that the system has."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from clientela.errors import MissingExtra
from clientela.files.atomic_write import aside

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--virtual-time-budget=5000",
)
LONGEST_SECONDS = 120  # by convention: a page takes some five; a browser that hangs is ended


def print_page(html: str, target: Path) -> None:
    """Print a page that loads nothing to a PDF file.

    Raises
    ------
    MissingExtra
        The system has no Chromium, or it did not print.
    """
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise MissingExtra(
            "no Chromium was found to print the report",
            where=", ".join(BROWSERS),
            do="install Chromium (on Debian: apt-get install chromium), or leave out --pdf and "
            "print the HTML file from a browser",
        )
    with tempfile.TemporaryDirectory() as folder, aside(target) as draft:
        page, printed = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, "utf-8")
        options = [*OPTIONS, f"--user-data-dir={folder}/profile", f"--print-to-pdf={printed}"]
        if os.geteuid() == 0:
            options.append("--no-sandbox")  # Chromium starts for root in no other way
        command = [browser, *options, page.as_uri()]
        subprocess.run(command, capture_output=True, check=False, timeout=LONGEST_SECONDS)  # noqa: S603 - no shell, our own file
        if not printed.is_file():
            raise MissingExtra(
                "Chromium did not print the report",
                where=browser,
                do="print the HTML file from a browser instead",
            )
        draft.write_bytes(printed.read_bytes())
