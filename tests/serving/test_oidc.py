"""Logging in with the firm's own accounts, at a provider that runs here."""

import re
import warnings
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from litestar.testing import TestClient

from clientela.config import Oidc, Serving, parse_settings
from clientela.errors import ConfigError
from clientela.serving.app import create_app
from clientela.serving.sessions import LOCAL_COOKIE
from clientela.store import users
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.shop import NOW

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the mock uses a module that Authlib is giving up
    import oidc_provider_mock

# The mock calls what Authlib is giving up; ours does not
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
HTML = {"accept": "text/html"}
ACCOUNTS = {"ana": ("ana@shop.example", True), "eve": ("ana@shop.example", False)}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    accounts = [
        oidc_provider_mock.User(sub=sub, claims={"email": email, "email_verified": verified})
        for sub, (email, verified) in ACCOUNTS.items()
    ]
    with oidc_provider_mock.run_server_in_thread(user_claims=accounts) as server:
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def browser(store_url: str, issuer: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("CLIENTELA_OIDC_SECRET", "told to both")
    users.add_user(store_url, "ana@shop.example", "Ana", ["viewer"], None, NOW)
    oidc = Oidc(issuer=issuer, client_id="shop", public_url=LOCAL)
    app = come_from("127.0.0.1", create_app(Serving(), store_url, oidc=oidc))
    with TestClient(app, base_url=LOCAL) as made:
        made.follow_redirects = False
        yield made


def leave(browser: Client, account: str) -> str:
    """Log in at the provider, and return the address that leads back."""
    left = browser.get("/app/oidc?next=app/segments")
    assert left.status_code == 303
    asked = parse_qs(urlsplit(left.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["nonce"][0]
    back = httpx.post(left.headers["location"], data={"sub": account})
    return back.headers["location"].removeprefix(LOCAL)


def test_an_account_of_the_firm_opens_what_its_user_may(browser: Client, store_url: str) -> None:
    page = browser.get("/app/login").text
    assert re.search(r'href="oidc\?', page)
    back = browser.get(leave(browser, "ana"))
    assert (back.status_code, back.headers["location"]) == (303, "../../app/segments")
    assert browser.get("/app/segments", headers=HTML).status_code == 200
    (user,) = users.list_users(store_url)
    assert user.subject is not None
    assert user.subject.endswith('"ana"]')


def test_an_account_whose_address_is_not_proven_is_nobody(browser: Client) -> None:
    refused = browser.get(leave(browser, "eve"), headers=HTML)
    assert refused.status_code == 403
    assert "no verified email" in refused.text


def test_another_account_with_the_same_address_is_not_taken_for_the_user(
    browser: Client, store_url: str
) -> None:
    users.bind_subject(store_url, "ana@shop.example", '["elsewhere", "ana"]')
    assert browser.get(leave(browser, "ana")).status_code == 403


@pytest.mark.parametrize("change", ["state", "cookie", "code", "twice", "disabled"])
def test_what_another_browser_began_or_was_used_opens_nothing(
    browser: Client, store_url: str, change: str
) -> None:
    back = leave(browser, "ana")
    if change == "cookie":
        browser.cookies.clear()
    elif change == "disabled":
        users.disable_user(store_url, "ana@shop.example", NOW)
    elif change == "twice":
        kept = dict(browser.cookies)
        assert browser.get(back).status_code == 303
        browser.cookies.clear()
        for name, value in kept.items():
            browser.cookies.set(name, value)
    else:
        back = back.replace(f"{change}=", f"{change}=x")
    assert browser.get(back).status_code == 403
    assert LOCAL_COOKIE not in browser.cookies


def test_without_a_provider_there_is_no_way_to_one(client: Client) -> None:
    assert client.get("/app/oidc").status_code == 404
    assert client.get("/app/oidc/callback?code=1&state=").status_code == 404


def test_a_provider_that_is_gone_is_said_so(store_url: str) -> None:
    oidc = Oidc(issuer="http://127.0.0.1:9", public_url=LOCAL)
    app = come_from("127.0.0.1", create_app(Serving(), store_url, oidc=oidc))
    with TestClient(app, base_url=LOCAL) as made:
        assert made.get("/app/oidc").status_code == 503


@pytest.mark.parametrize("issuer", ["http://accounts.example", "accounts.example"])
def test_a_provider_that_anybody_could_pose_as_is_refused(issuer: str) -> None:
    urls = {"issuer": issuer, "public_url": "https://clientela.example"}
    with pytest.raises(ConfigError, match=r"oidc\.issuer"):
        parse_settings({"oidc": urls})
    with pytest.raises(ConfigError, match=r"oidc\.public_url"):
        parse_settings({"oidc": {"issuer": "https://accounts.example"}})
