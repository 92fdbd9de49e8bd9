"""What changed between two runs is listed, and why."""

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clientela.errors import InputError
from clientela.i18n import Lang
from clientela.report.comparison import compare_runs
from clientela.report.terminal.comparison import format_comparison
from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.store.runs import everything, record


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/r.db"
    for number, members in ((1, 390.0), (2, 402.0), (3, 402.0)):
        meanings = {"meaning_en": "Members of the programme.", "meaning_pt_br": "Membros."}
        figure = {"name": "members", "unit": "count", "value": members}
        figures = arrow_table("figures", [{**figure, **meanings}])
        tables = everything(4, segment=1) | {"figures": figures}
        publish(url, record(number), tables)
    return url


def compared(
    url: str, before: str | None = None, after: str | None = None, lang: Lang = "en"
) -> dict[str, Any]:
    with closing(open_reader(url, momentary=True)) as reader:
        return compare_runs(reader, before, after, lang)


def test_the_published_run_is_compared_with_the_one_before(url: str) -> None:
    facts = compared(url)
    assert facts["before"] == {"run_id": record(2).run_id, "as_of": record(2).as_of.isoformat()}
    assert facts["after"] == {"run_id": record(3).run_id, "as_of": record(3).as_of.isoformat()}
    assert [row["change"] for row in facts["figures"]] == [0.0]


def test_a_figure_that_changed_is_listed_with_its_meaning(url: str) -> None:
    facts = compared(url, record(1).run_id, record(2).run_id, "pt_BR")
    (row,) = facts["figures"]
    assert (row["before"], row["after"], row["change"]) == (390.0, 402.0, 12.0)
    text = format_comparison(facts, "pt_BR")
    assert "390" in text
    assert "402" in text
    assert "Membros  390    402     +12" in text


def test_changes_are_written_by_their_unit_and_names_in_the_language() -> None:
    """A share moves by percentage points: from 7.6% to 20.1% is no change of 12.5%."""
    figures = [
        {"unit": unit, "before": before, "after": after, "change": after - before, "meaning": unit}
        for unit, before, after in (("share", 0.076, 0.201), ("ratio", 6.3, 6.6), ("count", 5, 2))
    ]
    named = {"name": "rows_canonical", "before": 482983, "after": 539412}
    day = {"name": "as_of", "before": dt.date(2011, 11, 20), "after": dt.date(2011, 12, 9)}
    runs = {when: {"run_id": when, "as_of": ""} for when in ("before", "after")}
    facts: dict[str, Any] = {"causes": [], "models": [], "conditions": [], "segments": [], **runs}
    facts |= {"facts": [day], "rows": [named], "figures": figures}
    text = " ".join(format_comparison(facts, "pt_BR").split())
    for part in (
        "7,6% 20,1% +12,5 p.p.",
        "6,3 6,6 +0,3",
        "5 2 -3",
        "linhas limpas 482.983 539.412",
    ):
        assert part in text
    assert "último dia conhecido 20/11/2011 09/12/2011" in text
    assert "7.6% 20.1% +12.5 pp" in " ".join(format_comparison(facts, "en").split())


def test_what_did_not_change_is_not_listed(url: str) -> None:
    text = format_comparison(compared(url), "en")
    assert "Members of the programme." not in text


@pytest.mark.parametrize("before", ["20990101T000000", "no\0run"])
def test_a_run_that_never_was_is_a_sentence(url: str, before: str) -> None:
    with pytest.raises(InputError, match="no such run"):
        compared(url, before)


def test_the_first_run_has_none_to_compare_with(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    publish(url, record(1), everything(4, segment=1))
    with pytest.raises(InputError, match="no earlier run"):
        compared(url)
