"""Monitoring: what is unusual in the published run, what to do, and how far columns moved."""

from typing import Any, cast

from litestar import Response

from clientela.i18n import format_number, t
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.store.filters import list_filter_columns
from clientela.store.read import Row

AREAS = ("data", "drift", "performance", "programme")
MOST_COLUMNS = 15  # by convention: what a screen holds; the API has them all


@read(HOME + "/monitoring", right="aggregates")
async def show_monitoring(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show alerts, checks and drift of the published run."""
    page, results = await open_page(request, "monitoring", lang)
    alerts = await results.ask(lambda reader: reader.open_alerts())
    checks = await results.ask(lambda reader: reader.table("checks").content)
    drift = await results.ask(lambda reader: reader.table("drift").content)
    decisions = await results.ask(lambda reader: reader.decisions())
    moved = sorted(drift, key=lambda row: -cast(float, row["psi"] or 0.0))[:MOST_COLUMNS]
    return page.respond(
        _write_title(page, len(alerts), len(checks)),
        twin="../v1/monitoring",
        alerts=[_build_alert(page, row) for row in alerts],
        groups=[
            (page.say(f"monitoring.area.{area}"), rows)
            for area in AREAS
            if (rows := [_build_check(page, row) for row in checks if row["area"] == area])
        ],
        drift=[_build_drift(page, row) for row in moved],
        decisions=[
            (page.write(row["as_of"]), row[f"sentence_{page.lang.lower()}"]) for row in decisions
        ],
        decisions_title=t("retrain.title", page.lang),
        reference=page.write(drift[0]["reference_as_of"]) if drift else "",
    )


def _write_title(page: Page, alerts: int, checks: int) -> str:
    if alerts:
        return page.say("monitoring.title_one" if alerts == 1 else "monitoring.title", count=alerts)
    return page.say("monitoring.title_none" if checks else "monitoring.title_empty")


def _build_alert(page: Page, row: Row) -> dict[str, Any]:
    lang = page.lang.lower()
    return {
        "number": row["position"],
        "sentence": row[f"sentence_{lang}"],
        "advice": row[f"advice_{lang}"],
        "opened": page.write(cast(Any, row["opened_at"]).date()),
        "acknowledged_by": row["acknowledged_by"],
    }


def _build_check(page: Page, row: Row) -> dict[str, str]:
    unit = str(row["unit"])
    return {
        **{name: _write(page, row[name], unit) for name in ("value", "low", "high")},
        "label": t(f"monitoring.{row['name']}.label", page.lang),
        "state": str(row["state"]),
        "state_text": t(f"monitoring.state.{row['state']}", page.lang),
    }


def _build_drift(page: Page, row: Row) -> dict[str, str]:
    state = "alarm" if row["drifted"] else "ok"
    name = str(row["column"])
    names = ("psi", "psi_limit", "jensen_shannon", "wasserstein")
    return {
        **{measure: _write(page, row[measure], "") for measure in names},
        "column": page.name_feature(name) if name in list_filter_columns() else name,
        "state": state,
        "state_text": t(f"monitoring.state.{state}", page.lang),
    }


def _write(page: Page, value: object, unit: str) -> str:
    """Write a number with its unit; those without one, effect sizes and areas, by two decimals."""
    if value is not None and unit == "count":  # the bounds of a usual count are fractions
        value = round(cast(float, value))
    if value is None or unit:
        return page.write(value, unit)
    return format_number(cast(float, value), page.lang, 2)
