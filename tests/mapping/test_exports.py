"""Exports of many layouts are read right or asked about, however they are written."""

import csv
import datetime as dt
import random
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import pytest

from clientela.config import read_settings
from clientela.mapping.init import write_config
from clientela.mapping.prove import prove
from scripts.exports import (
    DATES,
    EXPORTS,
    Export,
    Line,
    describe_exports,
    draw_lines,
    judge,
    measure_net,
    true_net,
    write_rows,
)
from tests.conftest import ROOT
from tests.reading import NOW, read_in

BY_TITLE = {export.title: export for export in EXPORTS}
NUMBERS: dict[str, Callable[[str], str]] = {
    "signs": lambda text: f"R$ {text}",
    "codes": lambda text: f"{text} BRL",
    "minus behind": lambda text: f"{text.removeprefix('-')}-" if text.startswith("-") else text,
}
DAYS = {"named": "%d %b %Y %H:%M", "iso": "%Y-%m-%dT%H:%M:%S", "zoned": "%Y-%m-%d %H:%M:%S -0300"}


@pytest.mark.slow
def test_the_page_of_exports_is_what_the_command_prints() -> None:
    page = (ROOT / "docs" / "reference" / "exports.md").read_text("utf-8")
    assert page.rstrip() == describe_exports().rstrip()
    assert ", 0 wrong of" in page


@pytest.mark.slow
def test_no_layout_is_read_wrong_with_other_figures() -> None:
    for export in EXPORTS[::3]:
        assert "wrong" not in judge(export, seed=11).values(), export.title


def shuffle_orders(lines: list[Line], seed: int) -> list[Line]:
    """Shuffle the lines of each order; the first of them tells what is told once."""
    draw = random.Random(seed)  # noqa: S311
    shuffled = []
    for _, group in groupby(lines, key=lambda line: line["no"]):
        order = list(group)
        draw.shuffle(order)
        shuffled += [{**line, "first": not place} for place, line in enumerate(order)]
    return shuffled


def rename_to_noise(export: Export) -> Export:
    """Rename every heading to noise, in another order of columns."""
    pairs = [f"x{place}={name}" for place, (_, name) in enumerate(export.pairs)]
    return replace(export, columns=", ".join(reversed(pairs)))


def rewrite(numbers: str, days: str) -> Callable[[str, str], str]:
    """Write money and dates in other forms."""
    money = {"price", "gross", "off", "net", "order_total", "order_gross", "order_off", "order_net"}

    def change(name: str, text: str) -> str:
        if name.rstrip("*") in DATES and days and name.rstrip("*") == "iso":
            moment = dt.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007
            return moment.strftime(DAYS[days])
        return NUMBERS[numbers](text) if numbers and name.rstrip("*") in money else text

    return change


@pytest.mark.slow
@pytest.mark.parametrize("noise", [False, True])
def test_order_headings_and_forms_never_change_a_figure(noise: bool) -> None:
    for seed, drawn in enumerate(EXPORTS):
        export = rename_to_noise(drawn) if noise else drawn
        forms = sorted(NUMBERS)[seed % 3], sorted(DAYS)[seed // 3 % 3]
        lines = shuffle_orders(draw_lines(export, seed), seed)
        proof = prove(*write_rows(export, lines, rewrite(*forms)))
        net = measure_net(export, proof, lines)
        exact = net is not None and abs(net - true_net(lines)) < 0.02
        assert exact or proof.questions or net is None, (export.title, forms, proof.columns)


@pytest.mark.parametrize("title", ["Shopify", "iFood", "ERP in German"])
def test_a_whole_read_meets_the_truth(title: str, tmp_path: Path) -> None:
    export, config = BY_TITLE[title], tmp_path / "clientela.toml"
    lines = shuffle_orders(draw_lines(export, 3), 3)
    headings, rows = write_rows(export, lines)
    source = tmp_path / "export.csv"
    with source.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=";").writerows([headings, *rows])
    write_config([str(source)], config)
    totals = read_in(
        tmp_path / "ws", source, settings=read_settings(config), now=NOW.replace(year=2026)
    ).totals
    sales = [line for line in lines if not line["undone"]]
    assert float(totals.net_amount) == pytest.approx(true_net(lines), abs=0.011)
    assert totals.buyers == len({line["who"] for line in sales})
    assert totals.orders == len({line["no"] for line in sales})
