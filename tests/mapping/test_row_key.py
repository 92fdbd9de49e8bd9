"""A row as JSON and as a key."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.config import EngineSettings
from clientela.engine import Engine, connect
from clientela.mapping.row_key import json_line, key

NASTY = [
    'say "hi"',
    "back\\slash \\n \\u0041",
    "two\nlines\r\n\tand tabs",
    "".join(map(chr, range(1, 32))),
    "vivo favor",
    "ação ☕ \U0001f600 \x7f",
    "', DROP",
    "{}: ,",
    "",
    None,
]


def lines(engine: Engine, columns: dict[str, list[str | None]]) -> list[object]:
    rows = len(next(iter(columns.values())))
    arrays = {name: pa.array(values, pa.string()) for name, values in columns.items()}
    table = engine.from_arrow(pa.table({"n": range(rows), **arrays}))
    found = engine.to_arrow(table.select("n", line=json_line(table, list(columns))).order_by("n"))
    return [json.loads(line) for line in found["line"].to_pylist()]


def test_a_line_gives_back_its_values(engine: Engine) -> None:
    columns = {'na"me\\': NASTY, "Preço (R$)": NASTY[::-1]}
    expected = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    assert lines(engine, columns) == expected


DUCK = connect(EngineSettings(threads=1))
TEXTS = st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=12)


@pytest.mark.slow
@settings(deadline=None, max_examples=40)
@given(st.lists(TEXTS | st.none(), min_size=1, max_size=20))
def test_any_text_comes_back(texts: list[str | None]) -> None:
    assert lines(DUCK, {"x": texts}) == [{"x": text} for text in texts]


def keys(engine: Engine, rows: list[tuple[str | None, str | None]]) -> list[str]:
    first, second = zip(*rows, strict=True)
    columns = {"a": pa.array(first, pa.string()), "b": pa.array(second, pa.string())}
    table = engine.from_arrow(pa.table({"n": range(len(rows)), **columns}))
    found = engine.to_arrow(
        table.select("n", key=key([table.a], [table.b], apart=False)).order_by("n")
    )
    made: list[str] = found["key"].to_pylist()
    return made


def test_a_key_tells_rows_apart_and_is_the_same_everywhere(engine: Engine) -> None:
    rows = [("a", "b"), ("ab", None), (None, "ab"), ("", "ab"), ("a b", ""), ("a", "b")]
    made = keys(engine, rows)
    assert made[0] == made[5] == "dde141cc50d6118a5ddaae1a01b74f99"
    assert len(set(made)) == 5
