"""Contact data: found, typed, kept apart, and outliving what is read anew."""

import csv
from pathlib import Path

import pyarrow as pa
import pytest

from clientela.config import Source
from clientela.engine import Engine
from clientela.errors import ConfigError
from clientela.mapping.contacts import add_contacts, guess_contacts, type_contacts
from clientela.mapping.formats import DateFormat, Formats
from clientela.mapping.source_columns import Mapping
from clientela.tables.contacts import list_suppressed, read_contacts
from clientela.tables.workspace import Workspace
from tests.shop import QUICK, FirstRun, clientela

HEADER = [
    "id_cliente",
    "Nome",
    "E-mail",
    "Celular",
    "Aceita e-mail marketing",
    "Descadastrado",
    "Sexo",
]
ADDRESS = "segredo.guardado@gmail.com"


def test_headings_and_values_find_contacts() -> None:
    rows = [("1", "Ana", "ana@loja.example", "(11) 91234-5678", "sim", "não", "F")]
    assert guess_contacts(HEADER, HEADER, rows) == {
        "email": "E-mail",
        "phone": "Celular",
        "name": "Nome",
        "consent_email": "Aceita e-mail marketing",
        "suppressed": "Descadastrado",
    }


def test_a_column_that_only_sounds_like_a_contact_is_none() -> None:
    columns = ("email_opens", "phone_plan", "Accepts returns")
    rows = [("12", "unlimited", "yes"), ("3", "basic", "no")]
    assert guess_contacts(columns, columns, rows) == {}


def test_transactions_give_none_unasked_and_an_unknown_name_is_refused() -> None:
    mapping = Mapping("configured", "transactions", {"customer_id": "id"})
    rows = [("1", "ana@loja.example")]
    assert add_contacts(mapping, ("id", "Email"), rows, Source()).contacts == {}
    asked = Source(contacts={"email": "Email"})
    assert add_contacts(mapping, ("id", "Email"), rows, asked).contacts == {"email": "Email"}
    with pytest.raises(ConfigError, match="'fax'"):
        add_contacts(mapping, ("id", "Email"), rows, Source(contacts={"fax": "Email"}))


def type_rows(engine: Engine, rows: list[tuple[str | None, ...]]) -> dict[str, dict[str, object]]:
    names = ("id", "day", "mail", "stop")
    columns = [pa.array(values, pa.string()) for values in zip(*rows, strict=True)]
    numbers = pa.array(range(1, len(rows) + 1), pa.int64())
    staging = pa.table([numbers, *columns], names=["source_row", *names])
    mapping = Mapping(
        "configured",
        "transactions",
        {"customer_id": "id", "ordered_local": "day"},
        contacts={"email": "mail", "suppressed": "stop"},
    )
    formats = Formats(dates={"ordered_local": DateFormat()})
    typed = engine.to_arrow(type_contacts(engine.from_arrow(staging), mapping, formats))
    return {row["customer_id"]: row for row in typed.to_pylist()}


def test_the_latest_order_tells_whatever_the_order_of_rows(engine: Engine) -> None:
    rows: list[tuple[str | None, ...]] = [
        ("1", "2024-03-01", "new@loja.example", None),
        ("1", "2024-01-01", "old@loja.example", "sim"),
        ("2", "2024-01-01", None, "talvez"),
        (None, "2024-01-01", "nobody@loja.example", "sim"),
    ]
    contacts = type_rows(engine, rows)
    assert contacts.keys() == {"1", "2"}
    assert contacts["1"]["email"] == "new@loja.example"
    assert contacts["1"]["suppressed"] is True
    assert contacts["2"]["unclear_suppressed"] == "talvez"


def write_customers(path: Path, ids: list[str], mail: str, stop: dict[str, str]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number, id_ in enumerate(ids):
            address = mail if number else f" {ADDRESS.upper()} "
            phone = f"(11) 9{number:04d}-5678"
            writer.writerow([id_, f"Ana {number}", address, phone, "sim", stop.get(id_, ""), "F"])
    return path


CONFIG = (
    QUICK.read_text("utf-8")
    + """
[source]
currency = "GBP"
[source.customer_columns]
customer_id = "id_cliente"
gender = "Sexo"
"""
)


def test_contacts_of_a_run_stand_in_their_own_table_alone(
    capsys: pytest.CaptureFixture[str], first_run: FirstRun, tmp_path: Path, engine: Engine
) -> None:
    folder = first_run.copy(tmp_path / "w")
    workspace = Workspace(folder)
    t = engine.to_arrow(workspace.tables(engine).transactions.select("customer_id").distinct())
    ids = sorted(filter(None, t["customer_id"].to_pylist()))
    config = tmp_path / "c.toml"
    config.write_text(CONFIG, "utf-8")
    source = write_customers(tmp_path / "clientes.csv", ids, "", {ids[3]: "sim", ids[4]: "não"})
    ran = clientela(capsys, "run", "--customers", source, "-w", folder, "-c", config)
    assert ran.code == 0
    contacts = read_contacts(engine, workspace)
    assert contacts["customer_id"].to_pylist() == ids
    assert contacts["email"][0].as_py() == ADDRESS
    assert contacts["email"].null_count == len(ids) - 1
    assert list_suppressed(contacts).to_pylist() == [ids[3]]
    holders = [
        path
        for path in folder.rglob("*")
        if path.is_file() and ADDRESS in path.read_bytes().decode("latin-1").lower()
    ]
    assert {path.parent.parent.name for path in holders if path.suffix == ".parquet"} == {
        "contacts"
    }
    assert {path.name for path in holders if path.suffix != ".parquet"} == {"results.db"}
    assert workspace.anew().of("contacts") == workspace.manifest().of("contacts")

    target = tmp_path / "list.csv"
    told = clientela(capsys, "export", "segment", "1", "-w", folder, "-o", target, "--contacts")
    assert told.facts["suppressed"] == 1
    assert ids[3] not in target.read_text("utf-8-sig")

    unclear = write_customers(tmp_path / "talvez.csv", ids, "", {ids[5]: "talvez"})
    asked = clientela(
        capsys, "run", "--customers", unclear, "-w", folder, "-c", with_contacts(config)
    )
    assert asked.code == 2
    assert "'talvez' says neither yes nor no" in asked.out + asked.err


CONTACTS = """
[source.contacts]
name = "Nome"
email = "E-mail"
phone = "Celular"
suppressed = "Descadastrado"
"""


def with_contacts(config: Path) -> Path:
    text = config.read_text("utf-8") + CONTACTS
    config.write_text(text, "utf-8")
    return config
