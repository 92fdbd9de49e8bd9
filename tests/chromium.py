"""Headless Chromium, to look at pages as readers do."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from playwright.sync_api import Page, ViewportSize, sync_playwright

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--hide-scrollbars")
# Timers of the page that were set before end before this one, however busy the machine is.
SETTLE = """new Promise((done) => setTimeout(
  () => requestAnimationFrame(() => requestAnimationFrame(done)), 1500))"""
PATIENCE_SECONDS = 60  # a page takes one second, and ten on a busy machine

Look = TypeVar("Look")


class Chromium:
    """A browser that is started once, each page in a window of its own.

    It has a thread, for in the one where Playwright works no other event loop can run.
    """

    def __init__(self) -> None:
        program = shutil.which("chromium") or shutil.which("chromium-browser")
        if program is None:
            pytest.skip("Chromium is not installed")
        self._thread = ThreadPoolExecutor(1)
        self._playwright = self._thread.submit(lambda: sync_playwright().start()).result()
        launch = self._playwright.chromium.launch
        self._browser = self._thread.submit(
            lambda: launch(executable_path=program, args=list(FLAGS))
        ).result()

    def dom(self, page: Path | str, width: int, until: str = "true") -> tuple[str, list[str]]:
        """Give the page as the scripts left it, and what they said on the console.

        ``until`` is what must hold in the page before.
        """
        return self._open(page, (width, 900), until, lambda opened: opened.content())

    def screenshot(
        self, page: Path | str, width: int, height: int, until: str = "true"
    ) -> tuple[bytes, list[str]]:
        """Give a picture of the page as PNG, and what its scripts said on the console."""
        return self._open(page, (width, height), until, lambda opened: opened.screenshot())

    def pdf(self, page: Path | str) -> bytes:
        """Print the page."""

        def look(opened: Page) -> bytes:
            return opened.pdf(prefer_css_page_size=True)

        return self._open(page, (1280, 900), "true", look)[0]

    def close(self) -> None:
        """End the browser and its thread."""
        self._thread.submit(self._browser.close).result()
        self._thread.submit(self._playwright.stop).result()
        self._thread.shutdown()

    def _open(
        self, page: Path | str, size: tuple[int, int], until: str, look: Callable[[Page], Look]
    ) -> tuple[Look, list[str]]:
        address = page.as_uri() if isinstance(page, Path) else page

        def visit() -> tuple[Look, list[str]]:
            said: list[str] = []
            viewport = ViewportSize(width=size[0], height=size[1])
            with self._browser.new_page(viewport=viewport) as opened:
                opened.set_default_timeout(PATIENCE_SECONDS * 1_000)
                opened.on("console", lambda message: said.append(message.text))
                opened.on("pageerror", lambda error: said.append(str(error)))
                opened.goto(address)
                _wait_until(opened, until)
                opened.evaluate(SETTLE)
                return look(opened), said

        return self._thread.submit(visit).result()


def _wait_until(opened: Page, condition: str) -> None:
    """Ask now and then; Playwright's own waiting evaluates a text, which our policy forbids."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not opened.evaluate(condition):
        assert time.monotonic() < end, f"it never held: {condition}"
        opened.wait_for_timeout(100)
