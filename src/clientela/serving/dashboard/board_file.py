"""The board of campaigns as a file for a spreadsheet."""

from typing import Literal

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import FromQuery

from clientela.i18n import t
from clientela.report.lists import CustomerList, ListContent
from clientela.report.lists.kinds import ListColumn
from clientela.serving.dashboard.campaigns import build_board
from clientela.serving.dashboard.experiments import MEDIA, write_sheet
from clientela.serving.dashboard.frame import HOME, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery

BOARD = CustomerList(
    "board",
    (
        ListColumn("stage", "text", "dashboard.board.stage"),
        ListColumn("title", "text", "dashboard.board.title", 40),
        ListColumn("customer_group", "text", "dashboard.campaign.group", 30),
        ListColumn("customers", "count", "dashboard.customers"),
        ListColumn("offer", "text", "dashboard.campaign.offer", 30),
        ListColumn("channel", "text", "dashboard.campaign.channel"),
        ListColumn("cost", "money", "dashboard.campaign.cost"),
        ListColumn("starts_on", "date", "dashboard.campaign.starts_on", 18),
        ListColumn("ends_on", "date", "dashboard.campaign.ends_on", 18),
        ListColumn("control_share", "share", "dashboard.campaign.control_share"),
        ListColumn("owned_by", "text", "dashboard.campaign.owned_by", 18),
        ListColumn("experiment", "text", "dashboard.board.experiment", 24),
        ListColumn("found", "text", "dashboard.board.found", 60),
    ),
)


@read(HOME + "/actions/file", right="aggregates")
async def download_board(
    request: AnyRequest,
    format: FromQuery[Literal["csv", "xlsx"]] = "csv",
    lang: LangQuery = None,
) -> Response[bytes]:
    """Send the board, a line for each card, as the page has it."""
    page, results = await open_page(request, "actions", lang)
    content = ListContent(BOARD, page.run, {}, page.lang)
    cells = [
        [card["cells"][column.name] for column in BOARD.columns]
        for _, cards in await build_board(page, results)
        for card in cards
    ]
    file = await sync_to_thread(write_sheet, content, cells, format)
    name = f"clientela-{t('dashboard.board.file', page.lang)}-{page.run.as_of}.{format}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(file, media_type=MEDIA[format], headers=headers)
