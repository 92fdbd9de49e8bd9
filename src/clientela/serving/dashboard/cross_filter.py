"""One filter for the lists of a page: set by a click on a chart, told by chips, taken off again."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from clientela.errors import InputError
from clientela.serving.dashboard.builder import describe
from clientela.serving.dashboard.customers import write_count, write_error
from clientela.serving.dashboard.frame import Page
from clientela.serving.filtering import get_filters
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    Condition,
    Filter,
    FilterGroup,
    list_conditions,
    list_values,
    write_filter,
)

PARAMETER = "only"
SEGMENT = "segment"


class CrossFilter(NamedTuple):
    """What a page is narrowed to: parts in words, each with the page without it; whom it leaves.

    All is empty where the page is not narrowed; ``error`` says why a filter cannot be read.
    """

    tree: Filter | None = None
    chips: Sequence[tuple[str, str]] = ()
    customers: str = ""
    list_link: str = ""
    error: str = ""

    def narrow(self, tree: Filter) -> Filter:
        """Return a filter of whom this one leaves too."""
        return tree if self.tree is None else _join([*_split(tree), *_split(self.tree)])

    @property
    def segments(self) -> frozenset[object] | None:
        """The segments that are left; None where all are."""
        sets = [
            frozenset[object](list_values(part))
            for part in _split(self.tree)
            if isinstance(part, Condition) and part.column == SEGMENT and part.op in ("=", "in")
        ]
        return frozenset.intersection(*sets) if sets else None


async def read_cross_filter(
    page: Page, names: Mapping[int, str], columns: Collection[str] = ()
) -> CrossFilter:
    """Read what the address narrows a page to, for who may see lists.

    ``columns`` are those that the page can be narrowed by; any where there are none.
    """
    text = (page.request.query_params.get(PARAMETER) or "").strip()
    if not text or not page.may("lists"):
        return CrossFilter()
    try:
        tree = read_filter(text)
        strange = {condition.column for condition in list_conditions(tree)}.difference(columns)
        if columns and strange:
            raise InputError("this page cannot be narrowed by that", where=", ".join(strange))
        count = (await get_filters(page.request).count(page.request, tree)).content
    except InputError as error:
        return CrossFilter(error=write_error(error, page.lang))
    parts = _split(tree)
    chips = [
        (
            describe(page, part, names),
            _write_address(page, [*parts[:i], *parts[i + 1 :]]),
        )
        for i, part in enumerate(parts)
    ]
    address = page.link("customers", filter=write_filter(tree))
    return CrossFilter(tree, chips, write_count(page, count), address)


def list_narrowings(
    page: Page, cross_filter: CrossFilter, names: Sequence[tuple[str, Sequence[int]]], *charts: str
) -> list[tuple[str, str, bool, str]]:
    """List the links that narrow a page to segments, as the bars of charts by their keys do.

    Each is a name, an address, whether it is chosen, and the places in the charts that lead to it.
    """
    if not page.may("lists") or len(names) < 2:
        return []
    remaining = [
        part
        for part in _split(cross_filter.tree)
        if not isinstance(part, Condition) or part.column != SEGMENT
    ]
    links = []
    for position, (name, numbers) in enumerate(names):
        condition = Condition(SEGMENT, "=", numbers[0])
        if len(numbers) > 1:
            condition = Condition(SEGMENT, "in", tuple(numbers))
        is_chosen = cross_filter.segments == frozenset(numbers)
        cells = " ".join(f"{chart}-{position}" for chart in charts)
        links.append((name, _write_address(page, [condition, *remaining]), is_chosen, cells))
    return links


def _split(tree: Filter | None) -> list[Filter]:
    if tree is None:
        return []
    return list(tree.of) if isinstance(tree, FilterGroup) and tree.join == "and" else [tree]


def _join(parts: Sequence[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else FilterGroup("and", tuple(parts))


def _write_address(page: Page, parts: Sequence[Filter]) -> str:
    """Write the address of the page narrowed to some parts, with all else that it asks for."""
    query: dict[str, object] = {**page.request.query_params.dict()}
    query.pop(PARAMETER, None)
    if parts:
        query[PARAMETER] = write_filter(_join(parts))
    return f"{page.name}?{urlencode(query, doseq=True)}".rstrip("?")
