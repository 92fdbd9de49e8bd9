"""Numbers as people write them, on every engine."""

from decimal import Decimal

import pyarrow as pa
import pytest

from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.formats import NumberFormat
from clientela.mapping.numbers import number
from clientela.mapping.profile import profile_columns
from clientela.mapping.sniff_numbers import number_evidence, number_formats

POINT = {
    "1": "1", "-1": "-1", "+2.5": "2.5", "1,234.50": "1234.5", "1,234,567": "1234567",
    "£1,234.50": "1234.5", "$ -3.20": "-3.2", "-$3.20": "-3.2", "(12.00)": "-12", "12.00-": "-12",
    "($1,000)": "-1000", "1e5": "100000", "1.5E+3": "1500", "-2e-2": "-0.02", ".5": "0.5",
    "5.": "5", "1.23455": "1.2346", "-1.23455": "-1.2346", "1.23445": "1.2345", "0": "0",
    "1'234.-": "1234", "MX$1,234.50": "1234.5", "U$S 9.50": "9.5", "12 dollars": "12",
    "1\u00a0234.50": "1234.5", "1 234": "1234", "99999999999999.9999": "99999999999999.9999",
}  # fmt: skip
COMMA = {
    "1": "1", "2,50": "2.5", "R$ 1.234,50": "1234.5", "-R$ 1.234,50": "-1234.5", "€ 3,1": "3.1",
    "1.234.567": "1234567", "(2,5)": "-2.5", "2,5-": "-2.5", "1.234": "1234", "1,234": "1.234",
    "1.234,- €": "1234", "12,--": "12", "-12,-": "-12", "12,—": "12", "1.234,50 reais": "1234.5",
}  # fmt: skip
UNREADABLE = (
    "inf", "-inf", "Infinity", "nan", "NaN", "abc", "", "-", "()", "R$", "1,23.4", "12,34,56",
    "1.2.3", "1__0", "1_000", "0x10", "1e400", "--1", "(1", "-(1)", "1e", "e5", ".", ",", "1;2",
    "999999999999999999", "\u0661",
)  # fmt: skip


def read(engine: Engine, texts: list[str], form: NumberFormat) -> list[Decimal | None]:
    table = engine.from_arrow(pa.table({"n": range(len(texts)), "x": texts}))
    found = engine.to_arrow(table.select("n", x=number(table.x, form)).order_by("n"))
    assert found["x"].type == pa.decimal128(18, 4)
    values: list[Decimal | None] = found["x"].to_pylist()
    return values


@pytest.mark.parametrize(("mark", "written"), [(".", POINT), (",", COMMA)])
def test_readable_numbers(engine: Engine, mark: str, written: dict[str, str]) -> None:
    form = NumberFormat("." if mark == "." else ",")
    expected = {text: Decimal(value) for text, value in written.items()}
    assert dict(zip(written, read(engine, list(written), form), strict=True)) == expected


@pytest.mark.parametrize("mark", [".", ","])
def test_unreadable_numbers(engine: Engine, mark: str) -> None:
    form = NumberFormat("." if mark == "." else ",")
    expected = dict.fromkeys(UNREADABLE)
    assert dict(zip(UNREADABLE, read(engine, list(UNREADABLE), form), strict=True)) == expected


def test_a_bare_cast_reads_plain_numbers_alike(engine: Engine) -> None:
    texts = ["17850.0", "-3", "0.1", "1e+22", "inf", "nan", "2.10", ".5", "5."]
    plain = read(engine, texts, NumberFormat(plain=True))
    assert plain == read(engine, texts, NumberFormat())


@pytest.mark.parametrize(("shown", "mark"), [(".", ","), (",", ".")])
def test_whole_figures_below_a_thousand_show_what_a_mark_groups(
    engine: Engine, shown: str, mark: str
) -> None:
    texts = [f"{850 + 17 * n:,}".replace(",", shown) for n in range(60)]
    table = engine.from_arrow(pa.table({"x": texts}))
    measured = engine.to_arrow(table.aggregate(**number_evidence(table.x))).to_pylist()[0]
    assert number_formats({"Valor": measured}, None)["Valor"].decimal == mark
    (profile,) = profile_columns(["Valor"], [(text,) for text in texts]).values()
    assert profile.numbers.tolist() == [850 + 17 * n for n in range(60)]
    alone = [text for text in texts if shown in text]
    table = engine.from_arrow(pa.table({"x": alone}))
    measured = engine.to_arrow(table.aggregate(**number_evidence(table.x))).to_pylist()[0]
    with pytest.raises(DecisionNeeded, match="no value tells"):
        number_formats({"Valor": measured}, None)
