"""People log in: sessions, forms, refusals, and the attacks on them."""

import datetime as dt
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import pytest
from argon2 import PasswordHasher
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.contract.access import PERSON_ROLES, RIGHTS
from clientela.errors import InputError
from clientela.i18n import LANGS
from clientela.serving.app import create_app
from clientela.serving.sessions import LOCAL_COOKIE, SECURE_COOKIE
from clientela.serving.throttle import (
    ACCOUNT_TRIES,
    ADDRESS_TRIES,
    WINDOW_SECONDS,
    Throttle,
    ThrottleProblem,
)
from clientela.store import keys, passwords, users
from clientela.store.access_log import AccessLog
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.people import log_in
from tests.serving.shop import IDS, NOW, publish_shop

PASSWORD = "correct horse battery"  # noqa: S105 - of a test
HTML = {"accept": "text/html"}


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash in a millisecond; what is tested is what is done with the hash."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))
    passwords._hash_nothing.cache_clear()


@contextmanager
def visit(app: Any, base_url: str) -> Iterator[Client]:
    """Let a browser that shows each redirect come to a server."""
    with TestClient(app, base_url=base_url) as made:
        made.follow_redirects = False
        yield made


@pytest.fixture
def log(tmp_path: Path) -> AccessLog:
    return AccessLog(f"sqlite:///{tmp_path}/access.db", tmp_path / "access.key")


@pytest.fixture
def browser(store_url: str, log: AccessLog) -> Iterator[Client]:
    """A browser on the server's machine, where Ana has a password and is an analyst."""
    users.add_user(store_url, "Ana@shop.example", "Ana", ["analyst"], PASSWORD, NOW)
    app = come_from("127.0.0.1", create_app(Serving(), store_url, open_log=lambda: log))
    with visit(app, base_url=LOCAL) as made:
        yield made


def submit(
    browser: Client, password: str = PASSWORD, user: str = "ana@shop.example", **more: str
) -> httpx.Response:
    """Open the form, fill it in and send it."""
    page = browser.get("/app/login")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    fields = {"user": user, "password": password, "csrf": token[1] if token else ""}
    return browser.post("/app/login", data=fields | more)


def test_a_browser_is_led_to_the_login_and_back_to_where_it_wanted(browser: Client) -> None:
    led = browser.get("/app/customers?sort=orders&lang=pt_BR", headers=HTML)
    assert led.status_code == 303
    address = urljoin(f"{LOCAL}/app/customers", led.headers["location"])
    page = browser.get(address)
    assert "Usuário ou e-mail" in page.text
    target = re.search(r'name="next" value="([^"]+)"', page.text)
    assert target is not None
    back = submit(browser, next=target[1].replace("&amp;", "&"))
    assert urljoin(address, back.headers["location"]) == (
        f"{LOCAL}/app/customers?sort=orders&lang=pt_BR"
    )
    assert browser.get("/app/customers", headers=HTML).status_code == 200
    assert browser.get("/v1/customers?format=csv").status_code == 200
    fragment = browser.get("/app/customers/count", headers={"hx-request": "true", "cookie": ""})
    assert fragment.headers["hx-redirect"].startswith("../../app/login?next=")


def test_no_login_leads_elsewhere_or_ends_a_header(browser: Client) -> None:
    targets = ("//evil.example", "https://evil.example/", "/\\evil", "a\r\nset-cookie: x=1", "é")
    for target in targets:
        answer = submit(browser, next=target)
        assert answer.status_code == 303
        assert urljoin(f"{LOCAL}/app/login", answer.headers["location"]) == f"{LOCAL}/app/today"
        assert answer.headers.get_list("set-cookie")[0].startswith(LOCAL_COOKIE)


def test_a_session_is_always_a_new_one(browser: Client, store_url: str) -> None:
    browser.cookies.set(LOCAL_COOKIE, "planted", domain="127.0.0.1")
    submit(browser)
    first = browser.cookies[LOCAL_COOKIE]
    assert first != "planted"
    submit(browser)
    assert browser.cookies[LOCAL_COOKIE] != first
    browser.cookies.set(LOCAL_COOKIE, first, domain="127.0.0.1")
    assert browser.get("/app/today", headers=HTML).status_code == 303  # the former one has ended
    path = store_url.removeprefix("sqlite:///")
    assert first.encode() not in Path(path).read_bytes()
    with sqlite3.connect(path) as database:
        stored = database.execute("SELECT password_hash FROM users").fetchone()[0]
    assert stored.startswith("$argon2id$")


