"""An erased person stands nowhere: not in the tables, the results, their logs or free pages."""

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import Text, select, true, update

from clientela.engine.column_file import ColumnFile, copy_column_file, write_column_file
from clientela.errors import PlatformError
from clientela.privacy.access import collect_person, read_orders
from clientela.privacy.forget import carry_out_requests
from clientela.privacy.receipt import write_receipt
from clientela.privacy.traces import Traces
from clientela.store.connect import connect_to_read, transaction
from clientela.store.erasures import read_requests, request_erasure
from clientela.store.mentions import blank_mentions
from clientela.store.read import open_reader
from clientela.store.schema import erasures, experiments, metadata
from clientela.tables.recovery import describe_file
from clientela.tables.tombstones import Tombstones
from clientela.tables.workspace import Workspace
from tests.postgres import new_database, server
from tests.privacy.planted import (
    ID,
    MAIL,
    NOW,
    ORDER,
    SETTINGS,
    SPELT,
    TRACES,
    WRITTEN,
    find_traces_in,
    publish_person,
    read_planted,
)
from tests.shop import clientela

STEPS = ("find", "tables", "models", "results", "scrub", "receipt")


def erase(workspace: Path, url: str) -> Any:
    held = Workspace(workspace)
    with held.lock():
        return carry_out_requests(held, SETTINGS.privacy, url, NOW)


def test_the_person_stands_everywhere_before(workspace: Path) -> None:
    found = " ".join(find_traces_in(workspace))
    for part in ("transactions", "customers", "contacts", "identities", "quarantine", "results.db"):
        assert part in found


def test_nothing_is_left_in_workspace_and_sqlite(workspace: Path) -> None:
    url = f"sqlite:///{workspace}/results.db"
    with closing(sqlite3.connect(workspace / "results.db")) as reader:
        reader.execute("SELECT count(*) FROM customers").fetchall()  # so that the log stays
        request_erasure(url, [SPELT], "test", NOW)
        receipt = erase(workspace, url)
    assert find_traces_in(workspace) == []
    assert receipt["tables"] == {
        "transactions": 3, "customers": 1, "contacts": 1, "identities": 2, "quarantine": 3,
        "mentions": 4,
    }  # fmt: skip
    assert receipt["results"]["customers"] == 2
    assert receipt["results"]["programme_memberships"] == 1
    assert receipt["database_rewritten"]
    assert read_requests(url) == []
    with connect_to_read(url) as connection:
        rows = connection.execute(erasures.select()).all()
    assert len(rows) == 1
    assert ID not in str(rows[0])
    assert Workspace(workspace).manifest().tombstones
    Workspace(workspace).check_files()
    for lang in ("en", "pt_BR"):
        assert "vendas.csv" in write_receipt(receipt, lang)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_text_of_the_results_names_the_person(workspace: Path, kind: str) -> None:
    """Whatever column of text: rules, views, designs, others' attributes, names of products."""
    url = f"sqlite:///{workspace}/results.db" if kind == "sqlite" else new_database()
    if kind == "postgresql":
        publish_person(url)
    planted = _write_mentions(url)
    assert len(planted) > 100
    request_erasure(url, [ID], "test", NOW)
    receipt = erase(workspace, url)
    assert receipt["results"]["texts"] > 100
    with connect_to_read(url) as connection:
        left = [
            f"{table.name}: {row}"
            for table in metadata.sorted_tables
            for row in connection.execute(select(table)).all()
            if any(text in str(row) for text in TRACES)
        ]
        designs = [json.loads(text) for text in connection.scalars(select(experiments.c.design))]
    assert left == []
    assert kind == "postgresql" or find_traces_in(workspace) == []
    assert designs == [{"note": "sold to [erased], [erased], n. [erased]", "n": "[erased]"}]


