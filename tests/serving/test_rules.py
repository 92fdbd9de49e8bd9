"""Rules of the programme at the dashboard: proposed by marketing, decided by an administrator."""

import datetime as dt
from collections.abc import Sequence
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import Role
from clientela.errors import InputError
from clientela.i18n import LANGS
from clientela.insiders.score.rule import ProgrammeRule, parse_condition
from clientela.serving.app import create_app
from clientela.serving.aside import Aside
from clientela.store import keys
from clientela.store.programme import load_ledger, save_rule
from clientela.store.record import RunRecord
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.people import log_in
from tests.serving.shop import NOW

RULE = "revenue_365d >= 1200"


def store(url: str, proposed_by: str | None = None) -> dict[str, Any]:
    rule = ProgrammeRule((parse_condition(RULE, ("revenue_365d",)),)).to_json()
    facts = {"entry": rule, "exit": rule, "grace_days": 30, "proposed_at": NOW, "run_id": "1"}
    counts = dict.fromkeys(("members", "entering", "leaving"), 3)
    version = save_rule(url, {**facts, **counts, "proposed_by": proposed_by})
    return facts | {"version": version}


def decide(client: Client, csrf: str, decision: str, version: int = 1, lang: str = "en") -> Any:
    path = f"/app/decision?version={version}&lang={lang}"
    return client.post(path, data={"csrf": csrf, decision: "yes"})


@pytest.mark.parametrize("lang", LANGS)
def test_an_administrator_approves_or_refuses(client: Client, store_url: str, lang: str) -> None:
    store(store_url, "Marta")
    store(store_url)
    csrf = log_in(client, store_url, "admin")
    waits = client.get("/app/rules", params={"lang": lang}).text
    assert waits.count('name="approve"') == 2
    assert "Marta" in waits
    assert decide(client, csrf, "approve", 1, lang).status_code == 200
    page = decide(client, csrf, "refuse", 2, lang).text
    assert 'name="approve"' not in page
    approved, refused = load_ledger(store_url).rules
    assert (approved.approved_by, refused.refused_by) == ("Ana", "Ana")
    assert refused.valid_from is None
    again = decide(client, csrf, "approve", 2, lang)
    assert again.status_code == 400
    words = {"en": "was refused by Ana", "pt_BR": "foi recusada por Ana"}
    assert words[lang] in again.text
    assert decide(client, csrf, "approve", 9, lang).status_code == 400
    assert client.post("/app/decision?version=2", data={"approve": "yes"}).status_code == 403


@pytest.mark.parametrize("lang", LANGS)
def test_the_launch_page_tells_of_an_approval_after_its_run(
    client: Client, store_url: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(RunRecord, "programme", {"state": "not_launched"})
    since = {"en": "approved after this run", "pt_BR": "aprovada depois desta execução"}[lang]
    store(store_url)
    csrf = log_in(client, store_url, "admin")
    assert since not in client.get("/app/insiders", params={"lang": lang}).text
    decide(client, csrf, "approve", 1, lang)
    assert since in client.get("/app/insiders", params={"lang": lang}).text


def test_nobody_else_decides(client: Client, store_url: str) -> None:
    store(store_url)
    roles: tuple[Role, ...] = ("viewer", "analyst", "operator")
    for role in roles:
        csrf = log_in(client, store_url, role, user_id=role)
        assert 'name="approve"' not in client.get("/app/rules").text
        assert decide(client, csrf, "approve").status_code == 403
    assert load_ledger(store_url).rules[0].approved_by is None


def propose(url: str, folder: Path, settings: Any, enter: Sequence[str], by: str) -> dict[str, Any]:
    """Stand for the judge, which loads what no server holds."""
    if enter != [RULE]:
        raise InputError("no condition", where=enter[0], do="write one")
    return store(url, by)


def test_marketing_proposes(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: Aside, function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr(Aside, "run", run)
    app = create_app(Serving(), store_url, models=tmp_path / "models", propose=propose)
    with TestClient(come_from("127.0.0.1", app), base_url=LOCAL) as client:
        csrf = log_in(client, store_url, "marketing", user_id="marta")
        effect = client.get("/app/insiders").text
        assert 'name="enter" value="revenue_365d &gt;= ' in effect
        page = client.post("/app/rules", data={"csrf": csrf, "enter": RULE})
        assert "proposed by Marta" in page.text
        wrong = client.post("/app/rules", data={"csrf": csrf, "enter": "x"})
        assert wrong.status_code == 400
        assert "no condition" in unescape(wrong.text)
        csrf = log_in(client, store_url, "viewer", user_id="vera")
        assert client.post("/app/rules", data={"csrf": csrf, "enter": RULE}).status_code == 403
    assert [rule.proposed_by for rule in load_ledger(store_url).rules] == ["Marta"]
    assert load_ledger(store_url).rules[0].proposed_at.date() <= dt.datetime.now(dt.UTC).date()


def _bearer(url: str, role: Role) -> dict[str, str]:
    return {"authorization": f"Bearer {keys.create(url, role.title(), [role], NOW)}"}


def test_an_administrator_decides_over_the_api(client: Client, store_url: str) -> None:
    store(store_url, "Marta")
    store(store_url, "Marta")
    admin, path = _bearer(store_url, "admin"), "/v1/programme/proposals"
    body = {"valid_from": "2012-01-01"}
    for role in ("viewer", "marketing", "operator"):
        refused = client.post(f"{path}/1/approve", json=body, headers=_bearer(store_url, role))
        assert refused.status_code == 403
    approved = client.post(f"{path}/1/approve?lang=pt_BR", json=body, headers=admin)
    proposal = approved.json()["proposal"]
    assert (proposal["approved_by"], proposal["valid_from"]) == ("Admin", "2012-01-01")
    assert "gast" in proposal["entry"]
    again = client.post(f"{path}/1/refuse", json={}, headers=admin)
    assert (again.status_code, again.json()["type"]) == (409, "urn:clientela:problem:conflict")
    assert client.post(f"{path}/2/refuse", json={}, headers=admin).status_code == 200
    assert client.post(f"{path}/9/refuse", json={}, headers=admin).status_code == 404
    listed = client.get(path, headers=admin).json()["proposals"]
    assert [row["refused_by"] for row in listed] == ["Admin", None]


def test_where_nobody_has_a_key_nobody_decides(client: Client, store_url: str) -> None:
    store(store_url)
    assert client.post("/v1/programme/proposals/1/approve", json={}).status_code == 401


def test_a_program_proposes_once(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run(_: Aside, function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    monkeypatch.setattr(Aside, "run", run)
    app = create_app(Serving(), store_url, models=tmp_path / "models", propose=propose)
    with TestClient(app, base_url=LOCAL) as client:
        headers = _bearer(store_url, "marketing") | {"idempotency-key": "1"}
        made = [
            client.post("/v1/programme/proposals", json={"enter": [RULE]}, headers=headers).json()
            for _ in range(2)
        ]
        assert made[0] == made[1]
        assert made[0]["proposal"]["proposed_by"] == "Marketing"
    assert len(load_ledger(store_url).rules) == 1
