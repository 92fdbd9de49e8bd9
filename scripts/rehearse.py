"""Rehearse a year: 52 weekly runs of a shop to which things happen, and what of it was noticed.

``python -m scripts.rehearse FOLDER [customers] [weeks]``. Weeks that were run already are skipped,
so that a rehearsal that was interrupted goes on; at the end the table of
``docs/guide/rehearsal.md`` is written.
"""

import datetime as dt
import json
import os
import sys
import time
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from clientela.config import Settings, parse_settings
from clientela.errors import ClientelaError
from clientela.insiders.score.decisions import approve_rules
from clientela.pipeline.programme_launch import launch, propose_rules
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import run
from clientela.store.alerts import list_open
from clientela.store.programme import load_ledger, read_customers
from clientela.tables.workspace import Workspace
from scripts.reference_pages import build_markdown_table
from scripts.rehearsal_shop import (
    FIRST_WEEK,
    INCIDENTS,
    MODELS,
    WEEK,
    WEEKS,
    Incident,
    Row,
    sum_lines,
    write_files,
    write_shop,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "guide" / "rehearsal.md"
MARK = "<!-- written by python -m scripts.rehearse -->"
CUSTOMERS, SEED = 600, 7
QUESTION = "source.corrections"
COLUMNS = {
    "customer_id": "CustomerID",
    "order_id": "InvoiceNo",
    "product_id": "StockCode",
    "description": "Description",
    "quantity": "Quantity",
    "unit_price": "UnitPrice",
    "ordered_at": "InvoiceDate",
    "country": "Country",
    "channel": "Channel",
}
SETTINGS = {"source": {"timezone": "Europe/London", "currency": "GBP", "columns": COLUMNS}}
Week = dict[str, Any]


def main(folder: str, customers: int = CUSTOMERS, weeks: int = WEEKS) -> int:
    """Run the weeks that are missing, write the page, and return 1 where an invariant broke."""
    place = Path(folder)
    settings, shop = parse_settings(SETTINGS), write_shop(place / "shop", customers, SEED)
    log = place / "weeks.jsonl"
    past = (
        [json.loads(line) for line in log.read_text("utf-8").splitlines()] if log.exists() else []
    )
    for week in range(len(past), weeks + 1):
        begun = time.process_time()
        facts = rehearse_week(place, settings, shop, week, past)
        facts["cpu_seconds"] = round(time.process_time() - begun, 1)
        past.append(facts)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(facts) + "\n")
        print(
            f"week {week}: {facts['refused'] or ', '.join(facts['opened']) or 'quiet'}", flush=True
        )
    page = write_page(past, customers)
    print(page)
    PAGE.write_text(PAGE.read_text("utf-8").partition(MARK)[0] + f"{MARK}\n\n{page}", "utf-8")
    return int(any(broken for facts in past for broken in facts["broken"]))


def rehearse_week(
    folder: Path, settings: Settings, shop: Sequence[list[Row]], week: int, past: Sequence[Week]
) -> Week:
    """Deliver a week's files, run on the Monday after it, and look at what came of it."""
    asked = list_questions(past)
    files = [file for number in (*asked, week) for file in write_files(folder, shop, number)]
    if asked:
        source = msgspec.structs.replace(settings.source, corrections="replace")
        settings = msgspec.structs.replace(settings, source=source)
    workspace = Workspace(folder / "workspace")
    url = workspace.default_store_url
    now = dt.datetime.combine(FIRST_WEEK + week * WEEK, dt.time(3), dt.UTC)
    request = RunRequest(tuple(map(str, files)), refit=bool(past and past[-1]["learn"]))
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        errors, sys.stderr = sys.stderr, nowhere
        try:
            facts = run(request, settings, workspace.folder, None, now)
        except ClientelaError as error:
            return {"refused": str(error), "opened": [], "broken": [], "learn": False, "fitted": []}
        finally:
            sys.stderr = errors
    if week == 0:
        version = propose_rules(url, settings.programme, now)["version"]
        approve_rules(url, settings.programme, version, "the rehearsal", None, now)
        launch(url, workspace)
    opened = [alert.name for alert in list_open(url) if alert.opened_at == now]
    true_net = sum((sum_lines(rows) for rows in shop[: week + 1]), Decimal(0))
    return {
        "refused": "",
        "opened": opened,
        # The runbook's answer to drift and to models that fail: learn again with the next run.
        "learn": any(name in (*MODELS, "drift") for name in opened),
        "fitted": [part for part in ("churn",) if facts[part]["model"]["fitted"]],
        "net_error": float(round(Decimal(facts["net_amount"]) - true_net, 2)),
        "customers": facts["customers"],
        "members": facts["programme"].get("members"),
        "answered": asked,
        **check_promises(url, facts["run_id"], folder / "promises.json"),
    }


def list_questions(past: Sequence[Week]) -> list[int]:
    """List the weeks whose files are still a question: the next run answers that they count."""
    answered = {week for facts in past for week in facts.get("answered", [])}
    return [
        week
        for week, facts in enumerate(past)
        if QUESTION in facts["refused"] and week not in answered
    ]


