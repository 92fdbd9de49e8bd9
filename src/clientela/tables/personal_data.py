"""Personal data where nobody looks for it: in notes, descriptions, order numbers, attributes.

What a source's owner did not name as contact data and would be stored all the same is asked.
"""

import re
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from clientela.config import Privacy
from clientela.contract.tables import CUSTOMERS, TRANSACTIONS
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.source_columns import Mapping
from clientela.sources.ids import is_document

OURS = frozenset({"customer_id", "returns_order_id", "currency", "kind", "attributes", "line_key"})
TEXTS = tuple(
    column.name
    for column in dict.fromkeys((*TRANSACTIONS, *CUSTOMERS))
    if column.dtype == "string" and column.name not in OURS
)
"""Canonical columns that are stored as they are written."""
PATTERNS = {
    "e-mail addresses": r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}",
    "CPFs": r"\b[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}\b|[Cc][Pp][Ff][^0-9]{0,5}[0-9]{11}\b",
    "CNPJs": r"\b[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}\b"
    r"|[Cc][Nn][Pp][Jj][^0-9]{0,5}[0-9]{14}\b",
    "telephone numbers": r"\([0-9]{2}\) ?9?[0-9]{4}[ -]?[0-9]{4}"
    r"|\b[1-9][0-9] 9[0-9]{4}[ -]?[0-9]{4}\b"
    r"|\+[1-9][0-9]{0,2} ?\(?[0-9]{1,4}\)?[ .-]?[0-9]{3,5}[ .-]?[0-9]{4}\b",
}
TELLING = "|".join(PATTERNS.values())
BARE = "(^|[^0-9])([0-9]{11}|[0-9]{14})($|[^0-9])"
"""What may be a document without signs; only check digits tell."""
HIDDEN = "[personal data]"
MOST_DISTINCT = 50_000
"""Distinct texts that a pattern fits, told apart by kind, by convention: a question needs one."""
MOSTLY = 0.5
"""Share of bare numbers that must pass check digits: of random ones 1 in 100 does."""


def ask_about_personal_data(
    engine: Engine, staging: ir.Table, mapping: Mapping, settings: Privacy
) -> None:
    """Ask about columns that are stored and hold personal data among other text.

    Raises
    ------
    DecisionNeeded
        There are such columns, each with what is in it; the settings do not say what is to be done.
    """
    stored = {mapping.columns[name] for name in TEXTS if name in mapping.columns}
    stored |= set(mapping.extra)
    asked = {name.casefold() for name in settings.keep_personal}
    findings: dict[str, dict[str, int]] = {}
    for column in sorted(stored & set(staging.columns)):
        if column.casefold() not in asked:
            kinds = find_personal_data(_read_texts(engine, staging, column))
            findings |= {column: kinds} if kinds else {}
    if not findings:
        return
    told = "; ".join(f"{column} ({', '.join(kinds)})" for column, kinds in findings.items())
    names = ", ".join(f'"{column}"' for column in findings)
    raise DecisionNeeded(
        f"columns that are stored hold personal data: {told}",
        where="privacy",
        do=f"set privacy.drop_columns = [{names}] to leave them out, or privacy.keep_personal = "
        f"[{names}] to store them",
    )


def find_unnamed(columns: Iterable[str], mapping: Mapping, settings: Privacy) -> frozenset[str]:
    """Find columns of a source that no mapping names, and the settings do not keep either."""
    named = {*mapping.columns.values(), *mapping.extra}
    allowed = {name.casefold() for name in settings.keep_personal}
    return frozenset(
        name for name in columns if name not in named and name.casefold() not in allowed
    )


def hide_personal_data(text: ir.StringValue) -> ir.StringValue:
    """Take personal data that a pattern fits out of a text."""
    return text.re_replace(TELLING, HIDDEN)


def _read_texts(engine: Engine, staging: ir.Table, column: str) -> pa.Array:
    """Read the different texts of a column; of very many those that a pattern fits, told first."""
    texts = staging.select(x=staging[column]).distinct()
    sample = engine.to_arrow(texts.limit(MOST_DISTINCT + 1))["x"].combine_chunks()
    if len(sample) <= MOST_DISTINCT:
        return sample.drop_null()
    marked = texts.mutate(told=texts.x.re_search(TELLING), bare=texts.x.re_search(BARE))
    likely = marked.filter(marked.told | marked.bare).order_by(ibis.desc("told"))
    return engine.to_arrow(likely.select("x").limit(MOST_DISTINCT))["x"].combine_chunks()


def find_personal_data(texts: pa.Array) -> dict[str, int]:
    """Count texts that hold personal data, by kind.

    Examples
    --------
    >>> find_personal_data(pa.array(["call (11) 91234-5678", "red box", "for ana@example.org"]))
    {'e-mail addresses': 1, 'telephone numbers': 1}
    """
    counts = {
        kind: pc.sum(pc.match_substring_regex(texts, pattern)).as_py() or 0
        for kind, pattern in PATTERNS.items()
    }
    likely = texts.filter(pc.match_substring_regex(texts, BARE)).to_pylist()
    bare = [number for text in likely for number in re.findall(r"\d+", text)]
    bare = [number for number in bare if len(number) in (11, 14)]
    valid = sum(map(is_document, bare))
    counts["CPFs"] += valid if valid > len(bare) * MOSTLY else 0
    return {kind: count for kind, count in counts.items() if count}
