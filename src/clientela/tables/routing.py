"""Put every cleaned line in exactly one place: the tables, already held, or the quarantine."""

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from clientela.config import Decision
from clientela.contract.tables import MONEY, QUARANTINE, TOTAL, TRANSACTIONS
from clientela.engine import Engine
from clientela.mapping.row_key import json_line
from clientela.tables.buckets import bucket
from clientela.tables.ledger import Line, Place, RuleFinding
from clientela.tables.rules import CleaningRule

BEFORE = "transactions_before"
"""The table that rows of the quarantine name which were canonical lines and have another status."""
HEAD_LETTERS = 12
"""Of a key: 48 bits, and what DuckDB holds within a cell. Few lines share them by chance, and these
are told apart by the whole key: 1,777,450 lines took a fifth of the time of sorting all keys."""
RANK: tuple[Place, ...] = ("sale", "return", "fee", "already_held", "quarantine")


def number_repeats(cleaned: ir.Table) -> ir.Table:
    """Assign numbers from 1 to lines that equal an earlier one, in the order of the source.

    Parameters
    ----------
    cleaned : ir.Table
        Whole buckets of one source, as :func:`clientela.tables.clean.clean_lines` gives them.

    Returns
    -------
    ir.Table
        ``repeat_row``, the line's number in the source, and ``repeat_no``.
    """
    keys = cleaned.select(
        "line_key", repeat_row="source_row", head=cleaned.line_key.left(HEAD_LETTERS)
    )
    shared = keys.group_by("head").aggregate(lines=keys.count()).filter(lambda t: t.lines > 1)
    number = ibis.row_number().over(group_by="line_key", order_by="repeat_row").cast("int64")
    numbered = keys.semi_join(shared, "head").select("repeat_row", repeat_no=number)
    return numbered.filter(numbered.repeat_no > 0)


def place_lines(
    cleaned: ir.Table,
    repeats: ir.Table,
    held_keys: ir.Table | None,
    *,
    quarantine_repeats: bool,
    superseded: ir.Table | None = None,
) -> ir.Table:
    """Tell equal lines apart, recognise those already held, and name the ``place`` of each.

    Parameters
    ----------
    cleaned : ir.Table
        Whole buckets of one source, as :func:`clientela.tables.clean.clean_lines` gives them.
    repeats : ir.Table
        Those of them that :func:`number_repeats` gives.
    held_keys : ir.Table, optional
        ``line_key`` and ``line_no`` of what the workspace holds in these buckets.
    quarantine_repeats : bool
        Whether a further line equal to another goes to the quarantine.
    superseded : ir.Table, optional
        ``line_key`` and ``line_no`` of lines of orders whose content held stays.
    """
    joined = cleaned.left_join(repeats, cleaned.source_row == repeats.repeat_row)
    t = joined.select(
        *[joined[name] for name in cleaned.columns], line_no=joined.repeat_no.fill_null(0)
    )
    t = t.mutate(found_repeated_line=t.line_no > 0)
    if quarantine_repeats:
        repeat = t.found_repeated_line.ifelse("repeated_line", ibis.null("string"))
        t = t.mutate(verdict=ibis.coalesce(t.verdict, repeat))
    if superseded is not None:
        keys = superseded.select(other_key="line_key", other_no="line_no")
        joined = t.left_join(keys, [t.line_key == keys.other_key, t.line_no == keys.other_no])
        rule = joined.other_key.notnull().ifelse("corrected_order", ibis.null("string"))
        t = joined.select(
            *[joined[name] for name in t.columns if name != "verdict"],
            verdict=ibis.coalesce(joined.verdict, rule),
        )
    t = _recognise_held_lines(t, held_keys)
    line_place = ibis.cases(
        (t.already_held, "already_held"), (t.verdict.notnull(), "quarantine"), else_=t.kind
    )
    return t.mutate(place=line_place, returns_order_id=ibis.null("string"))


def _recognise_held_lines(t: ir.Table, held_keys: ir.Table | None) -> ir.Table:
    if held_keys is None:
        return t.mutate(already_held=ibis.literal(False))
    keys = held_keys.select(held_key="line_key", held_no="line_no", already="line_key").distinct()
    joined = t.left_join(keys, [t.line_key == keys.held_key, t.line_no == keys.held_no])
    return joined.select(
        *[joined[name] for name in t.columns], already_held=joined.already.notnull()
    )


