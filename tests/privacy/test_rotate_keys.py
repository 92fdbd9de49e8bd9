"""Under another key everybody stays who they were, and who was erased stays away."""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from litestar.exceptions import LitestarException
from litestar.testing import TestClient
from sqlalchemy import delete, update

from clientela.config import Privacy, Serving, Settings, parse_settings
from clientela.errors import ConfigError, InputError, KeyChanged
from clientela.mapping.privacy import name_keys
from clientela.pipeline.reading import TablesState, check_records
from clientela.privacy.access import collect_person
from clientela.privacy.forget import carry_out_requests
from clientela.privacy.rotate_keys import rotate_pseudonyms, rotate_signatures
from clientela.serving.app import create_app
from clientela.serving.filtering import Filters
from clientela.serving.listing import Cursor, encode_cursor
from clientela.serving.results import Results
from clientela.sources.ids import pseudonym
from clientela.store import keys as api_keys
from clientela.store.access_log import Access, AccessLog
from clientela.store.connect import transaction
from clientela.store.erasures import request_erasure
from clientela.store.experiments import Experiment, load, save
from clientela.store.schema import contacts, exclusions, metadata
from clientela.tables.manifest import ROTATION
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
LOOK_UP = "lookup_segments_by_query"
MEMBER, GONE = "C0003", "C0007"
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


@pytest.fixture
def server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient[Any]]:
    """Serve the workspace, with the access log, while its key is rotated."""
    url = locate(folder)
    publish_members(folder, url)
    secret = api_keys.create(url, "k", ["analyst", "privacy"], NOW, budget=10**6)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    models = folder / "w" / "models"
    app = create_app(Serving(), url, models=models, open_log=lambda: open_log(folder))
    with TestClient(app, base_url="http://127.0.0.1:8000") as client:
        client.headers["x-api-key"] = secret
        yield client


def look_up(client: TestClient[Any], *ids: str) -> list[str]:
    """Return which of some ids are known."""
    answer = client.get("/v1/segments/lookup", params={"id": [*ids, "c001"]}).json()
    return [row["id"] for row in answer["results"] if row["segment"] is not None]


