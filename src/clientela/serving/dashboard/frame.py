"""What all pages of the dashboard share: menu, language, age of the data, numbers, files."""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader
from litestar import MediaType, Response
from litestar.params import FromPath
from litestar.response import Redirect

from clientela.contract.access import Caller, Right
from clientela.contract.figures import FIGURES
from clientela.errors import StoreError
from clientela.i18n import (
    NO_CURRENCY,
    Lang,
    format_amount,
    format_date,
    format_money_short,
    format_number,
    format_share,
    load_catalogue,
    t,
)
from clientela.report.answer import Answer, Chart
from clientela.report.page.charts import embed_charts, style_box, tabulate_chart
from clientela.serving.dashboard.display import TONES, read_display
from clientela.serving.dashboard.sparkline import draw_sparkline
from clientela.serving.openapi import ANY, read
from clientela.serving.problems import AnyRequest, NotFoundProblem
from clientela.serving.request import check_language, choose_language
from clientela.serving.results import Results, get_results
from clientela.serving.routes.report import OTHER, render_empty
from clientela.serving.sessions import get_csrf
from clientela.serving.small_groups import hides_small, is_small
from clientela.store.filters import PERIODS, list_filter_columns
from clientela.store.read import Row
from clientela.store.record import RunRecord

HOME = "/app"
MENU = (
    *("today", "customers", "segments", "insiders", "risk", "value", "products"),
    *("actions", "experiments", "models", "monitoring"),
)
COMPARED = (
    *("today", "segments", "segment", "insiders", "risk", "value", "products"),
    *("actions", "models"),
)
"""Pages whose numbers carry their changes since an earlier run."""
SAVED = (*COMPARED, "customers", "members", "monitoring")
"""Pages that can be saved as a view: those that are about nobody in particular."""
STAYS = ("only", "cohort", "show")
"""Parts of an address that a form of its page keeps."""
SECTIONS = {
    "customer": "customers",
    "erasure": "customers",
    "segment": "segments",
    "members": "insiders",
    "rules": "insiders",
    "audience": "actions",
    "campaign": "actions",
    "subscriptions": "actions",
    "experiment": "experiments",
    "runs": "models",
}
"""Pages that the menu does not name, with the one that leads to them."""
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# By convention: a nightly run is a day old; two missed nights are worth a look, a week an alarm
LATE_DAYS, STALE_DAYS = 2, 7
OF_KNOWN: frozenset[Right] = frozenset({"contacts", "personal_data", "erase"})
"""Rights that nobody has where everybody may read."""
TERMS = {
    "today": ("net_revenue", "high_risk", "expected_loss", "insider", "at_stake", "quarantine"),
    "customers": ("segment", "insider"),
    "customer": ("churn", "segment", "interval"),
    "segments": ("segment", "net_revenue"),
    "segment": ("segment", "net_revenue", "insider", "high_risk"),
    "insiders": ("insider", "candidate", "leaving", "expected_revenue", "break_even", "naive"),
    "members": ("insider", "candidate", "leaving", "expected_revenue"),
    "rules": ("insider", "leaving", "expected_revenue"),
    "risk": ("churn", "churn_probability", "high_risk", "expected_loss"),
    "value": ("expected_revenue", "interval", "alive", "cohort"),
    "products": ("family", "net_revenue", "insider"),
    "actions": ("at_stake", "audience", "control"),
    "audience": ("audience", "control"),
    "campaign": ("audience", "control", "uplift"),
    "experiments": ("control", "uplift", "interval"),
    "experiment": ("control", "uplift"),
    "models": ("quarantine", "naive", "interval"),
    "monitoring": ("usual", "drift"),
}
"""The words of each page that are explained on it, as the catalogues of ``glossary`` name them."""
FILES = {
    "dashboard.css": ("text/css; charset=utf-8", "dashboard.css"),
    "dashboard.js": ("text/javascript; charset=utf-8", "dashboard.js"),
    "htmx-2.js": ("text/javascript; charset=utf-8", "htmx/htmx.min.js"),
}
FORMS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet"}
NOTHING_YET = ("nothing is published yet", "there is no results database yet")
OTHER_BUILD = "made by another build"
MILLION = 1_000_000  # by convention: seven digits and a sign are wider than a tile
NOTHING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


class Tile(NamedTuple):
    """A number of a page: what it counts, its changes, the list behind it, the line of its past."""

    label: str
    text: str
    changes: list[str]
    link: str
    past: str = ""


