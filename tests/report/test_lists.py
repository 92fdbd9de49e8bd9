"""Lists as files: cells that no spreadsheet computes, and workbooks that stay as they were."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clientela.errors import InputError
from clientela.files.csv_lines import DIALECTS, FORMULA, NUMBER, csv_lines, safe_cell
from clientela.i18n import LANGS, Lang
from clientela.report.lists import (
    AT_RISK,
    CANDIDATES,
    INSIDERS,
    SEGMENT,
    CustomerList,
    ListContent,
    workbook,
)
from clientela.report.lists.arrow import build_list_table
from clientela.report.lists.workbook import write_workbook
from tests.store.runs import record

KINDS = (INSIDERS, CANDIDATES, AT_RISK, SEGMENT)
ROW: dict[str, object] = {
    "customer_id": "00017",
    "status": "leaving",
    "since": dt.date(2011, 6, 30),
    "leaves_on": None,
    "tier": None,
    "tier_ends_on": None,
    "segment": 1,
    "revenue_365d": 1240.129,
    "orders_365d": 7,
    "days_since_last": 95,
    "expected_revenue": None,
    "reason_en": '=HYPERLINK("http://x")',
    "reason_pt_br": "gastou £ 1.300 e está há pouco",
    "deadline": dt.date(2012, 6, 30),
    "segment_confidence": 0.123456,
    "insider": "member",
    "insider_since": dt.date(2011, 6, 30),
    "revenue": 2000.0,
    "orders": 9,
    "average_order_value": 222.2222,
    "products": 31,
    "last_order_date": dt.date(2011, 9, 5),
    "churn_probability": 0.71239,
    "churn_band": "high",
    "churn_reasons_en": "96 days since the last order",
    "churn_reasons_pt_br": "96 dias desde o último pedido",
    "expected_loss": 217.5,
    "expected_loss_margin": 87.0,
    "expected_revenue_churn_days": 87.8,
    "expected_revenue_if_active": 305.3,
    "expected_revenue_long": 1025.31,
    "contact_rank": 3,
    "clv": 410.125,
    "next_order": dt.date(2012, 3, 2),
}


def content(kind: CustomerList = INSIDERS, lang: Lang = "en") -> ListContent:
    return ListContent(kind, record(1), {1: "Fiéis"}, lang)


def written(made: ListContent, *rows: dict[str, object]) -> bytes:
    target = io.BytesIO()
    assert write_workbook(target, made, made.cells(rows)) == len(rows)
    return target.getvalue()


def sheet_of(book: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(book)).active


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3", "'-2+3"),
        ("\t=1", "'\t'=1"),
        ("\r=1", "'\r'=1"),
        ("\n=1", "'\n'=1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("-12.50", "-12.50"),
        ("+5511", "+5511"),
        ("-1e-9", "-1e-9"),
        ("-12\n", "'-12\n"),
        ("a=1", "a=1"),
        ("", ""),
        ("007", "007"),
    ],
)
def test_what_a_spreadsheet_would_compute_begins_with_an_apostrophe(text: str, safe: str) -> None:
    assert safe_cell(text) == safe


@given(st.text(alphabet='=+-@;,\t\r\n"\uff1d12 a', max_size=9), st.sampled_from(LANGS))
def test_no_text_is_computed_whatever_separates_cells(text: str, lang: Lang) -> None:
    """A spreadsheet of either country, which cuts lines its own way, meets no formula."""
    line = csv_lines([(text, 1.5)], lang).decode()
    (row,) = csv.reader(io.StringIO(line, newline=""), delimiter=DIALECTS[lang].separator)
    assert row[0] == safe_cell(text)
    if not NUMBER.fullmatch(text):
        assert not FORMULA.match(row[0])
        assert not re.search(f'[;,\t\r\n]"*{FORMULA.pattern}', row[0])


def test_each_language_writes_numbers_and_days_its_own_way() -> None:
    cells = ("É", 1234.5, -3, dt.date(2012, 1, 8), False, None, Decimal("2.10"))
    assert csv_lines([cells]).decode() == '"É",1234.5,-3,2012-01-08,False,,2.10\r\n'
    assert csv_lines([cells], "pt_BR").decode() == '"É";1234,5;-3;08/01/2012;FALSO;;2,10\r\n'


@pytest.mark.parametrize("lang", LANGS)
@pytest.mark.parametrize("kind", KINDS, ids=lambda each: each.name)
def test_every_list_has_headings_of_its_own_in_both_languages(
    kind: CustomerList, lang: Lang
) -> None:
    made = content(kind, lang)
    header = made.header()
    assert len(set(header)) == len(header)
    (cells,) = made.cells([ROW])
    assert len(cells) == len(header)
    assert cells[0] == "00017"
    assert made.title not in ("", f"list.title.{kind.name}")


def test_risk_is_told_in_words_and_shares() -> None:
    (cells,) = content(AT_RISK, "pt_BR").cells([ROW])
    shown = [0.7124, "alto", 3, 305.3, 87.8, 217.5, 87.0, "96 dias desde o último pedido"]
    assert list(cells)[1:9] == shown


def test_headings_of_money_name_the_currency() -> None:
    assert "Receita em 12 meses (GBP)" in content(lang="pt_BR").header()
    for code in (None, "XXX"):
        without = ListContent(INSIDERS, record(1, currency=code), {}, "pt_BR")
        assert "Receita em 12 meses" in without.header()


@pytest.mark.parametrize(("lang", "days"), [("en", "yyyy-mm-dd"), ("pt_BR", "dd/mm/yyyy")])
def test_a_workbook_keeps_zeros_texts_days_and_accents(lang: Lang, days: str) -> None:
    sheet = sheet_of(written(content(lang=lang), ROW, ROW))
    (first,) = sheet.iter_rows(min_row=2, max_row=2)
    assert (first[0].value, first[0].data_type) == ("00017", "s")
    assert (first[4].value, first[4].data_type) == (ROW[f"reason_{lang.lower()}"], "s")
    assert (first[2].value, first[2].number_format) == (dt.datetime(2011, 6, 30), days)
    assert first[3].value is None
    assert first[9].value == "Fiéis"
    assert (first[10].value, first[10].number_format) == (1240.13, "#,##0.00")
    assert sheet.freeze_panes == "B2"
    assert sheet.auto_filter.ref is not None


def test_a_workbook_holds_no_formula_and_no_link() -> None:
    with zipfile.ZipFile(io.BytesIO(written(content(), ROW))) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
        assert "xl/worksheets/_rels/sheet1.xml.rels" not in book.namelist()
    assert "<f>" not in text
    assert "<hyperlink" not in text


def test_the_same_rows_give_the_same_bytes() -> None:
    assert written(content(), ROW) == written(content(), ROW)


def test_an_empty_list_is_a_header() -> None:
    assert [row[0] for row in sheet_of(written(content())).values] == ["Customer"]


def test_what_a_sheet_cannot_hold_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    assert written(content(), ROW, ROW)
    with pytest.raises(InputError, match=r"more than the 2 rows.*CSV"):
        written(content(), ROW, ROW, ROW)


def test_a_failure_on_the_way_leaves_no_open_workbook() -> None:
    def rows() -> Iterator[list[object]]:
        yield ["a"] * len(INSIDERS.columns)
        raise ValueError("gone")

    with pytest.raises(ValueError, match="gone"):
        write_workbook(io.BytesIO(), content(), rows())


def test_a_table_has_the_columns_of_the_list() -> None:
    made = content(SEGMENT)
    row = {name: value for name, value in ROW.items() if name not in ("status", "since")}
    table = build_list_table(
        made, list(made.cells([row, row | {"segment": None, "insider": None}]))
    )
    assert table.column_names == [column.name for column in SEGMENT.columns]
    assert table["status"].to_pylist() == ["member", None]
    assert table["segment_confidence"].to_pylist() == [0.1235] * 2
    assert build_list_table(made, []).schema == table.schema
