"""Order lines: fields told once an order, what a row means, figures divided, totals set aside."""

from collections.abc import Callable
from collections.abc import Mapping as MappingOf
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import MONEY, TOTAL
from clientela.engine import Engine
from clientela.errors import DecisionNeeded
from clientela.mapping.meanings import ANY, TOTAL_NAMES, TOTAL_WORDS, meaning_of
from clientela.mapping.source_columns import Mapping

NO_SALE, RETURN = "no sale", "return"
COUNTED = frozenset({"quantity", "product_id", "description"})
MOST_VALUES = 8  # by convention: what a line of a terminal or of a question holds


def prepare(staging: ir.Table, mapping: Mapping) -> ir.Table:
    """Fill an order's fields down its lines, and join a separate time to its date.

    A field of the order is filled from whichever of its lines tells it; the order's own id from
    the row above. Without anything to prepare, the table comes back as it is.
    """
    order = mapping.columns.get("order_id")
    above = ibis.window(order_by="source_row", preceding=None, following=0)
    if order in mapping.fill_down:
        # Each order's rows are numbered first, for engines differ in the last value not null.
        begun = staging[order].notnull().cast("int64").sum().over(above)
        staging = staging.mutate(begun=begun)
        block = ibis.window(group_by="begun")
        staging = staging.mutate(**{order: staging[order].max().over(block)}).drop("begun")
    fields = [name for name in mapping.fill_down if name != order and name in staging.columns]
    if order and fields:
        lines = ibis.window(group_by=order)
        if mapping.order_within:  # an order is then the rows of a number that follow one another
            before = staging[order].lag(1).over(ibis.window(order_by="source_row"))
            staging = staging.mutate(changed=(staging[order] != before).fill_null(True))
            block = staging.changed.cast("int64").sum().over(above)
            staging = staging.mutate(block=block).drop("changed")
            lines = ibis.window(group_by="block")
        filled = {
            name: ibis.coalesce(staging[name], staging[name].max().over(lines)) for name in fields
        }
        staging = staging.mutate(
            **{
                name: staging[order].isnull().ifelse(staging[name], value)
                for name, value in filled.items()
            }
        )
        staging = staging.drop("block") if mapping.order_within else staging
    return join_dates(staging, mapping)


def join_dates(staging: ir.Table, mapping: Mapping) -> ir.Table:
    """Join the parts of dates that stand in columns of their own to one text.

    The year's column, which ``ordered_local`` names, takes the month's and the day's; a date's that
    of the time.
    """
    date = mapping.columns.get("ordered_local", "")
    if "ordered_day" in mapping.columns:
        parts = (date, mapping.columns["ordered_month"], mapping.columns["ordered_day"])
        year, month, day = (staging[name].strip().re_replace(r"[.]0+$", "") for name in parts)
        counted = month.re_search("^[0-9]+$")
        written = counted.ifelse(year + "-" + month + "-" + day, day + " " + month + " " + year)
        staging = staging.mutate(**{date: written})
    time = mapping.columns.get("ordered_time")
    if time:
        day = staging[date].re_replace(r"[T ]+0?0:00(?::00(?:\.0+)?)?$", "")
        hour = staging[time].re_replace(r"^(?:1899-12-3[01]|1900-01-0[01])[T ]+", "")
        staging = staging.mutate(**{date: day + (ibis.literal(" ") + hour).fill_null("")})
    return staging


def find_meaning(staging: ir.Table, values: MappingOf[str, MappingOf[str, str]]) -> ir.StringValue:
    """Return what each row means: a sale, a return, or no sale; the strictest of its columns."""
    columns = [
        _look_up_meaning(staging[column].strip(), means)
        for column, means in values.items()
        if column in staging.columns
    ]
    result: ir.StringValue = ibis.literal("sale")
    for strict in (RETURN, NO_SALE):
        for column in columns:
            result = (column == strict).fill_null(False).ifelse(strict, result)
    return result


def _look_up_meaning(text: ir.StringValue, means: MappingOf[str, str]) -> ir.StringValue:
    if ANY in means:
        return (text.fill_null("") == "").ifelse(means.get("", "sale"), means[ANY])
    return text.lower().substitute({value.lower(): meaning for value, meaning in means.items()})


