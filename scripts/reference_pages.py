"""The reference pages of the documentation, generated from what the code says of itself.

Each function takes the thing described and returns a page of Markdown; ``scripts/docs.py`` writes
them to ``docs/reference``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from clientela.config import Settings
from clientela.contract.access import (
    BASE_SHARE,
    DAILY_BUDGETS,
    RIGHTS,
    ROLES,
    SMALLEST_BUDGET,
    SMALLEST_GROUP,
    UNKNOWN_COST,
)
from clientela.contract.features import Feature
from clientela.i18n import Lang, t
from clientela.mapping.presets import Layout
from clientela.tables.rules import CleaningRule

GENERATED = "<!-- Generated from the code by `make docs`; change the code, not this page. -->"


def build_page(title: str, intro: str, parts: Iterable[str]) -> str:
    """Put a page together.

    Examples
    --------
    >>> build_page("Rules", "All of them.", ["## One"]).splitlines()[2]
    '# Rules'
    """
    return "\n\n".join([GENERATED, f"# {title}", intro, *parts]) + "\n"


def build_markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a Markdown table; bars in cells are escaped.

    Examples
    --------
    >>> print(build_markdown_table(["key", "meaning"], [["k", "a|b"]]))
    | key | meaning |
    | --- | --- |
    | k | a\|b |
    """
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def describe_cleaning_rules(rules: Sequence[CleaningRule], lang: Lang = "en") -> str:
    """Describe every cleaning rule: what it finds, its default and what else may be decided."""
    names = dict.fromkeys(rule.table for rule in rules)
    parts = [part for name in names for part in (f"## {name}", _rules_of(name, rules, lang))]
    intro = (
        "Every input row ends in exactly one place: a canonical table, already held, or the "
        "quarantine under the first rule that sent it there. *keep* counts and changes nothing, "
        "*fix* changes a column and never an amount, *quarantine* sets the row aside, *refuse* "
        "stops the run. Decide otherwise in `clientela.toml`: `[cleaning.rules]` with "
        '`repeated_line = "quarantine"`.'
    )
    return build_page("Cleaning rules", intro, parts)


def _rules_of(name: str, rules: Sequence[CleaningRule], lang: Lang) -> str:
    return build_markdown_table(
        ["rule", "finds", "default", "may be"],
        (
            [f"`{rule.name}`", t(rule.meaning_key, lang), rule.default, ", ".join(rule.decisions)]
            for rule in rules
            if rule.table == name
        ),
    )


def describe_features(catalogue: Sequence[Feature], lang: Lang = "en") -> str:
    """Describe every feature of the snapshot, group by group."""
    groups = dict.fromkeys(feature.group for feature in catalogue)
    parts = [part for name in groups for part in (f"## {name}", _group(name, catalogue, lang))]
    intro = (
        f"The snapshot has one row a customer and {len(catalogue)} features, in this order, all "
        "as known at the end of the day `as_of`. A *share* lies between 0 and 1; a *ratio* has no "
        "unit; *amount* is in the currency of the workspace. Features marked *may be empty* have "
        "no value for some customers, and say so rather than guess."
    )
    return build_page("Features", intro, parts)


def _group(name: str, catalogue: Sequence[Feature], lang: Lang) -> str:
    return build_markdown_table(
        ["feature", "type", "unit", "meaning"],
        (
            [
                f"`{feature.name}`",
                feature.dtype + (", may be empty" if feature.nullable else ""),
                feature.unit,
                t(feature.meaning_key, lang),
            ]
            for feature in catalogue
            if feature.group == name
        ),
    )


def describe_configuration() -> str:
    """Describe every key of ``clientela.toml``."""
    schema = msgspec.json.schema(Settings)["$defs"]
    sections = schema["Settings"]["properties"]
    parts = [
        part
        for name, section in sections.items()
        for part in _section(
            f"[[{name}]]" if "items" in section else f"[{name}]",
            schema[section.get("items", section)["$ref"].rpartition("/")[2]],
        )
    ]
    intro = (
        "All keys have defaults: a file with nothing in it is a good file. An unknown key or an "
        "impossible value stops the run with exit code 2 and names the key. `clientela init FILE` "
        "writes a file with what was detected; `--config`, else `clientela.toml` in the workspace, "
        "else `clientela.toml` in the current folder is read."
    )
    return build_page("Configuration", intro, parts)


def _section(title: str, schema: Mapping[str, Any]) -> tuple[str, str, str]:
    needed = schema.get("required", ())
    rows = (
        [
            f"`{key}`",
            _kind(item),
            "needed" if key in needed else f"`{json.dumps(item.get('default'))}`",
            item["description"],
        ]
        for key, item in schema["properties"].items()
    )
    shown = ([cell.replace("`null`", "absent") for cell in row] for row in rows)
    return (
        f"## {title}",
        schema["description"],
        build_markdown_table(["key", "type", "default", "meaning"], shown),
    )


WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true/false"}


def _kind(schema: Mapping[str, Any]) -> str:
    """Return in words what a key may hold.

    Examples
    --------
    >>> _kind({"type": "integer", "minimum": 2})
    'whole number, at least 2'
    >>> _kind({"anyOf": [{"enum": ["dmy", "mdy"]}, {"type": "null"}]})
    '`dmy` or `mdy`'
    """
    if "anyOf" in schema:
        return " or ".join(_kind(item) for item in schema["anyOf"] if item != {"type": "null"})
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema["type"] == "array":
        return f"list of {_kind(schema['items'])}"
    if schema["type"] == "object":
        return f"table of {_kind(schema['additionalProperties'])}"
    return WORDS[schema["type"]] + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    words = {"minimum": ", at least {}", "maximum": ", at most {}"}
    return "".join(text.format(schema[key]) for key, text in words.items() if key in schema)


