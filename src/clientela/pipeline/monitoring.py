"""Monitoring in a run and as a command: checks judged, alerts opened, sent and closed."""

import datetime as dt
import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientela.config import Settings
from clientela.features.history import History
from clientela.i18n import Lang
from clientela.monitoring.check import Check, judge_level
from clientela.monitoring.claims import carry_claims, check_claims, list_claims
from clientela.monitoring.notify import (
    ALERT_URLS,
    ESCALATION_URLS,
    HEARTBEAT_URL,
    send_alerts,
    send_heartbeat,
)
from clientela.monitoring.past import PastRuns, find_promised_auc, read_ripe
from clientela.monitoring.performance import check_churn, check_estimated_auc, check_value
from clientela.monitoring.profiles import (
    Profile,
    check_drift,
    encode_profiles,
    measure_drift,
    profile_columns,
)
from clientela.monitoring.programme import check_members, check_moves
from clientela.monitoring.service import judge_limit
from clientela.monitoring.weeks import check_new_values, check_weeks, read_weeks
from clientela.pipeline.reading import TablesState
from clientela.report.answers.figures import measure_moves
from clientela.report.report_data import ReportData
from clientela.store import alerts as alert_store
from clientela.store.alerts import Alert
from clientela.store.arrow_schemas import arrow_table
from clientela.store.programme import ProgrammeLedger
from clientela.store.read import Reader, open_reader
from clientela.store.record import RunRecord
from clientela.tables.ledger import Ledger
from clientela.tables.workspace import Workspace

RUN_AREAS = ("data", "drift", "performance", "programme")
"""What a run looks at; the command looks at the service beside it."""
CHAMPION = ("churn", "champion")
SMALLEST_REFUSED_SIGMA = 0.005  # by convention: six of them are three of a hundred rows
SMALLEST_DAY_SIGMA = 0.5  # by convention: six of them are three days
SMALLEST_HOUR_SIGMA = 2.0  # by convention: six of them are half a day


def watch_run(
    url: str,
    workspace: Workspace,
    state: TablesState,
    history: History,
    tables: Mapping[str, pa.Table],
    ledger: ProgrammeLedger,
    now: dt.datetime,
    facts: Mapping[str, Any],
) -> dict[str, pa.Table]:
    """Judge a run by the firm's own past, before it is published.

    Returns
    -------
    dict
        ``checks``, ``drift``, ``claims`` and ``profiles``.
    """
    engine, customers = history.engine, tables["customers"]
    rows = workspace.tables(engine, manifest=state.manifest)
    profiles = profile_columns(customers)
    with closing(open_reader(url)) as reader:
        past = PastRuns(reader, state.as_of, anew=state.anew)
        drift = _measure_drift(past, customers, profiles)
        claims = carry_claims(past.read_claims(), _list_new_claims(state.as_of, tables, facts))
        checks = [
            *check_weeks(read_weeks(engine, rows, state.as_of)),
            check_new_values(engine, rows, state.as_of),
            *check_refused(state.ledgers, [batch.ledger for batch in state.manifest.batches]),
            _check_freshness(past.records, state.as_of, now),
            check_drift(drift),
            *_check_performance(url, past, history),
            check_estimated_auc(customers, _find_promise(tables)),
            *check_moves(measure_moves(ReportData(tables, {})), past.list_figure("moved_share")),
            *check_members(ledger),
        ]
    currency = state.manifest.currency
    return {
        "checks": arrow_table("checks", [check.row(currency) for check in checks]),
        "drift": arrow_table("drift", drift),
        "claims": arrow_table(
            "claims", check_claims(claims, history, tables["model_metrics"].to_pylist())
        ),
        "profiles": arrow_table("profiles", encode_profiles(profiles)),
    }


def _list_new_claims(
    day: dt.date, tables: Mapping[str, pa.Table], facts: Mapping[str, Any]
) -> list[dict[str, Any]]:
    beats = [claim for part in ("value", "churn") for claim in facts[part].get("claims", ())]
    return list_claims(day, beats, tables["value_forecast"].to_pylist())


def _measure_drift(
    past: PastRuns, customers: pa.Table, profiles: Mapping[str, Profile]
) -> list[dict[str, Any]]:
    """Measure the drift from an earlier run; nothing before there is one."""
    reference = past.choose_reference()
    if reference is None:
        return []
    run, then = reference
    stamp = {"reference_run_id": run.run_id, "reference_as_of": run.as_of}
    return [row | stamp for row in measure_drift(customers, profiles, then, past.read_drift())]


def _find_promise(tables: Mapping[str, pa.Table]) -> tuple[float, float, float] | None:
    """Return the AUC that the run's own churn champion is published with."""
    candidates = tables["model_candidates"].to_pylist()
    champions = [row for row in candidates if (row["purpose"], row["role"]) == CHAMPION]
    metrics = tables["model_metrics"].to_pylist()
    return find_promised_auc(metrics, champions[0]["model"]) if champions else None


def _check_performance(url: str, past: PastRuns, history: History) -> list[Check]:
    checks = []
    if ripe := read_ripe(url, past, "churn", history):
        run, customers = ripe
        checks += check_churn(customers, past.read_promises(run))
    if ripe := read_ripe(url, past, "value", history):
        run, customers = ripe
        value: Any = run.summary.get("value") or {}
        level = float(value.get("level") or 0.0)
        checks += check_value(customers, past.read_promises(run), level)
    return checks