def select_transactions(t: ir.Table) -> ir.Table:
    """Return the canonical lines among placed ones, with the columns that partition them."""
    accepted = t.filter(t.verdict.isnull() & ~t.already_held)
    columns = [
        accepted[column.name].cast(column.dtype).name(column.name) for column in TRANSACTIONS
    ]
    return accepted.select(*columns, part_kind=accepted.kind, part_bucket=accepted.bucket)


def drop_descriptions(lines: ir.Table) -> ir.Table:
    """Leave the description of a product on its first line alone; a line without one has none.

    Free text is where personal data hide, and a product is known by one line.
    """
    number = ibis.row_number().over(group_by="product_id", order_by=["ordered_local", "line_key"])
    first = lines.product_id.notnull() & (number == 0)
    return lines.mutate(description=first.ifelse(lines.description, ibis.null("string")))


def select_quarantine(t: ir.Table, source: str) -> ir.Table:
    """Return the lines of the quarantine among placed ones, as they were, with their rule."""
    refused = t.filter(t.verdict.notnull() & ~t.already_held)
    full = refused.mutate(
        source=ibis.literal(source), rule=refused.verdict, table=ibis.literal("transactions")
    )
    columns = [full[column.name].cast(column.dtype).name(column.name) for column in QUARANTINE]
    return full.select(*columns, part_bucket=full.bucket)


def replaced_lines(removed: ir.Table, moment: ir.TimestampScalar, table: str) -> ir.Table:
    """Bring canonical lines that a correction replaced into the columns of the quarantine.

    ``taken_in`` is then the moment of the correction; that of the line stands in its content.
    """
    names = [column.name for column in TRANSACTIONS]
    texts = removed.mutate(**{f"text_{name}": removed[name].cast("string") for name in names})
    fields = texts.select(
        **{name: texts[f"text_{name}"] for name in names if name != "line_key"},
        held_amount=texts.amount,
        held_at=texts.ordered_local,
        held_no=texts.line_no,
        line_key="line_key",
        part_bucket=bucket(texts),
    )
    t = fields.mutate(
        source=ibis.literal("transactions"),
        source_row=ibis.literal(0),
        rule=ibis.literal("corrected_order"),
        table=ibis.literal(table),
        taken_in=moment,
        line=json_line(fields, [name for name in names if name != "line_key"]),
        amount=fields.held_amount,
        ordered_local=fields.held_at,
        line_no=fields.held_no,
    )
    columns = [t[column.name].cast(column.dtype).name(column.name) for column in QUARANTINE]
    return t.select(*columns, "part_bucket")


def money(t: ir.Table) -> ir.DecimalValue:
    """Return the amounts that may be added: those in the currency of the tables; else nothing."""
    nothing = ibis.literal(Decimal(0)).cast(MONEY)
    return t.found_other_currency.ifelse(nothing, t.amount).fill_null(nothing)


def sum_lines(t: ir.Table) -> ir.Table:
    """Count and add up placed lines by customer, place, rule and flags: a few rows a customer.

    ``last`` is the latest moment of lines that a rule did not refuse for what they say.
    """
    is_good = t.verdict.isnull() | t.verdict.isin(("repeated_line", "corrected_order"))
    t = t.mutate(
        rule=(t.place == "quarantine").ifelse(t.verdict, ""),
        counted=money(t),
        good_at=is_good.ifelse(t.ordered_local, ibis.null(t.ordered_local.type())),
    )
    return t.group_by("customer_id", "place", "rule", "found", "found_repeated_line").aggregate(
        rows=t.count(),
        amount=t.counted.sum().cast(TOTAL),
        absolute=t.counted.abs().sum().cast(TOTAL),
        last=t.good_at.max(),
    )


