"""Write a first ``clientela.toml`` for a source: a guess that the user reads and corrects."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from clientela import config
from clientela.engine import connect
from clientela.errors import ConfigError
from clientela.files.object_store import fetch_all
from clientela.i18n import Lang, translate
from clientela.mapping import presets
from clientela.mapping.contacts import guess_contacts
from clientela.mapping.groups import describe_headings, lift_headings
from clientela.mapping.guess import DOCUMENTS, SYNONYMS, guess
from clientela.mapping.headings import words
from clientela.mapping.joining import join_files
from clientela.mapping.meanings import ANY
from clientela.mapping.numbers import find_currencies
from clientela.mapping.presets import Layout, Role
from clientela.mapping.proof import Proof
from clientela.mapping.prove import prove
from clientela.mapping.region import REGION_GUESS
from clientela.mapping.source_columns import (
    HELPERS,
    describes_people,
    lacks,
    prove_beyond,
    tells_more,
)
from clientela.sources import reading as sources
from clientela.sources.staging import Sample

SECTIONS: dict[Role, str] = {
    "transactions": "source.columns",
    "customers": "source.customer_columns",
}
SEASON = [
    "",
    "[value]",
    "# Do sales peak before Christmas? usual: as in most shops; none: even all year; strong: more.",
    'season = "usual"',
]
"""The question that helps forecasts most where the history is short."""
EXAMPLES = 3  # by convention: values shown beside a column, on one line


def write_config(locations: Sequence[str], target: Path, lang: Lang = "en") -> str:
    """Prove how a source is to be read and write it down as a commented ``clientela.toml``.

    Parameters
    ----------
    locations : sequence of str
        Files, folders or URLs; several are joined where they are tables of one system.
    target : Path
        The file to write; an existing one is left alone.
    lang : "en" or "pt_BR"
        The language of comments and questions.

    Returns
    -------
    str
        What to tell the user: each column's role, and the open questions.

    Raises
    ------
    ConfigError
        ``target`` exists.
    SourceError
        The source cannot be read.
    """
    sample, announcement = _look_at(locations)
    role, layout, proof = understand(sample)
    text = "\n".join(
        [
            *_introduction(locations, target, announcement, role),
            *_source(sample, layout, proof, lang),
            *_columns(sample, proof, role),
            *_contacts(sample, proof, role),
            *_list_unused(sample, proof.columns, role),
            *_values(sample, proof),
            *(SEASON if role == "transactions" else []),
        ]
    )
    try:
        with target.open("x", encoding="utf-8") as file:
            file.write(_translate_comments(text.rstrip(), lang) + "\n")
    except FileExistsError:
        raise ConfigError(
            "the file exists and is not overwritten",
            where=str(target),
            do="name another with --out, or remove it",
        ) from None
    summary = _summary(target, proof, role, lang)
    return f"{translate(announcement, lang)}; {summary}" if announcement else summary


def _translate_comments(text: str, lang: Lang) -> str:
    """Translate what a person reads in a configuration: comments and questions."""
    lines = []
    for line in text.split("\n"):
        code, mark, comment = line.rpartition("# ")
        if line.startswith("# ") and translate(line[2:], lang) != line[2:]:
            code, mark, comment = "", "# ", line[2:]
        lines.append(f"{code}{mark}{translate(comment, lang)}" if mark else line)
    return "\n".join(lines)


def _look_at(locations: Sequence[str]) -> tuple[Sample, str]:
    """Return the first rows of the source that a run would read, and how it is joined."""
    with tempfile.TemporaryDirectory(prefix="clientela-") as scratch:
        files = fetch_all(locations, Path(scratch) / "objects")
        if len(files) > 1:
            engine = connect(temp_folder=Path(scratch))
            try:
                joined = join_files(engine, files, config.Settings(), Path(scratch))
            finally:
                engine.close()
            if joined is not None:
                return sources.peek(str(joined.path), config.Source()), joined.announcement
        sample, headings = lift_headings(sources.peek(files[0], config.Source()))
    return sample, describe_headings(headings) if headings else ""


def understand(sample: Sample) -> tuple[Role, Layout | None, Proof]:
    """Decide what a sample holds: its role, its known layout if any, and its columns.

    A source is one of customers only where it cannot be transactions.
    """
    layout = presets.detect(sample.columns, sample.rows, "transactions")
    if layout:
        proof = prove_beyond(layout, sample.columns, sample.rows)
        if proof and tells_more(proof, layout, sample.columns):
            return "transactions", None, proof
        return "transactions", layout, Proof(presets.match_columns(layout, sample.columns))
    people = guess(sample.columns, sample.rows, "customers")
    proof = prove(sample.columns, sample.rows)
    complete = not lacks(proof.columns, "transactions")
    if complete and not describes_people(proof, sample.columns, sample.rows):
        return "transactions", None, proof
    layout = presets.detect(sample.columns, sample.rows, "customers")
    if layout and not complete:
        return "customers", layout, Proof(people | presets.match_columns(layout, sample.columns))
    reached = guess_contacts(sample.columns, sample.columns, sample.rows) if not complete else {}
    described = len(people.keys() | reached.keys()) > 2
    return ("customers", None, Proof(people)) if described else ("transactions", None, proof)


def _introduction(
    locations: Sequence[str], target: Path, announcement: str, role: Role
) -> list[str]:
    shown = " ".join(map(_show_location, locations))
    written = _show_location(str(target))
    arguments = shown if role == "transactions" else f"TRANSACTIONS --customers {shown}"
    alone = f"# of customers alone, churn: clientela backtest {shown} --config {written}"
    return [
        f"# How Clientela reads {shown}: a guess by names and first rows.",
        *([f"# {_printable(announcement)}."] if announcement else []),
        f"# Correct what is wrong, then: clientela run {arguments} --config {written}",
        *([alone] if role == "customers" else []),
        "",
    ]


def _show_location(location: str) -> str:
    if "://" not in location:
        return _printable(location)
    from clientela.config.database_url import show_url

    return show_url(location)


def _source(sample: Sample, layout: Layout | None, proof: Proof, lang: Lang) -> list[str]:
    lines = ["[source]"]
    if layout:
        lines.append(f"# The columns are those of {layout.title} (preset {layout.name}).")
    zone = layout.timezone if layout else proof.timezone or "UTC"
    currency = (layout.currency if layout else None) or proof.currency or _currency(sample)
    if "currency" in proof.columns:
        currency = None
    lines += [
        f"timezone = {_text(zone)}  # IANA zone of the dates, such as America/Sao_Paulo",
        f"{'' if currency else '# '}currency = {_text(currency or 'BRL')}  "
        "# ISO 4217 code of the amounts",
    ]
    if proof.timezone:
        lines.append(f"# {REGION_GUESS}")
    of_orders = {
        "fill_down": (proof.fill_down, "told on one line of each order, for all its lines"),
        "per_order": (proof.per_order, "figures of whole orders, divided among their lines"),
        "order_within": (proof.order_within, "order numbers begin anew within each of these"),
    }
    lines += [
        f"{key} = {_list(names)}  # {why}" for key, (names, why) in of_orders.items() if names
    ]
    if proof.minor_units:
        lines.append("minor_units = true  # figures are in cents, read as hundredths")
    if proof.questions:
        lines.append("# A run stops until these are answered below and taken out here:")
        lines.append(f"ask = {_list(translate(text, lang) for text in proof.questions)}")
    if proof.answers:
        lines.append("# Answers to them; take the # away from the right one:")
        lines += [f"# {answer}" for answer in proof.answers]
    return [
        *lines,
        '# decimal = ","  # the decimal mark, where the numbers do not tell it',
        *([] if proof.minor_units else ["# minor_units = true  # where figures are in cents"]),
        '# date_order = "dmy"  # dmy or mdy, where no date has a day above 12',
        '# delimiter = ";"  # where the columns are split wrongly',
        '# encoding = "windows-1252"  # where letters with accents come out wrong',
        "# header_row = 1  # the row of the column names, where titles stand above it",
        "",
    ]


def _list(values: Iterable[str]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _currency(sample: Sample) -> str | None:
    texts = [*sample.columns, *[value for row in sample.rows[:200] for value in row if value]]
    currencies = find_currencies(texts)
    return currencies.pop() if len(currencies) == 1 else None


def _columns(sample: Sample, proof: Proof, role: Role) -> list[str]:
    lines = [
        f"[{SECTIONS[role]}]",
        "# our column = the column of your file; needed are customer_id"
        + (", ordered_local and amount" if role == "transactions" else ""),
    ]
    if role == "transactions":
        lines.append(
            "# (or unit_price and quantity); without order_id an order is a customer's day"
        )
    lacking = lacks(proof.columns, role)
    if lacking:
        lines.append(f"# NOT FOUND: {lacking}. Name its column below.")
    for ours in [*SYNONYMS[role], *(sorted(HELPERS) if role == "transactions" else ())]:
        theirs = proof.columns.get(ours)
        if theirs is None:
            lines.append(f'# {ours} = ""')
            continue
        lines += [f"# {_printable(why)}" for why in dict.fromkeys(proof.reasons.get(ours, []))]
        lines.append(f"{ours} = {_text(theirs)}  {_examples(sample, theirs)}")
        if ours == "customer_id" and words(theirs) & DOCUMENTS:
            theirs = _printable(theirs)
            lines += [
                f"# {theirs} is a document: with [privacy] hash_ids = true a code replaces it",
                "# before anything is stored; lists then show the code. The choice is yours.",
            ]
    return [*lines, ""]


def _contacts(sample: Sample, proof: Proof, role: Role) -> list[str]:
    """Propose the columns of contact data; of transactions none is kept unless the user says so."""
    ids = proof.columns.get("customer_id")
    free = [c for c in sample.columns if c == ids or c not in proof.columns.values()]
    contacts = guess_contacts(free, sample.columns, sample.rows)
    if not contacts:
        return []
    mark = "" if role == "customers" else "# "
    lines = [
        "[source.contacts]",
        "# kept apart, never a feature, shown by clientela export --contacts",
    ]
    lines += [] if role == "customers" else ["# take the # away to keep them:"]
    lines += [f"{mark}{ours} = {_text(theirs)}" for ours, theirs in contacts.items()]
    if contacts.get("email") == ids:
        lines.append(f"# {ids} is the customer's id too, so every result shows people's addresses;")
        lines.append(
            "# with [privacy] hash_ids = true they are replaced, and lists need another id"
        )
    return [*lines, ""]


def _values(sample: Sample, proof: Proof) -> list[str]:
    """Write the tables of what the values of status and type columns mean, with counts."""
    lines: list[str] = []
    for column, means in proof.values.items():
        index = sample.columns.index(column)
        counts = Counter(row[index] for row in sample.rows)
        lines += ["", f"[source.values.{_text(column)}]", '# "sale", "return", "no sale" or "ask"']
        for value, meaning in means.items():
            blank = value == ""
            rows = sum(
                n
                for v, n in counts.items()
                if (v is None or not v.strip() if blank else v and value in (v.strip(), ANY))
            )
            lines.append(f"{_text(value)} = {_text(meaning)}  # {rows:,} of the first rows")
    return lines


def _list_unused(sample: Sample, mapping: dict[str, str], role: Role) -> list[str]:
    unused = [column for column in sample.columns if column not in mapping.values()]
    apart = guess_contacts(unused, sample.columns, sample.rows).values()
    unused = [column for column in unused if column not in apart]
    if not unused:
        return []
    use = "kept as attributes" if role == "customers" else "not read"
    return [f"# Other columns, {use}:", *[f"#   {c}  {_examples(sample, c)}" for c in unused]]


def _examples(sample: Sample, column: str) -> str:
    index = sample.columns.index(column)
    values: list[str] = []
    for row in sample.rows:
        value = row[index]
        if value is not None and value not in values:
            values.append(value)
        if len(values) == EXAMPLES:
            break
    examples = ", ".join(_printable(_short(value)) for value in values)
    return f"# such as {examples}" if examples else "# empty"


def _printable(value: str) -> str:
    """Keep a comment on its line, whatever the value holds."""
    return "".join(char if char.isprintable() else " " for char in value)


def _short(value: str) -> str:
    return value[:40] + "…" if len(value) > 40 else value


def _text(value: str) -> str:
    """Write a TOML string; its escapes are those of JSON."""
    return json.dumps(value, ensure_ascii=False)


def _summary(target: Path, proof: Proof, role: Role, lang: Lang) -> str:
    verb = translate("is", lang)
    pairs = [f"{theirs} {verb} {ours}" for ours, theirs in proof.columns.items()]
    lacking = lacks(proof.columns, role)
    gaps = [f"not found: {lacking}"] if lacking else []
    asked = ["in doubt: " + "; ".join(translate(q, lang) for q in proof.questions)]
    columns = ", ".join(pairs) or translate("no column is understood", lang)
    parts = [f"wrote {target}: {columns}", *gaps, *(asked if proof.questions else [])]
    return "; ".join(translate(part, lang) for part in parts)
