"""Firms with too little of everything get sentences and a report, never a stack trace."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shop import clientela

HEADER = "customer_id,trans_date,tran_amount"
FIRST = dt.date(2024, 1, 1)
Line = tuple[str, int, float]


def three_customers() -> Iterator[Line]:
    yield from (("a", 0, 10.0), ("b", 40, 20.0), ("c", 80, 30.0), ("a", 90, 5.0))


def all_alike() -> Iterator[Line]:
    for number in range(300):
        yield from ((f"c{number}", day, 10.0) for day in (0, 100, 200, 300))


def one_giant_buyer() -> Iterator[Line]:
    yield from (("giant", day, 1_000_000.0) for day in range(0, 400, 7))
    for number in range(300):
        yield f"c{number}", number, 10.0 + number % 13
        yield f"c{number}", number + 90, 10.0


def no_repeat_purchase() -> Iterator[Line]:
    yield from ((f"c{number}", number, 5.0 + number % 17) for number in range(400))


def one_month_of_history() -> Iterator[Line]:
    for number in range(300):
        yield f"c{number}", number % 28, 10.0 + number % 31
        if number % 3 == 0:
            yield f"c{number}", (number + 9) % 28, 12.0


def one_day() -> Iterator[Line]:
    yield from ((f"c{number}", 0, 1.0 + number) for number in range(50))


def nothing_earned() -> Iterator[Line]:
    for number in range(200):
        yield f"c{number}", number, 10.0 + number % 7
        yield f"c{number}", number + 20, -(10.0 + number % 7)


FIRMS = (
    three_customers,
    all_alike,
    one_giant_buyer,
    no_repeat_purchase,
    one_month_of_history,
    one_day,
    nothing_earned,
)


def written(lines: Iterator[Line], file: Path) -> Path:
    rows = [
        f"{who},{FIRST + dt.timedelta(days=day):%d-%b-%y},{amount}" for who, day, amount in lines
    ]
    file.write_text("\n".join([HEADER, *rows]) + "\n", "utf-8")
    return file


@pytest.mark.parametrize("firm", FIRMS, ids=lambda firm: firm.__name__)
def test_a_firm_with_too_little_is_told_so(
    firm: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert callable(firm)
    file = written(firm(), tmp_path / "sales.csv")
    ran = clientela(capsys, "run", file, "--workspace", tmp_path / "w")
    assert ran.code == 0, ran.out + ran.err
    for lang in ("en", "pt_BR"):
        page = tmp_path / f"{lang}.html"
        made = clientela(
            capsys, "report", "--workspace", tmp_path / "w", "--lang", lang, "--out", page
        )
        assert made.code == 0, made.out + made.err
        assert "nan" not in _words(page)
        assert "None" not in _words(page)


def _words(page: Path) -> set[str]:
    text = page.read_text("utf-8").split("<script")[0]
    return set(text.replace(">", " ").replace("<", " ").split())
