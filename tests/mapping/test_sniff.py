"""Formats are decided from whole columns; what fits two readings is asked."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping.formats import DateFormat, Formats, NumberFormat
from clientela.mapping.sniff import decide
from clientela.mapping.source_columns import Mapping

FIRST = "2010-12-01"


def decided(
    engine: Engine,
    dates: Sequence[str | None] = (FIRST,),
    amounts: Sequence[str | None] = ("1.5",),
    quantities: Sequence[str | None] = (),
    typed: frozenset[str] = frozenset(),
    **settings: Any,
) -> Formats:
    """Decide the formats of a small source with the columns Data, Valor and Qtde."""
    rows = max(len(dates), len(amounts), len(quantities))
    columns = {
        name: pa.array([*values, *[None] * (rows - len(values))], pa.string())
        for name, values in (("Data", dates), ("Valor", amounts), ("Qtde", quantities))
    }
    staging = engine.from_arrow(pa.table({"source_row": range(1, rows + 1), **columns}))
    mapped = {"ordered_local": "Data", "amount": "Valor", "quantity": "Qtde"}
    mapping = Mapping(layout="configured", role="transactions", columns=mapped)
    return decide(engine, staging, mapping, Source(**settings), typed)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2010-12-01 08:26:00", " 2010-12-02", None, ""], DateFormat("iso", plain=True)),
        (["2010-12-01", "soon"], DateFormat("iso")),
        (["2010-12-01T08:26:00Z", "2010-12-01 08:26:00"], DateFormat("iso", zoned=True)),
        (["1/12/2010 8:26", "13/12/2010 8:26"], DateFormat("numeric", "dmy")),
        (["12/1/2010 8:26", "12/13/2010 8:26"], DateFormat("numeric", "mdy")),
        (["01-12-2010 08:26", "31-12-2010 08:26"], DateFormat("numeric", "dmy")),
        (["1/13/2010 8:26 AM", "1/2/2010 1:00 pm"], DateFormat("numeric", "mdy", halves=True)),
        (["31.12.10"], DateFormat("numeric", "dmy")),
        (["2010/12/01"], DateFormat("numeric", "ymd")),
        (["19970101", "19970118"], DateFormat("compact")),
        (["11-Feb-17", "1 de março de 2018"], DateFormat("named", "dmy")),
        (["13/13/2010", "14/12/2010"], DateFormat("numeric", "dmy")),
        ([None, " "], DateFormat(plain=True)),
    ],
)
def test_dates_are_decided(duckdb: Engine, values: list[str | None], form: DateFormat) -> None:
    assert decided(duckdb, dates=values).dates["ordered_local"] == form


def test_one_late_value_decides_the_order(duckdb: Engine) -> None:
    values = [f"{1 + n % 12}/{1 + n % 9}/2011" for n in range(5_000)]
    with pytest.raises(DecisionNeeded):
        decided(duckdb, dates=values)
    form = decided(duckdb, dates=[*values, "13/9/2011"]).dates["ordered_local"]
    assert form == DateFormat("numeric", "dmy")


def test_a_column_that_fits_both_orders_is_a_question(duckdb: Engine) -> None:
    values = ["1/2/2011", "12/12/2011"]
    with pytest.raises(DecisionNeeded, match="fits day-month and month-day alike") as caught:
        decided(duckdb, dates=values)
    assert caught.value.where == "column Data"
    assert "source.date_order" in caught.value.do
    answered = decided(duckdb, dates=values, date_order="mdy").dates["ordered_local"]
    assert answered == DateFormat("numeric", "mdy")


def test_a_column_of_two_orders_is_refused(duckdb: Engine) -> None:
    values = ["13/1/2011", "1/14/2011"]
    with pytest.raises(MappingError, match=r"two orders: '13/1/2011' .* '1/14/2011'"):
        decided(duckdb, dates=values)
    answered = decided(duckdb, dates=values, date_order="dmy").dates["ordered_local"]
    assert answered.order == "dmy"


def test_a_column_without_dates_is_refused(duckdb: Engine) -> None:
    with pytest.raises(MappingError, match=r"no value of the column is a date .* 'later'"):
        decided(duckdb, dates=["soon", "later"])


def test_days_of_a_spreadsheet_among_written_dates_are_read(duckdb: Engine) -> None:
    mixed = ["45012", "45320.5", "13/02/2023", "01/03/2023"]
    form = decided(duckdb, dates=mixed).dates["ordered_local"]
    assert {form.shape, *[other.shape for other in form.further]} == {"numeric", "serial"}
    few = [*[f"{1 + n % 28}/2/2011" for n in range(28)], "45012"]
    assert not decided(duckdb, dates=few).dates["ordered_local"].further


@pytest.mark.parametrize("early", [[f"2023-0{n}-01" for n in range(1, 7)], range(44_927, 44_933)])
def test_dates_that_a_spreadsheet_swapped_are_refused(duckdb: Engine, early: list[object]) -> None:
    cells = [*map(str, early), *[f"{day}/01/2023" for day in range(13, 20)]]
    with pytest.raises(MappingError, match="swapped day and month"):
        decided(duckdb, dates=cells)
    assert decided(duckdb, dates=[*cells, "01/02/2023"]).dates


def test_years_of_another_calendar_are_refused(duckdb: Engine) -> None:
    with pytest.raises(MappingError, match="Islamic or Persian"):
        decided(duckdb, dates=["1445/02/03", "1445/12/29"])


def test_the_span_is_known(duckdb: Engine) -> None:
    formats = decided(duckdb, dates=["31/12/2010 10:30", None, "never", "1/2/2011"])
    assert (formats.first, formats.last) == (
        dt.datetime(2010, 12, 31, 10, 30),
        dt.datetime(2011, 2, 1),
    )


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["2.10", "-3", "1234567", ".5", None], NumberFormat(".", plain=True)),
        (["2.10", "1,234"], NumberFormat(".")),
        (["2,10", "1.234"], NumberFormat(",")),
        (["R$ 1.234,50"], NumberFormat(",")),
        (["$1,234.50"], NumberFormat(".")),
        (["1.234.567", "3"], NumberFormat(",")),
        (["1,234,567", "3"], NumberFormat(".")),
        (["0.123", "1.234"], NumberFormat(".", plain=True)),
        (["1234.567"], NumberFormat(".", plain=True)),
        (["(2,5)"], NumberFormat(",")),
        (["1e5", "2.5"], NumberFormat(".")),
        (["1", "2"], NumberFormat(".", plain=True)),
        (["abc"], NumberFormat(".")),
    ],
)
def test_numbers_are_decided(duckdb: Engine, values: list[str | None], form: NumberFormat) -> None:
    assert decided(duckdb, amounts=values).numbers["amount"] == form


@pytest.mark.parametrize("values", [["1.234", "12"], ["1,234", "999,999"], ["1.234", "1,234"]])
def test_a_mark_that_fits_both_is_a_question(duckdb: Engine, values: list[str]) -> None:
    with pytest.raises(DecisionNeeded, match="thousands or one with decimals") as caught:
        decided(duckdb, amounts=values)
    assert caught.value.where == "column Valor"
    assert "source.decimal" in caught.value.do
    assert decided(duckdb, amounts=values, decimal=",").numbers["amount"] == NumberFormat(",")


def test_one_column_tells_for_the_others(duckdb: Engine) -> None:
    formats = decided(duckdb, amounts=["2,50"], quantities=["1.234"])
    assert formats.numbers["quantity"] == NumberFormat(",")


def test_two_marks_in_a_column_are_refused(duckdb: Engine) -> None:
    with pytest.raises(MappingError, match=r"two ways: '2.5' and '3,5'"):
        decided(duckdb, amounts=["2.5", "3,5"])


def test_numbers_that_were_typed_are_no_question(duckdb: Engine) -> None:
    formats = decided(
        duckdb, amounts=["1.234"], quantities=["7"], typed=frozenset({"Valor"}), decimal=","
    )
    assert formats.numbers["amount"] == NumberFormat(".", plain=True)


def test_every_engine_decides_alike(engine: Engine) -> None:
    dates = ["13/2/2011 1:30 PM", "1/2/2011", None, "later"]
    assert decided(engine, dates=dates, amounts=["R$ 2,50", "(1,5)"], quantities=["1.234"]) == (
        Formats(
            dates={"ordered_local": DateFormat("numeric", "dmy", halves=True)},
            numbers={"quantity": NumberFormat(","), "amount": NumberFormat(",")},
            first=dt.datetime(2011, 2, 1),
            last=dt.datetime(2011, 2, 13, 13, 30),
        )
    )
