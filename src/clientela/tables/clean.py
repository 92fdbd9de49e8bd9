"""Apply the rules to the lines of one source: flags, fixes and the verdict on every row.

The result has the canonical columns, one boolean ``found_<rule>`` a rule, and ``verdict``, the
name of the rule that sends the row to the quarantine (null for the others).
"""

import functools
import operator
from collections.abc import Mapping, Sequence

import ibis
import ibis.expr.types as ir

from clientela.config import Decision
from clientela.contract.tables import TRANSACTIONS
from clientela.mapping import row_key as line
from clientela.tables.buckets import bucket
from clientela.tables.personal_data import hide_personal_data
from clientela.tables.rules import CleaningRule, Context
from clientela.tables.rules.rule import is_among

FLAG = "found_"
VARYING = ("country", "channel", "service", "category")


def classify_lines(t: ir.Table, context: Context) -> ir.Table:
    """Set the kind of every line by the sign of its amount, and the sign of the quantity.

    A source that tells amounts alone says nothing of quantities: one unit at that price.
    """
    kind = (t.amount < 0).ifelse("return", "sale")
    if context.priced:
        return t.mutate(kind=kind)
    sign = (t.amount < 0).ifelse(ibis.literal(-1), ibis.literal(1))
    return t.mutate(
        kind=kind,
        quantity=(t.quantity.abs() * sign).cast("decimal(18, 4)"),
        unit_price=t.unit_price.abs().cast("decimal(18, 4)"),
    )


def correct_spellings(t: ir.Table, corrections: Mapping[str, Mapping[str, str]]) -> ir.Table:
    """Replace spelling variants."""
    changes = {
        column: t[column].substitute(dict(changes)) for column, changes in corrections.items()
    }
    return t.mutate(**changes) if changes else t


def varies(t: ir.Table, corrections: Mapping[str, Mapping[str, str]]) -> ir.BooleanValue:
    """Tell rows that hold a spelling variant."""
    variants: ir.BooleanValue = ibis.literal(False)
    for column, changes in corrections.items():
        variants = variants | is_among(t[column], changes)
    return variants


def judge_rows(
    t: ir.Table,
    rules: Sequence[CleaningRule],
    decisions: Mapping[str, Decision],
    context: Context,
) -> ir.Table:
    """Run the rules in their order; each sees the fixes of those before it."""
    flags: dict[str, ir.BooleanValue] = {}  # by the rules since the last fix
    for rule in rules:
        if rule.finds is None:
            continue
        flags[rule.flag] = rule.finds(t, context).fill_null(False)
        if decisions[rule.name] == "fix" and rule.fix is not None:
            t, flags = t.mutate(**flags), {}
            value = t[rule.flag].ifelse(rule.fix(t, context), t[rule.fixes])
            t = t.mutate(**{rule.fixes: value.cast(t[rule.fixes].type())})
    t = t.mutate(**flags)
    verdicts = [
        t[rule.flag].ifelse(rule.name, ibis.null("string"))
        for rule in rules
        if rule.finds is not None and decisions[rule.name] == "quarantine"
    ]
    return t.mutate(verdict=ibis.coalesce(*verdicts, ibis.null("string")))


def flags(rules: Sequence[CleaningRule]) -> list[str]:
    """Name the flag columns that expressions fill."""
    return [rule.flag for rule in rules if rule.finds is not None]


def clean_lines(
    t: ir.Table,
    rules: Sequence[CleaningRule],
    decisions: Mapping[str, Decision],
    context: Context,
    corrections: Mapping[str, Mapping[str, str]],
) -> ir.Table:
    """Clean the typed lines of a source.

    Parameters
    ----------
    t : ir.Table
        The lines as :func:`clientela.mapping.parse.type_lines` gives them.
    rules : sequence of CleaningRule
        The rules, in order.
    decisions : mapping
        The decision of each rule.
    context : Context
        What the rules know besides the row.
    corrections : mapping
        Spelling variants: column -> {variant: spelling kept}.

    Returns
    -------
    ir.Table
        One row a line: the canonical columns but ``line_no``, ``source_row``, ``line`` (JSON of the
        source's columns, only where a verdict needs it), ``bucket``, ``verdict`` and the flags.
    """
    t = classify_lines(t, context)
    t = t.mutate(found_spelling_variant=varies(t, corrections))
    if decisions["spelling_variant"] == "fix":
        t = correct_spellings(t, corrections)
    t = judge_rows(t, rules, decisions, context)
    raw = {
        name: hide_personal_data(t.raw[name]) if name in context.unnamed else t.raw[name]
        for name in t.raw.names
    }
    written = line.join_fields(raw, t.raw.names)
    if decisions["repeated_line"] != "quarantine":
        written = t.verdict.notnull().ifelse(written, ibis.null("string"))
    # Told before it is escaped: what is used twice, engines would compute for every line.
    t = t.mutate(line=written)
    canonical = [
        t[column.name].cast(column.dtype).name(column.name)
        for column in TRANSACTIONS
        if column.name not in ("line_no", "returns_order_id", "taken_in")
    ]
    return t.select(
        *canonical,
        t.source_row,
        line.escape_controls(t.line).name("line"),
        bucket(t).name("bucket"),
        t.verdict,
        *[t[flag] for flag in [*flags(rules), "found_spelling_variant"]],
        found_unparsable_line=ibis.literal(False),
    )


def pack_flags(t: ir.Table, names: Sequence[str]) -> ir.Table:
    """Replace the flags of these names by ``found``, which holds each as a bit."""
    bits = [t[name].cast("int64") << number for number, name in enumerate(names)]
    flags = functools.reduce(operator.or_, bits, ibis.literal(0, "int64"))
    return t.mutate(found=flags).drop(*names)


def unpack_flags(t: ir.Table, names: Sequence[str]) -> ir.Table:
    """Add the flags that :func:`pack_flags` put into ``found``."""
    return t.mutate(**{n: (t.found & (1 << i)) != 0 for i, n in enumerate(names)})


def rejected_lines(rejects: ir.Table, like: ir.Table) -> ir.Table:
    """Bring lines that could not be parsed into the columns of cleaned ones, with a verdict.

    Parameters
    ----------
    rejects : ir.Table
        ``source_row``, ``line`` and ``reason`` of the rejected records.
    like : ir.Table
        Cleaned lines, whose columns and types are taken.
    """
    key = (ibis.literal("rejected:") + rejects.line.fill_null("")).hexdigest("md5")
    parsed_columns = {
        "source_row": rejects.source_row,
        "line": hide_personal_data(rejects.line),
        "line_key": key,
        "verdict": ibis.literal("unparsable_line"),
        "found_unparsable_line": ibis.literal(True),
        "kind": ibis.literal("sale"),
        "bucket": key.left(1),
    }
    empty = {
        name: ibis.literal(False) if name.startswith(FLAG) else ibis.null(dtype)
        for name, dtype in like.schema().items()
    }
    return rejects.select(
        **{
            name: parsed_columns[name].cast(dtype) if name in parsed_columns else empty[name]
            for name, dtype in like.schema().items()
        }
    )
