"""Groups so small that a person could be recognised, taken out of what a viewer sees."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from clientela.contract.access import SMALLEST_GROUP, Caller
from clientela.report.answer import Answer, AnswerTable, Chart, Series
from clientela.serving.problems import AnyRequest
from clientela.store.read import Row

_FEW_PEOPLE = re.compile(
    r"\b[1-4] (\w+ )?(customer|client|member|membro|person|people|pessoa)", re.IGNORECASE
)

_COUNT = re.compile(r"\d{1,3}([.,]\d{3})*")


def hides_small(request: AnyRequest) -> bool:
    """Return whether who asks may not see small groups."""
    caller: Caller | None = request.scope.get("auth")
    return caller is not None and "small_groups" not in caller.rights


def is_small(count: object) -> bool:
    """Return whether a group of so many customers is hidden; an empty one tells of nobody.

    Examples
    --------
    >>> [is_small(count) for count in (0, 1, 4, 5, None)]
    [False, True, True, False, False]
    """
    return isinstance(count, int | float) and 0 < count < SMALLEST_GROUP


def find_hidden(counts: Sequence[object], others: Collection[int] = ()) -> set[int]:
    """Return the positions of the parts of a whole that are hidden from who knows its size.

    A small part alone would be the whole less the others, so the next ones in size are hidden with
    it, until those hidden are two and together no small group. ``others`` are hidden anyway.

    Examples
    --------
    >>> find_hidden([40, 3, 9, 0]), find_hidden([3, 4, 40]), find_hidden([40, 9])
    ({1, 2}, {0, 1}, set())
    """
    parts = {index: count for index, count in enumerate(counts) if isinstance(count, int | float)}
    hidden = {index for index, count in parts.items() if is_small(count)}
    if not hidden:
        return {*others}
    hidden |= {*others}
    for index in sorted(parts, key=lambda place: parts[place]):
        if len(hidden) > 1 and sum(parts.get(other, 0) for other in hidden) >= SMALLEST_GROUP:
            break
        if parts[index] > 0:
            hidden.add(index)
    return hidden


def keep_parts(request: AnyRequest, rows: Sequence[Row], count: str = "customers") -> list[Row]:
    """Return the rows that who asks may see, each a part of one whole whose size they may know."""
    hidden = find_hidden([row[count] for row in rows]) if hides_small(request) else set()
    return [row for index, row in enumerate(rows) if index not in hidden]


def keep_large(request: AnyRequest, rows: Sequence[Row]) -> list[Row]:
    """Return the rows that who asks may see, each of a group of ``customers`` by itself."""
    hides = hides_small(request)
    return [row for row in rows if not (hides and is_small(row["customers"]))]


def hide_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts with none of a small group: nobody, as far as a viewer can tell."""
    return {name: 0 if is_small(count) else count for name, count in counts.items()}


def find_small_names(segments: Sequence[Row]) -> frozenset[str]:
    """Return the names, in each language, of segments that are hidden."""
    hidden = find_hidden([row["customers"] for row in segments])
    return frozenset(
        str(segments[index][name]) for index in hidden for name in ("name_en", "name_pt_br")
    )


def hide_in_answers(contents: Sequence[Any], small_names: frozenset[str]) -> list[Answer]:
    """Take small groups out of the report: their rows, their values, and texts that count them.

    A whole number below five may count something else than customers; that it is hidden too harms
    nobody.
    """
    answers = msgspec.convert(list(contents), list[Answer])
    return [_hide_in_answer(answer, small_names) for answer in answers]


def _hide_in_answer(answer: Answer, small_names: frozenset[str]) -> Answer:
    texts = [text for text in answer.paragraphs if not _mentions(text, small_names)]
    value = answer.value
    hidden = value is not None and is_small(value.number)
    return msgspec.structs.replace(
        answer,
        headline="" if hidden or _mentions(answer.headline, small_names) else answer.headline,
        paragraphs=tuple(texts),
        value=None if hidden else value,
        charts=tuple(_hide_in_chart(chart, small_names) for chart in answer.charts),
        tables=tuple(_hide_in_table(table, small_names) for table in answer.tables),
        downloads=(),
    )


def _mentions(text: str, small_names: frozenset[str]) -> bool:
    return any(name in text for name in small_names) or bool(_FEW_PEOPLE.search(text))


def _read_count(cell: str) -> int | None:
    """Return the whole number of a cell, with thousands in groups; None for what counts nothing."""
    return int(re.sub("[.,]", "", cell)) if _COUNT.fullmatch(cell) else None


def _hide_in_table(table: AnswerTable, small_names: frozenset[str]) -> AnswerTable:
    hidden = {index for index, row in enumerate(table.rows) if small_names.intersection(row)}
    for position, column in enumerate(table.columns):
        if column.numeric:
            counts = [_read_count(row[position]) for row in table.rows]
            hidden = find_hidden(counts, hidden)
    rows = tuple(row for index, row in enumerate(table.rows) if index not in hidden)
    strong = table.strong if len(rows) == len(table.rows) else ()
    return msgspec.structs.replace(table, rows=rows, strong=strong)


def _hide_in_chart(chart: Chart, small_names: frozenset[str]) -> Chart:
    if small_names & {chart.title, *(series.name for series in chart.series)}:
        return msgspec.structs.replace(chart, series=(), title="", note="")
    places = {position for position, name in enumerate(chart.categories) if name in small_names}
    series = tuple(_hide_in_series(series, places) for series in chart.series)
    return msgspec.structs.replace(chart, series=series)


def _hide_in_series(series: Series, places: set[int]) -> Series:
    series_values = [
        value if isinstance(value, int | float) and float(value).is_integer() else None
        for value in series.values
    ]
    hidden = find_hidden(series_values, places)
    values = tuple(None if index in hidden else value for index, value in enumerate(series.values))
    return msgspec.structs.replace(series, values=values)