def _write_mentions(url: str) -> list[str]:
    """Name the person in every text that is not their own, a key, or a signature of the firm's."""
    firm = {"users", "sessions", "api_keys", "idempotency_keys", "erasure_requests", "erasures"}
    text = f"sold to {quote(MAIL, safe='')}, {WRITTEN}, n. {ORDER.lower()}"
    names, written = {"customer_id", "run_id", "webhook", "email", "phone", "name"}, []
    with transaction(url, migrate=False) as connection:
        for table in metadata.sorted_tables:
            others = table.c.customer_id != ID if "customer_id" in table.c else true()
            for column in table.columns if table.name not in firm | {"run_files"} else ():
                if column.primary_key or not isinstance(column.type, Text):
                    continue
                if column.name in names - ({"name"} if table.name != "contacts" else set()):
                    continue
                if column.name.endswith("_by") or column.name.endswith("run_id"):
                    continue
                value = json.dumps({"note": text, "n": 11912345678})
                change = update(table).where(others)
                value = value if column.info.get("json") else text
                if connection.execute(change.values({column.name: value})).rowcount:
                    written.append(f"{table.name}.{column.name}")
    return written


def test_the_file_of_filters_names_nobody_erased(tmp_path: Path) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    column = 'attributes."of" them:text'  # whatever a firm calls it
    rows = {
        "customer_id": ["c1", "c2", ID],
        column: [f"from {MAIL}", "plain", None],
        "n": [1, 2, 3],
    }
    write_column_file(before, iter(pa.table(rows).to_batches()))
    traces = Traces(ids=(ID,), spellings=(ID, MAIL))
    assert traces.pattern is not None
    copy_column_file(before, after, [ID], blank=partial(blank_mentions, traces.pattern))
    file = ColumnFile(after)
    texts = file.read(r'SELECT "attributes.""of"" them:text", n FROM run.customers', [], 9)
    file.close()
    assert sorted(texts) == [("from [erased]", 1), ("plain", 2)]
    assert find_traces_in(tmp_path / "after") == []
    assert MAIL.encode() not in after.read_bytes()


@pytest.mark.parametrize(
    ("spelling", "text", "names"),
    [
        ("+5511912345678", "call (11) 91234-5678 or so", True),
        ("+5511912345678", "call 011 91234 5678", True),
        ("+5511912345678", "+55 (11) 91234-5678", True),
        ("+5511912345678", "11912345678", True),
        ("+5511912345678", "211912345678", False),
        ("+442079460958", "020 7946 0958", True),
        ("52998224725", "CPF 529.982.247-25", True),
        ("529.982.247-25", "cpf 52998224725.", True),
        ("529.982.247-25", "n. 529982247250", False),
        ("12.345.678/0001-95", "CNPJ 12345678000195", True),
        ("José-0077", "de Jose\u0301-0077", True),
        ("ana@example.org", "?id=ana%40example.org&x", True),
        ("12346", "12346 boxes", False),
    ],
)
def test_a_spelling_is_found_however_it_is_written(spelling: str, text: str, names: bool) -> None:
    pattern = Traces(ids=(spelling,), spellings=(spelling,)).pattern
    assert (pattern is not None and pattern.search(text) is not None) == names


def test_tables_of_an_earlier_build_are_erased_too(workspace: Path) -> None:
    held, url = Workspace(workspace), f"sqlite:///{workspace}/results.db"
    manifest, files = held.manifest(), []
    for file in manifest.files:
        path = held.tables_folder / file.path
        rows = pq.read_table(path, partitioning=None)
        later = [name for name in ("phone", "returns_order_id") if name in rows.column_names]
        pq.write_table(rows.drop_columns(later), path)
        files.append(describe_file(held.tables_folder, file.path))
    held.commit(msgspec.structs.replace(manifest, files=tuple(files)))
    ids = collect_person(workspace, url, SPELT)["ids"]
    assert any(read_orders(workspace, text, NOW.date()) for text in ids)
    request_erasure(url, [SPELT], "test", NOW)
    receipt = erase(workspace, url)
    assert (receipt["tables"]["transactions"], receipt["tables"]["contacts"]) == (3, 1)
    assert collect_person(workspace, url, SPELT)["tables"] == {}


def test_others_keep_every_row(planted: Path, workspace: Path) -> None:
    url = f"sqlite:///{workspace}/results.db"
    before = Workspace(planted / "w").manifest()
    request_erasure(url, [ID], "test", NOW)
    erase(workspace, url)
    after = Workspace(workspace).manifest()
    rows = Counter[str](), Counter[str]()
    for counts, manifest in zip(rows, (before, after), strict=True):
        for file in manifest.files:
            counts[file.table] += file.rows
    erased = {"transactions": 3, "customers": 1, "contacts": 1, "identities": 2, "quarantine": 3}
    assert rows[0] - rows[1] == erased
    with closing(open_reader(url)) as reader:
        assert reader.customer("c001").content is not None


