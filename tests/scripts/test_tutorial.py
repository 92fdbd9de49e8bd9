"""The tutorial's steps run as a notebook runs its cells, and the page is what they left."""

import re
from typing import Any

import pytest

from scripts.tutorial import PAGE, STEP, run_python


def test_a_step_gives_what_it_prints_and_its_last_value() -> None:
    session: dict[str, Any] = {}
    assert run_python("x = 2\nprint('two')\nx + 1\n", session) == ("two\n3\n", 3)
    assert run_python("y = x\n", session) == ("", None)
    assert session["y"] == 2


def test_every_step_of_the_page_has_what_came_of_it() -> None:
    steps = list(STEP.finditer(PAGE.read_text("utf-8")))
    assert len(steps) > 10
    assert [step["code"] for step in steps if not (step["text"] or step["image"])] == []


@pytest.mark.parametrize("figure", ["539,412 lines", "4,334 customers", "9,747,747.93 GBP"])
def test_the_page_gives_the_figures_of_the_file(figure: str) -> None:
    assert figure in re.sub(r"\s+", " ", PAGE.read_text("utf-8"))
