"""What the values of a column tell of how its numbers are written."""

from collections.abc import Mapping
from typing import Any, Literal

import ibis.expr.types as ir

from clientela.errors import DecisionNeeded, MappingError
from clientela.mapping.formats import NumberFormat
from clientela.mapping.numbers import PLAIN, core, patterns

Decimal = Literal[".", ","]
TYPED = NumberFormat(plain=True)  # text written from numbers
NAMES: Mapping[Decimal, str] = {".": "point", ",": "comma"}
WHOLE, UNGROUPED = r"^[0-9]{1,3}$", r"^[1-9][0-9]{3,}$"
# One decimal in ten ends in a zero that would not be written, or not alone be written: that none of
# so many figures has less than three digits behind its mark has a chance below 1 % (0.9^44).
LEAST_IN_THREES = 44


def number_evidence(x: ir.StringValue) -> dict[str, ir.Scalar]:
    """Return the measures of distinct values that :func:`number_formats` decides by."""
    plain = x.re_search(PLAIN)
    bare = plain.ifelse(x, core(x))
    measures: dict[str, ir.Scalar] = {"values": x.count(), "plain": plain.sum()}
    measures["whole"] = bare.re_search(WHOLE).sum()
    measures["ungrouped"] = bare.re_search(UNGROUPED).sum()
    for mark, name in NAMES.items():
        form = patterns(mark)
        unsure = bare.re_search(form["unsure"])
        measures[f"{name}_unsure"] = x.min(where=unsure)
        measures[f"{name}_in_threes"] = unsure.sum()
        measures[name] = x.min(where=bare.re_search(form["sure"]) & ~unsure)
    return measures


def number_formats(
    measures: Mapping[str, Mapping[str, Any]], user_mark: Decimal | None
) -> dict[str, NumberFormat]:
    """Decide the format of each number column of a source.

    A column that tells nothing is written as the other columns of its file.

    Parameters
    ----------
    measures : mapping
        The measures of :func:`number_evidence` for each column.
    user_mark : "." or ",", optional
        What the user says (``source.decimal``).

    Raises
    ------
    DecisionNeeded
        A column fits both decimal marks and no other column tells.
    MappingError
        A column holds numbers of both decimal marks.
    """
    marks = {column: user_mark or _find_mark(column, facts) for column, facts in measures.items()}
    elsewhere = {mark for mark in marks.values() if mark is not None}
    decided = {}
    for column, facts in measures.items():
        mark = marks[column] or _borrow_mark(column, facts, elsewhere)
        plain = mark == "." and facts["plain"] == facts["values"]
        decided[column] = NumberFormat(mark, plain)
    return decided


def _find_mark(column: str, facts: Mapping[str, Any]) -> Decimal | None:
    """Return the decimal mark that a column's own values tell."""
    if facts["point"] and facts["comma"]:
        raise MappingError(
            f"numbers are written in two ways: {facts['point']!r} and {facts['comma']!r}",
            where=f"column {column}",
            do="write them in one way, or set source.decimal and lose the others",
        )
    if facts["point"] or facts["comma"]:
        return "." if facts["point"] else ","
    return find_groups(facts)


def find_groups(facts: Mapping[str, Any]) -> Decimal | None:
    """Return the decimal mark where whole figures show that the other one groups thousands.

    Those below 1,000 have no mark, and all beyond have three digits behind one.
    """
    if facts["whole"] and not facts["ungrouped"]:
        threes = facts["point_in_threes"] or 0, facts["comma_in_threes"] or 0
        if min(threes) == 0 and max(threes) >= LEAST_IN_THREES:
            return "," if threes[0] else "."
    return None


def _borrow_mark(column: str, facts: Mapping[str, Any], elsewhere: set[Decimal]) -> Decimal:
    """Return the mark of the file's other columns to a column that tells none."""
    if len(elsewhere) == 1:
        return next(iter(elsewhere))
    unsure = facts["point_unsure"] or facts["comma_unsure"]
    if unsure is None:
        return "."
    raise DecisionNeeded(
        f"{unsure!r} may be a number with thousands or one with decimals, and no value tells",
        where=f"column {column}",
        do='set source.decimal to "." or ","',
    )
