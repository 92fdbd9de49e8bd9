"""Access, correction and objection of one person."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.engine import Engine
from clientela.privacy.objection import PLAIN
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.erasures import list_tables_of_persons
from clientela.store.persons import hide_profile, write_contact
from clientela.store.read import open_reader
from clientela.tables.contacts import list_objectors, list_suppressed, read_contacts
from clientela.tables.workspace import Workspace
from tests.privacy.planted import ID, MAIL, NOW, SPELT, find_traces_in
from tests.serving.conftest import LOCAL
from tests.serving.shop import IDS, publish_shop
from tests.shop import clientela

STORED = "MARIA0077"
Capture = pytest.CaptureFixture[str]


def test_everything_that_is_held_is_given(workspace: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "person.json"
    ran = clientela(capsys, "person", SPELT, "-w", workspace, "--out", out)
    assert ran.code == 0
    held = json.loads(out.read_text("utf-8"))
    assert held == ran.facts
    assert set(held["tables"]) == {
        "contacts", "customers", "identities", "quarantine", "transactions",
    }  # fmt: skip
    # Every table that an erasure empties is given before.
    assert set(held["results"]) == {table.name for table in list_tables_of_persons()}
    assert {row["order_id"] for row in held["tables"]["transactions"]} >= {"PEDIDO-90077"}
    assert len(held["sources"]) == 2
    nobody = clientela(capsys, "person", "Ninguem-1", "-w", workspace)
    assert nobody.code == 2


def test_a_correction_reaches_tables_and_results(
    workspace: Path, duckdb: Engine, capsys: Capture
) -> None:
    options = ("--set", "email=nova@example.org", "--set", "region=RJ", "--set", "no_profiling=sim")
    ran = clientela(capsys, "person", ID, "-w", workspace, *options)
    assert ran.code == 0, ran.out
    held = Workspace(workspace)
    held.check_files()
    contacts = read_contacts(duckdb, held)
    theirs = next(row for row in contacts.to_pylist() if row["customer_id"] == STORED)
    assert (theirs["email"], theirs["no_profiling"]) == ("nova@example.org", True)
    assert list_objectors(contacts).to_pylist() == list_suppressed(contacts).to_pylist()
    assert ran.facts["tables"]["customers"][0]["region"] == "RJ"
    assert not [
        text for text in find_traces_in(workspace / "tables", (MAIL,)) if "contacts" in text
    ]
    with closing(open_reader(f"sqlite:///{workspace}/results.db")) as reader:
        assert STORED in reader.read_suppressed()


def test_who_objects_is_scored_no_more_from_then_on(tmp_path: Path) -> None:
    """Look-ups from memory too: the next run may be a day away."""
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url)
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:

        def look_up() -> list[int | None]:
            answer = client.get("/v1/segments/lookup", params={"id": IDS[:2]}).json()
            return [row["segment"] for row in answer["results"]]

        segments = [look_up() for _ in range(50)][-1]
        assert None not in segments
        hide_profile(url, IDS[0], PLAIN)
        write_contact(url, IDS[0], {"no_profiling": True})
        for _ in range(50):
            assert look_up() == [None, segments[1]]
        customer = client.get(f"/v1/customers/{IDS[0]}").json()["customer"]
        judged = ("segment", "churn_probability", "expected_revenue", "rfm_segment", "insider")
        assert [customer[name] for name in judged] == [None] * len(judged)
        assert client.get(f"/v1/customers/{IDS[1]}").json()["customer"]["segment"] is not None


@pytest.mark.parametrize("change", ["amount=1", "no_profiling=perhaps", "region"])
def test_what_cannot_be_corrected_is_refused(workspace: Path, change: str, capsys: Capture) -> None:
    assert clientela(capsys, "person", ID, "-w", workspace, "--set", change).code == 2


def test_the_api_gives_the_same(workspace: Path) -> None:
    url = f"sqlite:///{workspace}/results.db"
    secret = keys.create(url, "desk", ["privacy"], NOW)
    reading = keys.create(url, "reader", ["read"], NOW)
    app = create_app(Serving(), url, models=workspace / "models")
    with TestClient(app, base_url=LOCAL) as client:
        path = f"/v1/persons/{ID}/data"
        assert client.get(path).status_code == 401
        assert client.get(path, headers={"x-api-key": reading}).status_code == 403
        held = client.get(path, headers={"x-api-key": secret}).json()
        assert {"transactions", "contacts"} <= set(held["tables"])
        assert held["results"]["customers"]
        nobody = client.get("/v1/persons/nobody/data", headers={"x-api-key": secret})
        assert nobody.status_code == 404
