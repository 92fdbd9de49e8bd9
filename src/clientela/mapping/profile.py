"""Column profile: what the values of a sample are, by the run's own parsers."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping import dates
from clientela.mapping.formats import DateFormat
from clientela.mapping.headings import IDS, NUMBERED, words
from clientela.mapping.numbers import PLAIN, patterns, read_number, strip_number
from clientela.mapping.sniff_dates import WAYS, date_format, measure_dates
from clientela.mapping.sniff_numbers import UNGROUPED, WHOLE, find_groups, number_formats

Values = Sequence[str | None]
Floats = npt.NDArray[np.float64]
# By convention: a column is of a kind where four values of five are, for exports hold notes.
OF_A_KIND = 0.8
DATED = frozenset(
    {"data", "date", "fecha", "timestamp", "datetime", "created", "criado", "creado", "dia", "day",
     "when", "quando", "hora", "time", "emissao", "at"}
)  # fmt: skip
CLOCK = re.compile(
    r"(?:1899-12-3[01] |1900-01-0[01] )?"
    r"([01]?\d|2[0-3])[:hH][0-5]\d(:[0-5]\d)?( ?[AaPp]\.?[Mm]\.?)?"
)


@dataclass(frozen=True)
class ColumnProfile:
    """A column of a sample: its values, and what they read as.

    ``date`` and ``decimal`` are None where the values are no dates and no numbers.
    """

    name: str
    values: tuple[str | None, ...]
    date: DateFormat | None = None
    decimal: str | None = None

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the heading, written out; "desc." of numbers is a discount."""
        full = words(self.name)
        return full - {"descricao"} | {"desconto"} if self._abbreviates_discount else full

    @property
    def _abbreviates_discount(self) -> bool:
        return self.decimal is not None and bool(re.search(r"(?i)\bdesc\b", self.name))

    @cached_property
    def distinct(self) -> frozenset[str]:
        """The distinct values."""
        return frozenset(value for value in self.values if value is not None)

    @cached_property
    def coverage(self) -> float:
        """The share of rows that hold a value."""
        return sum(value is not None for value in self.values) / max(len(self.values), 1)

    @cached_property
    def moments(self) -> tuple[dt.datetime | None, ...]:
        """The values as dates."""
        form = self.date
        if form is None:
            return (None,) * len(self.values)
        return tuple(None if v is None else dates.read_moment(v, form) for v in self.values)

    @cached_property
    def numbers(self) -> Floats:
        """The values as numbers; NaN where there is none."""
        mark = self.decimal or "."
        read = [None if value is None else read_number(value, mark) for value in self.values]
        return np.array([np.nan if value is None else float(value) for value in read])

    @property
    def is_clock(self) -> bool:
        """Whether the values are times of the day."""
        return bool(self.distinct) and all(CLOCK.fullmatch(value) for value in self.distinct)

    @cached_property
    def is_whole(self) -> bool:
        """Whether nearly all numbers are whole."""
        numbers = self.numbers[~np.isnan(self.numbers)]
        return len(numbers) > 0 and bool(np.mean(numbers == np.round(numbers)) > 0.97)


def profile_columns(columns: Sequence[str], rows: Sequence[Values]) -> dict[str, ColumnProfile]:
    """Profile the columns of a sample.

    Examples
    --------
    >>> rows = [("04/13/2024", "R$ 1,50"), ("04/14/2024", "R$ 2,00")]
    >>> day, paid = profile_columns(["Data", "Valor"], rows).values()
    >>> day.date.order, paid.decimal, paid.numbers.tolist()
    ('mdy', ',', [1.5, 2.0])
    """
    texts = [
        ColumnProfile(name, tuple((row[index] or "").strip() or None for row in rows))
        for index, name in enumerate(columns)
    ]
    marks = _decimals(texts)
    profiles = {
        text.name: replace(text, date=_date_of(text), decimal=marks.get(text.name))
        for text in texts
    }
    return _find_counted_dates(profiles)


