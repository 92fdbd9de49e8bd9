"""How a text file separates its fields, decided over its first records."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from clientela.errors import ConfigError, SourceError
from clientela.sources.fixed_width import find_cuts
from clientela.sources.grammar import Dialect

CANDIDATES = (b",", b";", b"\t", b"|")
MOST_RECORDS = 200  # by convention: records enough to tell a delimiter by
MOST_TITLES = 40  # rows above a header; by convention
LEAST_ROWS = 5  # of one width, to say that a narrower row above them is a title; by convention
# A header names nearly all columns; titles and merged cells above it fill few.
NEARLY_FULL = 0.7


def decide(head: bytes, at_end: bool, delimiter: str | None, where: str) -> Dialect:
    r"""Decide the dialect of a text from its first bytes.

    Parameters
    ----------
    head : bytes
        The first part of the text, in UTF-8.
    at_end : bool
        Whether that is all of it.
    delimiter : str, optional
        The delimiter that the user named.
    where : str
        The source as errors name it.

    Raises
    ------
    SourceError
        No delimiter splits the first line, or it does not end.

    Examples
    --------
    >>> decide(b"id;valor\n1;2,50\n2;3,10\n", True, None, "").name
    'semicolon'
    >>> decide(b" 00004 19970101  29.33\r\n 00004 19970118  29.73\r\n", True, None, "").header
    False
    """
    if delimiter is not None:
        return Dialect(_one_character(delimiter))
    if cuts := find_cuts(head, at_end):
        return Dialect(b"\t", quoting=False, cuts=cuts)
    agreement = {mark: _agreement(Dialect(mark), head, at_end) for mark in CANDIDATES}
    best = max(CANDIDATES, key=lambda mark: agreement[mark])
    if agreement[best] > (0.0, 0):
        return Dialect(best)
    if (header := _blanks_separate(head, at_end)) is not None:
        return Dialect(b"\t", quoting=False, blanks=True, header=header)
    first_line = head.lstrip(b"\r\n").partition(b"\n")[0]
    present = [mark for mark in CANDIDATES if mark in first_line]
    if present and not any(Dialect(mark).records(head, at_end) for mark in present):
        raise SourceError(
            "the header does not end: a quote in it is never closed, or this is no table",
            where=where,
            do="correct the first line",
        )
    raise SourceError(
        "no comma, semicolon, tab or bar separates the columns of the first line",
        where=where,
        do="remove the lines above the header, or set source.delimiter",
    )


def _one_character(delimiter: str) -> bytes:
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n':
        raise ConfigError(
            f"'{delimiter}' cannot separate fields",
            where="source.delimiter",
            do="give one ASCII character",
        )
    return delimiter.encode()


def _agreement(dialect: Dialect, head: bytes, at_end: bool) -> tuple[float, int]:
    """Return the share of records with as many fields as the header, and that number of fields.

    The header is the first record, or stands below titles: then as wide as most records are.
    """
    records = dialect.records(head, at_end)[:MOST_RECORDS]
    widths = [len(dialect.split(record)) for record in records]
    if not widths:
        return 0.0, 0
    width = widths[0] if widths[0] > 1 else Counter(widths).most_common(1)[0][0]
    return (widths.count(width) / len(widths), width) if width > 1 else (0.0, 0)


def find_header(rows: Sequence[Sequence[str]]) -> int:
    """Find the row of the column names: the first that is full, below titles and blank rows.

    Parameters
    ----------
    rows : sequence of rows
        The first rows of a file, their values as text.

    Returns
    -------
    int
        Its place, from 0; 0 where no row looks like one.

    Examples
    --------
    >>> find_header([["Vendas", ""], ["Pedido", "Valor"], *[["1", "2,50"]] * 5])
    1
    """
    filled = [sum(bool(value.strip()) for value in row) for row in rows[:MOST_RECORDS]]
    usual = Counter(filled[1:]).most_common(1)
    width = usual[0][0] if usual and usual[0][1] >= LEAST_ROWS else filled[0] if filled else 0
    for index, count in enumerate(filled[:MOST_TITLES]):
        names = [value for value in rows[index] if value.strip()]
        worded = not any(_is_number(value.strip().encode()) for value in names)
        if count > 1 and count >= NEARLY_FULL * width and worded:
            return index
    return 0


def _blanks_separate(head: bytes, at_end: bool) -> bool | None:
    """Tell whether names come first in lines that blanks separate; None where they do not."""
    lines = head.split(b"\n")[: None if at_end else -1]
    rows = [line.split() for line in lines[:MOST_RECORDS] if line.strip()]
    if not rows or len(rows[0]) < 2 or len({len(row) for row in rows}) > 1:
        return None
    return not any(_is_number(value) for value in rows[0])


def _is_number(value: bytes) -> bool:
    return re.fullmatch(rb"[-+]?[0-9.,]+", value) is not None


def blanks_to_tabs(chunks: Iterable[bytes]) -> Iterator[bytes]:
    r"""Make one tab of every run of blanks, and none of those around a line.

    Examples
    --------
    >>> b"".join(blanks_to_tabs([b" 1  2\r\n 3", b"   4 \n"]))
    b'1\t2\r\n3\t4\n'
    """
    tail = b""
    for chunk in chunks:
        lines, end, tail = (tail + chunk).rpartition(b"\n")
        yield _replace_blanks(lines + end)
    yield _replace_blanks(tail)


def _replace_blanks(lines: bytes) -> bytes:
    return re.sub(rb"(?m)^\t|\t(?=\r?$)", b"", re.sub(rb"[ \t]+", b"\t", lines))