class Page:
    """A page in the making, in one language and of one run."""

    def __init__(self, request: AnyRequest, name: str, run: RunRecord, lang: Lang) -> None:
        self.request, self.name, self.run, self.lang = request, name, run, lang
        # what its numbers are compared with (clientela.serving.dashboard.comparison)
        self.compared: Mapping[str, str] = {}
        self.compared_days: Mapping[str, str] = {}
        self.past_figures: Mapping[str, Sequence[float]] = {}
        self.periods: Sequence[tuple[str, str]] = ()
        # what the run's actions and families of products are called, by their ids, on pages whose
        # filters may name one
        self.action_titles: Mapping[str, str] = {}
        self.product_names: Mapping[str, str] = {}

    def say(self, key: str, **values: object) -> str:
        """Return a text of the dashboard."""
        return t(f"dashboard.{key}", self.lang, **values)

    def say_by_state(self, key: str) -> str:
        """Say a text of who is in the programme: before its launch nobody is."""
        launched = self.run.programme.get("state") == "launched"
        return self.say(f"{key}_launched" if launched else key)

    def may(self, right: Right) -> bool:
        """Return whether who asks has a right; some are of known callers alone."""
        caller: Caller | None = self.request.scope.get("auth")
        return right not in OF_KNOWN if caller is None else right in caller.rights

    def may_submit(self, right: Right) -> bool:
        """Return whether who asks may send a form that changes something: people who logged in."""
        return bool(get_csrf(self.request)) and self.may(right)

    @property
    def keep_lang(self) -> str:
        """The language asked for, as a form's address hands it on."""
        language = self.request.query_params.get("lang")
        return f"&lang={self.lang}" if language else ""

    def name_feature(self, name: str) -> str:
        """Name a column in few words: as features, lists or the dashboard do, or in full."""
        texts, meaning = load_catalogue(self.lang), list_filter_columns()[name].meaning
        short = (f"feature.{name}.label", f"list.{name}", f"dashboard.column.{name}")
        return next(
            texts[key] for key in (*short, meaning, f"store.customers.{name}") if key in texts
        )

    def explain_features(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """List columns by their short names, with what the dictionary says they mean."""
        texts, columns = load_catalogue(self.lang), list_filter_columns()
        keys = {name: (columns[name].meaning, f"store.customers.{name}") for name in names}
        return [
            (self.name_feature(name), next(texts[key] for key in keys[name] if key in texts))
            for name in names
        ]

    def write(self, value: object, unit: str = "") -> str:
        """Write a value by its unit, as readers of the language do."""
        if value is None:
            return NOTHING
        if isinstance(value, dt.date):
            return format_date(value, self.lang)
        if isinstance(value, str):
            return value
        number = cast(float, value)
        if unit == "amount":
            return format_amount(number, self.lang, self.run.currency)
        if unit == "share":
            return format_share(number, self.lang)
        written = format_number(number, self.lang, 0 if float(number).is_integer() else 1)
        if unit != "days":
            return written
        return t(f"report.days.{'one' if number == 1 else 'other'}", self.lang, n=written)

    def build_tile(
        self, name: str, figures: Mapping[str, Mapping[str, Row]], link: str = ""
    ) -> Tile | None:
        """Build the tile of a figure; None where the run has none, or one of a small group.

        It leads to its list where the reader may open that.
        """
        if name not in figures["now"]:
            return None
        value, unit = cast(float, figures["now"][name]["value"]), FIGURES[name]
        if unit == "count" and hides_small(self.request) and is_small(value):
            return None
        if link and not self.may_open(link.partition("?")[0]):
            link = ""
        days = figures["now"][name].get("horizon_days")
        then = [figures[since].get(name, {}) for since in self.compared]
        # one of other days is another number
        earlier = [
            cast("float | None", row.get("value")) if row.get("horizon_days") == days else None
            for row in then
        ]
        changes = self.write_changes(value, unit, earlier)
        label = f"tile.{name}"
        text = (
            self.say_by_state(label)
            if name == "members"
            else self.say(label, days=self.write(days, "days"))
        )
        is_hidden = unit == "count" and hides_small(self.request)
        past = "" if is_hidden else draw_sparkline(self.past_figures.get(name, ()))
        return Tile(text, self.write_short(value, unit), changes, link, past)

    def write_short(self, value: float, unit: str) -> str:
        """Write a value as a tile has room for it: millions in three digits."""
        is_named = self.run.currency not in (None, "", NO_CURRENCY)
        if unit == "amount" and is_named and abs(value) >= MILLION:
            return format_money_short(value, str(self.run.currency), self.lang)
        return self.write(value, unit)

    def write_changes(self, value: float, unit: str, earlier: Sequence[float | None]) -> list[str]:
        """Write the changes of a value since each run that the page is compared with.

        ``earlier`` holds its values in those, None where there is none.
        """
        return [
            self.write_change(value, before, unit, self.say_since(since))
            for since, before in zip(self.compared, earlier, strict=True)
            if before is not None
        ]

    def list_files(
        self, address: str, forms: Sequence[str] = tuple(FORMS)
    ) -> list[tuple[str, str]]:
        """List the files of a list in the API, whose address ends in ``?`` or in a parameter."""
        mark = "" if address.endswith("?") else "&" if "?" in address else "?"
        return [(FORMS[form], f"{address}{mark}format={form}&lang={self.lang}") for form in forms]

    def link(self, page: str, **query: object) -> str:
        """Return the address of a page in the same language."""
        asked = {key: value for key, value in query.items() if value not in (None, "")}
        kept = (
            self.kept if page in COMPARED else {k: v for k, v in self.kept.items() if k == "lang"}
        )
        return f"{page}?{urlencode(asked | kept)}".rstrip("?")

    @property
    def kept(self) -> dict[str, str]:
        """What addresses and forms hand on: the language and the period that were asked for."""
        query = self.request.query_params
        return {name: query[name] for name in ("lang", "since") if query.get(name)}

    @property
    def form_state(self) -> dict[str, str]:
        """What forms of a page hand on that stay on it: what it is narrowed to and draws, too."""
        query = self.request.query_params
        return self.kept | {name: query[name] for name in STAYS if query.get(name)}

    def respond(
        self,
        title: str,
        *,
        charts: Sequence[Chart] = (),
        twin: str = "",
        code: int = 200,
        **content: Any,
    ) -> Response[str]:
        """Answer with the page.

        Parameters
        ----------
        title : str
            The finding.
        charts : sequence of Chart
            What is drawn; each stands as a table too.
        twin : str
            Address of the same in the API.
        code : int
            Of the answer.
        **content
            What the template of the page asks for.
        """
        caller: Caller | None = self.request.scope.get("auth")
        section = SECTIONS.get(self.name, "")
        template = load_environment().get_template(f"{self.name}.html")
        other = OTHER[self.lang]
        query = {**self.request.query_params.dict(), "lang": [other]}
        parameters = {
            name: value
            for name, value in self.request.query_params.dict().items()
            if name != "since"
        }
        html = template.render(
            page=self,
            title=title,
            say=self.say,
            link=self.link,
            lang=self.lang.replace("_", "-"),
            other_lang=other.replace("_", "-"),
            other_language=f"?{urlencode(query, doseq=True)}",
            since=self.request.query_params.get("since", ""),
            periods=[
                (text, f"?{urlencode({**parameters, 'since': name}, doseq=True)}", name)
                for name, text in self.periods
            ],
            others=parameters,
            own_address=self._write_address() if self.may_submit("audiences") else "",
            section=section if section and self.may_open(section) else "",
            display=read_display(self.request.scope),
            tones=TONES,
            own_query=[
                (name, value)
                for name, values in self.request.query_params.dict().items()
                for value in values
            ],
            menu=[(name, self.say(f"menu.{name}")) for name in MENU if self.may_open(name)],
            person=caller.name if caller is not None and caller.is_person else "",
            csrf=get_csrf(self.request),
            data_day=format_date(self.run.as_of, self.lang),
            age_days=(dt.datetime.now(dt.UTC) - self.run.finished_at).days,
            late_days=LATE_DAYS,
            stale_days=STALE_DAYS,
            charts=charts,
            chart_data=embed_charts(charts, self.lang),
            tabulate=lambda chart: tabulate_chart(chart, self.lang),
            terms=[
                tuple(t(f"glossary.{term}{part}", self.lang) for part in (".name", ""))
                for term in TERMS.get(self.name, ())
            ],
            twin=twin,
            **content,
        )
        headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": "no-store"}
        return Response(html, media_type=MediaType.HTML, headers=headers, status_code=code)

    def _write_address(self) -> str:
        """Write the address of the page as it can be saved; empty where it cannot."""
        query = urlencode(self.request.query_params.dict(), doseq=True)
        return f"{self.name}?{query}".rstrip("?") if self.name in SAVED else ""

    def may_open(self, name: str) -> bool:
        """Return whether the reader may open a page of the menu."""
        caller: Caller | None = self.request.scope.get("auth")
        rights: Mapping[str, Right] = self.request.app.state.page_rights
        return caller is None or rights[f"{HOME}/{name}"] in caller.rights

    def write_differences(self, value: float, unit: str, earlier: Sequence[float | None]) -> str:
        """Write the changes of :meth:`write_changes` in short, for a table that says their order.

        Empty where there is no earlier run.
        """
        if all(before is None for before in earlier):
            return ""
        return " · ".join(
            NOTHING if before is None else self._write_difference(value, before, unit)
            for before in earlier
        )

    def _write_difference(self, value: float, before: float, unit: str) -> str:
        if value == before:
            return "="
        return f"{'+' if value > before else MINUS}{self.write(abs(value - before), unit)}"

    def say_since(self, since: str) -> str:
        """Say since when a number changed: a period by its name, else the day of that run."""
        if since in PERIODS:
            return self.say(f"since.{since}")
        return self.say("since.day", day=self.compared_days[since])

    def write_change(self, value: float, before: float, unit: str, then: str) -> str:
        """Write by how much a value changed; ``then`` says since when."""
        if value == before:
            return self.say("change.none", since=then)
        if unit == "share":
            sign = "+" if value > before else MINUS
            points = format_number(abs(value - before) * 100, self.lang, 1)
            return self.say("change.points", change=f"{sign}{points}", since=then)
        change = self._write_difference(value, before, unit)
        return self.say("change.amount", change=change, since=then)


async def open_page(request: AnyRequest, name: str, lang: str | None) -> tuple[Page, Results]:
    """Begin a page of the published run.

    Raises
    ------
    StoreError
        Nothing is published yet.
    """
    results = get_results(request)
    run = await results.read_run()
    return Page(request, name, run, check_language(request, lang)), results


def title_answer(answer: Answer | None, otherwise: str) -> tuple[str, str]:
    """Return a page's title and what it says below, from the answer's number and headline."""
    if answer is None:
        return otherwise, ""
    if answer.value is None:
        return answer.headline.replace("`", "").removesuffix("."), ""
    return f"{answer.value.text} {answer.value.label}", answer.headline.replace("`", "")


def explain_store_error(request: AnyRequest, error: StoreError) -> Response[str]:
    """Say in words that nothing is published yet, or that it cannot be read at the moment."""
    lang = choose_language(request, request.query_params.get("lang"))
    root = "../" * (request.scope["path"].count("/") - 1)
    if str(error.what) in NOTHING_YET:
        return render_empty(lang, t("serving.no_results", lang), status=503, root=root)
    other, is_earlier = OTHER[lang], OTHER_BUILD in str(error.what)
    query = {**request.query_params.dict(), "lang": [other]}
    html = (
        load_environment()
        .get_template("unready.html")
        .render(
            title=t("dashboard.unready", lang),
            text=t("dashboard.unready.earlier" if is_earlier else "dashboard.unready.text", lang),
            again=t("dashboard.unready.again", lang),
            lang=lang.replace("_", "-"),
            other_lang=other.replace("_", "-"),
            other_language=f"?{urlencode(query, doseq=True)}",
            say=lambda key: t(f"dashboard.{key}", lang),
            root=root,
        )
    )
    headers = {"content-security-policy": CONTENT_SECURITY_POLICY, "retry-after": "5"}
    return Response(html, media_type=MediaType.HTML, headers=headers, status_code=503)


def find_start(caller: Caller | None) -> str:
    """Return the first page that a caller may open, as seen from our first path."""
    if caller is None or "aggregates" in caller.rights:
        return "app/today"
    return "app/customer" if "person" in caller.rights else "app/account"


@read(HOME, right=ANY, sync_to_thread=False)
def redirect_to_start(request: AnyRequest) -> Redirect:
    """Redirect to the first page that the reader may open, in the language asked for."""
    caller: Caller | None = request.scope.get("auth")
    lang = request.query_params.get("lang")
    return Redirect(find_start(caller) + (f"?{urlencode({'lang': lang})}" if lang else ""))


@read(HOME + "/static/{name:str}", sync_to_thread=False)
def show_file(name: FromPath[str]) -> Response[bytes]:
    """Return the style sheet or a script of the dashboard."""
    if name not in FILES:
        raise NotFoundProblem("there is no such file", where=name)
    media, path = FILES[name]
    headers = {"cache-control": "public, max-age=86400"}
    return Response(_read_file(path), media_type=media, headers=headers)


@cache
def _read_file(path: str) -> bytes:
    return (resources.files("clientela.serving.dashboard") / "static" / path).read_bytes()


@cache
def load_environment() -> Environment:
    """Return the templates of the pages."""
    loader = PackageLoader("clientela.serving.dashboard")
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["style_box"] = style_box
    return environment
