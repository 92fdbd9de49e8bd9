"""Links between pages, and from pages to files and headings, lead somewhere."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.docs.markdown import FENCE, anchors, pages

LINK = re.compile(r"\]\(([^)\s]+)\)")


def links(path: Path) -> list[str]:
    targets = LINK.findall(FENCE.sub("", path.read_text("utf-8")))
    return [target for target in targets if "://" not in target]


@pytest.mark.parametrize("page", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        name, _, anchor = target.partition("#")
        goal = page.parent / name if name else page
        assert goal.exists(), target
        assert not anchor or anchor in anchors(goal), target


def test_anchors_are_those_of_a_repository_browser(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# What `x` is\n## [churn]\n## Twice, said\n## Twice, said\n", "utf-8")
    assert anchors(page) == {"what-x-is", "churn", "twice-said", "twice-said-1"}


def test_every_page_can_be_reached_from_the_index() -> None:
    seen, waiting = set(), [ROOT / "docs" / "index.md"]
    while waiting:
        page = waiting.pop().resolve()
        if page in seen or page.suffix != ".md" or not page.exists():
            continue
        seen.add(page)
        waiting += [page.parent / target.partition("#")[0] for target in links(page)]
    assert {path.resolve() for path in (ROOT / "docs").rglob("*.md")} <= seen
