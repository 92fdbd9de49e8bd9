"""Links between pages, and from pages to files, lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import FENCE, pages

LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(path: Path) -> list[str]:
    targets = LINK.findall(FENCE.sub("", path.read_text("utf-8")))
    return [target for target in targets if "://" not in target]


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        assert (page.parent / target.partition("#")[0]).exists(), target


def test_every_page_can_be_reached_from_the_index() -> None:
    seen, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        waiting += [page.parent / target.partition("#")[0] for target in links(page)]
    assert {path.resolve() for path in (ROOT / "docs").rglob("*.md")} <= seen
