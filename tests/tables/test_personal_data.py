"""Personal data is asked about wherever text is stored; what is not wanted is not stored."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.config import Privacy, Settings, parse_settings
from clientela.errors import DecisionNeeded, KeyChanged
from clientela.mapping.privacy import drop_attributes, guard
from clientela.mapping.source_columns import Mapping
from clientela.tables.personal_data import find_personal_data
from clientela.tables.workspace import Workspace
from tests.privacy.planted import find_traces_in
from tests.reading import lines, read_in

COLUMNS = {
    "order_id": "order",
    "customer_id": "client",
    "ordered_local": "day",
    "amount": "value",
    "product_id": "product",
    "description": "text",
}
HEADER = "order,client,day,value,product,text\n"
ROWS = "".join(f"A{n},C{n % 9:02d},2023-01-{1 + n % 28:02d},{5 + n}.0,p{n % 4},box {n % 4}\n"
               for n in range(40))  # fmt: skip


def settings_of(**privacy: object) -> Settings:
    source = {"columns": COLUMNS, "currency": "BRL"}
    return parse_settings({"source": source, "privacy": privacy})


def write(folder: Path, extra: str = "") -> Path:
    path = folder / "sales.csv"
    path.write_text(HEADER + ROWS + extra, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("for ana@example.org", "e-mail"),
        ("CPF 529.982.247-25", "CPF"),
        ("11.222.333/0001-81", "CNPJ"),
        ("call (11) 91234-5678", "telephone"),
        ("call 11 91234-5678", "telephone"),
        ("ring +44 20 7946 0958", "telephone"),
        ("cpf: 52998224725", "CPF"),
        ("52998224725", "CPF"),
    ],
)
def test_notes_with_personal_data_are_asked(tmp_path: Path, text: str, kind: str) -> None:
    source = write(tmp_path, f"A99,C01,2023-01-09,7.0,p1,{text}\n")
    with pytest.raises(DecisionNeeded, match=f"text .*{kind}"):
        read_in(tmp_path / "w", source, settings=settings_of())
    kept = read_in(tmp_path / "w", source, settings=settings_of(keep_personal=["text"]))
    assert kept.totals.rows == 41


@pytest.mark.parametrize("column", ["order", "product"])
def test_every_text_that_is_stored_is_looked_at(tmp_path: Path, column: str) -> None:
    order, product = ("ana@example.org", "p1") if column == "order" else ("A99", "ana@example.org")
    source = write(tmp_path, f"{order},C01,2023-01-09,7.0,{product},box\n")
    with pytest.raises(DecisionNeeded, match=f"{column} .*e-mail"):
        read_in(tmp_path / "w", source, settings=settings_of())


def test_one_text_of_very_many_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers without end do not hide it, though no more than some are told apart by kind."""
    monkeypatch.setattr("clientela.tables.personal_data.MOST_DISTINCT", 5)
    many = "".join(f"B{n},C01,2023-01-09,7.0,p1,{10**10 + n}\n" for n in range(50))
    source = write(tmp_path, many + "B99,C01,2023-01-09,7.0,p1,for ana@example.org\n")
    with pytest.raises(DecisionNeeded, match=r"text \(e-mail addresses\)"):
        read_in(tmp_path / "w", source, settings=settings_of())


def test_refused_lines_hold_no_personal_data_of_columns_nobody_named(tmp_path: Path) -> None:
    """They are stored as they were read, with columns that nobody asked for."""
    rows = [f"{row},c@x" for row in ROWS.splitlines()]
    rows.append("A97,C01,2023-01-01,7.0,p1,box,x,bia@example.org,y")  # too many fields
    rows += ["A98,C01,no day,7.0,p1,box,ring (11) 91234-5678 or ana@example.org now"]
    source = tmp_path / "sales.csv"
    source.write_text(
        "\n".join(
            [HEADER.strip() + ",note", *rows, "A97,C01,2023-01-01,7.0,p1,box,x,bia@example.org,y"]
        )
        + "\n",
        "utf-8",
    )
    limits = {"max_refused_rows_share": 1.0, "max_refused_money_share": 1.0}
    settings = parse_settings(
        {"source": {"columns": COLUMNS, "currency": "BRL"}, "cleaning": limits}
    )
    read_in(tmp_path / "w", source, settings=settings)
    assert (
        find_traces_in(tmp_path / "w", ("ana@example.org", "bia@example.org", "91234-5678")) == []
    )
    refused = [
        line
        for path in Workspace(tmp_path / "w").paths("quarantine")
        for line in pq.read_table(path)["line"].to_pylist()
    ]
    assert any("ring [personal data] or [personal data] now" in line for line in refused)
    keeping = parse_settings(
        {
            "source": {"columns": COLUMNS, "currency": "BRL"},
            "cleaning": limits,
            "privacy": {"keep_personal": ["note"]},
        }
    )
    read_in(tmp_path / "kept", source, settings=keeping)
    assert find_traces_in(tmp_path / "kept", ("ana@example.org",)) != []


