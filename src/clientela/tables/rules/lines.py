"""The rules for transactions, in the order in which they run."""

import ibis
import ibis.expr.types as ir

from clientela.mapping.order_ids import derived_order_id
from clientela.tables.rules.rule import ALL, NO_FIX, NO_KEEP, OUT, Context, Rule

UNSPECIFIED = (
    "",
    "unspecified",
    "european community",
    "unknown",
    "n/a",
    "na",
    "none",
    "não informado",
)


def is_fee(t: ir.Table, context: Context) -> ir.BooleanValue:
    """Tell lines whose product code is a fee."""
    code = t.product_id.upper()
    found = code.isin(context.fee_codes)
    for prefix in context.fee_prefixes:
        found = found | code.startswith(prefix)
    return found.fill_null(False)


def is_cancellation(t: ir.Table, context: Context) -> ir.BooleanValue:
    """Tell lines whose order id is marked as a cancellation."""
    if not context.cancel_prefix:
        return ibis.literal(False)
    return t.order_id.upper().startswith(context.cancel_prefix).fill_null(False)


def _unreadable_number(t: ir.Table, _: Context) -> ir.BooleanValue:
    return t.quantity.isnull() | t.unit_price.isnull() | t.amount.isnull()


def _goods(t: ir.Table) -> ir.BooleanValue:
    return t.kind != "fee"


def _stray_negative(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.cancel_prefix:
        return ibis.literal(False)
    return _goods(t) & (t.quantity < 0) & ~is_cancellation(t, context)


def _zero_price(t: ir.Table, context: Context) -> ir.BooleanValue:
    return _goods(t) & (t.unit_price == 0) if context.priced else ibis.literal(False)


def _zero_amount(t: ir.Table, context: Context) -> ir.BooleanValue:
    return ibis.literal(False) if context.priced else _goods(t) & (t.amount == 0)


def _negative_price(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.priced:
        return ibis.literal(False)
    return _goods(t) & (t.unit_price < 0)


def _collective(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.nobody:
        return ibis.literal(False)
    return t.customer_id.isin(context.nobody)


def _unspecified(t: ir.Table, _: Context) -> ir.BooleanValue:
    return t.country.lower().isin(UNSPECIFIED)


TRANSACTION_RULES: tuple[Rule, ...] = (
    Rule("unparsable_line", "transactions", "quarantine", OUT),
    Rule(
        "unreadable_date", "transactions", "quarantine", OUT, lambda t, _: t.ordered_local.isnull()
    ),
    Rule(
        "future_date",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, c: t.ordered_local > ibis.literal(c.now_local),
    ),
    Rule("unreadable_number", "transactions", "quarantine", OUT, _unreadable_number),
    Rule(
        "other_currency",
        "transactions",
        "quarantine",
        OUT,
        lambda t, c: t.currency != c.currency,
    ),
    Rule(
        "fee_line",
        "transactions",
        "fix",
        ALL,
        is_fee,
        "kind",
        lambda t, c: ibis.literal("fee"),
    ),
    Rule("zero_price", "transactions", "quarantine", NO_FIX, _zero_price),
    Rule("zero_amount", "transactions", "keep", NO_FIX, _zero_amount),
    Rule(
        "negative_price",
        "transactions",
        "quarantine",
        OUT,
        _negative_price,
    ),
    Rule(
        "zero_quantity",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, _: _goods(t) & (t.quantity == 0),
    ),
    Rule("stray_negative", "transactions", "quarantine", NO_FIX, _stray_negative),
    Rule(
        "positive_cancellation",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, c: _goods(t) & is_cancellation(t, c) & (t.amount > 0),
    ),
    Rule(
        "missing_customer",
        "transactions",
        "keep",
        NO_FIX,
        lambda t, _: t.customer_id.isnull(),
    ),
    Rule(
        "collective_id",
        "transactions",
        "fix",
        ALL,
        _collective,
        "customer_id",
        lambda t, _: ibis.null("string"),
    ),
    Rule("several_spellings", "transactions", "fix", ("fix",)),
    Rule(
        "missing_order",
        "transactions",
        "fix",
        NO_KEEP,
        lambda t, _: t.order_id.isnull(),
        "order_id",
        lambda t, _: derived_order_id(t),
    ),
    Rule(
        "unspecified_country",
        "transactions",
        "fix",
        ALL,
        _unspecified,
        "country",
        lambda t, _: ibis.null("string"),
    ),
    Rule("spelling_variant", "transactions", "fix", ("keep", "fix", "refuse")),
    Rule("corrected_order", "transactions", "fix", ("fix",)),
    Rule("repeated_line", "transactions", "keep", NO_FIX),
    Rule("unmatched_return", "transactions", "keep", ("keep",)),
)