def test_over_https_the_cookie_is_bound_to_host_and_https(store_url: str) -> None:
    users.add_user(store_url, "ana@shop.example", "Ana", ["viewer"], PASSWORD, NOW)
    app = come_from("192.0.2.9", create_app(Serving(), store_url))
    with visit(app, base_url="https://shop.example") as far:
        cookie = submit(far).headers["set-cookie"]
        assert cookie.startswith(f"{SECURE_COOKIE}=")
        for word in ("HttpOnly", "Secure", "Path=/", "SameSite=lax"):
            assert word in cookie
        assert "Domain" not in cookie
        assert far.get("/app/today", headers=HTML).status_code == 200
        token = far.cookies[SECURE_COOKIE]
    for client, host, more in (
        ("192.0.2.9", LOCAL, {}),
        ("127.0.0.1", "http://shop.example", {}),
        ("127.0.0.1", LOCAL, {"x-forwarded-for": "192.0.2.9"}),
    ):
        plain = come_from(client, create_app(Serving(), store_url))
        with visit(plain, base_url=host) as near:
            for name in (LOCAL_COOKIE, SECURE_COOKIE):
                headers = HTML | more | {"cookie": f"{name}={token}"}
                assert near.get("/app/today", headers=headers).status_code == 303, (client, host)
            page = near.get("/app/login", headers=more)
            assert page.status_code == 403
            assert "<form" not in page.text
            refused = near.post("/app/login", data={"user": "ana"}, headers=more)
            assert refused.status_code == 403


def test_what_an_administrator_changes_holds_at_once(browser: Client, store_url: str) -> None:
    submit(browser)
    assert browser.get("/app/customers", headers=HTML).status_code == 200
    users.set_roles(store_url, "ana@shop.example", ["viewer"])
    for lang, words in (("en", "seeing lists of customers"), ("pt_BR", "ver listas de clientes")):
        refused = browser.get(f"/app/customers?lang={lang}", headers=HTML)
        assert refused.status_code == 403
        assert words in refused.text
        assert "Ana" in refused.text
    users.disable_user(store_url, "ana@shop.example", NOW)
    assert browser.get("/app/today", headers=HTML).status_code == 303
    assert submit(browser).status_code == 401
    users.enable_user(store_url, "ana@shop.example")
    assert submit(browser).status_code == 303
    users.set_password(store_url, "ana@shop.example", "another horse battery")
    assert browser.get("/app/today", headers=HTML).status_code == 303


def test_a_session_ends_after_its_hours_and_goes_on_while_it_is_used(
    browser: Client, store_url: str
) -> None:
    submit(browser)
    path = store_url.removeprefix("sqlite:///")

    def shift(column: str, hours: float) -> None:
        """Let the session be as if hours had gone by since it began, or towards its end."""
        moved = {
            "created_at": "UPDATE sessions SET created_at = datetime(created_at, ?)",
            "expires_at": "UPDATE sessions SET expires_at = datetime(expires_at, ?)",
        }[column]
        with sqlite3.connect(path) as database:
            database.execute(moved, (f"{-hours} hours",))

    def read_end() -> str:
        with sqlite3.connect(path) as database:
            return str(database.execute("SELECT expires_at FROM sessions").fetchone()[0])

    shift("created_at", 11)
    shift("expires_at", 11)
    before = read_end()
    assert browser.get("/app/today", headers=HTML).status_code == 200
    until = time.monotonic() + 5
    while read_end() == before and time.monotonic() < until:
        time.sleep(0.02)
    assert read_end() > before
    shift("created_at", 24 * users.MOST_SESSION_DAYS - 12)
    assert browser.get("/app/today", headers=HTML).status_code == 200
    shift("expires_at", 12.1)
    assert browser.get("/app/today", headers=HTML).status_code == 303


@pytest.mark.parametrize("change", ["csrf", "origin", "site", "cookie"])
def test_another_site_logs_nobody_in(browser: Client, change: str) -> None:
    page = browser.get("/app/login")
    token = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert token is not None
    fields = {"user": "ana@shop.example", "password": PASSWORD, "csrf": token[1]}
    headers: dict[str, str] = {}
    if change == "csrf":
        fields["csrf"] = "x"
    elif change == "cookie":
        browser.cookies.clear()
    else:
        named = {"origin": "https://evil.example", "site": "cross-site"}[change]
        headers = {"origin" if change == "origin" else "sec-fetch-site": named}
    assert browser.post("/app/login", data=fields, headers=headers).status_code == 403
    assert LOCAL_COOKIE not in browser.cookies