def resolve_values(
    engine: Engine,
    staging: ir.Table,
    mapping: Mapping,
    add_up: Callable[[ir.Table], Decimal],
) -> dict[str, dict[str, Any]]:
    """Find the meaning of every value of the columns that say what a row means.

    ``add_up`` adds up the money of some of the rows.

    Raises
    ------
    DecisionNeeded
        A value is neither configured nor known, or was left as a question.
    """
    resolved: dict[str, dict[str, Any]] = {}
    unknown: list[tuple[str, str, int]] = []
    for column in mapping.values:
        if column in staging.columns:
            resolved[column], unclear = _resolve_column(engine, staging, mapping, column)
            unknown += [(column, value, rows) for value, rows in unclear.items()]
    if not unknown:
        return resolved
    texts = []
    for column, value, rows in unknown[:MOST_VALUES]:
        money = add_up(staging.filter(staging[column].strip().fill_null("") == value))
        texts.append(f"{column} = {value!r} ({rows:,} rows, {money:,.2f})")
    raise DecisionNeeded(
        "it is not known whether these rows are sales: " + ", ".join(texts),
        where="source.values",
        do='say for each value whether it is a "sale", a "return" or "no sale"',
    )


def _resolve_column(
    engine: Engine, staging: ir.Table, mapping: Mapping, column: str
) -> tuple[dict[str, Any], dict[str, int]]:
    """Find the meaning of a column's values, and the rows of those that are not clear."""
    configured = mapping.values[column]
    if ANY in configured:
        rows = _count_blank(engine, staging[column]) if configured.get("") == "ask" else 0
        return dict(configured), {"": rows} if rows else {}
    means = {value.strip().lower(): meaning for value, meaning in configured.items()}
    counts = staging.group_by(value=staging[column].strip()).aggregate(rows=lambda t: t.count())
    resolved: dict[str, Any] = {}
    unclear = {}
    for row in engine.to_arrow(counts.order_by("value")).to_pylist():
        value = row["value"] or ""
        resolved[value] = means.get(value.lower()) or meaning_of(
            value, column, refunds="refunded" in mapping.columns
        )
        if value and resolved[value] not in ("sale", RETURN, NO_SALE):
            unclear[value] = row["rows"]
    return resolved, unclear


def _count_blank(engine: Engine, text: ir.StringValue) -> int:
    blank = (text.strip().fill_null("") == "").sum().name("rows").as_table()
    return int(engine.to_arrow(blank)["rows"][0].as_py() or 0)


def leave_last_versions(t: ir.Table, column: str) -> ir.Table:
    """Make rows of an order's earlier versions no sales; a row without a version is of the first.

    The source's column holds the number of the version, as 2 or Rev. 2.
    """
    number = t.raw[column].re_extract(r"([0-9]+)", 1).nullif("").try_cast("int64")
    t = t.mutate(version=number.fill_null(0))
    last = t.version.max().over(ibis.window(group_by="order_id"))
    earlier = (t.order_id.notnull() & (t.version < last)).fill_null(False)
    return t.mutate(meaning=earlier.ifelse(NO_SALE, t.meaning)).drop("version")


def describe_meanings(values: MappingOf[str, MappingOf[str, str]]) -> list[str]:
    """Say which values of which column make a row no sale, or a return.

    Examples
    --------
    >>> describe_meanings({"status": {"paid": "sale", "void": "no sale"}})
    ['rows are no sales where status is: void']
    """
    texts = []
    for column, means in values.items():
        for meaning, name in ((NO_SALE, "no sales"), (RETURN, "returns")):
            telling = [value for value in means if means[value] == meaning]
            if telling:
                shown = "; ".join(telling[:MOST_VALUES])
                texts.append(f"rows are {name} where {column} is: {shown}")
    return texts