def describe_layouts(presets: Sequence[Layout]) -> str:
    """Describe every layout that is recognised by its columns."""
    intro = (
        "A source is recognised by the names of its columns, in any case and with or without "
        "blanks and underscores; one without a header by the form of its values, as `column_1` and "
        "so on. The run says what it took each for. `source.preset` in `clientela.toml` forces a "
        "layout; for any other source `clientela init FILE` guesses the columns and writes them "
        "down for you to correct."
    )
    return build_page("Known layouts", intro, [part for item in presets for part in _layout(item)])


def _layout(layout: Layout) -> tuple[str, str, str]:
    rows = [
        [f"`{ours}`", _columns(theirs), "needed" if ours in layout.required else "if there"]
        for ours, theirs in {**layout.required, **layout.optional}.items()
    ]
    facts = [f"`{layout.name}`, a file of {layout.role}", f"times are {layout.timezone}"]
    facts += [f"amounts are {layout.currency}"] if layout.currency else []
    facts += [f"cancellations begin with `{layout.cancel_prefix}`"] if layout.cancel_prefix else []
    return (
        f"## {layout.title}",
        "; ".join(facts) + ".",
        build_markdown_table(["ours", "theirs", ""], rows),
    )


def _columns(theirs: str | tuple[str, ...]) -> str:
    names = (theirs,) if isinstance(theirs, str) else theirs
    return " or ".join(f"`{name}`" for name in names)


def describe_commands(helps: Sequence[tuple[str, str]]) -> str:
    """Show the help of every command, given as pairs of name and help text."""
    parts = [f"## {name}\n\n```text\n{text.strip()}\n```" for name, text in helps]
    intro = (
        "With `--json` a command prints one JSON object on standard output and nothing else there; "
        "on failure that object is the problem, in the API's shape (RFC 9457). Exit codes: 0 done; "
        "2 the input or the command is wrong; 3 the environment failed (disk, lock, database), "
        "worth a retry; 1 our fault."
    )
    return build_page("Command line", intro, parts)


def describe_roles(document: Mapping[str, Any]) -> str:
    """Describe each role at each operation of an OpenAPI document, and its day's look-ups."""
    rows = [
        [f"`{method.upper()} {path}`", *_mark_roles(operation["security"][0]["bearer"][0])]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["security"]
    ]
    beside = {
        "several ids in one request": "persons",
        "contact data in files (`contacts=`)": "contacts",
        f"groups of fewer than {SMALLEST_GROUP}": "small_groups",
    }
    rows += [[what, *_mark_roles(right)] for what, right in beside.items()]
    budgets = [f"{DAILY_BUDGETS[role]:,}" if role in DAILY_BUDGETS else "" for role in ROLES]
    rows.append(["persons a day, unless `--budget` says otherwise", *budgets])
    intro = (
        "What a key of each role may do; one of several roles may do what any of them may. "
        "The last four columns are the narrow roles of programs, `keys create --scope`. "
        f"By default nobody sees more than {BASE_SHARE:.0%} of the customers in a day (of a very "
        f"small base {SMALLEST_BUDGET} persons), and a tenth of the budget, at most {UNKNOWN_COST},"
        " goes for an id that nobody has. A test asks for every operation with every role."
    )
    return build_page("Roles", intro, [build_markdown_table(["operation", *ROLES], rows)])


def _mark_roles(right: str) -> list[str]:
    return ["yes" if right in RIGHTS[role] else "" for role in ROLES]


def describe_api(document: Mapping[str, Any]) -> str:
    """Describe every operation of an OpenAPI document."""
    rows = [
        [f"`{method.upper()} {path}`", operation["summary"], ", ".join(operation["responses"])]
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    intro = (
        "A running server gives the full document, with schemas and examples, at "
        "`/v1/openapi.json`, and an interactive page that loads nothing from outside at `/docs`. "
        "Every answer names its run and that run's `as_of`; every failure is a problem (RFC 9457)."
    )
    table = build_markdown_table(["operation", "what it does", "answers"], rows)
    parts = [
        part
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for part in _operation(f"{method.upper()} {path}", operation)
    ]
    return build_page("HTTP API", intro, [table, *parts])


def _operation(title: str, operation: Mapping[str, Any]) -> list[str]:
    """Describe an operation: what it takes, with an example, and what it answers."""
    parameters = build_markdown_table(
        ["parameter", "in", "meaning"],
        (
            [
                f"`{parameter['name']}`" + (", needed" if parameter["required"] else ""),
                parameter["in"],
                parameter.get("description", ""),
            ]
            for parameter in operation.get("parameters", ())
        ),
    )
    body = _example(operation.get("requestBody", {}))
    answer = _example(operation["responses"][min(operation["responses"])])
    return [
        f"## `{title}`",
        operation["description"],
        *([parameters] if operation.get("parameters") else []),
        *([f"Asked with, for example:\n\n{body}"] if body else []),
        *([f"Answers, for example:\n\n{answer}"] if answer else []),
    ]


def _example(content: Mapping[str, Any]) -> str:
    """Return the first example of a body as indented JSON; nothing where there is none."""
    examples = content.get("content", {}).get("application/json", {}).get("examples", {})
    values = [example["value"] for example in examples.values()]
    shown = json.dumps(values[0], indent=2, ensure_ascii=False) if values else ""
    return f"```json\n{shown}\n```" if shown else ""
