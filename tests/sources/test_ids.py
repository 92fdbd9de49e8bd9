"""One spelling of an id, in Python and in every engine."""

import subprocess
import sys

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.config import EngineSettings
from clientela.engine import Engine, connect
from clientela.mapping.parse import normal_id
from clientela.sources.ids import normalise_id, pseudonym

SPELLINGS = (
    " 17850", "17850.0\n", "17850.00", "17850.", ".0", "-3.0", "1.50", "007", "007.0", "1e5",
    "nan", "NaN", " NULL ", "None", "none!", "", " \t\r\n ", "x\vy", "\v", "fox", "vivo", "CS5295",
    "'; --", "=1+1", "ação", "ÇA.0", "\u0661\u0662.0", "\u00a017850\u00a0", "a\\b", 'a"b', "$1",
    "\\1",
)  # fmt: skip


@pytest.mark.parametrize(
    ("written", "id_"),
    [
        (17850, "17850"),
        (17850.0, "17850"),
        ("17850", "17850"),
        (" 17850.0 ", "17850"),
        ("CS5295", "CS5295"),
        ("1.5", "1.5"),
        ("nan", None),
        (float("nan"), None),
        ("  ", None),
    ],
)
def test_ids_are_understood_as_the_user_writes_them(
    written: str | int | float, id_: str | None
) -> None:
    assert normalise_id(written) == id_


def in_engine(engine: Engine, texts: list[str]) -> list[str | None]:
    table = engine.from_arrow(pa.table({"n": range(len(texts)), "x": pa.array(texts, pa.string())}))
    found = engine.to_arrow(table.select("n", x=normal_id(table.x)).order_by("n"))
    ids: list[str | None] = found["x"].to_pylist()
    return ids


def test_every_engine_agrees_with_python(engine: Engine) -> None:
    assert in_engine(engine, list(SPELLINGS)) == [normalise_id(text) for text in SPELLINGS]


DUCK = connect(EngineSettings(threads=1))
IDS = st.text(alphabet='019.nNaulLoe \t\n"\\é', max_size=8)


@settings(deadline=None, max_examples=50)
@given(st.lists(IDS | st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=30))
def test_any_text_is_read_alike(texts: list[str]) -> None:
    assert in_engine(DUCK, texts) == [normalise_id(text) for text in texts]


@given(IDS)
def test_the_one_spelling_is_its_own(text: str) -> None:
    once = normalise_id(text)
    assert once is None or normalise_id(once) == once


def test_a_pseudonym_depends_on_the_key() -> None:
    assert pseudonym("17850", b"a") != pseudonym("17850", b"b")
    assert pseudonym("17850", b"a") == pseudonym("17850", b"a")


def test_the_module_is_light() -> None:
    code = (
        "import sys, clientela.sources.ids; "
        "sys.exit(any(name in sys.modules for name in ('ibis', 'pyarrow', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
