"""Which spellings are one customer, who is nobody, and what is asked."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientela.config import Settings, Source
from clientela.engine import Engine, connect
from clientela.errors import DecisionNeeded, InputError, MappingError
from clientela.mapping.source_columns import Mapping
from clientela.sources.ids import is_document, is_nobody
from clientela.tables.identity import (
    Identities,
    check_collisions,
    check_held_form,
    resolve_ids,
)
from clientela.tables.nobody import _may_be_nobody, check_collective_ids, find_nobody
from clientela.tables.stores import check_stores, find_store
from tests.reading import read_in

MAPPING = Mapping("configured", "transactions", {"customer_id": "id", "order_id": "order"})


@pytest.fixture(scope="module")
def engine(duckdb: Engine) -> Engine:
    return duckdb


def resolve(
    engine: Engine, ids: Sequence[str | None], source: Source | None = None, amount: str = "1"
) -> Identities:
    columns = {"id": ids, "order": [str(n) for n in range(len(ids))], "amount": [amount] * len(ids)}
    mapping = Mapping(
        "configured", "transactions", {**MAPPING.columns, "amount": "amount"}, currency="BRL"
    )
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    return resolve_ids(engine, engine.from_arrow(table), mapping, source or Source())


def document(number: int, size: int) -> str:
    """Make a CPF or CNPJ by trying check digits."""
    stem = str(number).zfill(size - 2)
    return next(stem + f"{n:02}" for n in range(100) if is_document(stem + f"{n:02}"))


def wear(text: str, clothes: str) -> str:
    """Write a document in one of its forms."""
    if clothes == "number":
        return text.lstrip("0")
    if clothes == "apostrophe":
        return "'" + text
    if clothes == "digits":
        return text
    if len(text) == 11:
        return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"
    return f"{text[:2]}.{text[2:5]}.{text[5:8]}/{text[8:12]}-{text[12:]}"


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from([11, 14]),
    st.sets(st.integers(1_000, 99_999_999), min_size=8, max_size=15),
    st.randoms(use_true_random=False),
)
def test_documents_in_any_clothes_are_as_many_people(
    size: int, numbers: set[int], random: object
) -> None:
    people = [document(number, size) for number in sorted(numbers)]
    clothes = ("masked", "digits", "number", "apostrophe")
    written = [wear(person, form) for person in people for form in clothes]
    random.shuffle(written)  # type: ignore[attr-defined]
    found = resolve(ENGINE, written)
    assert set(found.ids["customer_id"].to_pylist()) == set(people)
    assert found.people()[1] >= 3 * len(people)


ENGINE = connect()


@pytest.mark.parametrize(
    ("ids", "form"),
    [
        (["1", "22", "17850"], ""),
        (["17850.0", "13047.0"], ""),
        (["1", "17", "1.022", "1.000"], "grouped"),
        (["ana@x.com", "Bia@X.com", "77"], "email"),
        (["+55 11 98765-4321", "(11) 98765-4321", "+55 21 3333-4444"], "phone:55"),
        (["7590-VHVEG", "5575-GNVDE", "3668-QPYBK"], ""),
        ([document(1, 11), document(2, 14), document(33, 11), document(44, 14)], "document:11,14"),
    ],
)
def test_the_form_of_a_column(engine: Engine, ids: list[str], form: str) -> None:
    assert resolve(engine, ids).form == form


def test_a_point_before_three_zeros_follows_the_decimal_mark_or_is_asked(engine: Engine) -> None:
    ids = ["1", "2", "17", "1.000", "2.000"]
    assert resolve(engine, ids, amount="R$ 10,50").form == "grouped"
    assert resolve(engine, ids, amount="10.50").form == "decimal"
    with pytest.raises(DecisionNeeded, match=r"may be \d+ or \d+000"):
        resolve(engine, ids)
    assert resolve(engine, ids, Source(id_form="text")).form == "text"


def test_rounded_ids_are_refused_and_exact_ones_written_out(engine: Engine) -> None:
    with pytest.raises(MappingError, match="last digits are gone"):
        resolve(engine, ["7.93E+11", "7,94E+11", "12"])
    exact = resolve(engine, ["7.93123456789E+11", "12"])
    assert sorted(exact.ids["customer_id"].to_pylist()) == ["12", "793123456789"]
    assert not exact.plain


@pytest.mark.parametrize(
    ("ids", "people"), [(["c022", "C022"], 1), (["C-22", "C22"], 1), (["007", "7", "8"], 2)]
)
def test_what_would_join_people_is_asked(ids: list[str], people: int) -> None:
    with pytest.raises(DecisionNeeded, match=f"{len(ids)} customers are {people} where"):
        check_collisions(pa.array(ids), "", "column id")
    check_collisions(pa.array(ids), "text", "column id")


def test_a_form_may_not_rename_customers_of_the_tables() -> None:
    check_held_form(pa.array(["1022", "17"]), "grouped", "", "column id")
    with pytest.raises(InputError, match="--replace"):
        check_held_form(pa.array(["1.022", "17"]), "grouped", "", "column id")


@given(
    st.lists(st.text("019.-/ _x#ANnaé@", max_size=14) | st.text(max_size=6), min_size=1)
    | st.lists(st.integers(0, 9).map(lambda digit: str(digit) * 11), min_size=1)
)
def test_who_is_not_looked_at_is_somebody(ids: list[str]) -> None:
    looked_at = _may_be_nobody(pa.array(ids, pa.string())).to_pylist()
    passed_by = [text for text, is_shaped in zip(ids, looked_at, strict=True) if not is_shaped]
    assert [text for text in passed_by if is_nobody(text)] == []


def test_numbers_are_passed_by() -> None:
    ids = pa.array([str(number) for number in range(1_000, 2_000)])
    assert pc.sum(_may_be_nobody(ids)).as_py() == 1  # 1111


def test_nobody_is_found_and_numbers_are_weighed(engine: Engine) -> None:
    codes = [f"C{n:03}" for n in range(30)]
    found = resolve(engine, [*codes, "0", "999999", "GUEST", "N/A", "---", "consumidor final"])
    nobody = find_nobody(found, Source(), "column id")
    assert set(nobody) == {"0", "999999", "GUEST", "N/A", "---", "consumidor final"}
    kept = find_nobody(found, Source(customer_ids=("GUEST",), nobody_ids=("C001",)), "column id")
    assert "GUEST" not in kept
    assert "C001" in kept


def test_a_customer_999_among_others_is_one_and_zero_is_asked(engine: Engine) -> None:
    numbers = [str(n) for n in range(990, 1005)]
    assert find_nobody(resolve(engine, numbers), Source(), "column id") == ()
    with pytest.raises(DecisionNeeded, match="the id 0"):
        find_nobody(resolve(engine, [str(n) for n in range(9)]), Source(), "column id")


def lines(engine: Engine, busy: str, amount: float) -> tuple[Identities, object]:
    ids = [f"C{n:03}" for n in range(60)] * 2 + [busy] * 60
    amounts = [10.0] * 120 + [amount] * 60
    table = pa.table(
        {"customer_id": ids, "order_id": [str(n) for n in range(180)], "amount": amounts}
    )
    return resolve(engine, ids), engine.from_arrow(table)


def test_who_buys_like_many_is_asked_and_a_wholesaler_is_not(engine: Engine) -> None:
    found, typed = lines(engine, "V9", 12.0)
    with pytest.raises(DecisionNeeded, match=r"V9 \(60 orders, 33% of all\)"):
        check_collective_ids(engine, typed, found, (), Source(), "id")
    settled = Source(customer_ids=("V9",))
    check_collective_ids(engine, typed, found, (), settled, "id")
    found, typed = lines(engine, "V9", 5_000.0)
    check_collective_ids(engine, typed, found, (), Source(), "id")


def test_the_question_names_the_column_once(tmp_path: Path) -> None:
    rows = [f"{n},{client},{1 + n % 28:02d}/01/2023,9.50" for n, client in enumerate(
        [f"C{n:03}" for n in range(60)] * 2 + ["V9"] * 60
    )]  # fmt: skip
    source = tmp_path / "vendas.csv"
    source.write_text("\n".join(["Pedido,Cliente,Data,Valor", *rows]), "utf-8")
    with pytest.raises(DecisionNeeded, match="may stand for many people") as asked:
        read_in(tmp_path / "w", source, settings=Settings(source=Source(currency="BRL")))
    assert asked.value.where == f"{source}: column Cliente"


def stores(engine: Engine, names: Sequence[str]) -> None:
    pairs = [(number, shop) for shop in (0, 1) for number in range(10)] * 3
    rows = [(str(number), "AB"[shop], names[shop]) for number, shop in pairs]
    table = pa.table(
        {
            "id": [row[0] for row in rows],
            "loja": [row[1] for row in rows],
            "nome": [f"{row[2]}{row[0]}" for row in rows],
            "order": [str(n) for n in range(len(rows))],
        }
    )
    check_stores(engine, engine.from_arrow(table), MAPPING, Source(), "", "loja")


def test_ids_in_several_stores_are_asked_unless_the_names_agree(engine: Engine) -> None:
    stores(engine, ["Ana", "Ana"])
    with pytest.raises(DecisionNeeded, match=r"10 customers if .* 20 if .* nome is the same in 0%"):
        stores(engine, ["Ana", "Bia"])
    assert find_store(MAPPING, ["id", "Nome da Loja", "Filial"]) == "Filial"
