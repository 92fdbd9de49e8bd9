"""What is unusual in the published run, and the alerts that are open."""

import msgspec
from litestar.types import ASGIApp

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import RawJsonResponse, RunStamp
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of

Check = derive_schema("Check", "A value beside its usual range.", "checks")
Drift = derive_schema("Drift", "How far a column moved from an earlier run.", "drift")
Claim = derive_schema("Claim", "What a run claimed, and what came of it.", "claims")
Alert = derive_schema("Alert", "What alarmed and is not over.", "alerts")
Decision = derive_schema("ModelDecision", "What was decided about a model, and why.", "decisions")
MonitoringAnswer = define_schema(
    "MonitoringAnswer",
    "The open alerts, every check of the published run, the drift of its columns, the claims of "
    "this and earlier runs, and the latest decisions about models.",
    {
        "alerts": list_of(Alert),
        "checks": list_of(Check),
        "drift": list_of(Drift),
        "claims": list_of(Claim),
        "decisions": list_of(Decision),
    },
    RunStamp,
)


@read(
    "/v1/monitoring",
    right="aggregates",
    tag="Runs",
    summary="Read what is unusual",
    responses=answers(MonitoringAnswer),
)
async def read_monitoring(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return alerts, checks, drift, claims and decisions; sentences in the language asked for."""
    results, language = get_results(request), check_language(request, lang)
    checks = await results.ask(lambda reader: reader.table("checks"))
    drift = await results.ask(lambda reader: reader.table("drift", checks.run.run_id).content)
    claims = await results.ask(lambda reader: reader.table("claims", checks.run.run_id).content)
    alerts = await results.ask(lambda reader: reader.open_alerts())
    decisions = await results.ask(lambda reader: reader.decisions())
    suffix = f"_{language.lower()}"
    content = MonitoringAnswer(
        checks.run.run_id,
        checks.run.as_of,
        [msgspec.convert(_localize(row, suffix), Alert) for row in alerts],
        [msgspec.convert(_localize(row, suffix), Check) for row in checks.content],
        [msgspec.convert(row, Drift) for row in drift],
        [msgspec.convert(row, Claim) for row in claims],
        [
            msgspec.convert(row | {"sentence": row["sentence" + suffix]}, Decision)
            for row in decisions
        ],
    )
    return RawJsonResponse(content)


def _localize(row: dict[str, object], suffix: str) -> dict[str, object]:
    return row | {name: row[name + suffix] for name in ("sentence", "advice")}
