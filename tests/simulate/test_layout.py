"""The file has the layout of UCI Online Retail, and the same seed gives the same bytes."""

import csv
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clientela.errors import InputError
from clientela.simulate import RetailSettings, Simulation, simulate_retail
from clientela.simulate import retail as retail_module
from tests.simulate.conftest import COLUMNS, Shop

SMALL = RetailSettings(customers=60, products=80, dirty_share=0.1)


def bytes_of(made: Simulation) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in (made.transactions, made.truth, made.facts))


def test_header_is_that_of_uci(shop: Shop) -> None:
    with shop.made.transactions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, strict=True))
    assert rows[0] == COLUMNS
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert len(rows) - 1 == shop.made.lines == shop.facts["lines"]


def test_texts_are_quoted_only_where_csv_needs_it(shop: Shop) -> None:
    for line in shop.made.transactions.read_text("utf-8").splitlines():
        assert ('"' in line) == (line.count(",") > 7 or '""' in line)


def test_invoices_are_numbered_in_the_order_of_time(shop: Shop) -> None:
    numbers = shop.lines.InvoiceNo.str.removeprefix("C").astype(int)
    assert numbers.is_monotonic_increasing
    assert set(numbers.diff().dropna().unique()) == {0, 1}
    assert shop.sound.when.is_monotonic_increasing


def test_an_invoice_has_one_date_and_one_customer(shop: Shop) -> None:
    assert shop.sound.groupby("InvoiceNo").when.nunique().max() == 1
    assert shop.sound.groupby("InvoiceNo").CustomerID.nunique().max() == 1


def test_same_seed_gives_same_bytes(tmp_path: Path) -> None:
    first = simulate_retail(tmp_path / "a", SMALL)
    again = simulate_retail(tmp_path / "b", SMALL)
    other = simulate_retail(tmp_path / "c", replace(SMALL, seed=1))
    assert bytes_of(first) == bytes_of(again)
    assert first.transactions.read_bytes() != other.transactions.read_bytes()


def test_every_line_stands_once_however_small_the_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retail_module, "BLOCK_ORDERS", 7)
    made = simulate_retail(tmp_path, SMALL)
    added = ("unreadable_date", "future_date", "zero_price", "negative_price", "stray_negative")
    meant = sum(made.planted[name] for name in ("sale_lines", "credit_lines", "fee_lines"))
    assert made.orders > 14
    assert made.lines == meant + sum(made.planted[name] for name in (*added, "repeated_line"))


@pytest.mark.parametrize(
    "settings",
    [
        RetailSettings(customers=1, products=10, seed=3),
        RetailSettings(customers=5, start=dt.date(2024, 2, 28), end=dt.date(2024, 3, 1)),
        RetailSettings(customers=5, dirty_share=0.0, duplicate_share=0.0, fee_share=0.0),
        RetailSettings(customers=5, missing_customer_share=0.9),
    ],
)
def test_small_shops_are_whole(settings: RetailSettings, tmp_path: Path) -> None:
    made = simulate_retail(tmp_path, settings)
    assert made.transactions.read_text("utf-8").count("\n") == made.lines + 1
    assert made.lines >= settings.customers


@pytest.mark.parametrize(
    "wrong",
    [
        {"customers": 0},
        {"products": 3},
        {"dirty_share": 1.0},
        {"return_share": -0.1},
        {"season": -1.0},
        {"groups": ()},
        {"end": dt.date(2010, 12, 1)},
    ],
)
def test_impossible_settings_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"must|needed"):
        RetailSettings(**wrong)


def test_a_failed_run_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(retail_module, "plant", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate_retail(tmp_path, SMALL)
    assert list(tmp_path.iterdir()) == []