def check_promises(url: str, run_id: str, path: Path) -> dict[str, Any]:
    """Compare ids, records and members with those of the run before: what was promised stands."""
    people = read_customers(url, run_id, ("customer_id", "insider")).to_pylist()
    ids = sorted(row["customer_id"] for row in people)
    ledger = load_ledger(url)
    records = [f"{record.row()}" for record in ledger.records]
    before = json.loads(path.read_text("utf-8")) if path.exists() else {"ids": [], "records": []}
    path.write_text(json.dumps({"ids": ids, "records": records}), "utf-8")
    shown = {row["customer_id"] for row in people if row["insider"] in ("member", "leaving")}
    day = ledger.last_day
    promised = set() if day is None else set(ledger.members_at(day))
    broken = {
        "ids lost": set(before["ids"]) - set(ids),
        "ids twice": len(ids) - len(set(ids)),
        "records changed": records[: len(before["records"])] != before["records"],
        "members lost": bool(shown) and promised - shown,
    }
    return {"broken": [name for name, found in broken.items() if found]}


def write_page(past: Sequence[Week], customers: int) -> str:
    """Write the tables of what happened and what was noticed."""
    owned = attribute_alarms(past)
    rows = [
        [incident.name, str(incident.week), *_describe(incident, past, owned)]
        for incident in INCIDENTS
        if incident.week < len(past)
    ]
    false = [(week, name) for week, name, incident in owned if incident is None]
    cpu = sum(facts["cpu_seconds"] for facts in past)
    runs = [facts for facts in past if not facts["refused"]]
    lines = [
        f"{customers} customers of old and {customers // 2} newcomers, {runs[0]['customers']} "
        f"known at the first run and {runs[-1]['customers']} at the last; {len(past)} runs, "
        f"{cpu:.0f} CPU s.",
        build_markdown_table(["what happened", "week", "noticed", "what was done"], rows),
        f"Alarms that belong to nothing that was planted: {len(false)}"
        + (": " + ", ".join(f"{name} in week {week}" for week, name in false) if false else "")
        + ".",
        "Broken promises (ids lost or twice, records of the ledger changed, members lost): "
        + (_list_broken(past) or "none in any week")
        + ".",
        "What the tables held more, or less, than the shop had sold: "
        + (", ".join(_list_errors(past)) or "nothing in any week")
        + ".",
        "Churn was learnt again in the weeks "
        + ", ".join(str(week) for week, facts in enumerate(past) if facts["fitted"])
        + ".",
    ]
    return "\n\n".join(lines) + "\n"


def attribute_alarms(past: Sequence[Week]) -> list[tuple[int, str, Incident | None]]:
    """Say of each alert which incident it is of: the latest one that could have caused it."""
    return [
        (
            week,
            name,
            max(
                (
                    incident
                    for incident in INCIDENTS
                    if incident.week <= week < incident.week + incident.weeks
                    and name in incident.checks
                ),
                key=lambda incident: incident.week,
                default=None,
            ),
        )
        for week, facts in enumerate(past)
        for name in facts["opened"]
    ]


def _describe(
    incident: Incident, past: Sequence[Week], owned: Sequence[tuple[int, str, Incident | None]]
) -> list[str]:
    """Say whether and when something was noticed, and what was done."""
    if past[incident.week]["refused"]:
        return ["at once: the run refused the file", f"{incident.remedy} a week later"]
    alarms = [(week, name) for week, name, owner in owned if owner == incident]
    done = [f"{incident.remedy} a week later"] if incident.remedy else []
    done += _list_answers(incident.week + 1, past) if incident.remedy else []
    if alarms:
        first = alarms[0][0]
        names = ", ".join(dict.fromkeys(name for week, name in alarms))
        if past[first]["learn"]:
            done.append("everything was learnt again with the next run")
        days = 7 * (first - incident.week + 1)
        return [f"after {days} days: {names}", "; ".join(done) or "nothing: it is so"]
    errors = [facts["net_error"] for facts in past[: incident.week + 1] if "net_error" in facts]
    exact = "; every line and amount is right" if errors[-1] == errors[-2] else ""
    return [f"no{exact}", "; ".join(done) or "nothing"]


def _list_answers(week: int, past: Sequence[Week]) -> list[str]:
    """Say of a question what was answered, and when."""
    for later, facts in enumerate(past):
        if week in facts.get("answered", []):
            return [f"the run then asked whether it counts, and was told so in week {later}"]
    return []


def _list_errors(past: Sequence[Week]) -> list[str]:
    """List the weeks from which on the money was another one than that of the shop."""
    texts, before = [], 0.0
    for week, facts in enumerate(past):
        error = facts.get("net_error", before) or 0.0
        if error != before:
            texts.append(
                f"{error:+,.2f} from week {week}" if error else f"nothing from week {week}"
            )
        before = error
    return texts


def _list_broken(past: Sequence[Week]) -> str:
    return ", ".join(
        f"{name} in week {week}" for week, facts in enumerate(past) for name in facts["broken"]
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], *map(int, sys.argv[2:])))
