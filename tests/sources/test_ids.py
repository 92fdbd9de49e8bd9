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
from clientela.sources.ids import is_nobody, normalise_id, pseudonym

SPELLINGS = (
    " 17850", "17850.0\n", "17850.00", "17850.", ".0", "-3.0", "1.50", "007", "007.0", "1e5",
    "nan", "NaN", " NULL ", "None", "none!", "", " \t\r\n ", "x\vy", "\v", "fox", "vivo", "CS5295",
    "'; --", "=1+1", "ação", "ÇA.0", "\u0661\u0662.0", "\u00a017850\u00a0", "a\\b", 'a"b', "$1",
    "\\1", "'17850", "''1", "' '1.0", "'", "\u2019007", "`1.00", "1.000", "17.000", "123.000",
    "1234.000", "1.0000", "1.000.000", "0.000",
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
        ("1.000", "1.000"),
        ("1234.000", "1234"),
        ("'00123", "00123"),
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
IDS = st.text(alphabet="019.nNaulLoe \t\n\"\\é'", max_size=8)


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(st.lists(IDS | st.text(st.characters(exclude_characters="\0", codec="utf-8")), max_size=30))
def test_any_text_is_read_alike(texts: list[str]) -> None:
    assert in_engine(DUCK, texts) == [normalise_id(text) for text in texts]


IN_FORM = ("", "text", "code", "number", "grouped", "decimal", "document:11", "document:14",
           "document:11,14", "email", "phone:55", "phone:")  # fmt: skip
WRITTEN = st.text(alphabet="0129.,-/()+ aA@'\u00a0", max_size=16)


@pytest.mark.slow
@settings(max_examples=500)
@given(IDS | WRITTEN, st.sampled_from(IN_FORM))
def test_the_one_spelling_is_its_own_in_every_form(text: str, form: str) -> None:
    once = normalise_id(text, form)
    assert once is None or (normalise_id(once, form) == once and normalise_id(once) == once)


@pytest.mark.parametrize(
    ("form", "spellings", "id_"),
    [
        ("document:14", ("00.000.144/3464-95", "00000144346495", "144346495"), "00000144346495"),
        ("document:11", ("529.982.247-25", "52998224725", " 529982247-25 "), "52998224725"),
        ("document:11", ("012.345.678-90", "12345678.90", "1234567890"), "01234567890"),
        ("document:11,14", ("11.222.333/0001-81", "11222333000181"), "11222333000181"),
        ("document:14", ("12.ABC.345/01DE-35", "12abc34501de35"), "12ABC34501DE35"),
        ("email", ("Ana@X.Com", " ana@x.com", "mailto:ANA@x.com"), "ana@x.com"),
        ("phone:55", ("+55 (11) 98765-4321", "011 98765-4321", "5511987654321"), "+5511987654321"),
        ("code", ("c-022", "C 022", "C022", "'C022"), "C022"),
        ("number", ("0001022", "1.022", "1,022", "1022.0", "1022,00"), "1022"),
        ("grouped", ("1.000.000", "1000000"), "1000000"),
        ("decimal", ("17.000", "17,000", "17.0", "17"), "17"),
    ],
)
def test_spellings_of_one_id(form: str, spellings: tuple[str, ...], id_: str) -> None:
    assert {normalise_id(text, form) for text in spellings} == {id_}


def test_what_is_no_document_stays_as_it_is() -> None:
    assert normalise_id("EX-77", "document:11,14") == "EX-77"
    assert normalise_id("17", "document:14") == "17"


@pytest.mark.parametrize(
    "text",
    ["consumidor_final", "CLIENTE BALCÃO", "Guest", "N/A", "#N/D", "cliente não identificado",
     "Não informado", "sem cadastro", "Público en general", "Cliente mostrador", "walk-in",
     "Consumidor Final 02", "cash customer", "---", "?", "xxx", "00000", "111.111.111-11",
     "noreply@shop.com", "sem email@loja.com.br", "Cliente", "GUEST CHECKOUT", "venda balcão",
     "Consumidor final (PDV)", "cliente de mostrador"],
)  # fmt: skip
def test_nobody_is_known_by_words_and_shapes(text: str) -> None:
    assert is_nobody(text)


@pytest.mark.parametrize(
    "text",
    ["Cliente 056", "Maria Balcão", "Ana", "C022", "0", "9", "999999", "guest-4711", "Cash",
     "ana@guest.com", "João Final", "Loja 12", "Atacado Central", "100", "529.982.247-25", "X1"],
)  # fmt: skip
def test_somebody_is_not_taken_for_nobody(text: str) -> None:
    assert not is_nobody(text)


def test_a_pseudonym_depends_on_the_key() -> None:
    assert pseudonym("17850", b"a") != pseudonym("17850", b"b")
    assert pseudonym("17850", b"a") == pseudonym("17850", b"a")


def test_the_module_is_light() -> None:
    code = (
        "import sys, clientela.sources.ids; "
        "sys.exit(any(name in sys.modules for name in ('ibis', 'pyarrow', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
