"""Lists that users take away from the tables, as CSV or Parquet."""

import datetime as dt
from collections.abc import Callable, Mapping
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from clientela.config import Settings
from clientela.contract.tables import QUARANTINE
from clientela.engine import Engine, connect
from clientela.errors import InputError
from clientela.features.btyd import btyd
from clientela.files.atomic_write import aside
from clientela.report.lists.arrow import escape_formulas
from clientela.tables import summary
from clientela.tables.identity import IDENTITIES
from clientela.tables.schema import ibis_schema
from clientela.tables.workspace import Workspace

List = Callable[[Engine, Workspace, dt.date], ir.Table]


def _quarantine(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    paths = workspace.paths("quarantine")
    if not paths:
        return engine.from_arrow(ibis_schema(QUARANTINE).to_pyarrow().empty_table())
    return engine.read_parquet(paths).order_by("rule", "source", "source_row", "line_key")


def _unmatched_returns(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    t = summary.known(workspace.tables(engine).transactions, as_of)
    unmatched = t.filter((t.kind == "return") & t.returns_order_id.isnull())
    return unmatched.drop("returns_order_id").order_by(
        "ordered_at", "order_id", "line_key", "line_no"
    )


def _no_purchases(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    return summary.no_purchases(workspace.tables(engine), as_of)


def _btyd(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    return btyd(workspace.tables(engine), as_of).order_by("customer_id")


def _identities(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    paths = workspace.paths("identities")
    if not paths:
        return engine.from_arrow(IDENTITIES.empty_table())
    return engine.read_parquet(paths).order_by("customer_id", "source_id")


LISTS: Mapping[str, List] = {
    "identities": _identities,
    "quarantine": _quarantine,
    "unmatched-returns": _unmatched_returns,
    "no-purchases": _no_purchases,
    "btyd": _btyd,
}


def export_list(
    settings: Settings, folder: Path, what: str, target: Path, as_of: dt.date | None
) -> int:
    """Write a list and give its number of rows.

    Parameters
    ----------
    what : str
        A key of :data:`LISTS`.
    target : Path
        A ``.csv`` file, in which cells that a spreadsheet would run begin with an apostrophe, or
        a ``.parquet`` file.
    as_of : date, optional
        The last day known; the day of the last event if absent.

    Raises
    ------
    InputError
        The workspace is empty, or the file's ending is neither of the two.
    """
    if target.suffix not in (".csv", ".parquet"):
        raise InputError(
            "a list is written as CSV or Parquet",
            where=str(target),
            do="end it in .csv or .parquet",
        )
    workspace = Workspace(folder)
    engine = connect(settings.engine)
    try:
        last = summary.totals(engine, workspace.tables(engine)).last_day
        day = as_of or last or dt.date.min
        rows = engine.to_arrow(LISTS[what](engine, workspace, day))
    finally:
        engine.close()
    _write(rows, target)
    return len(rows)


def _write(rows: pa.Table, target: Path) -> None:
    with aside(target) as place, place.open("wb") as file:
        if target.suffix == ".csv":
            pyarrow.csv.write_csv(escape_formulas(rows), file)
        else:
            pq.write_table(rows, file)
