"""Headless Chromium, to look at pages as readers do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--enable-logging=stderr",
    "--virtual-time-budget=5000",
)
TRIES, PATIENCE_SECONDS = 3, 60  # a page takes 3 to 10 seconds on a busy machine
SAID = re.compile(r'CONSOLE[^"]*"(.*)"')


class Chromium:
    """A browser with a profile of its own, started anew for every page."""

    def __init__(self, folder: Path) -> None:
        found = shutil.which("chromium") or shutil.which("chromium-browser")
        if found is None:
            pytest.skip("Chromium is not installed")
        self._program = found
        self._folder = folder
        self._started = 0

    def dom(self, page: Path | str, width: int) -> tuple[str, list[str]]:
        """Give the page as the scripts left it, and what they said on the console."""
        ran = self._run(page, f"--window-size={width},900", "--dump-dom")
        return ran.stdout, SAID.findall(ran.stderr)

    def screenshot(
        self, page: Path | str, width: int, height: int, target: Path
    ) -> tuple[bytes, list[str]]:
        """Give a picture of the page as PNG, and what its scripts said on the console."""
        ran = self._run(page, f"--window-size={width},{height}", f"--screenshot={target}")
        return target.read_bytes(), SAID.findall(ran.stderr)

    def pdf(self, page: Path | str, target: Path) -> bytes:
        """Print the page."""
        self._run(page, "--no-pdf-header-footer", f"--print-to-pdf={target}")
        return target.read_bytes()

    def _run(self, page: Path | str, *options: str) -> subprocess.CompletedProcess[str]:
        """Open a page; with a virtual clock Chromium now and then stands still, so try again.

        A page that hangs by itself hangs each time.
        """
        address = page.as_uri() if isinstance(page, Path) else page
        for left in reversed(range(TRIES)):
            self._started += 1
            profile = f"--user-data-dir={self._folder / str(self._started)}"
            command = [self._program, *FLAGS, profile, *options, address]
            try:
                return subprocess.run(
                    command, capture_output=True, text=True, check=True, timeout=PATIENCE_SECONDS
                )
            except subprocess.TimeoutExpired:
                if not left:
                    raise
        raise AssertionError("there is at least one try")
