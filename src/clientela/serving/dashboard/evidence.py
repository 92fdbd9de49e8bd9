"""Data and models: how the data were read, and what speaks for each model."""

from litestar import Response

from clientela.serving.dashboard.comparison import read_figures
from clientela.serving.dashboard.frame import HOME, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.routes.evidence import pick_evidence
from clientela.serving.routes.report import read_answers

TILES = ("rows_canonical", "rows_quarantined", "unidentified_share", "customers_scored")


@read(HOME + "/models", right="aggregates")
async def show_models(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show how the data were read, and the evidence for each model."""
    page, results = await open_page(request, "models", lang)
    figures = await read_figures(page, results)
    tiles = [page.build_tile(name, figures) for name in TILES]
    parts = pick_evidence(await read_answers(request, page.lang))
    title = page.say(
        "models.title",
        rows=page.write(page.run.rows_canonical, "count"),
        refused=page.write(page.run.rows_quarantined, "count"),
    )
    charts = [chart for part in parts for chart in part.charts]
    return page.respond(
        title,
        finding="",
        twin="../v1/models",
        charts=charts,
        answers=parts,
        tiles=[tile for tile in tiles if tile],
    )