def check_refused(ledgers: Sequence[Ledger], batches: Sequence[Ledger]) -> list[Check]:
    """Judge the share of new rows that the rules refused by that of earlier sources."""
    current = [ledger for ledger in ledgers if ledger.total("read").rows]
    if not current:
        return []
    earlier = [_share_refused([ledger]) for ledger in batches if ledger not in ledgers]
    rules: dict[str, int] = {}
    for ledger in current:
        for line in ledger.lines:
            if line.place == "quarantine":
                rules[line.rule] = rules.get(line.rule, 0) + line.rows
    level = judge_level(
        "data",
        "refused_share",
        _share_refused(current),
        earlier,
        unit="share",
        floor=SMALLEST_REFUSED_SIGMA,
        detail=max(rules, key=lambda rule: rules[rule], default=""),
        one_sided=True,
    )
    return [level]


def _share_refused(ledgers: Sequence[Ledger]) -> float:
    rows = sum(ledger.total("read").rows for ledger in ledgers)
    refused = sum(ledger.total("quarantine").rows for ledger in ledgers)
    return refused / rows if rows else 0.0


def _check_freshness(records: Sequence[RunRecord], as_of: dt.date, now: dt.datetime) -> Check:
    """Judge how old the latest day of the data is by how old it was in earlier runs."""
    ages = [float((run.started_at.date() - run.as_of).days) for run in records]
    age = float((now.date() - as_of).days)
    return judge_level(
        "data", "freshness", age, ages, unit="days", floor=SMALLEST_DAY_SIGMA, one_sided=True
    )


def refresh_run_alerts(
    url: str, run_id: str, checks: pa.Table, now: dt.datetime, lang: Lang
) -> list[dict[str, Any]]:
    """Open and close the alerts of a published run; describe those that are open."""
    alarms = [row for row in checks.to_pylist() if row["state"] == "alarm"]
    alert_store.refresh_alerts(url, run_id, alarms, RUN_AREAS, now)
    return [_describe_alert(alert, f"_{lang.lower()}") for alert in alert_store.list_open(url)]


def monitor(
    settings: Settings,
    folder: Path,
    store: str | None,
    now: dt.datetime,
    *,
    lang: Lang,
    send: bool = False,
    service: Sequence[Check] = (),
) -> dict[str, Any]:
    """Look at the published run and at the service, and send what is new.

    Parameters
    ----------
    service : sequence of Check
        What the server's own metrics showed, where there is one.

    Returns
    -------
    dict
        ``run_id``, ``as_of``, ``checks``, ``alerts`` (the open ones), ``sent``, ``escalated``.

    Raises
    ------
    StoreError
        Nothing is published yet, or the database cannot be used.
    """
    url = settings.store.choose_url(store, Workspace(folder).default_store_url)
    with closing(open_reader(url)) as reader:
        reading = reader.table("checks")
        age = check_age(reader, now, settings.monitoring.run_age_hours)
    run = reading.run
    rows = [*reading.content, *(check.row(run.currency) for check in (age, *service))]
    alarms = [row for row in rows if row["state"] == "alarm"]
    alert_store.refresh_alerts(url, run.run_id, alarms, (*RUN_AREAS, "service"), now)
    open_alerts = alert_store.list_open(url)
    due = [alert for alert in open_alerts if alert.is_due(now)]
    named = os.environ.get(ALERT_URLS) or not os.environ.get(HEARTBEAT_URL)
    if send and due and named:  # where a heartbeat alone is wanted, nobody is written to
        send_alerts(due, lang)
        alert_store.mark_sent(url, [alert.position for alert in due], now)
    overdue = _escalate(url, open_alerts, settings, now, lang) if send else 0
    beat = send_heartbeat() if send else False
    suffix = f"_{lang.lower()}"
    return {
        "run_id": run.run_id,
        "as_of": run.as_of.isoformat(),
        "checks": [
            {name: row.get(name) for name in ("area", "name", "state", "value", "low", "high")}
            | {"sentence": row[f"sentence{suffix}"]}
            for row in rows
        ],
        "alerts": [_describe_alert(alert, suffix) for alert in open_alerts],
        "sent": len(due) if send and named else 0,
        "escalated": overdue,
        "heartbeat": beat,
    }


def _escalate(
    url: str, open_alerts: Sequence[Alert], settings: Settings, now: dt.datetime, lang: Lang
) -> int:
    """Send on what nobody looked after, where somebody is named for it; return how many."""
    hours = settings.monitoring.escalate_hours
    overdue = [alert for alert in open_alerts if alert.is_overdue(now, hours)]
    if not overdue or not os.environ.get(ESCALATION_URLS):
        return 0
    send_alerts(overdue, lang, ESCALATION_URLS)
    alert_store.mark_sent(url, [alert.position for alert in overdue], now, escalated=True)
    return len(overdue)


def check_age(reader: Reader, now: dt.datetime, limit_hours: float | None) -> Check:
    """Judge how long ago the last run ended: by a limit, else by the hours between runs."""
    ended = [run.finished_at for run in reversed(reader.runs())]
    gaps = [(after - before).total_seconds() / 3600 for before, after in pairwise(ended)]
    age = (now - ended[-1]).total_seconds() / 3600
    if limit_hours is not None:
        return judge_limit("run_age", "", age, limit_hours)
    return judge_level(
        "service", "run_age", age, gaps, unit="", floor=SMALLEST_HOUR_SIGMA, one_sided=True
    )


def _describe_alert(alert: Alert, suffix: str) -> dict[str, Any]:
    return {
        "number": alert.position,
        "cause": alert.cause,
        "opened_at": alert.opened_at.isoformat(),
        "sentence": getattr(alert, f"sentence{suffix}"),
        "advice": getattr(alert, f"advice{suffix}"),
        "acknowledged_by": alert.acknowledged_by,
        "silenced_until": alert.silenced_until and alert.silenced_until.isoformat(),
    }
