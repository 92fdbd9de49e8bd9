"""The customers table: one row an id, the last one read; earlier versions go to the quarantine."""

from collections.abc import Mapping

import ibis
import ibis.expr.types as ir
import msgspec

from clientela.contract.tables import CUSTOMERS, QUARANTINE
from clientela.mapping.row_key import json_line
from clientela.sources.staging import StagedSource
from clientela.tables import clean
from clientela.tables.append import Appending, write_partitions
from clientela.tables.buckets import bucket_of_id
from clientela.tables.ledger import Ledger, Line, RuleFinding
from clientela.tables.manifest import Manifest
from clientela.tables.rules import CUSTOMER_RULES, Context

PERSONAL = ("gender", "region")
NAMES = [column.name for column in CUSTOMERS]


def clean_customers(
    job: Appending, typed: ir.Table, context: Context, corrections: Mapping[str, Mapping[str, str]]
) -> ir.Table:
    """Clean the typed rows of a customers source as :func:`clientela.tables.clean.clean_lines`."""
    t = typed.mutate(found_customer_spelling_variant=clean.varies(typed, corrections))
    if job.decisions["customer_spelling_variant"] == "fix":
        t = clean.correct_spellings(t, corrections)
    t = _with_first_purchase(job, t)
    return clean.judge_rows(t, CUSTOMER_RULES, job.decisions, context)


def append_customers(
    job: Appending, people: ir.Table, staged: StagedSource
) -> tuple[Manifest, Ledger]:
    """Put cleaned rows of customers into the table; nothing counts until the commit.

    Returns
    -------
    Manifest, Ledger
        The tables with the rewritten customers, and the account of the source's rows.
    """
    engine = job.engine
    placed = engine.materialise(_place_rows(job, people, engine.from_arrow(staged.rejects)))
    account = _account(job, placed, staged.location)
    files = tuple(file for file in job.manifest.files if file.table != "customers")
    everyone = _everyone(job, placed)
    files += write_partitions(job, everyone, "customers", f"{job.tag}-customers")
    files += write_partitions(
        job, _refuse_rows(job, placed, staged.location), "quarantine", f"{job.tag}-people"
    )
    engine.drop(placed)
    return msgspec.structs.replace(job.manifest, files=files), account


def _with_first_purchase(job: Appending, t: ir.Table) -> ir.Table:
    lines = _read_table(job, "transactions")
    if lines is None:
        return t.mutate(first_purchase=ibis.null("date"))
    sales = lines.filter((lines.kind == "sale") & lines.customer_id.notnull())
    first = sales.group_by(buyer="customer_id").aggregate(
        first_purchase=sales.ordered_local.min().date()
    )
    joined = t.left_join(first, t.customer_id == first.buyer)
    return joined.select(*[joined[name] for name in t.columns], "first_purchase")


def _place_rows(job: Appending, people: ir.Table, rejects: ir.Table) -> ir.Table:
    """Name the place of each row: customer, already held, or the quarantine.

    The newest row of an id is held if it says what the table says now, so that a customer may
    return to an earlier state; any other row is held if it was ever read.
    """
    t = people.union(_reject_rows(rejects, people))
    t = t.mutate(
        taken_in=job.taken_in,
        line_no=ibis.row_number().over(group_by="line_key", order_by="source_row").cast("int64"),
    )
    t = _mark_rows(t, _read_table(job, "customers"), "current")
    t = _mark_rows(t, _refused_customers(job), "refused")
    last = t.source_row.max(where=t.verdict.isnull()).over(group_by="customer_id")
    newest = t.verdict.isnull() & (t.source_row == last).fill_null(False)
    t = t.mutate(newest=newest, already_held=t.current | (t.refused & ~newest))
    older = t.verdict.isnull() & ~t.newest & ~t.already_held
    verdict = ibis.coalesce(t.verdict, older.ifelse("superseded_customer", ibis.null("string")))
    t = t.mutate(verdict=verdict, found_superseded_customer=older)
    row_place = ibis.cases(
        (t.already_held, "already_held"), (t.verdict.notnull(), "quarantine"), else_="customer"
    )
    return t.mutate(place=row_place)


