import datetime as dt
import json
import re
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest
from sqlalchemy import inspect

from clientela.contract.features import FEATURES
from clientela.contract.tables import CONTACTS, CUSTOMERS, QUARANTINE, TRANSACTIONS
from clientela.engine.connect import connect
from clientela.errors import InputError, StoreError
from clientela.i18n import LANGS, Lang, load_catalogue
from clientela.report.dictionary import DictionaryEntry, list_entries, write_entries
from clientela.report.dictionary.writers import format_cells, format_range
from clientela.store import schema, views
from clientela.store.connect import open_store
from clientela.store.revisions import VERSION_TABLE
from clientela.tables.schema import Tables


def _of(
    listed: list[DictionaryEntry], table: str, column: str, place: str = "results"
) -> dict[str, Any]:
    (found,) = (
        entry
        for entry in listed
        if (entry.place, entry.table, entry.column) == (place, table, column)
    )
    return facts_of(found)


def facts_of(entry: DictionaryEntry) -> dict[str, Any]:
    """Return what the data says of a column, as far as it says anything."""
    facts = {name: getattr(entry, name) for name in ("rows", "missing", "low", "high", "values")}
    return {
        name: fact
        for name, fact in facts.items()
        if fact is not None and (name, fact) != ("rows", 0)
    }


def test_every_column_of_the_database_is_listed_and_no_other(published_url: str) -> None:
    listed = [entry for entry in list_entries(published_url) if entry.place == "results"]
    names = [(entry.table, entry.column) for entry in listed]
    engine = open_store(published_url, migrate=False)
    found = inspect(engine)
    tables = set(found.get_table_names()) - {VERSION_TABLE}
    columns = {(table, each["name"]) for table in tables for each in found.get_columns(table)}
    of_views = {
        (view, each["name"])
        for view in views.define_views()
        for each in found.get_columns(view)
        if (view.removeprefix("current_"), each["name"]) not in columns
    }
    engine.dispose()
    assert len(names) == len(set(names))
    assert set(names) == columns | of_views


def test_every_canonical_column_is_listed() -> None:
    listed = [(entry.table, entry.column) for entry in list_entries() if entry.place == "workspace"]
    assert listed == [
        (table, column.name)
        for table, columns in (
            ("transactions", TRANSACTIONS),
            ("customers", CUSTOMERS),
            ("contacts", CONTACTS),
            ("quarantine", QUARANTINE),
        )
        for column in columns
    ]


@pytest.mark.parametrize("lang", LANGS)
def test_every_column_and_table_has_a_meaning(lang: Lang) -> None:
    for entry in list_entries():
        assert load_catalogue(lang)[entry.meaning_key].strip(), entry
        assert load_catalogue(lang)[entry.table_meaning_key].strip(), entry
        assert format_cells(entry, lang)[3]


@pytest.mark.parametrize("lang", LANGS)
def test_no_meaning_is_of_a_column_that_is_gone(lang: Lang) -> None:
    used = {key for entry in list_entries() for key in (entry.meaning_key, entry.table_meaning_key)}
    folder = resources.files("clientela.locales").joinpath(lang)
    for topic in ("tables", "store"):
        texts = json.loads(folder.joinpath(f"{topic}.json").read_text("utf-8"))
        keys = {key for key in texts if not key.startswith("dictionary.")}
        assert keys <= used


def test_features_mean_what_their_catalogue_says() -> None:
    keys = {
        entry.column: entry.meaning_key for entry in list_entries() if entry.table == "customers"
    }
    assert all(keys[feature.name] == f"feature.{feature.name}" for feature in FEATURES)


def test_ranges_and_missing_shares_are_those_of_the_published_run(published_url: str) -> None:
    listed = list_entries(published_url)
    assert _of(listed, "customers", "revenue") == {"rows": 3, "missing": 0, "low": 0.0, "high": 2.0}
    assert _of(listed, "customers", "segment")["low"] == 2
    assert _of(listed, "customers", "rfm_segment") == {"rows": 3, "missing": 0, "values": 1}
    assert _of(listed, "customers", "gap_days_mean") == {"rows": 3, "missing": 1}
    day = dt.date(2011, 12, 9)
    assert _of(listed, "customers", "last_order_date") == {
        "rows": 3,
        "missing": 0,
        "low": day,
        "high": day,
    }
    assert _of(listed, "runs", "run_id")["rows"] == 2
    assert _of(listed, "runs", "started_at")["low"] == dt.datetime(2011, 12, 10, 12, tzinfo=dt.UTC)
    assert _of(listed, "quality", "decision") == {"rows": 2, "missing": 0.5, "values": 1}
    assert _of(listed, "quality", "amount")["high"] == 9_747_747.93
    assert _of(listed, "segment_migrations", "revenue") == {}
    assert _of(listed, "customers", "attributes") == {"rows": 3, "missing": 1}
    assert _of(listed, "quarantine", "line") == {"rows": 1, "missing": 0}