def divide(t: ir.Table, name: str, weight: ir.DecimalValue) -> ir.Table:
    """Divide an order's figure among its lines by weight, exactly: the first takes the rest."""
    order = ibis.window(group_by="order_id")
    # Each step a column of its own, for no engine adds up what is itself a sum over an order.
    t = t.mutate(weight=weight.fill_null(Decimal(0)).cast(MONEY))
    t = t.mutate(weights=t.weight.sum().over(order), whole=t[name].max().over(order))
    t = t.mutate(lines=t.weight.count().over(order).cast("float64"))
    share = (t.weights == 0).ifelse(
        1 / t.lines, t.weight.cast("float64") / t.weights.cast("float64").nullif(0.0)
    )
    t = t.mutate(part=(t.whole.cast("float64") * share).round(2).cast(MONEY))
    remainder = (t.whole - t.part.sum().over(order)).cast(MONEY)
    first = t.source_row == t.source_row.min().over(order)
    nothing = ibis.literal(Decimal(0)).cast(MONEY)
    t = t.mutate(part=(t.part + first.ifelse(remainder, nothing)).cast(MONEY))
    t = t.mutate(**{name: t.order_id.isnull().ifelse(t[name], t.part)})
    return t.drop("weight", "weights", "whole", "lines", "part")


