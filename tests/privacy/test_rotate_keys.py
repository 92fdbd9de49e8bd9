"""Under another key everybody stays who they were, and who was erased stays away."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pytest
from sqlalchemy import delete, update

from clientela.config import Privacy, Settings, parse_settings
from clientela.errors import ConfigError, InputError, KeyChanged
from clientela.mapping.privacy import name_keys
from clientela.pipeline.reading import TablesState, check_records
from clientela.privacy.access import collect_person
from clientela.privacy.forget import carry_out_requests
from clientela.privacy.rotate_keys import rotate_pseudonyms, rotate_signatures
from clientela.sources.ids import pseudonym
from clientela.store.access_log import Access, AccessLog
from clientela.store.connect import transaction
from clientela.store.erasures import request_erasure
from clientela.store.experiments import Experiment, load, save
from clientela.store.schema import contacts, metadata
from clientela.tables.workspace import Workspace
from tests.postgres import new_database
from tests.privacy import planted
from tests.privacy.planted import find_traces_in, publish_person
from tests.reading import lines, read_in
from tests.registry.test_stored_models import stored

NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
STEPS = ("note", "tables", "results", "scrub", "log", "end")
SECOND = b"the-second-key"
OLD_KEYS = ("a", "first", "key")
MEMBER, GONE = "C0001", "C0007"
HEADER = "order,client,day,value,text\n"
ROWS = "".join(f"A{n},C{n % 20:04d},2026-01-{1 + n % 28:02d},{5 + n}.0,box\n" for n in range(120))
MORE = "CA3,C0003,2026-02-01,-8.0,box\nA200,C0001,no day,7.0,box\nA201,,2026-02-02,3.0,box\n"


def settings_of() -> Settings:
    columns = {"order_id": "order", "customer_id": "client", "ordered_local": "day"}
    columns |= {"amount": "value", "description": "text"}
    source = {"columns": columns, "currency": "BRL"}
    limits = {"max_refused_rows_share": 1.0, "max_refused_money_share": 1.0}
    return parse_settings({"source": source, "privacy": {"hash_ids": True}, "cleaning": limits})


def find_old(customer_id: str) -> str:
    return pseudonym(customer_id, *(key.encode() for key in OLD_KEYS))


def find_new(customer_id: str) -> str:
    return pseudonym(find_old(customer_id), SECOND)


@pytest.fixture(scope="session")
def taken_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tables under the first keys, to be copied."""
    folder = tmp_path_factory.mktemp("rotation")
    (folder / "sales.csv").write_text(HEADER + ROWS + MORE, "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLIENTELA_HMAC_KEY", " ".join(OLD_KEYS))
        read(folder)
    return folder


@pytest.fixture
def folder(taken_in: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join(OLD_KEYS))
    monkeypatch.setattr(planted, "ID", find_old(MEMBER))
    return Path(shutil.copytree(taken_in, tmp_path / "f"))


def read(folder: Path, **asked: Any) -> TablesState:
    return read_in(folder / "w", folder / "sales.csv", now=NOW, settings=settings_of(), **asked)


def publish_members(folder: Path, url: str) -> None:
    publish_person(url)
    request_erasure(url, [find_old(GONE)], "x", NOW)
    with Workspace(folder / "w").lock():
        carry_out_requests(Workspace(folder / "w"), settings_of().privacy, url, NOW)
    start = {"start": "2011-01-01", "days": 90, "alpha": 0.05, "group": "everyone"}
    control = Experiment(name="global control", created_at=NOW, as_of=NOW.date(), design=start)
    save(url, control, load(url, "e")[1].slice(0, 0))


def rotate(folder: Path, url: str, until: str = "") -> dict[str, Any]:
    """Rotate the key, and die where a step begins."""

    def announce(step: str) -> None:
        if step == until:
            raise KeyboardInterrupt

    workspace, log = Workspace(folder / "w"), open_log(folder)
    with workspace.lock():
        return rotate_pseudonyms(workspace, settings_of().privacy, url, log, "ana", announce)


def open_log(folder: Path) -> AccessLog:
    return AccessLog(f"sqlite:///{folder}/w/access.db", folder / "w/access.key")


def locate(folder: Path) -> str:
    return f"sqlite:///{folder}/w/results.db"