def count_lines(
    engine: Engine,
    summed: ir.Table,
    flags: Sequence[str],
    rules: Sequence[CleaningRule],
    decisions: Mapping[str, Decision],
) -> tuple[list[Line], list[RuleFinding], dt.datetime | None]:
    """Count lines by place and rule, customers at their best place, and what each rule found.

    Parameters
    ----------
    engine : Engine
        What holds the lines.
    summed : ir.Table
        The lines as :func:`sum_lines` gives them.
    flags : sequence of str
        The flags that ``found`` holds, in the order of its bits.
    rules : sequence of CleaningRule
        The rules; they find among the lines that are new.
    decisions : mapping
        The decision of each rule.

    Returns
    -------
    list of Line, list of RuleFinding, datetime or None
        The line of all that was read comes first; last the latest moment of good lines.
    """
    totals = engine.to_arrow(
        summed.group_by("place", "rule", "found", "found_repeated_line").aggregate(
            rows=summed.rows.sum().cast("int64"),
            amount=summed.amount.sum().fill_null(0).cast(TOTAL),
            absolute=summed.absolute.sum().fill_null(0).cast(TOTAL),
            last=summed["last"].max(),
        )
    ).to_pylist()
    bits = {flag: 1 << number for number, flag in enumerate(flags)}
    found = {
        rule: [row for row in totals if row["place"] != "already_held" and _has(row, rule, bits)]
        for rule in rules
        if rule.flag in (*flags, "found_repeated_line")
    }
    customers = _count_customers(engine, summed, bits, [rule for rule in found if found[rule]])
    places = sorted({(row["place"], row["rule"]) for row in totals})
    best = _customers_by_place(engine, summed)
    lines = [_add_up("read", "", totals, customers[""])]
    for place in places:
        rows = [row for row in totals if (row["place"], row["rule"]) == place]
        lines.append(_add_up(*place, rows, best.get(place, 0)))
    findings = [
        RuleFinding(
            rule=rule.name,
            decision=decisions[rule.name],
            rows=sum(row["rows"] for row in rows),
            customers=customers.get(rule.name, 0),
            amount=sum((row["amount"] for row in rows), Decimal(0)),
        )
        for rule, rows in found.items()
    ]
    return lines, findings, max((row["last"] for row in totals if row["last"]), default=None)


def _has(row: Mapping[str, Any], rule: CleaningRule, bits: Mapping[str, int]) -> bool:
    return bool(row["found"] & bits[rule.flag] if rule.flag in bits else row[rule.flag])


def _add_up(place: Place, rule: str, rows: Sequence[Mapping[str, Any]], customers: int) -> Line:
    return Line(
        place=place,
        rule=rule,
        rows=sum(row["rows"] for row in rows),
        customers=customers,
        amount=sum((row["amount"] for row in rows), Decimal(0)),
        absolute=sum((row["absolute"] for row in rows), Decimal(0)),
    )


def _count_customers(
    engine: Engine, summed: ir.Table, bits: Mapping[str, int], rules: Sequence[CleaningRule]
) -> dict[str, int]:
    """Count the distinct customers of what each rule found, and of all lines under no name."""
    is_new = summed.place != "already_held"
    counts = {"": summed.customer_id.nunique()}
    for rule in rules:
        flag = (summed.found & bits[rule.flag]) != 0 if rule.flag in bits else summed[rule.flag]
        counts[rule.name] = summed.customer_id.nunique(where=is_new & flag)
    numbered = {f"n{number}": count for number, count in enumerate(counts.values())}
    row = engine.to_arrow(summed.aggregate(**numbered)).to_pylist()[0]
    return dict(zip(counts, row.values(), strict=True))


def _customers_by_place(engine: Engine, summed: ir.Table) -> dict[tuple[str, str], int]:
    rank = ibis.cases(
        *[(summed.place == best_place, str(i)) for i, best_place in enumerate(RANK)], else_="9"
    )
    best = (
        summed.filter(summed.customer_id.notnull())
        .group_by("customer_id")
        .aggregate(best=(rank + summed.rule).min())
    )
    counted = engine.to_arrow(best.group_by("best").aggregate(customers=best.count()))
    return {
        (RANK[int(row["best"][0])], row["best"][1:]): row["customers"]
        for row in counted.to_pylist()
    }


def count_spelling_findings(engine: Engine, summed: ir.Table, respelt: ir.Table) -> RuleFinding:
    """Count the new lines, as :func:`sum_lines` gives them, of ids written in several ways."""
    new = summed.filter(summed.place != "already_held")
    new = new.semi_join(respelt, new.customer_id == respelt.respelt_id)
    row = engine.to_arrow(
        new.aggregate(
            rows=new.rows.sum().fill_null(0).cast("int64"),
            customers=new.customer_id.nunique(),
            amount=new.amount.sum().fill_null(0).cast(TOTAL),
        )
    ).to_pylist()[0]
    return RuleFinding(rule="several_spellings", decision="fix", **row)
