"""Headline numbers of the canonical tables: totals, months, ids without a purchase."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from clientela.contract.tables import TOTAL
from clientela.engine import Engine
from clientela.tables.schema import Tables


@dataclass(frozen=True)
class Totals:
    """The canonical transactions in numbers; money in the one currency of the tables.

    ``net_amount`` sums every canonical amount, fees with it; ``revenue`` is sales less returns,
    and ``unidentified_revenue`` the part of it that belongs to no customer; ``buyers`` are ids
    with a sale.
    """

    rows: int
    customers_identified: int
    buyers: int
    orders: int
    net_amount: Decimal
    revenue: Decimal
    unidentified_revenue: Decimal
    unmatched_returns: int
    unmatched_amount: Decimal
    first_day: dt.date | None
    last_day: dt.date | None

    @property
    def unidentified_share(self) -> float | None:
        """The share of revenue without a customer id; none where there is no revenue."""
        return float(self.unidentified_revenue / self.revenue) if self.revenue else None


def filter_until(transactions: ir.Table, as_of: dt.date) -> ir.Table:
    """Keep the lines dated on or before a day of the firm's zone."""
    return transactions.filter(transactions.ordered_local < _end(as_of))


def list_purchases(tables: Tables, as_of: dt.date) -> ir.Table:
    """Return who ever bought what by a day, returned or not: ``customer_id``, ``product_id``."""
    t = filter_until(tables.transactions, as_of)
    named = t.customer_id.notnull() & t.product_id.notnull()
    return t.filter((t.kind == "sale") & named).select("customer_id", "product_id").distinct()


def totals(engine: Engine, tables: Tables, as_of: dt.date | None = None) -> Totals:
    """Count and sum the canonical transactions, all or as known on a day.

    Identified customers count wherever a line names them, the quarantine with it.
    """
    t = tables.transactions if as_of is None else filter_until(tables.transactions, as_of)
    goods = t.kind != "fee"
    unmatched = (t.kind == "return") & t.returns_order_id.isnull()
    row = engine.to_arrow(
        t.aggregate(
            rows=t.count(),
            buyers=t.customer_id.nunique(where=t.kind == "sale"),
            orders=t.order_id.nunique(where=t.kind == "sale"),
            net_amount=_sum(t),
            revenue=_sum(t, goods),
            unidentified_revenue=_sum(t, goods & t.customer_id.isnull()),
            unmatched_returns=unmatched.sum().fill_null(0),
            unmatched_amount=_sum(t, unmatched),
            first_day=t.ordered_local.min().date(),
            last_day=t.ordered_local.max().date(),
        )
    ).to_pylist()[0]
    ids = t.filter(t.customer_id.notnull()).select("customer_id")
    if tables.quarantine is not None:
        ids = ids.union(_select_refused_lines(tables.quarantine).select("customer_id"))
    counted = engine.to_arrow(ids.aggregate(n=ids.customer_id.nunique()))
    return Totals(**row, customers_identified=counted["n"][0].as_py())


def revenue_by_month(tables: Tables, as_of: dt.date) -> ir.Table:
    """Sum revenue by local month, with the share that has no customer id.

    Returns
    -------
    ir.Table
        One row a month, in order: ``month`` (its first day), ``gross``, ``returned``, ``net``,
        ``fees``, ``unidentified_amount``, ``unidentified_share`` (of net; null where net is
        zero), ``lines``, ``orders``, ``customers``.
    """
    t = filter_until(tables.transactions, as_of)
    sale, back, goods = t.kind == "sale", t.kind == "return", t.kind != "fee"
    months = t.group_by(month=t.ordered_local.truncate("M").date()).aggregate(
        gross=_sum(t, sale),
        returned=-_sum(t, back),
        net=_sum(t, goods),
        fees=_sum(t, t.kind == "fee"),
        unidentified_amount=_sum(t, goods & t.customer_id.isnull()),
        lines=t.count(),
        orders=t.order_id.nunique(where=sale),
        customers=t.customer_id.nunique(where=sale),
    )
    share = months.unidentified_amount.cast("float64") / months.net.nullif(0).cast("float64")
    placed = months.mutate(unidentified_share=share).relocate(
        "unidentified_share", after="unidentified_amount"
    )
    return placed.order_by("month")


