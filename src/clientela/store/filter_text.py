"""Read a filter's text, by a grammar that holds nothing else."""

import re
from functools import cache
from typing import Any

import parsy

from clientela.errors import InputError
from clientela.store.filter_attributes import PREFIX, read_attribute, unquote_name
from clientela.store.filters import (
    EXPERIMENTS,
    LONGEST_TEXT,
    PAST,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    check_filter,
    refuse_depth,
)


def read_filter(text: str) -> Filter:
    """Read and check a filter.

    Raises
    ------
    InputError
        The text is no filter, or asks for what there is not.

    Examples
    --------
    >>> read_filter("orders >= 3 and not insider = 'member'").join
    'and'
    """
    if len(text) > LONGEST_TEXT:
        raise InputError(
            f"the filter is longer than {LONGEST_TEXT} characters",
            where="filter",
            do="use 'in' for many values of a column",
        )
    try:
        tree: Filter = _build_grammar().parse(text.strip())
    except RecursionError:
        raise refuse_depth() from None
    except parsy.ParseError as error:
        rest = text.strip()[error.index : error.index + 40]
        raise InputError(
            f"the filter cannot be read from here on: {rest!r}",
            where="filter",
            do="write: segment = 2 and (orders > 3 or insider in ('member', 'leaving'))",
        ) from None
    check_filter(tree)
    return tree


@cache
def _build_grammar() -> parsy.Parser:
    space = parsy.regex(r"\s*")

    def token(pattern: str) -> parsy.Parser:
        return parsy.regex(pattern) << space

    def word(text: str) -> parsy.Parser:
        return token(rf"(?i:{text})\b")

    number = token(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?(?![\w-])").map(_read_number)
    day = token(r"\d{4}-\d{2}-\d{2}")
    text = token(r"'(?:[^']|'')*'").map(lambda quoted: quoted[1:-1].replace("''", "'"))
    constant = word("true").result(True) | word("false").result(False) | word("null").result(None)
    value = day | number | text | constant
    values = token(r"\(") >> value.sep_by(token(","), min=1).map(tuple) << token(r"\)")
    reserved = r"(?!(?:and|or|not|in|is|null|true|false)\b)"
    attribute = token(rf'{re.escape(PREFIX)}(?:[^\W\d]\w*|"(?:[^"]|"")+")').map(
        lambda text: f"{PREFIX}{read_attribute(text)}"
    )
    experiment = token(rf'{re.escape(EXPERIMENTS)}(?:[^\W\d]\w*|"(?:[^"]|"")+")').map(
        lambda text: EXPERIMENTS + unquote_name(text.removeprefix(EXPERIMENTS))
    )
    past = token(rf"{re.escape(PAST)}[\w-]+\.[A-Za-z_]\w*")
    column = attribute | experiment | past | token(rf"(?i:{reserved})[A-Za-z_]\w*")
    operator = token(r"!=|<>|<=|>=|=|<|>").map(lambda sign: "!=" if sign == "<>" else sign)
    compared = parsy.seq(column, operator, value).combine(Condition)
    among = parsy.seq(column, word("in").result("in"), values).combine(Condition)
    not_among = parsy.seq(column << word("not"), word("in").result("in"), values).combine(
        lambda *parts: Negation(Condition(*parts))
    )
    absent = (column << word("is") << word("null")).map(lambda name: Condition(name, "=", None))
    present = (column << word("is") << word("not") << word("null")).map(
        lambda name: Condition(name, "!=", None)
    )
    expression = parsy.forward_declaration()
    part = parsy.forward_declaration()
    part.become(
        (word("not") >> part).map(Negation)
        | (token(r"\(") >> expression << token(r"\)"))
        | compared
        | among
        | not_among
        | absent
        | present
    )
    every = part.sep_by(word("and"), min=1).map(lambda parts: _join("and", parts))
    expression.become(every.sep_by(word("or"), min=1).map(lambda parts: _join("or", parts)))
    return space >> expression


def _join(join: Any, parts: list[Filter]) -> Filter:
    return parts[0] if len(parts) == 1 else FilterGroup(join, tuple(parts))


def _read_number(text: str) -> int | float:
    return int(text) if text.lstrip("+-").isdigit() else float(text)
