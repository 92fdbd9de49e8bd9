"""A filter by clicks: conditions in words, added, taken out and put into groups of any or all."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from clientela.contract.tables import Column
from clientela.i18n import Lang, format_month, load_catalogue
from clientela.serving.dashboard.frame import Page
from clientela.serving.dashboard.moments import say_moment
from clientela.store.filter_attributes import PREFIX, read_attribute, write_attribute
from clientela.store.filter_text import read_filter
from clientela.store.filters import (
    ACTION,
    ARMS,
    BOUGHT,
    EXPERIMENTS,
    MONTHS_LATER,
    ORDERED_IN,
    REASON,
    Condition,
    Filter,
    FilterGroup,
    Negation,
    list_filter_columns,
    list_values,
    read_past,
    write_value,
)

if TYPE_CHECKING:
    from clientela.store.filter_attributes import Kind

FLAGS = {"sim": "true", "yes": "true", "não": "false", "nao": "false", "no": "false"}
GROUPED: Mapping[Lang, re.Pattern[str]] = {
    "en": re.compile(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?"),
    "pt_BR": re.compile(r"-?[1-9]\d{0,2}(\.\d{3})+(,\d+)?"),
}
"""Numbers whose thousands are told apart; a nought in front begins none."""
OPERATORS = {">=": "ge", "<=": "le", "=": "eq", "!=": "ne", ">": "gt", "<": "lt"}
UNORDERED = ("=", "!=")
FIRST_PRODUCT, FIRST_CHANNEL = "first_product", "first_channel"
NEVER = {BOUGHT: "never", ORDERED_IN: "not_in", MONTHS_LATER: "not"}
"""How the opposite is said of what customers did, or did not."""
STATES = {"insider": ("member", "leaving", "candidate"), "churn_band": ("high", "medium", "low")}
SCHEMES = ("klaviyo6", "putler10", "shopify11")
MOST_CHOICES = 300  # by convention: a longer list is written, not scrolled
MOST_NAMED = 4  # by convention: more values of one condition are counted
Path = tuple[int, ...]
"""Where a part of a filter stands: its place in each group from the outermost on."""


class Part(NamedTuple):
    """A part of a filter as the page shows it; ``parts`` and ``turn`` are of groups alone."""

    path: Path
    text: str
    tree: Filter
    rest: Filter | None
    parts: Sequence["Part"] = ()
    join: str = ""
    turned: Filter | None = None


def lay_out(page: Page, tree: Filter, names: Mapping[int, str]) -> Part:
    """Lay a filter out as its parts in words, each with what the filter is without it."""
    return _lay_out(page, tree, tree, (), names)


def _lay_out(page: Page, whole: Filter, tree: Filter, path: Path, names: Mapping[int, str]) -> Part:
    remaining = replace_part(whole, path, None)
    text = describe(page, tree, names)
    if not isinstance(tree, FilterGroup):
        return Part(path, text, tree, remaining)
    parts = [
        _lay_out(page, whole, part, (*path, index), names) for index, part in enumerate(tree.of)
    ]
    turned = FilterGroup("or" if tree.join == "and" else "and", tree.of)
    return Part(path, text, tree, remaining, parts, tree.join, replace_part(whole, path, turned))


def replace_part(tree: Filter, path: Path, part: Filter | None) -> Filter | None:
    """Return a filter with another part, or without it; a group of one is that one.

    Examples
    --------
    >>> from clientela.store.filters import write_filter
    >>> whole = read_filter("orders > 3 and (segment = 1 or segment = 2)")
    >>> write_filter(replace_part(whole, (1, 0), None))
    'orders > 3 and segment = 2'
    """
    if not path:
        return part
    if not isinstance(tree, FilterGroup) or path[0] >= len(tree.of):
        return tree
    inner = replace_part(tree.of[path[0]], path[1:], part)
    of = [*tree.of[: path[0]], *([] if inner is None else [inner]), *tree.of[path[0] + 1 :]]
    flat = [
        condition
        for old in of
        for condition in (
            old.of if isinstance(old, FilterGroup) and old.join == tree.join else (old,)
        )
    ]
    return flat[0] if len(flat) == 1 else FilterGroup(tree.join, tuple(flat)) if flat else None


def add_condition(tree: Filter | None, added: Filter, to: str) -> Filter:
    """Add a condition to a filter.

    Parameters
    ----------
    to : str
        ``and``: it must hold too; ``or``: it may hold instead of all the others; or the path of a
        part beside which it may hold, its places with dots between them.

    Examples
    --------
    >>> from clientela.store.filters import write_filter
    >>> whole, added = read_filter("orders > 3 and segment = 1"), read_filter("segment = 2")
    >>> [write_filter(add_condition(whole, added, to)) for to in ("or", "1")]
    ['(orders > 3 and segment = 1) or segment = 2', 'orders > 3 and (segment = 1 or segment = 2)']
    """
    if tree is None:
        return added
    if to in ("or", "and", ""):
        return _join(tree, added, to or "and")
    path = tuple(int(step) for step in to.split(".") if step.isdecimal() and len(step) < 3)
    part, join = _find_part(tree, path)
    joined = _join(part, added, part.join if isinstance(part, FilterGroup) else join)
    return replace_part(tree, path, joined) or joined


def _find_part(tree: Filter, path: Path) -> tuple[Filter, Any]:
    """Return the part at a path, and how a condition joins it: otherwise than its neighbours."""
    part, join = tree, "or"
    for step in path:
        if not isinstance(part, FilterGroup) or step >= len(part.of):
            break
        join, part = "or" if part.join == "and" else "and", part.of[step]
    return part, join


def _join(tree: Filter, added: Filter, join: Any) -> Filter:
    joined = tree.of if isinstance(tree, FilterGroup) and tree.join == join else (tree,)
    return FilterGroup(join, (*joined, added))


def describe(page: Page, tree: Filter, names: Mapping[int, str]) -> str:
    """Say a filter in words, with the labels of its columns and values."""
    if isinstance(tree, Condition):
        return _describe_condition(page, tree, names)
    if isinstance(tree, Negation):
        return page.say("builder.not", part=_describe_part(page, tree.of, names))
    word = page.say(f"builder.{tree.join}")
    return f" {word} ".join(_describe_part(page, part, names) for part in tree.of)


def _describe_part(page: Page, tree: Filter, names: Mapping[int, str]) -> str:
    text = describe(page, tree, names)
    return f"({text})" if isinstance(tree, FilterGroup) else text


def _describe_condition(page: Page, condition: Condition, names: Mapping[int, str]) -> str:
    label = name_column(page, condition.column)
    values = list_values(condition)
    texts = [write_choice(page, condition.column, value, names) for value in values]
    if len(texts) > MOST_NAMED:
        shown = MOST_NAMED - 1
        texts = [*texts[:shown], page.say("builder.more", count=len(texts) - shown)]
    value = f" {page.say('builder.or')} ".join(texts)
    if condition.op in ("=", "in"):
        return page.say("builder.condition", column=label, value=value)
    return page.say(
        "builder.condition",
        column=label,
        value=f"{say_operator(page, condition.op, condition.column)} {value}",
    )


def say_operator(page: Page, operator: str, column: str = "") -> str:
    """Say a comparison in words; days come before or after rather than below or above."""
    described = find_column(column)
    if column in NEVER and operator == "!=":
        return page.say(f"builder.op.{NEVER[column]}")
    kind = "date" if described is not None and described.dtype == "date" else "op"
    return page.say(f"builder.{kind}.{OPERATORS[operator]}")


def find_column(column: str) -> Column | None:
    """Return what describes a column, of today or of an earlier run; None of the firm's own."""
    past = read_past(column)
    return list_filter_columns().get(column if past is None else past[1])


