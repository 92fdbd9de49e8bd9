"""The parsers of samples and those of whole columns read the same."""

from decimal import Decimal

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.mapping import dates
from clientela.mapping.formats import NumberFormat
from clientela.mapping.numbers import number, read_number
from clientela.mapping.sniff_dates import date_evidence, date_format, measure_dates

POINT = {
    "1'234.50": "1234.5", "₹1,23,456.00": "123456", "1,234.50 USD": "1234.5", "EUR 12.5": "12.5",
    "US$ -3.00": "-3", "-US$3.00": "-3", "(£1,000.25)": "-1000.25", "12.00-": "-12",
    "\u22125.00": "-5", "Rs. 99.00": "99", "kr 10.00": "10", "CHF 1\u2019000.00": "1000", "x": None,
    "1,2,3": None,
}  # fmt: skip
COMMA = {
    "R$ 1.234,50": "1234.5", "R$ -1.234,50": "-1234.5", "1 234,50 €": "1234.5",
    "1\u202f234,50 €": "1234.5", "12,5 zł": "12.5", "1.23.456,00": "123456", "BRL 7,00": "7",
}  # fmt: skip


@pytest.mark.parametrize(("mark", "written"), [(".", POINT), (",", COMMA)])
def test_numbers_read_alike(engine: Engine, mark: str, written: dict[str, str | None]) -> None:
    form = NumberFormat("." if mark == "." else ",")
    table = engine.from_arrow(pa.table({"n": range(len(written)), "x": list(written)}))
    column = engine.to_arrow(table.select("n", x=number(table.x, form)).order_by("n"))
    expected = [None if value is None else Decimal(value) for value in written.values()]
    assert column["x"].to_pylist() == expected
    assert [read_number(text, mark) for text in written] == expected


MOMENTS = {
    "04/01/2024 às 11:29": "2024-01-04 11:29:00",
    "13/01/2024 17h26": "2024-01-13 17:26:00",
    "13/01/2024, 17:26:30": "2024-01-13 17:26:30",
    "qui., 04/01/2024 - 09:30 hs.": "2024-01-04 09:30:00",
    "Jan 4, 2024": "2024-01-04 00:00:00",
    "Mar-05-23": "2023-03-05 00:00:00",
    "29/02/2567 11:29": "2024-02-29 11:29:00",
    "2566-01-04": "2023-01-04 00:00:00",
    "April 14th, 2024 1:05 PM": "2024-04-14 13:05:00",
    "4 de janeiro de 2024 11:29 hs.": "2024-01-04 11:29:00",
    "quinta-feira, 4 de janeiro de 2024": "2024-01-04 00:00:00",
    "4 enero 2024": "2024-01-04 00:00:00",
    "2024 Jan 4": "2024-01-04 00:00:00",
    "Thu, 04 Jan 2024 11:29:00 +0000": "2024-01-04 11:29:00",
    "2024-01-04 11:29:00 -0300": "2024-01-04 11:29:00",
    "2024-01-04T11:29:00.000Z": "2024-01-04 11:29:00",
    "45295.478472": "2024-01-04 11:29:00",
    "1704367740": "2024-01-04 11:29:00",
    "1704367740000": "2024-01-04 11:29:00",
}


@pytest.mark.slow
def test_dates_read_alike(engine: Engine) -> None:
    for text, moment in MOMENTS.items():
        form = date_format(measure_dates([text]), "x", "dmy")
        assert str(dates.read_moment(text, form)) == moment
        table = engine.from_arrow(pa.table({"x": [text]}))
        evidence = engine.to_arrow(table.aggregate(**date_evidence(table.x))).to_pylist()[0]
        assert date_format(evidence, "x", "dmy") == form
        value = engine.to_arrow(table.select(x=dates.moment(table.x, form)))["x"][0].as_py()
        assert str(value) == moment


def test_a_column_of_two_forms_is_read_where_each_value_has_one_reading(engine: Engine) -> None:
    texts = ["2024-01-04 11:29:00", "13/02/2024", "14/02/2024"]
    form = date_format(measure_dates(texts), "x", None)
    table = engine.from_arrow(pa.table({"n": [0, 1, 2], "x": texts}))
    column = engine.to_arrow(table.select("n", x=dates.moment(table.x, form)).order_by("n"))["x"]
    assert [str(value) for value in column.to_pylist()] == [
        "2024-01-04 11:29:00",
        "2024-02-13 00:00:00",
        "2024-02-14 00:00:00",
    ]
