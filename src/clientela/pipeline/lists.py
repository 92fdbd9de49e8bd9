"""Lists that users take away from the tables, as CSV or Parquet."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, cast

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import ListExport, Settings
from clientela.contract.destinations import ContactForm
from clientela.contract.tables import QUARANTINE
from clientela.engine import Engine, connect
from clientela.errors import ClientelaError, InputError
from clientela.features.btyd import btyd
from clientela.files.atomic_write import aside
from clientela.files.csv_lines import csv_lines
from clientela.files.object_store import write_to
from clientela.i18n import Lang
from clientela.report.lists import (
    ACTION,
    AT_RISK,
    AUDIENCE,
    CANDIDATES,
    CHANGES,
    INSIDERS,
    PROPENSITY,
    SEGMENT,
    CustomerList,
    ListContent,
)
from clientela.report.lists.contacts import add_contact_columns, attach_contacts
from clientela.report.lists.published import count_list
from clientela.store.audience_reader import find_audience, read_changes, read_members
from clientela.store.audiences import MOST_CHANGES
from clientela.store.change_queries import read_group_changes
from clientela.store.list_exports import find_last_export, note_export
from clientela.store.read import Reader, Row, open_reader
from clientela.store.record import RunRecord
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


def _identities(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    paths = workspace.paths("identities")
    if not paths:
        return engine.from_arrow(IDENTITIES.empty_table())
    return engine.read_parquet(paths).order_by("customer_id", "source_id")


def _unmatched_returns(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    t = summary.filter_until(workspace.tables(engine).transactions, as_of)
    unmatched = t.filter((t.kind == "return") & t.returns_order_id.isnull())
    return unmatched.drop("returns_order_id").order_by(
        "ordered_at", "order_id", "line_key", "line_no"
    )


def _no_purchases(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    return summary.no_purchases(workspace.tables(engine), as_of)


def _btyd(engine: Engine, workspace: Workspace, as_of: dt.date) -> ir.Table:
    return btyd(workspace.tables(engine), as_of).order_by("customer_id")


LISTS: Mapping[str, List] = {
    "quarantine": _quarantine,
    "identities": _identities,
    "unmatched-returns": _unmatched_returns,
    "no-purchases": _no_purchases,
    "btyd": _btyd,
}


ROWS_AT_A_TIME = 10_000  # by convention, some MB: a file of any length in little memory


KINDS = {
    listing.name: listing
    for listing in (INSIDERS, CANDIDATES, AT_RISK, SEGMENT, ACTION, PROPENSITY, AUDIENCE)
}


Cells = Iterable[Sequence[object]]
BESIDE = ("segment", "insider", "insider_since")
"""What a list's cells are derived from, beside the id; of changes nothing is known but that."""


