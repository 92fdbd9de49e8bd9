"""Headline numbers of the canonical tables: totals, months, ids without a purchase."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from clientela.engine import Engine
from clientela.tables.schema import Tables

TOTAL = "decimal(38, 4)"


@dataclass(frozen=True)
class Totals:
    """The canonical transactions in numbers; money in the one currency of the tables.

    ``net_amount`` sums every canonical amount, fees with it; ``revenue`` is sales less returns,
    and ``unidentified_revenue`` the part of it that belongs to no customer.
    """

    rows: int
    customers_identified: int
    orders: int
    net_amount: Decimal
    revenue: Decimal
    unidentified_revenue: Decimal
    unmatched_returns: int
    unmatched_amount: Decimal
    first_day: dt.date
    last_day: dt.date

    @property
    def unidentified_share(self) -> float | None:
        """The share of revenue without a customer id; none where there is no revenue."""
        return float(self.unidentified_revenue / self.revenue) if self.revenue else None


def known(transactions: ir.Table, as_of: dt.date) -> ir.Table:
    """Keep the lines dated on or before a day of the firm's zone."""
    end = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time())
    return transactions.filter(transactions.ordered_local < ibis.literal(end))


def totals(engine: Engine, tables: Tables) -> Totals:
    """Count and sum the canonical transactions."""
    t = tables.transactions
    goods = t.kind != "fee"
    unmatched = (t.kind == "return") & t.returns_order_id.isnull()
    row = engine.to_arrow(
        t.aggregate(
            rows=t.count(),
            customers_identified=t.customer_id.nunique(),
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
    return Totals(**row)


def revenue_by_month(tables: Tables, as_of: dt.date) -> ir.Table:
    """Sum revenue by local month, with the share that has no customer id.

    Returns
    -------
    ir.Table
        One row a month, in order: ``month`` (its first day), ``gross``, ``returned``, ``net``,
        ``fees``, ``unidentified_amount``, ``unidentified_share`` (of net; null where net is
        zero), ``lines``, ``orders``, ``customers``.
    """
    t = known(tables.transactions, as_of)
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
    """List the ids that have lines but not one sale, one row an id."""
    t = known(tables.transactions, as_of)
    t = t.filter(t.customer_id.notnull())
    ids = t.group_by("customer_id").aggregate(
        sales=(t.kind == "sale").sum(),
        lines=t.count(),
        returned_amount=-_sum(t, t.kind == "return"),
        fees_amount=_sum(t, t.kind == "fee"),
        first_seen=t.ordered_local.min().date(),
        last_seen=t.ordered_local.max().date(),
    )
    return ids.filter(ids.sales == 0).drop("sales").order_by("customer_id")


def _sum(t: ir.Table, where: ir.BooleanValue | None = None) -> ir.DecimalScalar:
    return t.amount.sum(where=where).fill_null(0).cast(TOTAL)
