"""Write a first ``clientela.toml`` for a source: a guess that the user reads and corrects."""

import json
from pathlib import Path

from clientela import config
from clientela.errors import ConfigError
from clientela.mapping import presets
from clientela.mapping.guess import SYNONYMS, guess
from clientela.mapping.presets import Layout, Role
from clientela.mapping.source_columns import lacks
from clientela.sources import reading as sources
from clientela.sources.staging import Sample

SIGNS = {"R$": "BRL", "£": "GBP", "€": "EUR"}
SECTIONS: dict[Role, str] = {
    "transactions": "source.columns",
    "customers": "source.customer_columns",
}
EXAMPLES = 3


def write_config(location: str, target: Path) -> str:
    """Guess how a source is to be read and write it down as a commented ``clientela.toml``.

    Parameters
    ----------
    location : str
        A file, folder or URL.
    target : Path
        The file to write; an existing one is left alone.

    Returns
    -------
    str
        What to tell the user.

    Raises
    ------
    ConfigError
        ``target`` exists.
    SourceError
        The source cannot be read.
    """
    sample = sources.peek(location, config.Source())
    role = _role(sample)
    layout = presets.detect(sample.columns, sample.rows, role)
    found = (
        presets.matched(layout, sample.columns)
        if layout
        else guess(sample.columns, sample.rows, role)
    )
    text = "\n".join(
        [
            *_introduction(location, target),
            *_source(sample, layout),
            *_columns(sample, found, role),
            *_unused(sample, found, role),
        ]
    )
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(text.rstrip() + "\n")
    except FileExistsError:
        raise ConfigError(
            "the file exists and is not overwritten",
            where=str(target),
            do="name another with --out, or remove it",
        ) from None
    return _told(target, found, role)


def _role(sample: Sample) -> Role:
    """Take a source for customers only where it cannot be transactions."""
    if presets.detect(sample.columns, sample.rows, "transactions"):
        return "transactions"
    if not lacks(guess(sample.columns, sample.rows, "transactions"), "transactions"):
        return "transactions"
    as_customers = guess(sample.columns, sample.rows, "customers")
    return "customers" if len(as_customers) > 2 else "transactions"


def _introduction(location: str, target: Path) -> list[str]:
    return [
        f"# How Clientela reads {_shown(location)}: a guess by names and first rows.",
        "# Correct what is wrong, then: "
        f"clientela run {_shown(location)} --config {_shown(str(target))}",
        "",
    ]


def _shown(location: str) -> str:
    if "://" not in location:
        return _printable(location)
    from clientela.sources.database import announced

    return announced(location)


def _source(sample: Sample, layout: Layout | None) -> list[str]:
    lines = ["[source]"]
    if layout:
        lines.append(f"# The columns are those of {layout.title} (preset {layout.name}).")
    zone = layout.timezone if layout else "UTC"
    currency = (layout.currency if layout else None) or _currency(sample)
    return [
        *lines,
        f"timezone = {_text(zone)}  # IANA zone of the dates, such as America/Sao_Paulo",
        f"{'' if currency else '# '}currency = {_text(currency or 'BRL')}  "
        "# ISO 4217 code of the amounts",
        '# decimal = ","  # the decimal mark, where the numbers do not tell it',
        '# date_order = "dmy"  # dmy or mdy, where no date has a day above 12',
        '# delimiter = ";"  # where the columns are split wrongly',
        '# encoding = "windows-1252"  # where letters with accents come out wrong',
        "",
    ]


def _currency(sample: Sample) -> str | None:
    values = [*sample.columns, *[value for row in sample.rows for value in row if value]]
    codes = {code for sign, code in SIGNS.items() if any(sign in value for value in values)}
    return codes.pop() if len(codes) == 1 else None


def _columns(sample: Sample, found: dict[str, str], role: Role) -> list[str]:
    lines = [
        f"[{SECTIONS[role]}]",
        "# our column = the column of your file; needed are customer_id"
        + (", ordered_local and amount" if role == "transactions" else ""),
    ]
    if role == "transactions":
        lines.append(
            "# (or unit_price and quantity); without order_id an order is a customer's day"
        )
    lacking = lacks(found, role)
    if lacking:
        lines.append(f"# NOT FOUND: {lacking}. Name its column below.")
    for ours in SYNONYMS[role]:
        if ours in found:
            lines.append(f"{ours} = {_text(found[ours])}  {_examples(sample, found[ours])}")
        else:
            lines.append(f'# {ours} = ""')
    return [*lines, ""]


def _unused(sample: Sample, found: dict[str, str], role: Role) -> list[str]:
    rest = [column for column in sample.columns if column not in found.values()]
    if not rest:
        return []
    use = "kept as attributes" if role == "customers" else "not read"
    return [f"# Other columns, {use}:", *[f"#   {c}  {_examples(sample, c)}" for c in rest]]


def _examples(sample: Sample, column: str) -> str:
    place = sample.columns.index(column)
    values: list[str] = []
    for row in sample.rows:
        value = row[place]
        if value is not None and value not in values:
            values.append(value)
        if len(values) == EXAMPLES:
            break
    told = ", ".join(_printable(_short(value)) for value in values)
    return f"# such as {told}" if told else "# empty"


def _printable(value: str) -> str:
    """Keep a comment on its line, whatever the value holds."""
    return "".join(char if char.isprintable() else " " for char in value)


def _short(value: str) -> str:
    return value[:40] + "…" if len(value) > 40 else value


def _text(value: str) -> str:
    """Write a TOML string; its escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _told(target: Path, found: dict[str, str], role: Role) -> str:
    pairs = [f"{theirs} is {ours}" for ours, theirs in found.items()]
    lacking = lacks(found, role)
    rest = f"; not found: {lacking}" if lacking else ""
    return f"wrote {target}: " + (", ".join(pairs) or "no column is understood") + rest