def export_list(
    settings: Settings,
    folder: Path,
    what: str,
    target: Path,
    as_of: dt.date | None,
    lang: Lang = "en",
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
    lang : "en" or "pt_BR"
        Whose spreadsheet is to read the CSV.

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
    _write(rows, target, lang)
    return len(rows)


def _write(rows: pa.Table, target: Path, lang: Lang) -> None:
    with aside(target) as draft, draft.open("wb") as file:
        if target.suffix == ".csv":
            file.write(csv_lines([rows.column_names], lang))
            for batch in rows.to_batches(max_chunksize=ROWS_AT_A_TIME):
                columns = [column.to_pylist() for column in batch.columns]
                file.write(csv_lines(zip(*columns, strict=True), lang))
        else:
            pq.write_table(rows, file)


def export_customers(
    url: str,
    what: str,
    part: int | str | None,
    target: Path,
    lang: Lang,
    form: ContactForm | None = None,
) -> tuple[int, int]:
    """Write a list of the published run; count its rows and the customers no list may name.

    Parameters
    ----------
    url : str
        The results database.
    what : str
        A key of :data:`KINDS`: ``insiders`` are the members, those leaving included.
    part : int or str, optional
        The segment's number, or the id of the action, the audience or what a propensity is of.
    target : Path
        A ``.csv`` or ``.xlsx`` file, with headings in the language, or a ``.parquet`` file.
    lang : "en" or "pt_BR"
        Language of headings and reasons.
    form : ContactForm, optional
        Contact data to add, or alone as another place takes them.

    Raises
    ------
    InputError
        No such segment or action, no programme or no risk told, or the file's ending is none of
        the three.
    StoreError
        The database cannot be used, or nothing is published yet.
    """
    write = choose_writer(target)
    with closing(open_reader(url, momentary=True)) as reader:
        kind = KINDS[what]
        content, first = _first(reader, kind, part, lang)
        content.kind = add_contact_columns(kind, form)
        check_contacts(reader, form)
        with aside(target) as draft:
            rows = write(draft, content, _cells(reader, content, kind, part, first, form))
        return rows, len(reader.read_suppressed())


def export_configured(
    url: str, exports: Sequence[ListExport], as_of: str, lang: Lang
) -> Iterator[tuple[str, int | Exception]]:
    """Write the lists that the settings name; what one of them fails by stops no other.

    Yields
    ------
    tuple
        Where a list goes to, and its number of rows or why it could not be written.
    """
    for export in exports:
        target, language = export.to.replace("{as_of}", as_of), export.lang or lang
        if export.changes:
            yield from export_changes(url, export, target, language)
            continue
        try:
            with write_to(target) as path:
                rows, _ = export_customers(
                    url, export.list, export.part, path, language, export.contacts
                )
            yield target, rows
        except (ClientelaError, OSError) as error:
            yield target, error


def check_contacts(reader: Reader, form: ContactForm | None) -> None:
    """Raise where contacts are asked for and there are none.

    Raises
    ------
    InputError
        There are none.
    """
    if form and not reader.has_contacts():
        raise InputError(
            "the published run has no contacts",
            do="name their columns in [source.contacts] of clientela.toml and run the files "
            "again; clientela init FILE proposes them",
        )


def export_changes(
    url: str, export: ListExport, target: str, lang: Lang
) -> Iterator[tuple[str, int | Exception]]:
    """Write who entered a list and who left it since it was last written, a file each.

    Whoever may not be listed now is in neither. Where it was never written, or the customers of
    that run are no longer kept, all who are in it have entered.

    Yields
    ------
    tuple
        As :func:`export_configured`.
    """
    now = dt.datetime.now(dt.UTC)
    try:
        with closing(open_reader(url, momentary=True)) as reader:
            check_contacts(reader, export.contacts)
            run, changed = _read_changes(reader, export)
            kind = add_contact_columns(CHANGES, export.contacts)
            content = ListContent(kind, run, {}, lang)
            for change, ids in changed.items():
                address = target.replace("{change}", change)
                rows = [dict.fromkeys(BESIDE) | {"customer_id": customer} for customer in ids]
                cells = content.cells(attach_contacts(reader, rows, export.contacts))
                with write_to(address) as path, aside(path) as draft:
                    yield address, choose_writer(path)(draft, content, cells)
        note_export(url, export.to, run.run_id, now)
    except (ClientelaError, OSError) as error:
        yield target, error


def _read_changes(reader: Reader, export: ListExport) -> tuple[RunRecord, dict[str, list[str]]]:
    """Read the ids of who entered and left, by change."""
    since = find_last_export(reader, export.to)
    if since is None:
        kind = KINDS[export.list]
        content, rows = _first(reader, kind, export.part, "en")
        pages = _pages(reader, content.run.run_id, kind, export.part, rows)
        ids = [str(row["customer_id"]) for page in pages for row in page]
        return content.run, {"entered": ids, "left": []}
    if export.list == AUDIENCE.name:
        audience = find_audience(reader, str(export.part))
        reading = read_changes(reader, audience, since, None, MOST_CHANGES)
    else:
        segment = cast("int | None", export.part)
        reading = read_group_changes(reader, segment, since, None, MOST_CHANGES)
    changed: dict[str, list[str]] = {"entered": [], "left": []}
    for row in reading.content:
        changed[str(row["change"])].append(str(row["customer_id"]))
    return reading.run, changed


def _first(
    reader: Reader, kind: CustomerList, part: int | str | None, lang: Lang
) -> tuple[ListContent, list[Row]]:
    """Read the first rows, of the run that all the others are read of."""
    reading = _fetch(reader, kind, part, None, None)
    run_id = reading.run.run_id
    rows = reader.table("segments", run_id).content
    names = {cast(int, row["segment"]): str(row[f"name_{lang.lower()}"]) for row in rows}
    if not reading.content:
        _explain(reader, kind, part, names)
    return ListContent(kind, reading.run, names, lang), reading.content


def _fetch(
    reader: Reader,
    kind: CustomerList,
    part: int | str | None,
    after: str | None,
    run_id: str | None,
) -> Any:
    if kind is AUDIENCE:
        return read_members(reader, find_audience(reader, str(part)), after, ROWS_AT_A_TIME, run_id)
    if kind is CANDIDATES:
        return reader.read_list(INSIDERS.name, "candidate", after, ROWS_AT_A_TIME, run_id)
    return reader.read_list(kind.name, part, after, ROWS_AT_A_TIME, run_id)


def _explain(
    reader: Reader, kind: CustomerList, part: int | str | None, names: dict[int, str]
) -> None:
    """Tell an empty list from one that does not exist."""
    if kind is SEGMENT and part not in names:
        options = ", ".join(f"{number} ({name})" for number, name in sorted(names.items()))
        raise InputError(
            f"there is no segment {part}",
            do=f"choose one of {options}" if options else "publish a run that has segments",
        )
    if kind is not AUDIENCE:  # an empty one is one too
        count_list(reader, kind, part)


def _cells(
    reader: Reader,
    content: ListContent,
    kind: CustomerList,
    part: int | str | None,
    rows: list[Row],
    form: ContactForm | None,
) -> Iterator[Sequence[object]]:
    for page in _pages(reader, content.run.run_id, kind, part, rows):
        yield from content.cells(attach_contacts(reader, page, form))


def _pages(
    reader: Reader, run_id: str, kind: CustomerList, part: int | str | None, rows: list[Row]
) -> Iterator[list[Row]]:
    """Yield the rows of a list, the first of which are read already."""
    while rows:
        yield rows
        after = str(rows[-1]["customer_id"])
        rows = _fetch(reader, kind, part, after, run_id).content


def choose_writer(target: Path) -> Callable[[Path, ListContent, Cells], int]:
    """Choose how a list is written, by the ending of its file.

    Raises
    ------
    InputError
        It is none of ours.
    """
    writers = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
    if target.suffix not in writers:
        raise InputError(
            "a list is written as CSV, xlsx or Parquet",
            where=str(target),
            do="end it in .csv, .xlsx or .parquet",
        )
    return writers[target.suffix]


def _csv(path: Path, content: ListContent, cells: Cells) -> int:
    rows, count = iter(cells), 0
    with path.open("wb") as file:
        file.write(content.kind.mark + csv_lines([content.header()], content.dialect))
        while part := list(islice(rows, ROWS_AT_A_TIME)):
            file.write(csv_lines(part, content.dialect))
            count += len(part)
    return count


def _xlsx(path: Path, content: ListContent, cells: Cells) -> int:
    from clientela.report.lists.workbook import write_workbook

    with path.open("wb") as file:
        return write_workbook(file, content, cells)


def _parquet(path: Path, content: ListContent, cells: Cells) -> int:
    import pyarrow.parquet as pq

    from clientela.report.lists.arrow import build_list_table

    rows = build_list_table(content, list(cells))
    with path.open("wb") as file:
        pq.write_table(rows, file)
    return len(rows)