def test_nothing_is_left_in_the_files_of_postgresql(workspace: Path) -> None:
    import psycopg

    url = new_database()
    publish_person(url)
    request_erasure(url, [ID], "test", NOW)
    receipt = erase(workspace, url)
    assert receipt["database"] == "postgresql"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        row = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()")
        folder = Path(server().pgdata) / "base" / str(row.fetchone()[0])  # type: ignore[index]
    assert any(folder.iterdir())
    assert find_traces_in(folder) == []


def test_the_same_files_bring_nobody_back(workspace: Path, planted: Path) -> None:
    url = f"sqlite:///{workspace}/results.db"
    request_erasure(url, [ID], "test", NOW)
    erase(workspace, url)
    files = planted / "files"
    state = read_planted(workspace, (files / "vendas.csv", files / "clientes.csv"))
    forgotten = [ledger.total("forgotten").rows for ledger in state.ledgers]
    assert forgotten == [4, 1]
    assert find_traces_in(workspace) == []


@pytest.mark.parametrize(
    ("text", "blanked"),
    [
        ("call Maria Silva 11 91234-5678, 2 boxes", "call Maria Silva [erased], 2 boxes"),
        ("2 11 91234-5678 3", "2 [erased] 3"),
        ("+55 (11) 91234-5678;ana@example.org.", "[erased];[erased]."),
        ('{"note": "of C-00077", "n": "17850 7"}', '{"note": "of [erased]", "n": "17850 7"}'),
        ("cpf 529.982.247-25 or 52998224725", "cpf [erased] or [erased]"),
        ("1191234567 and 11912345679", "1191234567 and 11912345679"),
    ],
)
def test_what_others_say_of_the_erased_is_blanked(tmp_path: Path, text: str, blanked: str) -> None:
    stones = Tombstones(tmp_path)
    stones.add(["+5511912345678", "Ana@example.org", "C-00077", "17850", "52998224725"])
    assert stones.blank(text) == blanked
    assert not stones.holds("11912345678")  # another person may have this id


def test_lost_tombstones_are_no_beginning(workspace: Path, planted: Path) -> None:
    url = f"sqlite:///{workspace}/results.db"
    request_erasure(url, [ID], "test", NOW)
    erase(workspace, url)
    (workspace / "tombstones.key").unlink()
    files = planted / "files"
    with pytest.raises(PlatformError, match="tombstones"):
        read_planted(workspace, (files / "vendas.csv", files / "clientes.csv"))


KILLED = """
import os, signal, sys
from pathlib import Path
from clientela.privacy import forget
from clientela.tables.workspace import Workspace
from tests.privacy.planted import NOW, SETTINGS
folder, step = Path(sys.argv[1]), sys.argv[2]
held = Workspace(folder)
with held.lock():
    forget.carry_out_requests(held, SETTINGS.privacy, f"sqlite:///{folder}/results.db", NOW,
        lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == step else None)
"""


@pytest.mark.parametrize("step", ["models", "receipt"])
def test_a_killed_erasure_ends_with_the_next_one(workspace: Path, step: str) -> None:
    url = f"sqlite:///{workspace}/results.db"
    request_erasure(url, [ID], "test", NOW)
    command = [sys.executable, "-c", KILLED, str(workspace), step]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    assert subprocess.run(command, env=environment, check=False).returncode == -9
    erase(workspace, url)
    assert read_requests(url) == []
    assert find_traces_in(workspace) == []


def test_during_a_run_the_person_is_queued(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Workspace(workspace).lock():
        ran = clientela(capsys, "forget", ID, "-w", workspace)
    assert (ran.code, ran.facts["queued"]) == (0, 1)
    with closing(open_reader(f"sqlite:///{workspace}/results.db")) as reader:
        assert reader.customer(ID).content is None
        assert reader.erasures()[1] == {ID}
    ran = clientela(capsys, "forget", "--queued", "-w", workspace)
    assert ran.facts["receipt"]["people"] == 1
    assert clientela(capsys, "forget", "-w", workspace).code == 2