def _decimals(texts: Sequence[ColumnProfile]) -> dict[str, str]:
    """Decide the decimal marks of the columns of numbers, as the run does."""
    evidence = {text.name: _number_evidence(sorted(text.distinct)) for text in texts}
    numeric = {name: facts for name, facts in evidence.items() if facts["share"] >= OF_A_KIND}
    marks: dict[str, str] = {}
    for name, facts in numeric.items():
        try:
            marks[name] = number_formats({name: facts}, None)[name].decimal
        except (DecisionNeeded, MappingError):
            marks[name] = "?"
    certain = {n for n, f in numeric.items() if f["point"] or f["comma"] or find_groups(f)}
    sure = {marks[n] for n in certain if marks[n] != "?"}
    borrowed = next(iter(sure)) if len(sure) == 1 else "."
    unsure = [n for n in numeric if n not in certain]
    marks |= dict.fromkeys(unsure, borrowed)
    return {name: "." if mark == "?" else mark for name, mark in marks.items()}


def _number_evidence(values: Sequence[str]) -> dict[str, Any]:
    """Return the measures of :func:`number_evidence` for a sample, and the share of numbers."""
    bare = [re.sub(r"^[-+(]+|[-)]+$", "", strip_number(value)) for value in values]
    facts: dict[str, Any] = {
        "values": len(values),
        "plain": sum(bool(re.search(PLAIN, value)) for value in values),
        "whole": sum(bool(re.search(WHOLE, value)) for value in bare),
        "ungrouped": sum(bool(re.search(UNGROUPED, value)) for value in bare),
    }
    readable = 0
    for mark, name in ((".", "point"), (",", "comma")):
        form = patterns(mark)
        unsure = [v for v, b in zip(values, bare, strict=True) if re.search(form["unsure"], b)]
        sure = [
            v
            for v, b in zip(values, bare, strict=True)
            if b and re.search(form["sure"], b) and v not in unsure
        ]
        facts[f"{name}_in_threes"] = len(unsure)
        facts[f"{name}_unsure"], facts[name] = min(unsure, default=None), min(sure, default=None)
        readable = max(readable, sum(read_number(value, mark) is not None for value in values))
    return facts | {"share": readable / len(values) if values else 0.0}


def _date_of(text: ColumnProfile) -> DateFormat | None:
    """Decide how a column writes dates; None where it holds none, or bare counts."""
    measures = measure_dates(sorted(text.distinct))
    try:
        form = date_format(measures, text.name, None)
    except (DecisionNeeded, MappingError):
        if not any(measures[way] for way in WAYS):
            return None
        form = date_format(measures, text.name, "dmy")
    shapes = {form.shape, *[other.shape for other in form.further]}
    if not text.distinct or shapes <= dates.DIGITS.keys():
        return None
    written = [p for p, shape, _ in WAYS.values() if shape not in dates.DIGITS or shape in shapes]
    fitting = sum(any(re.search(p, value) for p in written) for value in text.distinct)
    if form.shape == "compact":
        fitting = sum(dates.read_moment(value, form) is not None for value in text.distinct)
    least = 1.0 if form.shape == "compact" else OF_A_KIND
    return form if fitting >= least * len(text.distinct) else None


def _find_counted_dates(profiles: dict[str, ColumnProfile]) -> dict[str, ColumnProfile]:
    """Take counts of days or seconds for dates where the heading says so or no other date is."""
    written = any(profile.date is not None for profile in profiles.values())
    for name, profile in profiles.items():
        if profile.date is not None or not profile.distinct or profile.words & (IDS | NUMBERED):
            continue
        shapes = [
            shape
            for shape, pattern in dates.DIGITS.items()
            if all(re.search(pattern, value) for value in profile.distinct)
        ]
        if shapes and (profile.words & DATED or (not written and len(profile.distinct) > 1)):
            form = DateFormat(shapes[0], zoned=shapes[0] in dates.INSTANTS)
            profiles[name] = replace(profile, date=form, decimal=None)
    return profiles
