"""The programme's rule with other thresholds: whom it would hold now, and what that would cost."""

from typing import Any, cast
from urllib.parse import urlencode

from litestar import Response

from clientela.contract.features import find_feature
from clientela.errors import InputError, StoreError
from clientela.serving.dashboard.frame import HOME, Page, explain_store_error, open_page
from clientela.serving.filtering import get_filters
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.store.filter_text import read_filter
from clientela.store.read import Row

WIDEST = 3  # by convention: a rule three times as strict is another programme
STEPS = 60  # by convention: a pixel or two of a slider a step
IN = "insider in ('member', 'leaving')"


@read(
    HOME + "/insiders/effect", right="lists", exception_handlers={StoreError: explain_store_error}
)
async def show_effect(request: AnyRequest, lang: LangQuery = None) -> Response[str]:
    """Show what other thresholds would change, while they are being chosen."""
    page, results = await open_page(request, "effect", lang)
    rules = await results.ask(lambda reader: reader.table("programme_conditions").content)
    return page.respond("", effect=await find_effect(page, results, rules))


def list_sliders(page: Page, rules: list[Row]) -> list[dict[str, Any]]:
    """List the conditions to enter with their thresholds, those of the address or of the run."""
    sliders = []
    for row in rules:
        if row["kind"] != "entry" or row["feature"] is None or row["value"] is None:
            continue
        name, value = str(row["feature"]), cast(float, row["value"])
        step = float(f"{value * WIDEST / STEPS:.1g}")
        whole = find_feature(name).unit != "amount" or value >= STEPS
        step = max(round(step), 1) if whole else step
        least = round(value % step, 6)  # a slider counts from there, and meets the run's threshold
        sliders.append(
            {
                "name": name,
                "label": page.name_feature(name),
                "operator": row["operator"],
                "value": _read_threshold(page, name, value),
                "step": step,
                "least": least,
                "most": least + step * STEPS,
            }
        )
    return sliders


def _read_threshold(page: Page, name: str, otherwise: float) -> float:
    try:
        value = float(page.request.query_params.get(name) or otherwise)
    except ValueError:
        return otherwise
    return value if 0 <= value <= otherwise * WIDEST * 2 else otherwise


async def find_effect(page: Page, results: Results, rules: list[Row]) -> dict[str, Any] | None:
    """Count whom the thresholds of the address would hold, let in and take out.

    None where the run has no rule to change.
    """
    sliders = list_sliders(page, rules)
    if not sliders:
        return None
    texts = [f"{each['name']} {each['operator']} {each['value']:g}" for each in sliders]
    names = [each["name"] for each in sliders]
    rule = " and ".join(texts)
    filters = {
        "held": rule,
        "entering": f"{rule} and not {IN}",
        "leaving": f"{IN} and not ({rule})",
    }
    store = get_filters(page.request)
    counts = {
        name: (await store.count(page.request, read_filter(text))).content
        for name, text in filters.items()
    }
    case = await results.ask(lambda reader: reader.table("programme_case").content)
    benefit = cast("float | None", case[0]["benefit_share"]) if case else None
    held = counts["held"]
    expected = cast(float, held["expected_revenue"] or 0.0)
    # Arrow would cost every server 100 MB at its start.
    from clientela.insiders.score.rule import ProgrammeRule, parse_condition

    try:
        conditions = tuple(parse_condition(text, tuple(names)) for text in texts)
        sentence = ProgrammeRule(conditions).sentence(page.lang, page.run.currency)
    except InputError:
        sentence = rule
    return {
        "sentence": sentence,
        "lists": [
            (
                page.say(f"effect.{name}", count=page.write(counts[name]["customers"], "count")),
                page.link("customers", filter=text),
            )
            for name, text in filters.items()
        ],
        "share": page.write(cast(int, held["customers"]) / max(page.run.customers, 1), "share"),
        "expected": page.write(expected, "amount"),
        "cost": page.write(expected * benefit, "amount") if benefit is not None else "",
        "twin": f"../v1/filters/count?{urlencode({'filter': rule})}",
        "command": "clientela programme propose " + " ".join(f"--enter '{text}'" for text in texts),
    }