def test_no_form_or_script_of_another_site_acts_for_a_person(
    client: Client, store_url: str
) -> None:
    csrf = log_in(client, store_url, "privacy")
    body, person = {"ids": IDS[:1]}, f"/v1/customers/{IDS[0]}"
    token = {"x-csrf-token": csrf}
    assert client.post("/app/logout", data={}).status_code == 403
    assert client.post("/app/logout", data={"csrf": "é"}).status_code == 403
    foreign = {"origin": "https://evil.example"}
    assert client.post("/app/logout", data={"csrf": csrf}, headers=foreign).status_code == 403
    assert client.post("/v1/segments/lookup", json=body).status_code == 403
    assert client.delete(person).status_code == 403
    assert client.post("/v1/segments/lookup", json=body, headers=token).status_code == 200
    assert client.delete(person, headers=token).status_code == 202
    out = client.post("/app/logout", data={"csrf": csrf}, follow_redirects=False)
    assert out.status_code == 303
    assert client.get("/app/customer", headers=HTML, follow_redirects=False).status_code == 303


def test_a_key_sends_no_form(client: Client, store_url: str) -> None:
    secret = keys.create(store_url, "all", ["admin"], NOW)
    for headers in ({"x-api-key": secret}, {}):
        assert client.post("/app/logout", data={"csrf": "x"}, headers=headers).status_code == 401


def test_a_person_changes_their_own_password(browser: Client) -> None:
    submit(browser)
    other = dict(browser.cookies)

    def change(current: str, new: str, repeated: str) -> int:
        page = browser.get("/app/account?lang=pt_BR").text
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        fields = {"current": current, "new": new, "repeated": repeated}
        fields["csrf"] = token[1] if token else ""
        return browser.post("/app/account?lang=pt_BR", data=fields).status_code

    new = "some words apart"
    assert change(PASSWORD, new, "other words apart") == 400
    assert change("wrong horse battery", new, new) == 403
    assert change(PASSWORD, "short", "short") == 400
    assert change(PASSWORD, new, new) == 303
    assert browser.get("/app/account", headers=HTML).status_code == 200
    browser.cookies.clear()
    browser.cookies.update(other)
    assert browser.get("/app/account", headers=HTML).status_code == 303
    assert submit(browser).status_code == 401
    assert submit(browser, new).status_code == 303


def test_nobody_learns_who_has_a_login(browser: Client, store_url: str) -> None:
    users.add_user(store_url, "gone", "Gone", ["viewer"], PASSWORD, NOW)
    users.disable_user(store_url, "gone", NOW)
    users.add_user(store_url, "accounts", "Accounts", ["viewer"], None, NOW)
    texts = set()
    for user in ("ana@shop.example", "gone", "accounts", "nobody", "no body <b>", ""):
        answer = submit(browser, "wrong horse battery", user)
        assert answer.status_code == 401
        texts.add(re.sub(r'(csrf|user)" value="[^"]*"| autofocus', "", answer.text))
    assert len(texts) == 1


def test_a_password_that_belongs_to_nobody_is_hashed_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    monkeypatch.setattr(
        passwords,
        "HASHER",
        type(
            "Spy",
            (),
            {"hash": lambda _, plain: "stored", "verify": lambda _, *both: hashed.append(both)},
        )(),
    )
    assert not users.authenticate(None, PASSWORD)
    assert hashed == [("stored", PASSWORD)]


def test_tries_are_counted_by_account_and_address(browser: Client) -> None:
    for _ in range(ACCOUNT_TRIES):
        assert submit(browser, "wrong horse battery").status_code == 401
    refused = submit(browser)  # even by the right one
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_SECONDS + 1
    assert "<form" in refused.text


def test_a_wait_comes_to_an_end_and_a_login_starts_anew() -> None:
    throttle = Throttle()
    for number in range(ADDRESS_TRIES):
        throttle.count(f"user {number}", "2001:db8::1", 0.0)
    with pytest.raises(ThrottleProblem):
        throttle.count("another", "2001:db8::2", WINDOW_SECONDS - 1)
    throttle.count("another", "192.0.2.1", WINDOW_SECONDS - 1)
    throttle.count("another", "2001:db8::2", WINDOW_SECONDS)
    for moment in range(3 * ACCOUNT_TRIES):
        throttle.count("typist", "192.0.2.7", moment)
        throttle.forgive("typist", "192.0.2.7")


