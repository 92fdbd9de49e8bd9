"""The documentation site is built without a warning, and loads nothing from outside."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from scripts.site import FETCHED, find_outside_sources, list_packages
from tests.conftest import ROOT

OUTSIDE = (
    '<script async src="https://elsewhere.example/a.js"></script>',
    "<script src=//elsewhere.example/a.js></script>",
    '<link rel="stylesheet" href="https://elsewhere.example/a.css">',
    '<link href="https://elsewhere.example" rel=preconnect>',
    '<img alt="" src="http://elsewhere.example/a.png">',
    '@font-face { src: url("https://elsewhere.example/a.woff2") }',
    '@import "https://elsewhere.example/a.css";',
)
INSIDE = (
    '<script src="assets/a.js"></script>',
    '<link rel="canonical" href="https://ours.example/">',
    '<a href="https://elsewhere.example/">a link</a>',
    "&lt;script src=&quot;https://elsewhere.example/a.js&quot;&gt;",
    "background: url(data:image/svg+xml;base64,AAAA)",
)


@pytest.mark.parametrize("text", OUTSIDE)
def test_what_a_browser_would_fetch_is_found(text: str, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(f"<p>{text}</p>", "utf-8")
    assert len(list(find_outside_sources(tmp_path))) == 1


@pytest.mark.parametrize("text", INSIDE)
def test_what_nobody_fetches_is_let_through(text: str) -> None:
    assert FETCHED.search(text) is None


def test_every_package_has_its_page() -> None:
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    assert [name for name in list_packages() if f"docs/reference/python/{name}.md" not in nav] == []


def test_every_page_is_in_the_navigation() -> None:
    """A new page is added to ``nav`` of ``mkdocs.yml``."""
    nav = (ROOT / "mkdocs.yml").read_text("utf-8")
    names = [path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").rglob("*.md")]
    assert [name for name in names if name not in nav] == []


@pytest.mark.slow
@pytest.mark.skipif(find_spec("mkdocs") is None, reason="needs the extra 'docs'")
def test_the_site_is_built() -> None:
    """With every link, every anchor, every page in its place: a warning is an error."""
    built = subprocess.run(
        [sys.executable, "scripts/site.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "nothing loaded from outside" in built.stdout