def take_off(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Take discounts off the amount, an order's divided by its lines' amounts; so are refunds."""
    if "discount_share" in mapping.columns:
        signed = t.raw_discount_share.contains("%").fill_null(False)
        t = t.mutate(highest=t.discount_share.max().over(ibis.window()), percent=signed)
        hundredths = (t.highest > 1) | t.percent
        share = t.discount_share.cast("float64") / hundredths.ifelse(100.0, 1.0)
        reduced = t.amount.cast("float64") * (1 - share.abs().fill_null(0.0))
        t = t.mutate(amount=reduced.round(4).cast(MONEY)).drop("highest", "percent")
    for name in ("discount", "refunded"):
        if name not in mapping.columns:
            continue
        t = t.mutate(**{name: t[name].abs().cast(MONEY)})
        if name in mapping.per_order:
            t = divide(t, name, t.amount.abs())
        figure = t[name].fill_null(Decimal(0)).cast(MONEY)
        if name == "refunded":  # what is given back beyond the goods is their freight
            t = t.mutate(refunded=(figure > t.amount.abs()).ifelse(t.amount.abs(), figure))
            continue
        signed = (t.amount < 0).ifelse(-figure, figure)
        t = t.mutate(amount=(t.amount - signed).cast(MONEY))
    return t


def split_refunds(t: ir.Table, refunds: ir.Table) -> ir.Table:
    """Add a return for what each sale tells of its refund, of the moment that ``refunds`` holds.

    The source's row is negative there, for rows are told apart by it.
    """
    units = refunds.refunded.cast("float64") / refunds.unit_price.cast("float64").nullif(0.0)
    back = refunds.mutate(
        amount=(-refunds.refunded).cast(MONEY),
        quantity=ibis.coalesce(-units.abs().round(4), -1.0).cast(MONEY),
        cost=ibis.null(MONEY),  # whether goods came back with the money is not known
        source_row=-refunds.source_row,
        meaning=ibis.literal(RETURN),
    )
    return t.union(back.select(*t.columns))


def count_split(engine: Engine, t: ir.Table) -> int:
    """Count the rows that came of others."""
    return int(engine.to_arrow(t.aggregate(rows=(t.source_row < 0).sum()))["rows"][0].as_py() or 0)


def turn_returns(t: ir.Table) -> ir.Table:
    """Make returns that stand as positive rows negative."""
    back = t.meaning == RETURN
    return t.mutate(
        amount=back.ifelse((-t.amount.abs()).cast(MONEY), t.amount),
        quantity=back.ifelse((-t.quantity.abs()).cast(MONEY), t.quantity),
    )


def mark_discounts(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Mark lines of a price below zero that take off an order no more than its goods cost.

    Known layouts have codes for them.
    """
    if mapping.layout != "configured" or not {"order_id", "unit_price"} <= mapping.columns.keys():
        return t
    counted = (t.total_line | t.no_sale).fill_null(False).ifelse(ibis.null(), t.amount)
    rest = counted.sum().over(ibis.window(group_by="order_id"))
    below = (t.unit_price < 0) & (t.quantity > 0) & t.order_id.notnull()
    return t.mutate(order_discount=(below & (rest >= 0)).fill_null(False))


def _mark_summaries(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Mark rows that tell an order's total, without units and product, above or below its lines."""
    if not {"order_id", "amount"} <= mapping.columns.keys() or not COUNTED & mapping.columns.keys():
        return t
    order = ibis.window(group_by="order_id")
    alone = t.raw_quantity.isnull() & t.product_id.isnull() & t.description.isnull()
    line = (alone | t.total_line).ifelse(ibis.null(MONEY), t.amount)
    t = t.mutate(order_lines=line.sum().over(order))
    adds_up = alone & t.order_id.notnull() & (t.order_lines == t.amount)
    return t.mutate(total_line=t.total_line | adds_up.fill_null(False)).drop("order_lines")


def _mark_packages(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Mark rows of an amount alone that the rows below, of units and prices alone, add up to."""
    if not mapping.columns.keys() >= {"quantity", "unit_price", "amount"}:
        return t
    until = ibis.window(order_by="source_row", preceding=None, following=0)
    t = t.mutate(begun=t.raw_amount.notnull().cast("int64").sum().over(until))
    package = ibis.window(group_by="begun")
    part = t.raw_amount.isnull().ifelse(t.amount, ibis.null(MONEY))
    t = t.mutate(parts=part.sum().over(package))
    head = t.raw_amount.notnull() & t.raw_quantity.isnull() & t.raw_unit_price.isnull()
    adds_up = (head & (t.parts == t.amount)).fill_null(False)
    return t.mutate(total_line=t.total_line | adds_up).drop("begun", "parts")


def _tells_nothing(t: ir.Table, mapping: Mapping) -> ir.BooleanValue:
    """Tell rows without a product and any figure: headings of groups, of orders, and notes.

    They have no date either, unless it is what an order's other lines are filled with.
    """
    empty: ir.BooleanValue = t.product_id.isnull() & t.description.isnull()
    if mapping.columns["ordered_local"] not in mapping.fill_down:
        empty = empty & t.raw_date.isnull()
    for name in ("quantity", "unit_price", "amount"):
        empty = empty & t[f"raw_{name}"].isnull()
    return empty


def mark_totals(t: ir.Table, mapping: Mapping) -> ir.Table:
    """Mark rows that add up others, by words where an id or a date should be, or by their sum.

    A sum is looked for only in rows without a date, or without both ids. Known layouts have none.
    """
    if mapping.layout != "configured":
        return t.mutate(total_line=ibis.literal(False))
    named: ir.BooleanValue = ibis.literal(False)
    for column in (t.customer_id, t.order_id, t.raw_date):
        named = named | column.re_search(TOTAL_WORDS).fill_null(False)
    bare = t.ordered_local.isnull() | (t.customer_id.isnull() & t.order_id.isnull())
    lacking = bare | t.order_id.isnull() | t.customer_id.isnull()
    for column in (t.customer_id, t.order_id, t.product_id, t.description, t.category):
        named = named | (lacking & column.re_search(TOTAL_NAMES).fill_null(False))
    named = named | _tells_nothing(t, mapping)
    nothing = ibis.literal(Decimal(0)).cast(MONEY)
    until = ibis.window(order_by="source_row", preceding=None, following=0)
    # Each step a column of its own, for no engine adds up what is itself a running sum.
    summed = t.mutate(named_total=named, bare_row=bare | named)
    paid = summed.bare_row.ifelse(nothing, summed.amount.fill_null(nothing))
    summed = summed.mutate(running=paid.sum().over(until))
    reached = summed.bare_row.ifelse(summed.running, ibis.null(TOTAL))
    summed = summed.mutate(section_start=reached.lag(1).over(ibis.window(order_by="source_row")))
    summed = summed.mutate(section_start=summed.section_start.max().over(until).fill_null(nothing))
    adds_up = (summed.amount == summed.running) | (
        summed.amount == summed.running - summed.section_start
    )
    unnamed = summed.bare_row & (summed.amount != 0) & adds_up.fill_null(False)
    marked = summed.mutate(total_line=summed.named_total | unnamed.fill_null(False))
    marked = _mark_summaries(_mark_packages(marked, mapping), mapping)
    # The label of a total is nobody's id.
    nobody = marked.named_total.ifelse(ibis.null("string"), marked.customer_id)
    marked = marked.mutate(customer_id=nobody)
    return marked.drop("named_total", "bare_row", "running", "section_start")
