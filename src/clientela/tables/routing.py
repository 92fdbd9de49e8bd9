"""Put every cleaned line in exactly one place: the tables, already held, or the quarantine."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

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


def ledger_lines(engine: Engine, t: ir.Table) -> list[Line]:
    """Count placed lines by place and rule: rows, money, and customers at their best place."""
    rule = (t.place == "quarantine").ifelse(t.verdict, "")
    t = t.mutate(rule=rule)
    amount = money(t)
    rows = engine.to_arrow(
        t.group_by("place", "rule")
        .aggregate(
            rows=t.count(),
            amount=amount.sum().cast(TOTAL),
            absolute=amount.abs().sum().cast(TOTAL),
        )
        .order_by("place", "rule")
    ).to_pylist()
    customers = _customers_by_place(engine, t)
    return [
        Line(
            place=row["place"],
            rule=row["rule"],
            rows=row["rows"],
            customers=customers.get((row["place"], row["rule"]), 0),
            amount=row["amount"],
            absolute=row["absolute"],
        )
        for row in rows
    ]


def _customers_by_place(engine: Engine, t: ir.Table) -> dict[tuple[str, str], int]:
    rank = ibis.cases(
        *[(t.place == best_place, str(i)) for i, best_place in enumerate(RANK)], else_="9"
    )
    best = (
        t.filter(t.customer_id.notnull())
        .group_by("customer_id")
        .aggregate(best=(rank + t.rule).min())
    )
    counted = engine.to_arrow(best.group_by("best").aggregate(customers=best.count()))
    return {
        (RANK[int(row["best"][0])], row["best"][1:]): row["customers"]
        for row in counted.to_pylist()
    }


def count_findings(
    engine: Engine, t: ir.Table, rules: Sequence[CleaningRule], decisions: Mapping[str, Decision]
) -> list[RuleFinding]:
    """Count what each rule found among the lines that are new."""
    new = t.filter(~t.already_held)
    rows = _count_rows(engine, new, [rule for rule in rules if rule.flag in new.columns])
    hit = [rule for rule in rules if rows.get(rule.name)]
    if hit:
        new = new.filter(ibis.or_(*[new[rule.flag] for rule in hit]))
    measures: dict[str, ir.Value] = {}
    for rule in hit:
        flag = new[rule.flag]
        measures[f"{rule.name}__customers"] = new.customer_id.nunique(where=flag)
        measures[f"{rule.name}__amount"] = money(new).sum(where=flag).cast(TOTAL)
    row = engine.to_arrow(new.aggregate(**measures)).to_pylist()[0] if hit else {}
    return [
        RuleFinding(
            rule=name,
            decision=decisions[name],
            rows=count,
            customers=row.get(f"{name}__customers", 0),
            amount=row.get(f"{name}__amount") or Decimal(0),
        )
        for name, count in rows.items()
    ]


def count_spelling_findings(engine: Engine, t: ir.Table, respelt: ir.Table) -> RuleFinding:
    """Count the new lines of customers whose ids are written in several ways."""
    new = t.filter(~t.already_held).semi_join(respelt, t.customer_id == respelt.respelt_id)
    row = engine.to_arrow(
        new.aggregate(
            rows=new.count(),
            customers=new.customer_id.nunique(),
            amount=money(new).sum().fill_null(0).cast(TOTAL),
        )
    ).to_pylist()[0]
    return RuleFinding(rule="several_spellings", decision="fix", **row)


def _count_rows(engine: Engine, new: ir.Table, rules: Sequence[CleaningRule]) -> dict[str, int]:
    counts = {rule.name: new[rule.flag].sum().fill_null(0).cast("int64") for rule in rules}
    rows_by_rule: dict[str, int] = engine.to_arrow(new.aggregate(**counts)).to_pylist()[0]
    return rows_by_rule
