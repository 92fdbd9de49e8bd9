"""The report as JSON and as a page in a browser."""

import base64
import re
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

import clientela.report.page
from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys
from clientela.store.publish import publish
from tests.chromium import Chromium
from tests.serving import shop
from tests.serving.conftest import LOCAL, Client
from tests.serving.live import live
from tests.serving.shop import NOW, publish_shop

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """A page of the answers' headlines, and what it was asked to show."""
    asked: list[Any] = []

    def render(answers: Any, facts: Any, lang: str, **addresses: str) -> str:
        asked.append((facts, lang, addresses))
        return f"<html lang={lang}>{[each.headline for each in answers]}"

    monkeypatch.setattr(clientela.report.page, "render_page", render)
    return asked


def basic(password: str, user: str = "ana") -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_the_answers_come_in_the_language_and_in_order(client: Client) -> None:
    told = client.get("/v1/report", params={"lang": "pt_BR"}).json()
    assert (told["run_id"], told["as_of"], told["lang"]) == (
        "20111210T000001",
        "2011-12-09",
        "pt_BR",
    )
    assert [each["key"] for each in told["answers"]] == ["customers", "segments"]
    assert told["answers"][0]["question"] == "Quem são os clientes?"
    english = client.get("/v1/report", headers={"accept-language": "de, en;q=0.5"}).json()
    assert english["answers"][0]["headline"] == "60 customers."
    assert client.get("/v1/report", params={"lang": "fr"}).status_code == 400


def test_the_answers_are_sent_once(client: Client) -> None:
    etag = client.get("/v1/report").headers["etag"]
    assert client.get("/v1/report", headers={"if-none-match": etag}).status_code == 304


def without_report(store_url: str) -> None:
    tables = {"customers": shop.customers(0), "segments": shop.segments()}
    publish(store_url, shop.record(2), tables)


def test_a_run_without_a_report_says_what_to_do(client: Client, store_url: str) -> None:
    without_report(store_url)
    answer = client.get("/v1/report")
    assert answer.status_code == 404
    assert "clientela run" in answer.json()["do"]


def test_the_page_shows_the_answers_and_loads_nothing_from_outside(
    client: Client, rendered: list[Any]
) -> None:
    answer = client.get("/", params={"lang": "pt_BR"}, headers=BROWSER)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "60 clientes." in answer.text
    facts, lang, addresses = rendered[0]
    assert (facts.run_id, facts.programme_name, lang) == ("20111210T000001", "Clube Ação", "pt_BR")
    assert addresses == {
        "scripts": "report/",
        "downloads": "lists/pt_BR/",
        "other_language": "?lang=en",
    }
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "http" not in policy


def test_the_page_is_written_once_for_a_run_and_language(
    client: Client, store_url: str, rendered: list[Any]
) -> None:
    first = client.get("/")
    client.get("/")
    assert len(rendered) == 1
    held = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert (held.status_code, held.content) == (304, b"")
    policy = "content-security-policy"
    assert held.headers[policy] == first.headers[policy]
    client.get("/", params={"lang": "pt_BR"})
    publish_shop(store_url, 2)
    again = client.get("/", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 200
    assert [lang for _, lang, _ in rendered] == ["en", "pt_BR", "en"]


def test_without_a_report_the_page_leads_to_the_documentation(
    client: Client, store_url: str
) -> None:
    without_report(store_url)
    answer = client.get("/", headers={"accept-language": "pt-BR"})
    assert answer.status_code == 200
    assert "ainda não tem relatório" in answer.text
    assert 'href="docs"' in answer.text


@pytest.mark.parametrize("asked", ["/", "/?lang=fr"])
def test_without_results_the_page_says_so_in_words(tmp_path: Path, asked: str) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        answer = client.get(asked)
    assert answer.status_code == 503
    assert "no results to show yet" in answer.text
    assert str(tmp_path) not in answer.text


def test_its_scripts_are_served(client: Client) -> None:
    for name, content in clientela.report.page.load_assets().items():
        answer = client.get(f"/report/{name}")
        assert answer.headers["content-type"].startswith("text/javascript")
        assert answer.content == content
    assert client.get("/report/passwd").status_code == 404


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("insiders.csv", "clientela-insiders-"),
        ("candidates.xlsx", "clientela-candidates-"),
        ("segment-2.csv", "clientela-segment-2-"),
    ],
)
def test_its_lists_are_in_its_language(client: Client, name: str, said: str) -> None:
    answer = client.get(f"/lists/pt_BR/{name}", follow_redirects=True)
    assert answer.status_code == 200
    assert said in answer.headers["content-disposition"]
    assert answer.url.params["lang"] == "pt_BR"


@pytest.mark.parametrize(
    "name", ["en/insiders.pdf", "en/segment-x.csv", "fr/insiders.csv", "en/insiders", "en/²-.csv"]
)
def test_other_lists_there_are_not(client: Client, name: str) -> None:
    assert client.get(f"/lists/{name}").status_code == 404


def test_the_page_refers_to_what_is_served(client: Client) -> None:
    page = client.get("/", params={"lang": "pt_BR"}).text
    addresses = re.findall(r'(?:src|href)="([^"#?]+)', page)
    assert [each for each in addresses if each.startswith(("http", "//"))] == []
    relative = [each for each in addresses if not each.startswith("data:")]
    assert len(relative) >= 4
    for each in relative:
        assert client.get(f"/{each}", follow_redirects=True).status_code == 200, each


@pytest.mark.browser
@pytest.mark.slow
def test_the_page_is_drawn_in_a_browser_that_brings_the_key(
    store_url: str, secret: str, chromium: Chromium
) -> None:
    with live(store_url) as server:
        address = f"http://ana:{secret}@127.0.0.1:{server.port}/"
        picture, said = chromium.screenshot(address, 1200, 1600)
    assert not said
    assert len(picture) > 50_000


@pytest.mark.usefixtures("rendered")
def test_a_browser_asks_for_the_key_as_a_password(client: Client, secret: str) -> None:
    refused = client.get("/", headers=BROWSER)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == 'Basic realm="clientela", charset="UTF-8"'
    shown = client.get("/", headers=BROWSER | basic(secret))
    assert shown.status_code == 200
    taken = client.get("/lists/en/insiders.csv", headers=BROWSER | basic(secret))
    assert taken.status_code == 200


@pytest.mark.parametrize("how", ["Basic", "Basic %%%", "Basic YW5h", "Basic YW5hOg=="])
@pytest.mark.usefixtures("secret")
def test_a_password_that_is_no_key_is_refused(client: Client, how: str) -> None:
    answer = client.get("/v1/report", headers=BROWSER | {"authorization": how})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_a_wrong_or_revoked_password_is_asked_for_again(client: Client, store_url: str) -> None:
    secret = keys.create(store_url, "director", ["read"], NOW)
    wrong = client.get("/v1/report", headers=BROWSER | basic(secret + "x"))
    assert wrong.headers["www-authenticate"].startswith("Basic")
    assert client.get("/v1/report", headers=basic(secret)).status_code == 200
    lists = client.get("/v1/programme/members", headers=BROWSER | basic(secret))
    assert lists.status_code == 403
    keys.revoke(store_url, keys.list_keys(store_url)[0].key_id, NOW)
    assert client.get("/v1/report", headers=basic(secret)).status_code == 401


def test_other_sites_may_not_use_the_password(client: Client) -> None:
    for path in ("/v1/report", "/v1/customers?format=csv"):
        answer = client.get(path)
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in answer.headers