def name_column(page: Page, column: str) -> str:
    """Name a column, or an attribute of the firm's own as the firm does."""
    past = read_past(column)
    if past is not None:
        name, moment = page.name_feature(past[1]), say_moment(page, past[0])
        return page.say("builder.past", column=name, moment=moment)
    if column.startswith(EXPERIMENTS):
        return page.say("builder.experiment", name=column.removeprefix(EXPERIMENTS))
    return read_attribute(column) or page.name_feature(column)


def write_choice(page: Page, column: str, value: object, names: Mapping[int, str]) -> str:
    """Write a value of a condition: by its name where it has one, by its unit else."""
    past = read_past(column)
    column = column if past is None else past[1]
    if column.startswith(EXPERIMENTS):
        return page.say("builder.no_arm" if value is None else f"builder.arm.{value}")
    if value is None:
        return page.say("builder.absent")
    if isinstance(value, bool):
        return page.say("builder.true" if value else "builder.false")
    named = _name_value(page, column, value, names)
    if named is not None:
        return named
    described = list_filter_columns().get(column)
    if described is not None and described.dtype == "date" and isinstance(value, str):
        return page.write(dt.date.fromisoformat(value))
    return page.write(value, described.unit if described is not None else "")


def _name_value(page: Page, column: str, value: object, names: Mapping[int, str]) -> str | None:
    """Return the name of a value; None where it has none."""
    if column == "segment" and isinstance(value, int):
        return names.get(value)
    if column == ACTION:
        return page.action_titles.get(str(value))
    if column == "insider" and value in STATES[column]:
        return say_place(page, value)
    if column == ORDERED_IN:
        return format_month(dt.date.fromisoformat(f"{value}-01"), page.lang)
    if column == FIRST_PRODUCT:
        return page.product_names.get(str(value))
    if column == REASON and value in list_filter_columns():
        return page.name_feature(str(value))
    keys = [f"list.risk.{value}"] if column == "churn_band" else []
    keys += [f"rfm.{scheme}.{value}" for scheme in SCHEMES] if column == "rfm_segment" else []
    texts = load_catalogue(page.lang)
    return next((texts[key] for key in keys if key in texts), None)