def test_ranges_of_the_canonical_tables_are_those_of_the_rows() -> None:
    engine = connect()
    rows = pa.table(
        {
            "customer_id": ["1", None, "1", "2"],
            "amount": pa.array([Decimal("1.5"), Decimal("-3"), None, None], pa.decimal128(18, 4)),
            "ordered_local": [dt.datetime(2011, 12, 9, 12, 50)] * 4,
            "line_key": ["a", "b", "c", "d"],
        }
    )
    tables = Tables(transactions=engine.from_arrow(rows))
    listed = list_entries(engine=engine, tables=tables)
    facts = {name: _of(listed, "transactions", name, "workspace") for name in rows.column_names}
    moment = dt.datetime(2011, 12, 9, 12, 50)
    assert facts == {
        "customer_id": {"rows": 4, "missing": 0.25, "values": 2},
        "amount": {"rows": 4, "missing": 0.5, "low": Decimal(-3), "high": Decimal("1.5")},
        "ordered_local": {"rows": 4, "missing": 0, "low": moment, "high": moment},
        "line_key": {"rows": 4, "missing": 0},
    }
    assert _of(listed, "transactions", "channel", "workspace") == {}
    assert _of(listed, "customers", "age", "workspace") == {}
    engine.close()


def test_without_data_the_columns_are_listed_all_the_same() -> None:
    assert [entry for entry in list_entries() if facts_of(entry)] == []


def test_a_database_out_of_reach_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no results database yet"):
        list_entries(f"sqlite:///{tmp_path}/none.db")


@pytest.mark.parametrize(
    ("low", "high", "values", "lang", "expected"),
    [
        (None, None, None, "en", ""),
        (0.1 + 0.2, 1234.5, None, "en", "0.3 to 1,234.5"),
        (0, 1_000_000, None, "pt_BR", "0 a 1.000.000"),
        (dt.date(2010, 12, 1), dt.date(2011, 12, 9), None, "pt_BR", "01/12/2010 a 09/12/2011"),
        (
            dt.datetime(2011, 12, 9, 8, 5),
            dt.datetime(2011, 12, 9, 8, 5),
            None,
            "en",
            "2011-12-09 08:05",
        ),
        (None, None, 25_900, "en", "25,900 values"),
        (None, None, 0, "en", ""),
    ],
)
def test_ranges_in_words(
    low: Any, high: Any, values: int | None, lang: Lang, expected: str
) -> None:
    assert format_range(low, high, values, lang) == expected


ODD = DictionaryEntry(
    "results", "customers", "=1+1|<b>", "text", "amount", "store.runs.run_id", 3, 0.5
)


@pytest.mark.parametrize("lang", LANGS)
def test_markdown_has_a_table_for_each_table(lang: Lang, tmp_path: Path) -> None:
    path = tmp_path / "dictionary.md"
    write_entries(list_entries(), path, lang)
    text = path.read_text("utf-8")
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == [
        "transactions",
        "customers",
        "contacts",
        "quarantine",
        *[table.name for table in schema.metadata.sorted_tables],
        "current_customers",
    ]
    assert all(line.count("|") == 7 for line in text.splitlines() if line.startswith("|"))
    write_entries([ODD], path, lang)
    assert r"=1+1\|<b>" in path.read_text("utf-8")


@pytest.mark.parametrize("lang", LANGS)
def test_the_page_loads_nothing_and_escapes_all(lang: Lang, tmp_path: Path) -> None:
    path = tmp_path / "dictionary.HTML"
    write_entries([*list_entries(), ODD], path, lang)
    text = path.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert f'lang="{lang.replace("_", "-")}"' in text
    assert not re.search(r"https?:|src=|@import|url\(|<script", text)
    assert "=1+1|&lt;b&gt;" in text
    assert "position: sticky" in text
    assert text.count("<tr>") == len(list_entries()) + 1 + text.count("<thead>")


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_the_workbook_has_a_row_for_each_column_and_no_formula(
    published_url: str, lang: Lang, tmp_path: Path
) -> None:
    path = tmp_path / "dictionary.xlsx"
    listed = [*list_entries(published_url), ODD]
    write_entries(listed, path, lang)
    sheet = openpyxl.load_workbook(path).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [row[1:4] for row in rows] == [(each.table, each.column, each.type) for each in listed]
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "d"}
    by_name = {row[1:3]: row for row in rows}
    assert by_name["customers", "revenue"][6:] == (0, 2, None, 0)
    assert by_name["runs", "as_of"][6] == dt.datetime(2011, 12, 9)
    assert by_name["customers", "=1+1|<b>"][9] == 0.5


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'.pdf'.*\.md, \.html, \.xlsx"):
        write_entries(list_entries(), tmp_path / "dictionary.pdf", "en")


def test_the_order_is_that_of_the_schema() -> None:
    listed = list_entries()
    assert [entry.column for entry in listed if entry.table == "runs"] == schema.runs.columns.keys()
