"""Products: what brings the revenue, what good customers begin with, what goes together."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from litestar import Response
from litestar.params import FromQuery

from clientela.serving.dashboard.comparison import read_earlier
from clientela.serving.dashboard.frame import HOME, Page, open_page
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.request import LangQuery
from clientela.serving.results import Results
from clientela.serving.routes.products import read_products, read_unsold
from clientela.serving.small_groups import hides_small, is_small
from clientela.store.filters import Condition, FilterGroup, Negation, write_filter
from clientela.store.read import Row

ROWS = 30  # by convention: a screen or two; the API has all
SORTS = ("revenue", "customers", "repeat_share", "first_customers", "first_returned_share")
UNITS = {
    "revenue": "amount",
    "revenue_share": "share",
    "customers": "count",
    "repeat_share": "share",
    "first_customers": "count",
    "first_returned_share": "share",
    "insiders": "count",
}
CHANGING = ("revenue", "customers")  # what of a family is compared with earlier runs
LEAST_BEGINNERS = 30  # by convention: a share of fewer who began with it is chance
MOST_PRODUCTS = 200  # by convention: an address of 2,000 characters, which every proxy lets by


@read(HOME + "/products", right="aggregates")
async def show_products(
    request: AnyRequest, sort: FromQuery[str] = SORTS[0], lang: LangQuery = None
) -> Response[str]:
    """Show what brings the revenue, what customers begin with, and what goes together."""
    page, results = await open_page(request, "products", lang)
    families, pairs = await results.ask(lambda reader: read_products(request, reader))
    earlier = await read_earlier(page, results, "products", "family")
    sort = sort if sort in SORTS else SORTS[0]
    members = {row["family"]: cast(list[str], row["product_ids"]) for row in families}
    ranked = sorted(families, key=lambda row: _rank(row, sort), reverse=True)
    return page.respond(
        _write_title(page, families),
        twin="../v1/products",
        finding=_find_beginning(page, families),
        compared=f" {page.say('compare.then')} ".join(map(page.say_since, page.compared)),
        sort=sort,
        columns=[
            (name, page.say(f"products.{name}"), page.link("products", sort=name)) for name in UNITS
        ],
        sortable=SORTS,
        rows=[_build_family(page, row, earlier) for row in ranked[:ROWS]],
        pairs=[_build_pair(page, row, members) for row in pairs],
        unsold=await _find_unsold(page, results),
    )


async def _find_unsold(page: Page, results: Results) -> tuple[str, list[dict[str, Any]]]:
    """Find what rests on the shelf, and say since when; nothing where no run is old enough."""
    _, since, rows = await results.ask(partial(read_unsold, page.request), long=True)
    if since is None:
        return "", []
    day = page.write(since)
    return page.say("products.unsold", day=day), [_build_unsold(page, row) for row in rows[:ROWS]]


def _build_unsold(page: Page, row: Row) -> dict[str, Any]:
    buyers = _ask_bought(cast(list[str], row["product_ids"]), ())
    cells = [page.write(row[name], UNITS[name]) for name in ("revenue", "customers")]
    may_list = buyers and page.may("lists")
    return {
        "name": row["name"],
        "link": page.link("customers", filter=buyers) if may_list else "",
        "cells": cells,
    }


def _write_changes(page: Page, row: Row, name: str, earlier: Sequence[Mapping[object, Row]]) -> str:
    """Write how a number of a family changed; beside few buyers not for who may not see them."""
    before = [rows.get(row["family"]) for rows in earlier]
    hides = hides_small(page.request)
    values = [
        None if old is None or (hides and is_small(old["customers"])) else cast(float, old[name])
        for old in before
    ]
    return page.write_differences(cast(float, row[name]), UNITS[name], values)


def _rank(row: Row, name: str) -> float:
    """Return what a family is sorted by; a share of few who began with it comes last."""
    too_few = name == "first_returned_share" and cast(int, row["first_customers"]) < LEAST_BEGINNERS
    return -1.0 if too_few or row[name] is None else float(cast(float, row[name]))


def _write_title(page: Page, families: Sequence[Row]) -> str:
    if not families:
        return page.say("products.none")
    first = families[0]
    share = page.write(first["revenue_share"], "share")
    return page.say("products.title", name=first["name"], share=share)


def _find_beginning(page: Page, families: Sequence[Row]) -> str:
    """Say with which family customers begin who come back the most."""
    best = max(families, key=lambda row: _rank(row, "first_returned_share"), default=None)
    if best is None or _rank(best, "first_returned_share") < 0:
        return ""
    return page.say(
        "products.beginning",
        name=best["name"],
        share=page.write(best["first_returned_share"], "share"),
        count=page.write(best["first_customers"], "count"),
    )


def _build_family(page: Page, row: Row, earlier: Sequence[Mapping[object, Row]]) -> dict[str, Any]:
    variants = cast(int, row["variants"])
    buyers = _ask_bought(cast(list[str], row["product_ids"]), ())
    return {
        "name": row["name"],
        "variants": page.say("products.variants", count=page.write(variants, "count"))
        if variants > 1
        else "",
        "link": page.link("customers", filter=buyers) if buyers and page.may("lists") else "",
        "cells": [
            (
                page.write(row[name], unit),
                _write_changes(page, row, name, earlier) if name in CHANGING else "",
            )
            for name, unit in UNITS.items()
        ],
    }


def _build_pair(page: Page, row: Row, members: Mapping[object, list[str]]) -> dict[str, Any]:
    first, second = members.get(row["first"], []), members.get(row["second"], [])
    filter_text = _ask_bought(first, second) if second else ""
    return {
        "names": (row["first_name"], row["second_name"]),
        "link": page.link("customers", filter=filter_text)
        if filter_text and page.may("lists")
        else "",
        "cells": [
            page.write(row["orders"], "count"),
            page.write(row["confidence"], "share"),
            page.write(row["lift"]),
        ],
    }


def _ask_bought(bought: Sequence[str], never: Sequence[str]) -> str:
    """Write the filter of who bought any of some products and none of others."""
    if not bought or len(bought) + len(never) > MOST_PRODUCTS:
        return ""
    condition = Condition("bought", "in", tuple(bought))
    if not never:
        return write_filter(condition)
    missing = Negation(Condition("bought", "in", tuple(never)))
    return write_filter(FilterGroup("and", (condition, missing)))
