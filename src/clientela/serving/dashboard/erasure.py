"""What a person may ask for: their data to take away, and to be erased, with what that does."""

import datetime as dt

from litestar import Response
from litestar.params import FromQuery
from litestar.response import Redirect

from clientela.serving.auth import get_actor
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read, submit
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.response import RawJsonResponse
from clientela.serving.routes.persons import give_data, queue_erasure
from clientela.serving.sessions import get_form


@read(HOME + "/customer/data", right="personal_data")
async def download_person(request: AnyRequest, id: FromQuery[str]) -> RawJsonResponse:
    """Return what is held of a person, whose id may hold what no path does."""
    return await give_data(request, id)


@read(HOME + "/erasure", right="erase")
async def show_erasure(
    request: AnyRequest, id: FromQuery[str] = "", lang: LangQuery = None
) -> Response[str]:
    """Say what erasing a person does, and ask to confirm it."""
    page, _ = await open_page(request, "erasure", lang)
    return _ask(page, id)


@submit(HOME + "/erasure", right="erase")
async def erase_person(request: AnyRequest, lang: LangQuery = None) -> Redirect | Response[str]:
    """Queue a person's erasure once it is confirmed, and lead to what their page says now."""
    page, _ = await open_page(request, "erasure", lang)
    form = get_form(request)
    written = str(form.get("id", "")).strip()
    if form.get("confirmed") != "yes":
        return _ask(page, written, page.say("erasure.unconfirmed"), code=400)
    await queue_erasure(request, written, get_actor(request), dt.datetime.now(dt.UTC))
    return Redirect(page.link("customer", id=written), status_code=303)


def _ask(page: Page, written: str, error: str = "", code: int = 200) -> Response[str]:
    back = page.link("customer", id=written) if page.may("person") else ""
    title = page.say("erasure.title", id=written)
    return page.respond(title, code=code, asked_id=written, error=error, back=back)
