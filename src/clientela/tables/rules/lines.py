"""The rules for transactions, in the order in which they run."""

import datetime as dt

import ibis
import ibis.expr.types as ir

from clientela.mapping.order_ids import derive_order_id
from clientela.tables.rules.rule import (
    ALL,
    NO_FIX,
    NO_KEEP,
    OUT,
    CleaningRule,
    Context,
    is_among,
)

# Days that databases and spreadsheets write where they know none.
PLACEHOLDERS = tuple(
    map(
        dt.date.fromisoformat,
        (
            "0001-01-01",
            "1111-11-11",
            "1753-01-01",
            "1899-12-30",
            "1899-12-31",
            "1900-01-01",
            "1900-01-02",
            "1901-01-01",
            "1904-01-01",
            "1970-01-01",
            "1980-01-01",
        ),
    )
)
NEVER = ibis.literal(dt.datetime(9999, 1, 1), "timestamp(6)")  # noqa: DTZ001 - local times
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
    """Tell lines whose product code is a fee, or else the description, and orders' discounts."""
    code = t.product_id.fill_null(t.description).upper()
    has_fee_code = is_among(code, context.fee_codes)
    for prefix in context.fee_prefixes:
        has_fee_code = has_fee_code | code.startswith(prefix)
    return has_fee_code.fill_null(False) | _is_marked(t, "order_discount")


def is_cancellation(t: ir.Table, context: Context) -> ir.BooleanValue:
    """Tell lines whose order id is marked as a cancellation."""
    if not context.cancel_prefix:
        return ibis.literal(False)
    head = t.order_id.left(len(context.cancel_prefix))
    return (head.upper() == context.cancel_prefix).fill_null(False)


def _unreadable_number(t: ir.Table, _: Context) -> ir.BooleanValue:
    return t.quantity.isnull() | t.unit_price.isnull() | t.amount.isnull()


def _goods(t: ir.Table) -> ir.BooleanValue:
    return t.kind != "fee"


def _stray_negative(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.cancel_prefix:
        return ibis.literal(False)
    return _goods(t) & (t.quantity < 0) & ~is_cancellation(t, context)


def _is_marked(t: ir.Table, mark: str) -> ir.BooleanValue:
    """Return what parsing marked; lines that were never parsed have no marks."""
    return t[mark] if mark in t.columns else ibis.literal(False)


def _placeholder(t: ir.Table, context: Context) -> ir.BooleanValue:
    known = is_among(t.ordered_local.date(), PLACEHOLDERS) | (t.ordered_local >= NEVER)
    if context.lonely_until is None:
        return known
    return known | (t.ordered_local < ibis.literal(context.lonely_until, "timestamp(6)"))


def _zero_price(t: ir.Table, context: Context) -> ir.BooleanValue:
    """Find stock adjustments: lines without a price where the layout writes them so, or no buyer.

    A gift or a coupon's line has a buyer, and is an order of no money.
    """
    if not context.priced:
        return ibis.literal(False)
    adjusts = ibis.literal(True) if context.adjusts_stock else t.customer_id.isnull()
    return _goods(t) & (t.unit_price == 0) & adjusts


def _zero_amount(t: ir.Table, context: Context) -> ir.BooleanValue:
    nothing = _goods(t) & (t.amount == 0)
    return nothing & ~_zero_price(t, context) if context.priced else nothing


def _negative_price(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.priced:
        return ibis.literal(False)
    return _goods(t) & (t.unit_price < 0)


def _collective(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.nobody:
        return ibis.literal(False)
    return t.customer_id.isin(context.nobody)


def _is_unspecified(t: ir.Table, _: Context) -> ir.BooleanValue:
    return is_among(t.country.lower(), UNSPECIFIED)


UNLISTED = "unlisted_customer"

TRANSACTION_RULES: tuple[CleaningRule, ...] = (
    CleaningRule("unparsable_line", "transactions", "quarantine", OUT),
    CleaningRule(
        "total_line", "transactions", "quarantine", OUT, lambda t, _: _is_marked(t, "total_line")
    ),
    CleaningRule(
        "not_a_sale", "transactions", "quarantine", OUT, lambda t, _: _is_marked(t, "no_sale")
    ),
    CleaningRule(
        "unreadable_date", "transactions", "quarantine", OUT, lambda t, _: t.ordered_local.isnull()
    ),
    CleaningRule("placeholder_date", "transactions", "quarantine", NO_FIX, _placeholder),
    CleaningRule(
        "future_date",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, c: t.ordered_local > ibis.literal(c.now_local),
    ),
    CleaningRule("unreadable_number", "transactions", "quarantine", OUT, _unreadable_number),
    CleaningRule(
        "derived_price", "transactions", "keep", NO_FIX, lambda t, _: _is_marked(t, "derived_price")
    ),
    CleaningRule(
        "unsigned_return",
        "transactions",
        "keep",
        NO_FIX,
        lambda t, _: _is_marked(t, "unsigned_return"),
    ),
    CleaningRule(
        "other_currency",
        "transactions",
        "quarantine",
        OUT,
        lambda t, c: t.currency != c.currency,
    ),
    CleaningRule(
        "fee_line",
        "transactions",
        "fix",
        ALL,
        is_fee,
        "kind",
        lambda t, c: ibis.literal("fee"),
    ),
    CleaningRule("zero_price", "transactions", "quarantine", NO_FIX, _zero_price),
    CleaningRule("zero_amount", "transactions", "keep", NO_FIX, _zero_amount),
    CleaningRule(
        "negative_price",
        "transactions",
        "quarantine",
        OUT,
        _negative_price,
    ),
    CleaningRule(
        "zero_quantity",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, _: _goods(t) & (t.quantity == 0),
    ),
    CleaningRule("stray_negative", "transactions", "quarantine", NO_FIX, _stray_negative),
    CleaningRule(
        "positive_cancellation",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, c: _goods(t) & is_cancellation(t, c) & (t.amount > 0),
    ),
    CleaningRule(
        "missing_customer",
        "transactions",
        "keep",
        NO_FIX,
        lambda t, _: t.customer_id.isnull(),
    ),
    CleaningRule(
        "collective_id",
        "transactions",
        "fix",
        ALL,
        _collective,
        "customer_id",
        lambda t, _: ibis.null("string"),
    ),
    CleaningRule("several_spellings", "transactions", "fix", ("fix",)),
    CleaningRule(
        "missing_order",
        "transactions",
        "fix",
        NO_KEEP,
        lambda t, _: t.order_id.isnull(),
        "order_id",
        lambda t, _: derive_order_id(t),
    ),
    CleaningRule(
        "unspecified_country",
        "transactions",
        "fix",
        ALL,
        _is_unspecified,
        "country",
        lambda t, _: ibis.null("string"),
    ),
    CleaningRule("spelling_variant", "transactions", "fix", ("keep", "fix", "refuse")),
    CleaningRule("forgotten", "transactions", "fix", ("fix",)),
    CleaningRule("corrected_order", "transactions", "fix", ("fix",)),
    CleaningRule("repeated_line", "transactions", "keep", NO_FIX),
    CleaningRule("unmatched_return", "transactions", "keep", ("keep",)),
    CleaningRule(UNLISTED, "transactions", "keep", ("keep",)),
)