def test_everybody_stays_who_they_were(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = locate(folder)
    publish_members(folder, url)
    before, person = lines(folder / "w"), collect_person(folder / "w", url, find_old(MEMBER))
    open_log(folder).append([Access(NOW, "k", "look", [find_old(MEMBER)], {}, 200, "")])
    _, end = open_log(folder).verify()
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    for step in STEPS:  # killed at every step, it goes on
        with pytest.raises(KeyboardInterrupt):
            rotate(folder, url, until=step)
        if step != "note":
            with pytest.raises(KeyChanged, match="interrupted"):
                read(folder)
    receipt = rotate(folder, url)
    assert not receipt["done"]
    assert receipt["log"] == 0  # done before it was killed, and not noted twice
    assert rotate(folder, url)["done"]
    old = tuple(find_old(f"C{n:04d}") for n in range(20) if f"C{n:04d}" != GONE)
    assert find_traces_in(folder / "w", old) == []

    monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join((*OLD_KEYS, SECOND.decode())))
    after, same = lines(folder / "w"), collect_person(folder / "w", url, find_new(MEMBER))
    assert set(after["customer_id"].to_pylist()) >= {find_new(MEMBER), find_new("C0003")}
    assert find_new(GONE) not in after["customer_id"].to_pylist()
    assert pc.sum(after["amount"]) == pc.sum(before["amount"])
    assert len(set(after["order_id"].to_pylist())) == len(set(before["order_id"].to_pylist()))
    tables = {name: len(rows) for name, rows in person["tables"].items()}
    assert {name: len(rows) for name, rows in same["tables"].items()} == tables
    results = {name: len(rows) for name, rows in person["results"].items()}
    assert {name: len(rows) for name, rows in same["results"].items()} == results
    assert {"programme_memberships", "experiment_members", "audience_members"} <= results.keys()

    again = read(folder)  # what was held is known, who was erased stays away
    refused = 1
    assert again.ledgers[0].total("already_held").rows == len(after) + refused
    assert again.ledgers[0].total("quarantine").rows == 0
    assert lines(folder / "w").num_rows == len(after)
    rows, _ = open_log(folder).verify()
    last = open_log(folder).read()[-1]
    fingerprints = [name_keys(tuple(key.encode() for key in OLD_KEYS)), receipt["after"]]
    assert rows == 2
    assert all(text in last.detail for text in (end, *fingerprints))
    looked_up = open_log(folder).read()[0].persons
    assert looked_up == open_log(folder).hash_person(find_new(MEMBER))
    control, _ = load(url, "global control")
    assert control.design["start"] == receipt["global_control"] == "2011-12-10"
    assert control.design["earlier_starts"] == ["2011-01-01"]


def test_a_wrong_key_finds_nobody_silently(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = locate(folder)
    publish_person(url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "another")
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    with pytest.raises(KeyChanged, match="another person"):
        rotate(folder, url)
    for old in OLD_KEYS:
        monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join(OLD_KEYS))
        monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", old)
        with pytest.raises(ConfigError, match="one of those of before"):
            rotate(folder, url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", "another")
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    request_erasure(url, [GONE], "x", NOW)
    with pytest.raises(KeyChanged):
        carry_out_requests(Workspace(folder / "w"), settings_of().privacy, url, NOW)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join(OLD_KEYS))
    with pytest.raises(InputError, match="wait for their erasure"):
        rotate(folder, url)


@pytest.mark.parametrize("recorded", ["programme_memberships", "experiment_members", "contacts"])
def test_pseudonyms_do_not_begin_where_records_have_ids(tmp_path: Path, recorded: str) -> None:
    url, hashes = f"sqlite:///{tmp_path}/results.db", settings_of().privacy
    check_records(url, hashes)  # nobody yet
    planted.publish_person(url)
    with transaction(url, migrate=False) as connection:
        connection.execute(update(contacts).values(suppressed=True))
        for name in {"programme_memberships", "experiment_members", "contacts"} - {recorded}:
            connection.execute(delete(metadata.tables[name]))
    check_records(url, Privacy())
    with pytest.raises(KeyChanged, match="everybody would be another person"):
        check_records(url, hashes)
    with transaction(url, migrate=False) as connection:
        table = metadata.tables[recorded]
        told_apart = table.c.customer_id + "/" + find_old(MEMBER)
        connection.execute(update(table).values(customer_id=told_apart))
    check_records(url, hashes)


def test_a_key_file_of_others_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / "key"
    path.write_text("new\n", "utf-8")
    path.chmod(0o644)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW_FILE", str(path))
    with pytest.raises(ConfigError, match="others can read"):
        rotate(folder, locate(folder))
    path.chmod(0o600)
    publish_person(locate(folder))
    assert rotate(folder, locate(folder))["tables"] > 0


def test_postgresql_is_rewritten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = new_database()
    publish_members(folder, url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    rotate(folder, url)
    assert collect_person(None, url, find_old(MEMBER))["results"] == {}
    kept = collect_person(None, url, find_new(MEMBER))["results"]
    assert {"programme_memberships", "customers", "quarantine"} <= kept.keys()


def test_models_are_signed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace(tmp_path)
    monkeypatch.setenv("CLIENTELA_MODEL_KEY", "old")
    signed = stored(workspace.models_folder, "churn", 1)
    monkeypatch.delenv("CLIENTELA_MODEL_KEY")
    bare = stored(workspace.models_folder, "churn", 2)
    for _ in range(2):  # whoever is killed begins again
        assert rotate_signatures(workspace, "old", "new") == ([signed], [bare])
