"""The rehearsal's page: whose alarm is whose, and what is said of what nobody noticed."""

from typing import Any

from scripts.rehearsal_shop import CLOCK, COLUMN, CUT, INCIDENTS, PRICES, WEEKS, write_files
from scripts.rehearse import attribute_alarms, write_page

QUIET: dict[str, Any] = {
    "refused": "", "opened": [], "broken": [], "learn": False, "fitted": [], "net_error": 0.0,
    "customers": 500, "cpu_seconds": 10.0,
}  # fmt: skip


def year(**weeks: dict[str, Any]) -> list[dict[str, Any]]:
    return [QUIET | weeks.get(f"week_{week}", {}) for week in range(WEEKS + 1)]


def test_an_alarm_is_of_the_latest_that_could_cause_it() -> None:
    past = year(
        week_5={"opened": ["drift"]},
        week_10={"opened": ["drift"]},
        week_22={"opened": ["drift", "new_values"]},
    )
    owners = [(week, name, owner and owner.week) for week, name, owner in attribute_alarms(past)]
    assert owners == [
        (5, "drift", None),
        (10, "drift", PRICES),
        (22, "drift", CUT),
        (22, "new_values", None),
    ]


def test_the_page_says_what_was_noticed_and_what_was_not() -> None:
    past = year(
        week_5={"opened": ["drift"], "broken": ["ids lost"]},
        week_18={"refused": "no column Quantity"},
        week_22={"opened": ["rows"], "net_error": -12.5, "learn": True, "fitted": ["churn"]},
    )
    page = write_page(past, 600)
    lines = {line.split(" | ")[0].strip("| "): line for line in page.splitlines() if "|" in line}
    by_week = {incident.week: lines[incident.name] for incident in INCIDENTS}
    assert "at once: the run refused the file" in by_week[COLUMN]
    assert "after 7 days: rows" in by_week[CUT]
    assert "learnt again" in by_week[CUT]
    assert "| no; every line and amount is right |" in by_week[CLOCK]
    assert "nothing that was planted: 1: drift in week 5" in page
    assert "ids lost in week 5" in page
    assert "-12.50 from week 22, nothing from week 23." in page
    assert "weeks 22." in page


def test_what_is_delivered_is_sound_again_a_week_later(tmp_path: Any) -> None:
    row = {
        "InvoiceNo": "1", "StockCode": "A", "Description": "A", "Quantity": "1",
        "InvoiceDate": "2023-01-03 10:00:00", "UnitPrice": "1", "CustomerID": "1",
        "Country": "France", "Channel": "store",
    }  # fmt: skip
    weeks = [[row] * 5 for _ in range(WEEKS + 1)]
    lines = {
        path.name: len(path.read_text("utf-8").splitlines()) - 1
        for week in (CUT, CUT + 1)
        for path in write_files(tmp_path, weeks, week)
    }
    assert lines == {"week-22.csv": 2, "week-22-again.csv": 5, "week-23.csv": 5}