def test_a_server_beside_knows_the_new_ids_alone(
    server: TestClient[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = find_old(MEMBER), find_new(MEMBER)
    for _ in range(50):  # from memory, before long
        assert look_up(server, old, new) == [old, "c001"]
    place = encode_cursor(Cursor("20111210T000002", None, old))
    page: dict[str, str] = {"limit": "1", "cursor": place}
    assert server.get("/v1/customers", params=page).status_code == 200
    assert server.get("/v1/customers", params=page | {"sort": "revenue"}).status_code == 400
    rotate(folder, locate(folder))
    assert look_up(server, old, new) == [new, "c001"]
    for _ in range(50):
        assert look_up(server, old, new) == [new, "c001"]
    assert server.get("/v1/customers", params=page).status_code == 410
    assert server.get(f"/v1/customers/{old}").status_code == 404
    assert server.get(f"/v1/customers/{new}").status_code == 200
    names = [open_log(folder).hash_person(name) for name in (old, new)]
    looked_up = [row.persons for row in open_log(folder).read() if row.operation == LOOK_UP]
    assert all(names[0] not in persons for persons in looked_up)
    assert all(names[1] in persons for persons in looked_up)
    assert len(looked_up) >= 50


def test_no_answer_is_half_of_either_key(
    server: TestClient[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is being sent breaks off; whoever asks again has everybody by the new id."""
    old, ask = find_old(MEMBER), Results.ask
    monkeypatch.setattr("clientela.serving.routes.customers.BATCH_ROWS", 1)

    async def rotate_in_between(results: Results, read: Any, **how: Any) -> Any:
        answer = await ask(results, read, **how)
        rows = getattr(answer, "content", None)
        if isinstance(rows, list) and old in [row.get("customer_id") for row in rows]:
            rotate(folder, locate(folder))
        return answer

    monkeypatch.setattr(Results, "ask", rotate_in_between)
    with pytest.raises(LitestarException, match="after response started"):
        server.get("/v1/customers", params={"format": "ndjson"})
    rows = server.get("/v1/customers", params={"format": "ndjson"}).text
    assert find_new(MEMBER) in rows
    assert old not in rows


def test_a_file_of_a_filter_is_of_one_key(
    server: TestClient[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its ids are read first, and its rows by them: without them it would be cut short unseen."""
    with transaction(locate(folder), migrate=False) as connection:
        for table in (contacts, exclusions):  # who may not be contacted stands in no such list
            connection.execute(delete(table))
    read_rows, is_done = Filters.read_rows, [False]

    async def rotate_before(filters: Filters, run_id: str, ids: Any) -> Any:
        if not is_done[0]:
            is_done[0] = True
            rotate(folder, locate(folder))
        return await read_rows(filters, run_id, ids)

    monkeypatch.setattr(Filters, "read_rows", rotate_before)
    params = {"format": "ndjson", "sort": "orders"}
    with pytest.raises(LitestarException, match="after response started"):
        server.get("/v1/customers", params=params)
    assert find_new(MEMBER) in server.get("/v1/customers", params=params).text


def test_tables_and_results_of_two_keys_are_no_answer(
    server: TestClient[Any], folder: Path
) -> None:
    path = f"/v1/persons/{find_old(MEMBER)}"
    before = server.get(f"{path}/data").json()
    assert {"transactions"} <= before["tables"].keys()
    (folder / "w" / ROTATION).touch()
    for kind in ("data", "orders"):
        answer = server.get(f"{path}/{kind}")
        assert answer.status_code == 503
        assert "retry-after" in answer.headers
    (folder / "w" / ROTATION).unlink()
    assert server.get(f"{path}/data").json() == before


def test_a_run_beside_that_takes_files_away_fails_no_reader(
    server: TestClient[Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of the manifest that was read are gone once the rotation stands."""
    path, read_table, is_done = f"/v1/persons/{find_old(MEMBER)}/data", pq.read_table, [False]
    assert server.get(path).json()["tables"]

    def rotate_first(*words: Any, **how: Any) -> Any:
        if not is_done[0]:
            is_done[0] = True
            rotate(folder, locate(folder))
        return read_table(*words, **how)

    monkeypatch.setattr("clientela.privacy.access.pq.read_table", rotate_first)
    assert server.get(path).status_code == 404  # of the old id, by then
    assert is_done[0]


def test_who_is_asked_for_by_a_pseudonym_of_before_is_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, third = locate(folder), "the-third-key"
    publish_person(url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", SECOND.decode())
    rotate(folder, url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join((*OLD_KEYS, SECOND.decode())))
    monkeypatch.setenv("CLIENTELA_HMAC_KEY_NEW", third)
    rotate(folder, url)
    monkeypatch.setenv("CLIENTELA_HMAC_KEY", " ".join((*OLD_KEYS, SECOND.decode(), third)))
    last = pseudonym(find_new(MEMBER), third.encode())
    assert last in lines(folder / "w")["customer_id"].to_pylist()
    request_erasure(url, [find_old(MEMBER)], "the CRM", NOW)  # which knows the first pseudonym
    with Workspace(folder / "w").lock():
        receipt = carry_out_requests(Workspace(folder / "w"), settings_of().privacy, url, NOW)
    assert receipt is not None
    assert receipt["tables"]["transactions"] > 1
    assert last not in lines(folder / "w")["customer_id"].to_pylist()
    assert find_traces_in(folder / "w", (last,)) == []


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


RECORDED = (
    "programme_memberships",
    "experiment_members",
    "contacts",
    "customer_tags",
    "exclusions",
)


@pytest.mark.parametrize("recorded", RECORDED)
def test_pseudonyms_do_not_begin_where_records_have_ids(tmp_path: Path, recorded: str) -> None:
    url, hashes = f"sqlite:///{tmp_path}/results.db", settings_of().privacy
    check_records(url, hashes)  # nobody yet
    planted.publish_person(url)
    with transaction(url, migrate=False) as connection:
        connection.execute(update(contacts).values(suppressed=True))
        for name in {*RECORDED} - {recorded}:
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
