"""The business case of the programme: its sizes, what follows in each scenario, the verdict."""

from collections.abc import Mapping
from typing import Any

import msgspec
from litestar.types import ASGIApp

from clientela.i18n import Lang
from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MoneyStamp, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hides_small, is_small, keep_parts
from clientela.store.read import Reader, Row, RunReading

TABLES = ("programme_verdict", "programme_case", "programme_scenarios")

Verdict = derive_schema("Verdict", "The verdict, then its reasons.", TABLES[0], "code", "sentence")
Size = derive_schema("Size", "A size that the programme could have.", TABLES[1])
Scenario = derive_schema("Scenario", "What follows if members buy more by a share.", TABLES[2])
CaseAnswer = define_schema(
    "CaseAnswer",
    "The business case of the published run; a profit is never assumed.",
    {
        "verdict": list_of(Verdict),
        "sizes": list_of(Size),
        "scenarios": list_of(Scenario),
    },
    MoneyStamp,
)


@read(
    "/v1/programme/case",
    right="aggregates",
    tag="Programme",
    summary="Read the programme's business case",
    responses=answers(CaseAnswer, 304, 404),
)
async def get_case(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return what each size costs, what each scenario brings, and the verdict in words."""
    tables = await get_results(request).ask(_read_case)
    run, language = tables["programme_case"].run, check_language(request, lang)
    if not tables["programme_case"].content:
        raise NotFoundProblem(
            "the published run has no business case of a programme",
            do="publish one with `clientela run FILE`",
        )
    sizes, scenarios = (tables[name].content for name in ("programme_case", "programme_scenarios"))
    if hides_small(request):
        tiers = [row for row in sizes if row["option"] == "tier"]
        options = [row for row in sizes if row["option"] != "tier" and not is_small(row["members"])]
        sizes = [*options, *keep_parts(request, tiers, "members")]
        shown = {row["position"] for row in sizes}
        scenarios = [row for row in scenarios if row["position"] in shown]
    parts = {
        "run_id": run.run_id,
        "as_of": run.as_of,
        "currency": run.currency,
        "verdict": _localize(tables["programme_verdict"].content, language),
        "sizes": sizes,
        "scenarios": scenarios,
    }
    content = msgspec.convert(parts, CaseAnswer)
    return respond_by_version(request, content, f"{run.run_id}-{language}-{len(sizes)}")


def _read_case(reader: Reader) -> Mapping[str, RunReading[list[Row]]]:
    """Read until all parts are of one run; another may be published in between."""
    while True:
        tables = {name: reader.table(name) for name in TABLES}
        if len({reading.run.run_id for reading in tables.values()}) == 1:
            return tables


def _localize(rows: list[Row], lang: Lang) -> list[dict[str, Any]]:
    return [{**row, "sentence": row[f"sentence_{lang.lower()}"]} for row in rows]
