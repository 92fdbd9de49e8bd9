"""The counter of records against the letter of RFC 4180, and against a second implementation."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from clientela.errors import SourceError
from clientela.sources.counting import RecordCounter, count_regular, line_ends
from clientela.sources.grammar import Dialect


def count(data: bytes, sizes: list[int] | None = None, delimiter: bytes = b",") -> int:
    counter = RecordCounter(Dialect(delimiter), "test.csv")
    position = 0
    for size in sizes or []:
        counter.feed(data[position : position + size])
        position += size
    counter.feed(data[position:])
    return counter.finish()


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b"", 0),
        (b"\n\n\r\n", 0),
        (b"a,b", 1),
        (b"a,b\n", 1),
        (b"a,b\nc,d", 2),
        (b"a,b\r\nc,d\r\n", 2),
        (b"a,b\rc,d\r", 2),
        (b"a,b\n\n\nc,d\n\n", 2),
        (b'12" RULER,1\n7" x 5" FRAME,2\n', 2),
        (b'"two\nlines",1\n"quoted ""twice""\r\n",2\n', 2),
        (b'"a""",""\n"",""\n', 2),
        (b'""\n""\n', 2),
        (b',\n,"",\n', 2),
        (b'1,12" RULER,"of\nsteel"\n', 1),
        (b'"closed" and more,1\nb,2\n', 2),
        (b' "not quoted\n"quoted"\n', 2),
    ],
)
def test_counts_records_not_lines(data: bytes, records: int) -> None:
    assert count(data) == records


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b'"open', 1),
        (b'a,b\nc,"open\nd,e\n', 2),
        (b'"a\nb",1\n\n2,"open\n', 4),
        (b'a,"\r\nb\r\n', 1),
        (b'1,"open\n2,x\n3,"opens another",4\n5,x\n', 1),
    ],
)
def test_names_the_line_of_a_quote_that_is_never_closed(data: bytes, line: int) -> None:
    for sizes in ([], [1] * len(data), [3] * len(data)):
        with pytest.raises(SourceError, match=rf"on line {line} is never closed"):
            count(data, sizes)


def test_refuses_nul_bytes_by_their_line() -> None:
    with pytest.raises(SourceError, match="NUL byte on line 3"):
        count(b"a,b\nc,d\ne,\0\n", [5])


PIECES = st.sampled_from(['"', '""', ",", "\n", "\r", "\r\n", "a", "bc", " ", "\n\n", 'x"y', ""])
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def outcome(data: bytes, sizes: list[int]) -> int | str:
    try:
        return count(data, sizes)
    except SourceError as error:
        return error.what


@given(TEXTS, st.lists(st.integers(0, 7), max_size=20))
@example('"\n"x', [3])
@example('a,"b"\r', [5])
def test_chunks_change_nothing(text: str, sizes: list[int]) -> None:
    data = text.encode()
    assert outcome(data, sizes) == outcome(data, [])


@given(st.lists(st.lists(st.text(alphabet='ab",;\n\r é', max_size=6), min_size=2, max_size=4)))
def test_counts_what_the_standard_library_wrote(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    data = out.getvalue().encode()
    assert count(data) == len(rows)
    assert [Dialect(b",").split(r) for r in Dialect(b",").records(data, at_end=True)] == rows


@given(TEXTS)
def test_counts_at_once_as_one_by_one(text: str) -> None:
    """Where the arrays stop, the grammar goes on; together they are the grammar alone."""
    data = text.encode()
    records, end = count_regular(data, b",")
    assert len(Dialect(b",").records(data[:end], at_end=False)) == records
    assert 0 <= end <= len(data)


def test_quotes_by_the_thousand_are_counted_at_once() -> None:
    rows = b"".join(b'"%d","x ""y"" z","a\nb"\r\n' % n for n in range(20_000))
    assert count_regular(rows, b",") == (20_000, len(rows))
    assert count(rows, [1 + n * 7_919 % 9_973 for n in range(50)]) == 20_000


@given(st.lists(st.sampled_from(["\n", "\r", "\r\n", "x"])).map("".join))
def test_line_ends_are_those_of_python(text: str) -> None:
    assert line_ends(text.encode()) == len((text + "x").splitlines()) - 1
