"""Answers to the business's questions, as plain JSON.

An answer is stored, served and drawn from the same structs. Texts are finished in one language;
the numbers of charts are bare, with the format in which the page writes them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

import msgspec

MOST_COHORTS = 18  # the latest; more rows do not fit on a printed page
MOST_MONTHS_AFTER = 12  # by convention: a year; more columns do not fit on a phone
LEAST_COHORT = 10
"""Customers of a cohort of which a share is shown; by convention: one of them moves it 10 %."""

Format = Literal["number", "decimal", "money", "share", "index", "month", "text"]
Kind = Literal[
    "columns",
    "bars",
    "lines",
    "points",
    "heat",
    "intervals",
    "silhouettes",
    "flow",
    "treemap",
]
Part = Literal["summary", "business", "models"]
"""For whom an answer is: whoever reads three sentences, the business, or the models' keepers."""
Tone = int | Literal["accent", "quiet", "signal"]
"""The colour of a series: that of a segment by its place, the accent, a grey or the signal."""

Point = tuple[float, float]
Item = TypeVar("Item")


class Figure(msgspec.Struct, frozen=True):
    """The number that answers, as it is written, as it is, and what it counts."""

    text: str
    label: str
    number: float | None = None


class Axis(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an axis measures and how its numbers are written."""

    title: str = ""
    format: Format = "number"


class Series(msgspec.Struct, frozen=True, omit_defaults=True):
    """Numbers that are drawn alike.

    Parameters
    ----------
    name : str
        What they are.
    values : tuple
        One a category (null: unknown), or pairs of x and y in ``lines`` and ``points``.
    low, high : tuple
        Ends of the intervals, in ``intervals`` and ``lines`` alone.
    tone : Tone
        The colour.
    pale : tuple of int
        Places of values that are not complete, drawn paler.
    line : bool
        Whether it is a line over the columns of a chart of ``columns``.
    """

    name: str
    values: tuple[float | Point | None, ...]
    low: tuple[float | None, ...] = ()
    high: tuple[float | None, ...] = ()
    tone: Tone = "accent"
    pale: tuple[int, ...] = ()
    line: bool = False


class Mark(msgspec.Struct, frozen=True):
    """A named place on the x axis, or on the value axis of bars and intervals."""

    at: float
    label: str


class Chart(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture, described without a word of the library that draws it.

    Parameters
    ----------
    key : str
        Its name, unique in a report.
    title : str
        The finding.
    kind : Kind
        How it is drawn; in ``heat`` each series is a row, in ``flow`` where something comes from.
        In ``treemap`` the first series is the areas, the second, if any, what colours them.
    categories : tuple of str
        Labels of the values; days of format ``month`` as YYYY-MM-DD.
    category, value : Axis
        The axes; in ``lines`` and ``points`` those of x and y, in ``treemap`` of colour and area.
    series : tuple of Series
        The numbers.
    marks : tuple of Mark
        Places worth a line.
    stacked : bool
        Whether series add up.
    centre : float, optional
        The neutral value of a ``heat``; without it colours run from 0 upwards.
    floating : bool
        Whether the value axis of ``lines`` begins where the values do rather than at zero.
    note : str
        How to read it.
    currency : str, optional
        ISO 4217 code of numbers of format ``money``; bare numbers without it.
    """

    key: str
    title: str
    kind: Kind
    series: tuple[Series, ...]
    categories: tuple[str, ...] = ()
    category: Axis = Axis(format="text")
    value: Axis = Axis()
    marks: tuple[Mark, ...] = ()
    stacked: bool = False
    centre: float | None = None
    floating: bool = False
    note: str = ""
    currency: str | None = None


class AnswerColumn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A column of a table; numbers stand to the right."""

    name: str
    numeric: bool = False


class AnswerTable(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rows of finished texts.

    Parameters
    ----------
    key : str
        Its name, unique in a report.
    title : str
        What it shows.
    columns : tuple of Column
        Names, and which hold numbers.
    rows : tuple of tuple of str
        The cells.
    strong : tuple of int
        Places of the rows that stand out.
    note : str
        What else to know.
    folded : bool
        Whether the page shows it only on a click.
    """

    key: str
    title: str
    columns: tuple[AnswerColumn, ...]
    rows: tuple[tuple[str, ...], ...]
    strong: tuple[int, ...] = ()
    note: str = ""
    folded: bool = False


class AnswerDownload(msgspec.Struct, frozen=True):
    """A list to take away; ``name`` is that of the API and of ``clientela export``."""

    name: str
    label: str


class Answer(msgspec.Struct, frozen=True):
    """The answer to one question, in one language.

    Parameters
    ----------
    key : str
        The question's name, the same in all languages.
    question : str
        As the business asks it.
    headline : str
        The answer in a sentence.
    paragraphs : tuple of str
        The rest of the text.
    value : Figure, optional
        The number that answers; none where nothing can be measured.
    charts : tuple of Chart
        The pictures.
    tables : tuple of Table
        The evidence.
    caveat : str
        What the answer does not say.
    downloads : tuple of Download
        Lists that belong to it.
    part : Part
        For whom it is; what is for the models' keepers stands folded at the end of the page.
    """

    key: str
    question: str
    headline: str
    paragraphs: tuple[str, ...] = ()
    value: Figure | None = None
    charts: tuple[Chart, ...] = ()
    tables: tuple[AnswerTable, ...] = ()
    caveat: str = ""
    downloads: tuple[AnswerDownload, ...] = ()
    part: Part = "business"


def build_intervals(
    name: str, rows: Sequence[Mapping[str, Any]], field: str, tone: Tone = "accent"
) -> Series:
    """Return a field of rows with the ends of its intervals, ``low`` and ``high``."""
    values, low, high = (tuple(row[column] for row in rows) for column in (field, "low", "high"))
    return Series(name, values, low, high, tone)


def drop_absent(parts: Iterable[Item | None]) -> tuple[Item, ...]:
    """Return the texts, charts or tables that are there.

    Examples
    --------
    >>> drop_absent(["One.", "", None])
    ('One.',)
    """
    return tuple(part for part in parts if part)
