"""The backtest on a terminal: what was known, how the models did, what it means."""

from collections.abc import Callable, Mapping
from typing import Any

from clientela.report.terminal.backtest.fits import btyd_text
from clientela.report.terminal.backtest.scores import differences, of, scores
from clientela.report.terminal.backtest.truths import simulations_text, truth_text
from clientela.report.terminal.grid import grid, titled

Facts = Mapping[str, Any]
MOST_CONTACTS = 10
PURPOSES = {
    "value_mean": "Value: forecasts of the mean (judged on the total)",
    "value_median": "Value: forecasts of the median (judged on the single customer)",
    "churn": "Churn",
}


def format_backtest(facts: Facts) -> str:
    """Write the facts of a backtest as sentences and tables."""
    sections: list[Callable[[Facts], str]] = [
        _opening,
        lambda facts: _purpose(facts, "value_mean"),
        lambda facts: _purpose(facts, "value_median"),
        _forecast,
        btyd_text,
        simulations_text,
        _horizons,
        lambda facts: _purpose(facts, "churn"),
        _contacts,
        truth_text,
    ]
    return "\n\n".join(part for part in (section(facts) for section in sections) if part)


def _opening(facts: Facts) -> str:
    if facts["as_of"] is None:
        return f"{facts['customers']:,} customers without dates: repeated stratified folds."
    return (
        f"Learnt from {facts['first_day']} to {facts['as_of']}; judged once on the "
        f"{facts['horizon_days']} days up to {facts['upto']}: {facts['customers']:,} customers."
    )


def _purpose(facts: Facts, purpose: str) -> str:
    judged = of(facts["judged"], purpose=purpose)
    notes = of(facts["tables"].get("model_notes", []), purpose=purpose)
    parts = [
        "\n".join(f"- {note['text_en']}" for note in notes),
        _candidates(facts, purpose),
        titled("Figures", scores(judged)),
        titled("Paired differences", differences(_serving(judged, facts, purpose))),
    ]
    body = "\n\n".join(part for part in parts if part)
    return titled(_underlined(PURPOSES[purpose]), body)


def _serving(judged: list[Any], facts: Facts, purpose: str) -> list[Any]:
    """Keep the figures of champion and challenger; --json has everybody's."""
    rows = of(facts["tables"].get("model_candidates", []), purpose=purpose)
    serve = {row["model"] for row in rows if row["role"] != "compared"}
    return [row for row in judged if row["model"] in serve]


def _candidates(facts: Facts, purpose: str) -> str:
    rows = of(facts["tables"].get("model_candidates", []), purpose=purpose)
    listed = [[row["model"], row["family"], row["role"], row["verdict_en"] or ""] for row in rows]
    return titled(
        "Candidates", grid(["model", "family", "role", "verdict"], listed) if rows else ""
    )


def _forecast(facts: Facts) -> str:
    rows = facts["tables"].get("value_forecast", [])
    header = ["group", "days", "expected", "low", "high", "hits", "dates", "method"]
    names = ["customer_group", *header[1:]]
    listed = [[row[name] for name in names] for row in rows]
    told = "\n".join(f"- {row['sentence_en']}" for row in rows if row["sentence_en"])
    body = f"{grid(header, listed)}\n{told}" if rows else ""
    return titled(_underlined("Value: forecast of groups"), body)


def _horizons(facts: Facts) -> str:
    rows = facts["tables"].get("churn_horizons", [])
    names = ["horizon_days", "customers", "churn_share", "returned_share", "chosen"]
    listed = [[row[name] for name in names] for row in rows]
    return titled(_underlined("Churn: sensitivity to the horizon"), grid(names, listed)) * bool(
        rows
    )


def _contacts(facts: Facts) -> str:
    every = facts["tables"].get("churn_contacts", [])
    shown = max(len(every) // MOST_CONTACTS, 1)
    rows = [row for place, row in enumerate(every) if place % shown == 0 or row["chosen"]]
    names = ["contacts", "threshold", "profit", "profit_random", "profit_revenue", "chosen"]
    listed = [[row[name] for name in names] for row in rows]
    title = _underlined("Churn: expected profit by contacts made")
    return titled(title, grid(names, listed) if rows else "")


def _underlined(title: str) -> str:
    return f"{title}\n{'-' * len(title)}"
