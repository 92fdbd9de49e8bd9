"""Lines posted to the API: known by order and number, whatever came in which file."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

from clientela.config import Settings, Source
from clientela.engine import Engine
from clientela.pipeline.reading import RunRequest, TablesState, read_sources
from clientela.progress import Progress
from clientela.serving.inbox import parse_events, store_events
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
# What a Brazilian firm says of its own exports, which must not be held against posted lines
FIRM = Settings(
    source=Source(
        columns={"customer_id": "order_id", "ordered_local": "Data", "amount": "Valor"},
        decimal=",",
        date_order="dmy",
        delimiter=";",
        minor_units=True,
        currency="BRL",
        timezone="America/Recife",
    )
)


def post_lines(folder: Path, *lines: tuple[int, float]) -> str:
    """Store lines of one order, number and amount, as the server does."""
    events = [
        {
            "customer_id": "ana",
            "order_id": "A1",
            "line": number,
            "ordered_local": "2025-03-02T10:00:00",
            "amount": amount,
            "product_id": "tea",
        }
        for number, amount in lines
    ]
    batch, _ = store_events(folder, parse_events(events, "BRL", NOW), "BRL", None)
    return str(folder / f"{batch}.parquet")


def read(duckdb: Engine, workspace: Workspace, path: str) -> TablesState:
    with workspace.lock(), workspace.scratch() as scratch:
        job = ReadJob(workspace, duckdb, FIRM, Progress("test"), scratch, NOW)
        return read_sources(job, RunRequest(sources=(path,)))


def test_a_line_is_known_by_order_and_number(duckdb: Engine, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "ws")
    first = read(duckdb, workspace, post_lines(tmp_path, (1, 12.5), (2, 12.5)))
    assert (first.totals.rows, first.totals.net_amount) == (2, Decimal("25.0000"))
    again = post_lines(tmp_path, (1, 99.0), (2, 12.5), (3, 12.5), (4, -2.5))
    then = read(duckdb, workspace, again)
    assert then.ledgers[0].total("already_held").rows == 2
    assert (then.totals.rows, then.totals.net_amount) == (4, Decimal("35.0000"))
