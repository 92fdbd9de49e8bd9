"""The cleaning rules, as data: what each finds, what may be done about it, what is done by default.

A rule never deletes. *keep* counts and leaves the row as it is, *fix* changes a named column and
never an amount, *quarantine* moves the row out of the tables with the rule's name on it, and
*refuse* stops the run. The first rule that quarantines a row names it.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from clientela.config import Decision
from clientela.errors import ConfigError
from clientela.tables.orders import derived_order_id

Predicate = Callable[[ir.Table, "Context"], ir.BooleanValue]
Fix = Callable[[ir.Table, "Context"], ir.Value]

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
OLDEST_AGE_YEARS = 110
YOUNGEST_AGE_YEARS = 10


@dataclass(frozen=True)
class Context:
    """What rules know besides the row.

    Parameters
    ----------
    now_local : datetime
        The moment of the run in the firm's time zone, without a zone.
    cancel_prefix : str
        What an order id of a cancellation begins with; empty where the layout has no such mark.
    fee_codes, fee_prefixes : tuple of str
        Product codes that are fees, in upper case.
    currency : str
        The one currency of the tables.
    priced : bool
        Whether the source tells prices, and not amounts alone.
    """

    now_local: dt.datetime
    cancel_prefix: str = ""
    fee_codes: tuple[str, ...] = ()
    fee_prefixes: tuple[str, ...] = ()
    currency: str = ""
    priced: bool = True


@dataclass(frozen=True)
class Rule:
    """A named rule.

    ``finds`` is absent where the reader, and not an expression, finds the rows; ``fix`` gives the
    new value of ``fixes`` and is absent where there is nothing to fix.
    """

    name: str
    table: Literal["transactions", "customers"]
    default: Decision
    decisions: tuple[Decision, ...]
    finds: Predicate | None = None
    fixes: str = ""
    fix: Fix | None = None

    @property
    def meaning_key(self) -> str:
        """The key of the rule's description in the locale catalogues."""
        return f"rule.{self.name}"

    @property
    def flag(self) -> str:
        """The name of the column that marks the rows the rule finds."""
        return f"found_{self.name}"


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


def _negative_price(t: ir.Table, context: Context) -> ir.BooleanValue:
    if not context.priced:
        return ibis.literal(False)
    return _goods(t) & (t.unit_price < 0)


def _unspecified(t: ir.Table, _: Context) -> ir.BooleanValue:
    return t.country.strip().lower().isin(UNSPECIFIED)


def _absurd_age(t: ir.Table, _: Context) -> ir.BooleanValue:
    return (t.age < YOUNGEST_AGE_YEARS) | (t.age > OLDEST_AGE_YEARS)


ALL: tuple[Decision, ...] = ("keep", "fix", "quarantine", "refuse")
NO_FIX: tuple[Decision, ...] = ("keep", "quarantine", "refuse")
NO_KEEP: tuple[Decision, ...] = ("fix", "quarantine", "refuse")
OUT: tuple[Decision, ...] = ("quarantine", "refuse")

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
    Rule(
        "zero_price",
        "transactions",
        "quarantine",
        NO_FIX,
        lambda t, _: _goods(t) & (t.unit_price == 0),
    ),
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
    Rule("repeated_line", "transactions", "keep", NO_FIX),
    Rule("unmatched_return", "transactions", "keep", ("keep",)),
)

CUSTOMER_RULES: tuple[Rule, ...] = (
    Rule("unparsable_customer", "customers", "quarantine", OUT),
    Rule(
        "missing_customer_id",
        "customers",
        "quarantine",
        OUT,
        lambda t, _: t.customer_id.isnull(),
    ),
    Rule(
        "unreadable_signup",
        "customers",
        "keep",
        NO_FIX,
        lambda t, _: t.signup_date.isnull() & t.raw_signup_date.notnull(),
    ),
    Rule(
        "future_signup",
        "customers",
        "fix",
        ALL,
        lambda t, c: t.signup_date > ibis.literal(c.now_local.date()),
        "signup_date",
        lambda t, _: ibis.null("date"),
    ),
    Rule(
        "unreadable_age",
        "customers",
        "keep",
        NO_FIX,
        lambda t, _: t.age.isnull() & t.raw_age.notnull(),
    ),
    Rule(
        "absurd_age",
        "customers",
        "fix",
        ALL,
        _absurd_age,
        "age",
        lambda t, _: ibis.null("int64"),
    ),
    Rule(
        "signup_after_first_purchase",
        "customers",
        "keep",
        ALL,
        lambda t, _: t.signup_date > t.first_purchase,
        "signup_date",
        lambda t, _: t.first_purchase,
    ),
    Rule("customer_spelling_variant", "customers", "fix", ("keep", "fix", "refuse")),
    Rule("superseded_customer", "customers", "quarantine", OUT),
)

RULES: tuple[Rule, ...] = TRANSACTION_RULES + CUSTOMER_RULES
BY_NAME: Mapping[str, Rule] = {rule.name: rule for rule in RULES}


def decisions(configured: Mapping[str, Decision]) -> dict[str, Decision]:
    """Give the decision of every rule: the configured one, else the default.

    Raises
    ------
    ConfigError
        A rule is unknown, or does not offer the decision.

    Examples
    --------
    >>> decisions({"repeated_line": "quarantine"})["repeated_line"]
    'quarantine'
    """
    for name, decision in configured.items():
        rule = BY_NAME.get(name)
        if rule is None:
            raise ConfigError(
                f"there is no cleaning rule '{name}'",
                where=f"cleaning.rules.{name}",
                do="use one of " + ", ".join(BY_NAME),
            )
        if decision not in rule.decisions:
            raise ConfigError(
                f"the rule '{name}' cannot '{decision}'",
                where=f"cleaning.rules.{name}",
                do="use one of " + ", ".join(rule.decisions),
            )
    return {rule.name: configured.get(rule.name, rule.default) for rule in RULES}
