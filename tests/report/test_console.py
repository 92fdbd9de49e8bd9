"""What a run tells a person on the console."""

from typing import Any

import pytest

from clientela.report.terminal.run import format_run
from clientela.report.terminal.tables import format_table, write_numbers_in

FACTS: dict[str, Any] = {
    "run_id": "20111210T080000",
    "as_of": "2011-12-09",
    "customers": 2,
    "rows_canonical": 5,
    "net_amount": "12.50",
    "currency": "GBP",
    "unidentified_share": None,
    "reconciliation": [],
    "segments": [],
    "store": "sqlite:///r.db",
}
VALUE = {"text_en": "£2.05M is expected.", "text_pt_br": "Esperam-se £ 2,05 mi."}
CHURN = {"text_en": "101 customers are at high risk.", "text_pt_br": "101 em risco alto."}


def test_value_and_churn_are_a_line_each() -> None:
    facts = FACTS | {"value": VALUE, "churn": CHURN}
    assert format_run(facts) == format_run(FACTS)
    lines = format_run(facts, verbose=True).splitlines()
    place = lines.index("£2.05M is expected.")
    assert lines[place + 1] == "101 customers are at high risk."
    assert lines[-1] == "Next, write the report: clientela report --store sqlite:///r.db"


@pytest.mark.parametrize("absent", [{}, {"value": None, "churn": {}}, {"value": {"days": 90}}])
def test_without_them_nothing_is_said(absent: dict[str, Any]) -> None:
    assert format_run(FACTS | absent, verbose=True) == format_run(FACTS)
    assert "None" not in format_run(FACTS | absent, verbose=True)


@pytest.mark.parametrize(("state", "word"), [("launched", "members"), ("proposed", "launch list")])
def test_it_ends_with_what_was_found_and_the_next_command(state: str, word: str) -> None:
    names = {"members": 12.0, "members_share": 0.1, "candidates": 1.0}
    figures = [{"name": name, "value": value} for name, value in names.items()]
    facts = FACTS | {"figures": figures, "programme": {"name": "Clube", "state": state}}
    text = format_run(facts)
    assert f"Clube: 12 {word}" in text or f"10.0% of all: the {word}" in text
    assert "close to entering: 1." in text  # right of one and of several
    assert "perto de entrar: 1." in format_run(facts, "pt_BR")
    assert "clientela report --store sqlite:///r.db" in text
    assert "Segments:" not in text
    assert "No forecast" not in text
    assert "clientela report --workspace w" in format_run(facts, place="--workspace w")
    forecast = {"name": "expected_revenue_everyone", "value": 900.0, "low": 800.0, "high": 950.0}
    forecast |= {"horizon_days": 90, "unit": "amount", "judged": state == "launched"}
    ahead = format_run(facts | {"figures": [forecast, *figures]})
    assert ("in the next 90 days: £900, between £800 and £950" in ahead) is (state == "launched")
    assert ("No forecast is given" in ahead) is (state != "launched")
    known = ("last_period_revenue", 1200.0), ("same_days_last_year_revenue", 700.0)
    before = [{"name": name, "value": value} for name, value in known]
    beside = format_run(facts | {"figures": [forecast, *before, *figures]})
    assert "the last 90 days brought in £1,200, the same days last year £700" in beside
    assert "Clube: 12 " in format_run(facts, "pt_BR")


def test_headings_are_words_of_the_reader() -> None:
    rows = [["naive", 646.4]]
    with write_numbers_in("pt_BR"):
        assert format_table(["model", "mae"], rows).split("\n")[0] == "modelo  erro médio absoluto"
    assert format_table(["model", "mae"], rows).split("\n")[0] == "model    mae"
