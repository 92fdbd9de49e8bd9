"""The rules for customers, in the order in which they run."""

import ibis
import ibis.expr.types as ir

from clientela.tables.rules.rule import ALL, NO_FIX, OUT, CleaningRule, Context

OLDEST_AGE_YEARS = 110  # by convention: hardly anybody lives longer
YOUNGEST_AGE_YEARS = 10  # by convention: younger ones have no account of their own


def _absurd_age(t: ir.Table, _: Context) -> ir.BooleanValue:
    return (t.age < YOUNGEST_AGE_YEARS) | (t.age > OLDEST_AGE_YEARS)


CUSTOMER_RULES: tuple[CleaningRule, ...] = (
    CleaningRule("unparsable_customer", "customers", "quarantine", OUT),
    CleaningRule(
        "missing_customer_id",
        "customers",
        "quarantine",
        OUT,
        lambda t, _: t.customer_id.isnull(),
    ),
    CleaningRule(
        "unreadable_signup",
        "customers",
        "keep",
        NO_FIX,
        lambda t, _: t.signup_date.isnull() & t.raw_signup_date.notnull(),
    ),
    CleaningRule(
        "future_signup",
        "customers",
        "fix",
        ALL,
        lambda t, c: t.signup_date > ibis.literal(c.now_local.date()),
        "signup_date",
        lambda t, _: ibis.null("date"),
    ),
    CleaningRule(
        "unreadable_age",
        "customers",
        "keep",
        NO_FIX,
        lambda t, _: t.age.isnull() & t.raw_age.notnull(),
    ),
    CleaningRule(
        "absurd_age",
        "customers",
        "fix",
        ALL,
        _absurd_age,
        "age",
        lambda t, _: ibis.null("int64"),
    ),
    CleaningRule(
        "signup_after_first_purchase",
        "customers",
        "keep",
        ALL,
        lambda t, _: t.signup_date > t.first_purchase,
        "signup_date",
        lambda t, _: t.first_purchase,
    ),
    CleaningRule("customer_spelling_variant", "customers", "fix", ("keep", "fix", "refuse")),
    CleaningRule("superseded_customer", "customers", "quarantine", OUT),
)