def say_place(page: Page, place: object) -> str:
    """Say what a customer is to the programme."""
    key = f"insider.{place}"
    return page.say_by_state(key) if place == "member" else page.say(key)


def list_choices(
    page: Page, column: str, names: Mapping[int, str], vocabulary: Mapping[str, Sequence[str]]
) -> list[tuple[str, str]]:
    """List the values of a column that has few, as they are asked for and in words.

    Empty where a value is to be written.
    """
    past = read_past(column)
    if past is not None:
        return list_choices(page, past[1], names, vocabulary)
    described = list_filter_columns().get(column)
    values: Sequence[object] = vocabulary.get(_read_name(column), ())
    if column.startswith(EXPERIMENTS):
        values = ARMS
    if column == "segment":
        values = list(names)
    elif column == ACTION:
        values = list(page.action_titles)
    elif column in STATES:
        values = STATES[column]
    elif described is not None and described.dtype == "boolean":
        values = (True, False)
    if len(values) > MOST_CHOICES:
        return []
    codes = [value if isinstance(value, str) else write_value(value) for value in values]  # type: ignore[arg-type]
    texts = [write_choice(page, column, value, names) for value in values]
    return list(zip(codes, texts, strict=True))


def _read_name(column: str) -> str:
    """Return the name by which the vocabulary has a column; of attributes without quotes."""
    attribute = read_attribute(column)
    return column if attribute is None else PREFIX + attribute


def is_nominal(column: str) -> bool:
    """Return whether nobody asks for more or less of a column: names, states, flags, products."""
    described = find_column(column)
    if column.startswith(EXPERIMENTS) or column == MONTHS_LATER:
        return True
    if described is not None and described.name == "segment":
        return True
    return described is not None and described.dtype in ("string", "boolean")


def read_condition(
    column: str, operator: str, text: str, lang: Lang, attributes: "Mapping[str, Kind]"
) -> Filter:
    """Read the condition of the small form, its value as people of the language write it."""
    described = find_column(column)
    texts = [write_attribute(name) for name, kind in attributes.items() if kind == "text"]
    if is_nominal(column) and operator not in UNORDERED:
        operator = "="  # chosen before the column was, by readers without scripts
    is_text = described is not None and described.dtype in ("string", "id")
    if column in texts or is_text or column.startswith(EXPERIMENTS):
        return read_filter(f"{column} {operator} {write_value(text)}")
    return read_filter(f"{column} {operator} {_respell(text, lang)}")


def _respell(text: str, lang: Lang) -> str:
    """Write a number, a day or a yes as filters have them.

    Examples
    --------
    >>> [_respell(text, "pt_BR") for text in ("1.234,5", "31/12/2024", "Sim")]
    ['1234.5', '2024-12-31', 'true']
    """
    if text.casefold() in FLAGS:
        return FLAGS[text.casefold()]
    if lang == "pt_BR":
        text = "-".join(reversed(text.split("/")))
    return respell_number(text, lang)


def respell_number(text: str, lang: Lang) -> str:
    """Write a number with a decimal point and no other mark; what is no number stays none.

    Examples
    --------
    >>> [respell_number(text, "pt_BR") for text in ("1.234,5", "20.000", "0.125", "12,5")]
    ['1234.5', '20000', '0.125', '12.5']
    >>> [respell_number(text, "en") for text in ("1,234.5", "20,000", "12.500,50")]
    ['1234.5', '20000', '12.500,50']
    """
    thousands, decimal = (".", ",") if lang == "pt_BR" else (",", ".")
    plain = text.replace(thousands, "") if GROUPED[lang].fullmatch(text) else text
    return plain.replace(decimal, ".")
