"""Attributes of any source: typed as a whole, in one spelling, or left out with a reason."""

import json
from collections.abc import Mapping

import pyarrow as pa
import pytest

from clientela.tables.attributes import typed_attributes


def read(*rows: Mapping[str, str | None] | None) -> tuple[pa.Table, dict[str, str]]:
    lines = [None if row is None else json.dumps(row, ensure_ascii=False) for row in rows]
    return typed_attributes(pa.array(lines, pa.string()))


def test_numbers_are_read_with_either_decimal_mark_and_blanks_are_unknown() -> None:
    table, _ = read({"a": "1.5", "b": "1.200,75"}, {"a": " ", "b": "3,5"}, {"a": "-2e1"}, None)
    assert table.to_pydict() == {
        "a": [1.5, None, -20.0, None],
        "b": [1200.75, 3.5, None, None],
    }


def test_spelling_variants_become_the_most_frequent_one() -> None:
    rows = [{"plan": text} for text in ("Básico", "BÁSICO", "Básico", "basico", "Ouro", "N/A")]
    assert read(*rows)[0]["plan"].to_pylist() == ["Básico"] * 4 + ["Ouro", None]


def test_what_is_no_attribute_is_left_out_with_its_reason() -> None:
    rows = [
        {
            "day": f"2024-01-{n % 28 + 1:02d}",
            "note": f"text {n}",
            "same": "x",
            "none": "",
            "n": f"{n}",
        }
        for n in range(150)
    ]
    table, left_out = read(*rows)
    assert table.column_names == ["n"]
    assert left_out == {
        "day": "date", "note": "free_text", "same": "constant", "none": "empty",
    }  # fmt: skip


def test_quotes_and_strange_names_survive() -> None:
    table, _ = read({'a "b"': 'say "x": null', "c": "1"}, {'a "b"': "\\", "c": "2"})
    assert table['a "b"'].to_pylist() == ['say "x": null', "\\"]
    assert table["c"].to_pylist() == [1.0, 2.0]


@pytest.mark.parametrize("rows", [[], [None], [{}]])
def test_nothing_gives_no_columns(rows: list[Mapping[str, str | None] | None]) -> None:
    assert read(*rows)[0].num_columns == 0
