"""Build the documentation site in ``build/site``, and make sure that it loads nothing from outside.

Pages are copied to ``build/pages`` as they lie in the repository; the Python reference gets a page
a package there. Links and anchors are checked by mkdocs, which takes a warning for an error. With
``--check`` the pages, links and anchors are the same, in ``build/checked``, without what takes half
of the time and cannot fail: the index of the search, and signatures in the house style.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ROOT / "build" / "pages"
SITE = ROOT / "build" / "site"
PLAIN = {"SITE_SEARCH": "false", "SITE_LINE_LENGTH": "1000"}  # what mkdocs.yml asks for
COPIED = ("docs", "notebooks", "examples", "LICENSE")
# What a browser fetches without being asked: sources, style sheets, fonts and pictures. A link that
# a reader may follow is none, nor is the address that a page gives of itself.
FETCHED = re.compile(
    r"""<(?:script|img|iframe|source|video|audio|embed|object)\b[^>]*?\s(?:src|srcset|data)=["']?(?:https?:)?//"""
    r"""|<link\b(?=[^>]*\srel=["']?(?:stylesheet|preload|preconnect|icon|modulepreload))[^>]*\shref=["']?(?:https?:)?//"""
    r"""|url\(["']?(?:https?:)?//|@import\s+["'](?:https?:)?//""",
    re.IGNORECASE,
)


def main(arguments: list[str]) -> None:
    """Copy, build, and look for what would be fetched from outside."""
    gather_pages()
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    site = SITE
    if arguments == ["--check"]:
        site, quiet = SITE.with_name("checked"), quiet | PLAIN
    mkdocs = [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--quiet", "--clean"]
    built = subprocess.run([*mkdocs, "--site-dir", site], cwd=ROOT, env=quiet, check=False)
    if built.returncode:
        sys.exit("the site was not built; what is wrong stands above")
    outside = list(find_outside_sources(site))
    if outside:
        sys.exit("loaded from outside:\n" + "\n".join(outside))
    pages = len(list(site.rglob("*.html")))
    print(f"{pages} pages, nothing loaded from outside: {site.relative_to(ROOT)}/index.html")


def gather_pages() -> None:
    """Copy everything a reader may come to, and write the pages of the Python reference."""
    shutil.rmtree(PAGES, ignore_errors=True)
    PAGES.mkdir(parents=True)
    for path in ROOT.glob("*.md"):
        shutil.copy(path, PAGES)
    for name in COPIED:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, PAGES / name)
    folder = PAGES / "docs" / "reference" / "python"
    folder.mkdir()
    for package in list_packages():
        text = f"# clientela.{package}\n\n::: clientela.{package}\n"
        (folder / f"{package}.md").write_text(text, "utf-8")


def list_packages() -> list[str]:
    """List the packages that hold code; the texts have no reference."""
    folders = (ROOT / "src" / "clientela").glob("*/__init__.py")
    return sorted(path.parent.name for path in folders if path.parent.name != "locales")


def find_outside_sources(site: Path) -> Iterator[str]:
    """Yield what a browser would fetch from elsewhere, file by file.

    The text of shown code is escaped in HTML, so it never looks like a tag.
    """
    for path in sorted([*site.rglob("*.html"), *site.rglob("*.css")]):
        for hit in FETCHED.finditer(path.read_text("utf-8")):
            yield f"{path.relative_to(site)}: {hit.group()[-120:]}"


if __name__ == "__main__":
    main(sys.argv[1:])