def test_a_short_name_forbids_no_password(store_url: str) -> None:
    users.add_user(store_url, "a", "A", ["viewer"], PASSWORD, NOW)


def test_a_viewer_sees_no_small_group_in_the_dashboard(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url, smallest=3)
    with TestClient(come_from("127.0.0.1", create_app(Serving(), url)), base_url=LOCAL) as client:
        shown = {}
        for role in ("viewer", "analyst"):
            log_in(client, url, role, user_id=role)
            page = client.get("/app/segments").text
            shown[role] = (page.count("<h2>"), page.count("download"))
    (hidden, files), (all_of_them, lists) = shown["viewer"], shown["analyst"]
    assert hidden == all_of_them - 2  # the next in size goes with the small one
    assert files == 0 < lists


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "bob-bob-bob-2026", "x" * 201])
def test_a_password_that_anybody_guesses_is_refused(store_url: str, password: str) -> None:
    with pytest.raises(InputError):
        users.add_user(store_url, "bob", "Bob", ["viewer"], password, NOW)


@pytest.mark.slow
def test_a_role_opens_in_the_dashboard_what_it_opens_in_the_api(
    client: Client, store_url: str
) -> None:
    twins = {
        "today": "/v1/figures",
        "segments": "/v1/segments",
        "insiders": "/v1/programme",
        "customers": "/v1/customers",
        "risk": "/v1/churn/at-risk",
        f"customer?id={IDS[0]}": f"/v1/customers/{IDS[0]}",
    }
    for role in PERSON_ROLES:
        log_in(client, store_url, role, user_id=role)
        start = client.get("/app", headers=HTML)
        assert (start.status_code == 200) is bool({"aggregates", "person"} & RIGHTS[role])
        for page, twin in twins.items():
            refused = client.get(twin).status_code == 403
            assert (client.get(f"/app/{page}").status_code == 403) is refused, (role, page)
            if start.status_code == 200 and "?" not in page:
                assert (f'href="{page}"' in start.text) is not refused, (role, page)


def test_who_did_what_stands_in_the_log_under_the_person(
    browser: Client, log: AccessLog, store_url: str
) -> None:
    submit(browser, "wrong horse battery")
    submit(browser, PASSWORD, "no-such-user-but-a-password")
    submit(browser)
    browser.get("/app/customers")
    page = browser.get("/app/today").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    browser.post("/app/logout", data={"csrf": token[1] if token else ""})
    rows = [(row.actor, row.operation, row.status) for row in log.read()]
    ana = "user:ana@shop.example"
    assert [row for row in rows if row[1] in ("log_in", "log_out", "show_customers")] == [
        (ana, "log_in", 401),
        ("", "log_in", 401),
        (ana, "log_in", 303),
        (ana, "show_customers", 200),
        (ana, "log_out", 303),
    ]
    written = Path(store_url.removeprefix("sqlite:///")).parent / "access.db"
    assert PASSWORD.encode() not in written.read_bytes()
    assert log.verify()[0] >= len(rows)


@pytest.mark.parametrize("lang", LANGS)
def test_refusals_and_the_login_are_said_in_words(
    client: Client, store_url: str, lang: str
) -> None:
    nobody = client.get(f"/app/login?lang={lang}")
    assert "clientela users add" in nobody.text
    log_in(client, store_url, "viewer")
    for path, status in (("/app/nothing", 404), ("/app/risk", 403), ("/v1/customers", 403)):
        page = client.get(f"{path}?lang={lang}", headers=HTML)
        assert page.status_code == status
        assert f'<html lang="{lang.replace("_", "-")}">' in page.text
        assert "<h1>" in page.text
        style = re.search(r'href="([^"]+css)"', page.text)
        assert style is not None
        assert client.get(urljoin(path, style[1])).status_code == 200
        assert client.get(path).headers["content-type"] == "application/problem+json"
    missing = client.get(f"/app/nothing?lang={lang}", headers=HTML).text
    assert ("There is no such path" in missing) == (lang == "en")


def test_users_may_be_there_before_the_first_run(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    users.add_user(url, "ana", "Ana", ["admin"], None, NOW)
    with pytest.raises(InputError):
        users.add_user(url, " ANA ", "Ana", ["admin"], None, NOW)
    assert [user.user_id for user in users.list_users(url)] == ["ana"]
    with pytest.raises(InputError):
        users.disable_user(url, "bob", NOW + dt.timedelta(days=1))
