"""The figures of the published run: one row a quantity, as the report cites them."""

import msgspec
from litestar.types import ASGIApp

from clientela.serving.openapi import answers, read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery, check_language
from clientela.serving.response import MONEY_EXAMPLE, MoneyStamp, respond_by_version
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.serving.small_groups import hides_small, is_small

Figure = derive_schema("Figure", "One quantity of the published run.", "figures")
FiguresAnswer = define_schema(
    "FiguresAnswer",
    "Every figure of the published run; amounts are in currency.",
    {"figures": list_of(Figure)},
    MoneyStamp,
)
EXAMPLE = {
    **MONEY_EXAMPLE,
    "figures": [
        {
            "name": "expected_revenue_known",
            "unit": "amount",
            "value": 1761432.1,
            "low": 1709984.0,
            "high": 2764370.4,
            "horizon_days": 90,
            "judged": True,
            "meaning": "Revenue expected of today's customers within the horizon.",
        }
    ],
}


@read(
    "/v1/figures",
    right="aggregates",
    tag="Figures",
    summary="Read the figures",
    responses=answers(FiguresAnswer, EXAMPLE, 304),
)
async def list_figures(request: AnyRequest, lang: LangQuery = None) -> ASGIApp:
    """Return each published quantity once: its value, unit, interval, horizon and meaning."""
    reading = await get_results(request).ask(lambda reader: reader.table("figures"))
    run, language = reading.run, check_language(request, lang)
    hides = hides_small(request)
    figures = [
        msgspec.convert(row | {"meaning": row[f"meaning_{language.lower()}"]}, Figure)
        for row in reading.content
        if not (hides and row["unit"] == "count" and is_small(row["value"]))
    ]
    content = FiguresAnswer(run.run_id, run.as_of, run.currency, figures)
    return respond_by_version(request, content, f"{run.run_id}-{language}-{len(figures)}")