def _reject_rows(rejects: ir.Table, like: ir.Table) -> ir.Table:
    lines = clean.rejected_lines(rejects, like)
    return lines.mutate(verdict=ibis.literal("unparsable_customer")).select(*like.columns)


def _everyone(job: Appending, placed: ir.Table) -> ir.Table:
    new = placed.filter(placed.place == "customer").select(*NAMES)
    held_customers = _read_table(job, "customers")
    if held_customers is not None:
        new = new.union(held_customers.anti_join(new, "customer_id").select(*NAMES))
    return new.mutate(part_bucket=bucket_of_id(new.customer_id))


def _refuse_rows(job: Appending, placed: ir.Table, source: str) -> ir.Table:
    t = placed.filter(placed.place == "quarantine").mutate(
        source=ibis.literal(source), rule=placed.verdict
    )
    refused = _quarantine_row(t)
    held_customers = _read_table(job, "customers")
    if held_customers is not None:
        new = placed.filter(placed.place == "customer")
        superseded = held_customers.semi_join(new, "customer_id")
        refused = refused.union(_supersede_rows(superseded, job.taken_in))
    key = ibis.coalesce(refused.customer_id, refused.line_key)
    return refused.mutate(part_bucket=bucket_of_id(key))


def _supersede_rows(held_customers: ir.Table, moment: ir.TimestampScalar) -> ir.Table:
    """Bring held rows into the columns of the quarantine; their content stands as JSON."""
    texts = held_customers.select(**{name: held_customers[name].cast("string") for name in NAMES})
    return _quarantine_row(
        texts.mutate(
            source=ibis.literal("customers"),
            source_row=ibis.literal(0),
            rule=ibis.literal("superseded_customer"),
            taken_in=moment,
            line=json_line(texts, [name for name in NAMES if name != "line_key"]),
            line_no=ibis.literal(0),
        )
    )


def _quarantine_row(t: ir.Table) -> ir.Table:
    t = t.mutate(
        table=ibis.literal("customers"),
        ordered_local=ibis.null("timestamp(6)"),
        amount=ibis.null("decimal(18, 4)"),
    )
    return t.select(**{column.name: t[column.name].cast(column.dtype) for column in QUARANTINE})


def _read_table(job: Appending, table: str) -> ir.Table | None:
    paths = [
        job.workspace.tables_folder / file.path
        for file in job.manifest.files
        if file.table == table
    ]
    return job.engine.read_parquet(paths) if paths else None


def _refused_customers(job: Appending) -> ir.Table | None:
    refused = _read_table(job, "quarantine")
    return None if refused is None else refused.filter(refused.table == "customers")


def _mark_rows(t: ir.Table, table: ir.Table | None, mark: str) -> ir.Table:
    """Mark the rows whose content stands in a table."""
    if table is None:
        return t.mutate(**{mark: ibis.literal(False)})
    keys = table.select(held_key="line_key").distinct()
    joined = t.left_join(keys, t.line_key == keys.held_key)
    return joined.select(*[joined[name] for name in t.columns], **{mark: joined.held_key.notnull()})


def _account(job: Appending, placed: ir.Table, source: str) -> Ledger:
    rows = job.engine.to_arrow(
        placed.mutate(rule=(placed.place == "quarantine").ifelse(placed.verdict, ""))
        .group_by("place", "rule")
        .aggregate(rows=lambda t: t.count())
        .order_by("place", "rule")
    ).to_pylist()
    lines = tuple(Line(**row) for row in rows)
    read = Line(place="read", rows=sum(line.rows for line in lines))
    return Ledger(
        source=source,
        table="customers",
        lines=(read, *lines),
        found=tuple(_count_findings(job, placed)),
    )


def _count_findings(job: Appending, placed: ir.Table) -> list[RuleFinding]:
    new = placed.filter(~placed.already_held)
    named = [rule for rule in CUSTOMER_RULES if rule.flag in placed.columns]
    counted = new.aggregate(
        **{rule.name: new[rule.flag].sum().fill_null(0).cast("int64") for rule in named}
    )
    row = job.engine.to_arrow(counted).to_pylist()[0]
    return [
        RuleFinding(
            rule=rule.name,
            decision=job.decisions[rule.name],
            rows=row[rule.name],
            customers=row[rule.name],
        )
        for rule in named
    ]
