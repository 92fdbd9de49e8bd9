"""Sheets of xlsx and xls files."""

import hashlib
import re
import zipfile
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import python_calamine as calamine

from clientela.config import Source
from clientela.errors import SourceError
from clientela.sources.dialect import MOST_TITLES, find_header
from clientela.sources.guard import Guard
from clientela.sources.names import check_names
from clientela.sources.opening import chunks
from clientela.sources.rows import sample, write_rows
from clientela.sources.staging import Sample, StagedSource, writing

Row = list[object]
MOST_UNPACKED_BYTES = 2 * 10**9
"""By convention: a full sheet of 1,048,576 rows with ten columns unpacks to some 0.6 GB."""
MOST_CELLS = 50_000_000
"""By convention: a full sheet of 47 columns. The reader holds the whole rectangle up to the last
cell, 32 bytes each, so that one forgotten cell far away would take 550 GB."""
_FAR_CELL = re.compile(rb'<c r="([A-Z]{2,3})\d')
_ROW = re.compile(rb'<row r="(\d{1,8})"')
_LONGEST_TAG = 64  # bytes of a chunk that may hold the beginning of a tag
LARGEST_WHOLE = 10**15  # xlsx keeps 15 digits: a longer number is no longer exact


def peek(location: str, settings: Source) -> Sample:
    """Return the columns and the first rows of a sheet."""
    columns, rows = _sheet(Path(location), settings.sheet, settings.header_row)[1:]
    return sample(columns, rows)


def stage(location: str, settings: Source, guard: Guard, folder: Path) -> StagedSource:
    """Read a sheet whole.

    Raises
    ------
    SourceError
        The file is damaged, or has no such sheet, or the sheet no rows.
    """
    path = Path(location)
    sheet, columns, rows = _sheet(path, settings.sheet, settings.header_row)
    with writing(folder, columns, guard) as (target, writer):
        typed = write_rows(writer, columns, rows, location)
    if not writer.rows:
        raise SourceError(
            "the sheet has a header and no rows",
            where=f"{path}, sheet {sheet}",
            do="give a sheet with rows, by source.sheet",
        )
    digest = hashlib.sha256()
    for chunk in chunks(path):
        digest.update(chunk)
    return StagedSource(
        location=location,
        paths=(target,),
        columns=writer.columns,
        counted=writer.rows,
        parsed=writer.rows,
        sha256=digest.hexdigest(),
        typed=typed,
        details={"format": "spreadsheet", "sheet": sheet},
    )


def _sheet(
    path: Path, name: str | None, header_row: int | None
) -> tuple[str, tuple[str, ...], Iterator[Row]]:
    """Return the name of the sheet, its columns and its rows; rows without a value are none."""
    _check_size(path)
    try:
        book = calamine.CalamineWorkbook.from_path(path)
        wanted = name or book.sheet_names[0]
        if wanted not in book.sheet_names:
            raise SourceError(
                f"there is no sheet '{wanted}'",
                where=str(path),
                do="set source.sheet to one of " + ", ".join(book.sheet_names),
            )
        sheet = book.get_sheet_by_name(wanted)
    except (calamine.CalamineError, IndexError) as error:
        raise SourceError(
            f"the spreadsheet cannot be read: {error}",
            where=str(path),
            do="open it, save it as xlsx and try again, or export it as CSV",
        ) from None
    rows = (
        [_plain(value) for value in row]
        for row in sheet.iter_rows()
        if any(value != "" for value in row)
    )
    first = list(islice(rows, MOST_TITLES))
    where = f"{path}, sheet {wanted}"
    if not first:
        raise SourceError("the sheet is empty", where=where, do="give another by source.sheet")
    header_index = (
        header_row - 1 if header_row else find_header([[str(v) for v in r] for r in first])
    )
    header = first[min(header_index, len(first) - 1)]
    body = chain(first[header_index + 1 :], rows)
    return wanted, check_names([str(value) for value in header], where), body


def _check_size(path: Path) -> None:
    """Refuse a file that a few bytes unpack to more than memory holds."""
    if not zipfile.is_zipfile(path):
        return  # xls is no archive
    with zipfile.ZipFile(path) as archive:
        size = sum(part.file_size for part in archive.infolist())
        if size > MOST_UNPACKED_BYTES:
            raise SourceError(
                f"the spreadsheet unpacks to {size / 1e9:,.1f} GB, more than is read of one",
                where=str(path),
                do="export it as CSV",
            )
        for part in archive.infolist():
            if part.filename.startswith("xl/worksheets/sheet"):
                _check_corner(path, archive, part)


def _check_corner(path: Path, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a sheet whose last cell lies so far away that memory would not hold what is before."""
    last_row, last_column, rest = 1, 26, b""
    with archive.open(part) as sheet:
        while chunk := sheet.read(1 << 20):
            text = rest + chunk
            rest = text[-_LONGEST_TAG:]
            widest = max(_FAR_CELL.findall(text), key=lambda name: (len(name), name), default=b"A")
            last_column = max(last_column, _number_column(widest))
            if (start := text.rfind(b'<row r="', 0, -16)) >= 0 and (row := _ROW.match(text, start)):
                last_row = max(last_row, int(row[1]))
    if last_row * last_column > MOST_CELLS:
        raise SourceError(
            f"the sheet reaches to row {last_row:,} and column {last_column:,}, and is nearly "
            "empty before that or too large",
            where=f"{path}, {part.filename}",
            do="delete the cells far away in Excel (Ctrl+End goes to the last one), or export it "
            "as CSV",
        )


def _number_column(name: bytes) -> int:
    """Return the number of a column.

    Examples
    --------
    >>> _number_column(b"A"), _number_column(b"AB"), _number_column(b"XFD")
    (1, 28, 16384)
    """
    number = 0
    for letter in name:
        number = number * 26 + letter - ord("A") + 1
    return number


def _plain(value: object) -> object:
    """Return a cell's value; sheets hold every number as a float, whole ones too."""
    if isinstance(value, float) and value.is_integer() and abs(value) < LARGEST_WHOLE:
        return int(value)
    return value
