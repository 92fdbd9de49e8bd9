"""Dates as people write them, on every engine."""

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.mapping.dates import moment, offset_minutes
from clientela.mapping.formats import DateFormat

ISO = {
    "2010-12-01": "2010-12-01 00:00:00",
    "2010-12-01 08:26": "2010-12-01 08:26:00",
    "2010-12-01T08:26:05": "2010-12-01 08:26:05",
    "2010-12-01 08:26:05.25": "2010-12-01 08:26:05.250000",
    "2010-1-2 8:26": "2010-01-02 08:26:00",
    "2012-02-29": "2012-02-29 00:00:00",
    "2011-02-29": None,
    "2010-13-01": None,
    "2010-12-01 24:00": None,
    "2010-12-01 08:60": None,
    "2010-12-01 8": None,
    "2010": None,
    "2010-12-01x": None,
    "epoch": None,
    "infinity": None,
    "01/12/2010": None,
}
DMY = {
    "1/12/2010 8:26": "2010-12-01 08:26:00",
    "01-12-2010 08:26:59": "2010-12-01 08:26:59",
    "01.12.2010": "2010-12-01 00:00:00",
    "31/12/10": "2010-12-31 00:00:00",
    "31.12.2010 08:26 Uhr": "2010-12-31 08:26:00",
    "31/12/2010 08.26.59": "2010-12-31 08:26:59",
    "31/12/68": "2068-12-31 00:00:00",
    "31/12/69": "1969-12-31 00:00:00",
    "12/31/2010": None,
    "31/12/2010 25:00": None,
    "2010-12-31": None,
    "31/12": None,
}
MDY = {
    "12/1/2010 8:26": "2010-12-01 08:26:00",
    "12/31/2010 1:05 PM": "2010-12-31 13:05:00",
    "12/31/2010 12:05 am": "2010-12-31 00:05:00",
    "12/31/2010 12:05:30 p.m.": "2010-12-31 12:05:30",
    "12/31/2010 11:59AM": "2010-12-31 11:59:00",
    "12/31/2010 1:05 p. m.": "2010-12-31 13:05:00",
    "12/31/2010 1:05 a.\u00a0m.": "2010-12-31 01:05:00",
    "31/12/2010": None,
}
JAVASCRIPT = {
    "Thu Jan 04 2024 11:29:00 GMT-0300 (Horário Padrão de Brasília)": "2024-01-04 11:29:00"
}
STAMP = {
    "20240104112900": "2024-01-04 11:29:00",
    "20240104T112900Z": "2024-01-04 11:29:00",
    "20240104 1129": "2024-01-04 11:29:00",
}
YMD = {"2010/12/01 8:26": "2010-12-01 08:26:00", "2010.12.01": "2010-12-01 00:00:00"}
COMPACT = {
    "19970101": "1997-01-01 00:00:00",
    "19970231": None,
    "19971301": None,
    "1997010": None,
    "199701011": None,
}
NAMED = {
    "11-Feb-17": "2017-02-11 00:00:00",
    "5-MAR-2018": "2018-03-05 00:00:00",
    "01 jan 1999 10:30": "1999-01-01 10:30:00",
    "11/fev/2017": "2017-02-11 00:00:00",
    "11 de fevereiro de 2017": "2017-02-11 00:00:00",
    "1 de março de 2017": "2017-03-01 00:00:00",
    "1-ago-17": "2017-08-01 00:00:00",
    "30-set.-2017": "2017-09-30 00:00:00",
    "30-dez-17": "2017-12-30 00:00:00",
    "30-foo-17": None,
    "14-JAN-24 11.29.00.000000": "2024-01-14 11:29:00",
    "30-Feb-17": None,
}


def read(engine: Engine, texts: list[str], form: DateFormat) -> list[str | None]:
    table = engine.from_arrow(pa.table({"n": range(len(texts)), "x": texts}))
    found = engine.to_arrow(table.select("n", x=moment(table.x, form)).order_by("n"))
    assert found["x"].type == pa.timestamp("us")
    return [None if value is None else str(value) for value in found["x"].to_pylist()]


@pytest.mark.parametrize(
    ("form", "written"),
    [
        (DateFormat("iso"), ISO),
        (DateFormat("numeric", "dmy"), DMY),
        (DateFormat("numeric", "mdy", halves=True), MDY),
        (DateFormat("numeric", "ymd"), YMD),
        (DateFormat("compact"), COMPACT),
        (DateFormat("named", "dmy"), NAMED),
        (DateFormat("named", "mdy", zoned=True), JAVASCRIPT),
        (DateFormat("stamp", zoned=True), STAMP),
    ],
    ids=["iso", "dmy", "mdy", "ymd", "compact", "named", "javascript", "stamp"],
)
def test_dates_are_read(engine: Engine, form: DateFormat, written: dict[str, str | None]) -> None:
    assert dict(zip(written, read(engine, list(written), form), strict=True)) == written


ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
PORTUGUESE = ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez")


@pytest.mark.parametrize("names", [ENGLISH, PORTUGUESE])
def test_every_month_has_a_name(engine: Engine, names: tuple[str, ...]) -> None:
    found = read(engine, [f"1-{name}-2011" for name in names], DateFormat("named", "dmy"))
    assert found == [f"2011-{month:02}-01 00:00:00" for month in range(1, 13)]


def test_plain_dates_are_read_alike_by_a_bare_cast(engine: Engine) -> None:
    texts = ["2010-12-01", "2010-12-01 08:26", "2010-12-01T23:59:59", "2010-12-01 08:26:05.25"]
    assert read(engine, texts, DateFormat(plain=True)) == read(engine, texts, DateFormat())


OFFSETS = {
    "2010-12-01 08:26:00Z": 0,
    "2010-12-01T08:26:00+01:00": 60,
    "2010-12-01T08:26:00-0330": -210,
    "2010-12-01 08:26:00-03": -180,
    "2010-12-01 08:26:00 UTC": 0,
    "2010-12-01 08:26:00 GMT-0300": -180,
    "2010-12-01 08:26:00": None,
    "2010-12-01": None,
}


def test_offsets_are_read(engine: Engine) -> None:
    texts = list(OFFSETS)
    table = engine.from_arrow(pa.table({"n": range(len(texts)), "x": texts}))
    found = engine.to_arrow(table.select("n", m=offset_minutes(table.x)).order_by("n"))
    assert dict(zip(texts, found["m"].to_pylist(), strict=True)) == OFFSETS
    shown = read(engine, texts, DateFormat(zoned=True))
    assert shown == ["2010-12-01 08:26:00"] * 7 + ["2010-12-01 00:00:00"]