def no_purchases(tables: Tables, as_of: dt.date) -> ir.Table:
    """List the ids without one sale, of lines and of the customers file, one row an id.

    Returns
    -------
    ir.Table
        ``customer_id``, ``lines`` (in the tables and in the quarantine), ``returned_amount``,
        ``fees_amount``, ``first_seen``, ``last_seen``; in the order of the ids.
    """
    t = filter_until(tables.transactions, as_of)
    t = t.filter(t.customer_id.notnull())
    table_lines = t.select(
        "customer_id",
        "ordered_local",
        sale=t.kind == "sale",
        returned=(t.kind == "return").ifelse(-t.amount, 0).cast(TOTAL),
        fees=(t.kind == "fee").ifelse(t.amount, 0).cast(TOTAL),
    )
    lines = table_lines
    if tables.quarantine is not None:
        zero = ibis.literal(0).cast(TOTAL)
        refused = _select_refused_lines(tables.quarantine)
        refused = refused.filter(refused.ordered_local.fill_null(_end(dt.date.min)) < _end(as_of))
        lines = table_lines.union(
            refused.mutate(sale=ibis.literal(False), returned=zero, fees=zero)
        )
    ids = lines.group_by("customer_id").aggregate(
        sales=lines.sale.sum(),
        lines=lines.count(),
        returned_amount=lines.returned.sum(),
        fees_amount=lines.fees.sum(),
        first_seen=lines.ordered_local.min().date(),
        last_seen=lines.ordered_local.max().date(),
    )
    unsold = ids.filter(ids.sales == 0).drop("sales")
    if tables.customers is not None:
        unsold = unsold.union(_list_without_lines(tables.customers, ids, as_of))
    return unsold.order_by("customer_id")


def sum_unlisted(tables: Tables, as_of: dt.date) -> ir.Table | None:
    """Sum up the lines of ids that the customers file lacks; None where there is no such file.

    Returns
    -------
    ir.Table
        One row: ``rows``, ``customers``, ``amount``.
    """
    if tables.customers is None:
        return None
    t = filter_until(tables.transactions, as_of)
    named = t.filter(t.customer_id.notnull())
    unlisted = named.anti_join(tables.customers.select("customer_id"), "customer_id")
    return unlisted.aggregate(
        rows=unlisted.count(), customers=unlisted.customer_id.nunique(), amount=_sum(unlisted)
    )


def _list_without_lines(customers: ir.Table, ids: ir.Table, as_of: dt.date) -> ir.Table:
    """List the customers of the customers file whom no line names, as known on a day."""
    has_signed_up = customers.signup_date.isnull() | (customers.signup_date <= ibis.literal(as_of))
    zero = ibis.literal(0).cast(TOTAL)
    named = (
        customers.filter(has_signed_up)
        .select("customer_id")
        .distinct()
        .anti_join(ids, "customer_id")
    )
    return named.mutate(
        lines=ibis.literal(0).cast("int64"),
        returned_amount=zero,
        fees_amount=zero,
        first_seen=ibis.null("date"),
        last_seen=ibis.null("date"),
    )


def _end(day: dt.date) -> ir.TimestampScalar:
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
    return ibis.literal(end, type="timestamp(6)")


def _select_refused_lines(quarantine: ir.Table) -> ir.Table:
    lines = quarantine.filter(
        (quarantine.table == "transactions") & quarantine.customer_id.notnull()
    )
    return lines.select("customer_id", "ordered_local")


def _sum(t: ir.Table, condition: ir.BooleanValue | None = None) -> ir.DecimalScalar:
    return t.amount.sum(where=condition).fill_null(0).cast(TOTAL)
