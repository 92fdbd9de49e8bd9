"""What people do at the dashboard, with the buttons that they press, in both languages."""

import datetime as dt
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import uvicorn
from litestar.concurrency import sync_to_thread
from playwright.sync_api import Browser, Page, expect, sync_playwright

from clientela.cli.programme import propose_of_person
from clientela.config import Serving, read_settings
from clientela.contract.access import Role
from clientela.i18n import Lang, t
from clientela.serving.app import create_app
from clientela.serving.aside import Aside
from clientela.serving.run import configure, listen
from clientela.store import users
from tests.shop import QUICK, FirstRun

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"  # noqa: S105 - of a test
ROLES: dict[str, Role] = {"marta": "marketing", "ana": "admin", "vera": "viewer"}
SECONDS = 60_000  # on a busy machine the past months are judged in ten


@dataclass
class Visitor:
    """A browser whose windows keep what they say, ask of others and are refused."""

    browser: Browser
    address: str
    faults: list[str] = field(default_factory=list)

    def log_in(self, user: str, lang: Lang) -> Page:
        """Open a window of one's own and log in at the form, in the browser's language."""
        context = self.browser.new_context(
            locale=lang.replace("_", "-"), viewport={"width": 1280, "height": 900}
        )
        page = context.new_page()
        page.set_default_timeout(SECONDS)
        page.on("console", lambda said: self.faults.append(f"{page.url}: {said.text}"))
        page.on("pageerror", lambda error: self.faults.append(f"{page.url}: {error}"))
        page.on("request", lambda request: self._note(page, request.url))
        page.goto(f"{self.address}/app")
        page.fill("#user", user)
        page.fill("#password", PASSWORD)
        page.get_by_role("button", name=t("login.go", lang)).click()
        page.wait_for_url("**/app/today")
        return page

    def _note(self, page: Page, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.faults.append(f"{page.url} asks {url}")


def _open_page(page: Page, name: str) -> None:
    """Open a page by the menu; where one is stands in a list of links of its own."""
    page.locator("nav").first.get_by_role("link", name=name, exact=True).click()


@pytest.fixture(scope="module")
def address(first_run: FirstRun, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a whole run is served, with a user of each role.

    The server stands in a thread, and what it does aside is done here: a process of its own would
    load anew what the tests have loaded.
    """
    workspace = first_run.copy(tmp_path_factory.mktemp("journeys") / "workspace")
    url, now = f"sqlite:///{workspace}/results.db", dt.datetime.now(dt.UTC)
    for name, role in ROLES.items():
        users.add_user(url, name, name.title(), [role], PASSWORD, now)
    make_app = partial(
        create_app,
        Serving(port=0),
        url,
        models=workspace / "models",
        firm=read_settings(QUICK),
        propose=propose_of_person,
    )

    async def run(_: Aside, function: Any, *arguments: Any) -> Any:
        return await sync_to_thread(function, *arguments)

    with pytest.MonkeyPatch.context() as patch, listen(Serving(port=0)) as listener:
        patch.setattr(Aside, "run", run)
        server = uvicorn.Server(configure(make_app, Serving(port=0)))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def visitor(address: str) -> Iterator[Visitor]:
    """A browser before the server."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield Visitor(browser, address)
        browser.close()


def test_marketing_works_and_an_administrator_decides(visitor: Visitor, tmp_path: Path) -> None:
    def say(key: str, **values: object) -> str:
        return t(f"dashboard.{key}", "pt_BR", **values)

    page = visitor.log_in("marta", "pt_BR")

    # the launch list, as a file
    _open_page(page, say("menu.insiders"))
    page.get_by_role("link", name=say("launch.list")).click()
    listed = page.locator("td.name a")
    first = listed.first.inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name=say("audience.take", form="CSV")).click()
    download.value.save_as(tmp_path / "list.csv")
    lines = (tmp_path / "list.csv").read_text("utf-8-sig").splitlines()
    assert len(lines) == 1 + listed.count()
    assert lines[0].startswith('"Cliente";')

    # one person
    listed.first.click()
    assert first in page.locator("h1").inner_text()
    assert page.locator("svg").count() >= 1

    # a filter becomes an audience
    _open_page(page, say("menu.customers"))
    page.fill("#words", "pelo menos 2 pedidos")
    page.locator("form.words button").click()
    filtered = page.locator("h1").inner_text()
    page.get_by_role("link", name=say("audience.save_filter")).click()
    # the page's policy forbids what waits for a function: it evaluates a text
    expect(page.locator("#filter-count")).to_have_text(filtered, timeout=SECONDS)
    page.fill("#name", "Voltaram")
    page.get_by_role("button", name=say("audience.save")).click()
    page.wait_for_url("**/app/audience?id=*")
    assert page.locator("h1").inner_text() == f"Voltaram: {filtered}"

    # the audience becomes an experiment
    page.get_by_role("link", name=say("experiment.begin")).click()
    page.fill("#days", "30")
    page.get_by_role("button", name=say("experiment.plan")).click()
    page.wait_for_url("**days=30*")
    page.get_by_role("button", name=say("experiment.draw"), exact=True).click()
    page.wait_for_url("**/app/experiments*")
    assert page.locator(".board h4").all_inner_texts() == ["Voltaram"]
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    download.value.save_as(tmp_path / "arms.csv")
    arms = (tmp_path / "arms.csv").read_text("utf-8-sig")
    assert say("experiment.control") in arms
    assert len(arms.splitlines()) == 1 + int(filtered.split()[0])

    # another rule of the programme is proposed, and approved by somebody else
    _open_page(page, say("menu.insiders"))
    before = page.locator("#effect").inner_text()
    page.locator("input[type=range]").first.press("ArrowLeft")
    expect(page.locator("#effect")).not_to_have_text(before, use_inner_text=True, timeout=SECONDS)
    page.get_by_role("button", name=say("effect.propose_button")).click()
    page.wait_for_url("**/app/rules*")
    assert page.locator("h1").inner_text() == say("rules.one_waits")
    assert page.get_by_role("button", name=say("rules.approve")).count() == 0
    admin = visitor.log_in("ana", "en")
    _open_page(admin, t("dashboard.menu.insiders", "en"))
    admin.get_by_role("link", name=t("dashboard.rules.title", "en")).click()
    admin.get_by_role("button", name=t("dashboard.rules.approve", "en")).click()
    admin.wait_for_url("**/app/rules*")
    assert "approved by Ana" in admin.locator("main").inner_text()
    assert visitor.faults == []


def test_a_viewer_sees_no_person(visitor: Visitor) -> None:
    page = visitor.log_in("vera", "en")
    texts = page.locator("nav a").all_inner_texts()
    assert t("dashboard.menu.today", "en") in texts
    assert t("dashboard.menu.customers", "en") not in texts
    assert page.locator("input[type=search]").count() == 0
    assert visitor.faults == []
    for name in ("customers", "members", "risk", "customer?id=1"):
        refused = page.goto(f"{visitor.address}/app/{name}")
        assert refused is not None
        assert refused.status == 403
        assert page.locator("td").count() == 0
    visitor.faults.clear()  # the browser itself says 403