@pytest.mark.parametrize(
    "text", ["CALENDAR 2010-2011", "6 x 91234 5678 mm", "EAN 7891234567895", "n. 12345678901", "+1"]
)
def test_numbers_of_things_are_no_personal_data(text: str) -> None:
    assert find_personal_data(pa.array([text])) == {}


def test_order_numbers_that_are_documents_are_asked() -> None:
    documents = pa.array(["52998224725", "11144477735", "39053344705"])
    assert find_personal_data(documents) == {"CPFs": 3}
    assert find_personal_data(pa.array([f"{n:011d}" for n in range(100)])) == {}


def test_order_numbers_are_replaced_with_the_ids(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "first")
    source, hashing = write(tmp_path), settings_of(hash_ids=True)
    read_in(tmp_path / "w", source, settings=hashing)
    held = lines(tmp_path / "w")
    assert len(set(held["order_id"].to_pylist())) == 40
    assert not {f"A{n}" for n in range(40)} & set(held["order_id"].to_pylist())
    again = read_in(tmp_path / "w", source, settings=hashing)
    assert again.ledgers[0].total("already_held").rows == 40
    # Under another key the same people would be others, also for who starts anew.
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "second")
    for replace in (False, True):
        with pytest.raises(KeyChanged, match="another person") as failure:
            read_in(tmp_path / "w", source, settings=hashing, replace=replace)
        assert (failure.value.exit_code, failure.value.retry) == (3, False)
        assert "clientela keys rotate" in failure.value.do
        with pytest.raises(KeyChanged, match="now shall not be"):
            read_in(tmp_path / "w", source, settings=settings_of(), replace=replace)


def test_a_cancelled_order_keeps_its_mark() -> None:
    mapping = Mapping("x", "transactions", COLUMNS, cancel_prefix="C")
    keyed = guard(Privacy(hash_ids=True, key_env="PATH"), mapping)
    sold, back = keyed.apply("order", pa.array(["536365", "C536365"])).to_pylist()
    assert back == f"C{sold}"


def test_no_pseudonym_looks_like_a_cancellation() -> None:
    """One of sixteen begins with a "c", and would be refused as a cancellation with money."""
    mapping = Mapping("x", "transactions", COLUMNS, cancel_prefix="C")
    keyed = guard(Privacy(hash_ids=True, key_env="PATH"), mapping)
    orders = keyed.apply("order", pa.array([str(number) for number in range(100)])).to_pylist()
    assert not any(order.upper().startswith("C") for order in orders)


def test_one_description_a_product_is_enough(tmp_path: Path) -> None:
    read_in(tmp_path / "w", write(tmp_path), settings=settings_of(drop_descriptions=True))
    held = lines(tmp_path / "w").to_pylist()
    described = [row["product_id"] for row in held if row["description"] is not None]
    assert sorted(described) == ["p0", "p1", "p2", "p3"]


def test_attributes_that_are_not_wanted_are_not_stored(tmp_path: Path) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "client,plan,note\n" + "".join(f"C{n:02d},gold,secret-{n}\n" for n in range(9)), "utf-8"
    )
    settings = parse_settings(
        {
            "source": {
                "columns": COLUMNS,
                "customer_columns": {"customer_id": "client"},
                "currency": "BRL",
            },
            "privacy": {"attributes": ["plan"]},
        }
    )
    read_in(tmp_path / "w", write(tmp_path), settings=settings, customers=(str(people),))
    held = Workspace(tmp_path / "w")
    stored = [str(pq.read_table(path).to_pylist()) for path in held.paths("customers")]
    assert "gold" in "".join(stored)
    assert "secret" not in "".join(stored)


def test_attributes_are_a_list_of_those_wanted() -> None:
    mapping = Mapping("x", "customers", {"customer_id": "client"}, extra=("plan", "note"))
    assert drop_attributes(Privacy(attributes=("PLAN",)), mapping).extra == ("plan",)
    assert drop_attributes(Privacy(), mapping).extra == ("plan", "note")
