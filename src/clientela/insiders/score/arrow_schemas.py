"""The tables of the programme, column by column; both languages stand in each row."""

import pyarrow as pa

TEXT, WHOLE, DOUBLE = pa.string(), pa.int64(), pa.float64()
YES, DAY = pa.bool_(), pa.date32()

POLICIES = pa.schema(
    [
        ("policy", TEXT),
        ("members", WHOLE),
        ("members_share", DOUBLE),
        ("revenue", DOUBLE),
        ("revenue_share", DOUBLE),
        ("later_revenue_share", DOUBLE),
        ("dates", WHOLE),
        ("chosen", YES),
        ("within_budget", YES),
        ("reason_en", TEXT),
        ("reason_pt_br", TEXT),
    ]
)
SIZE = pa.schema(
    [("customers_share", DOUBLE), ("revenue_share", DOUBLE), ("bend", YES), ("budget", YES)]
)
RULES = pa.schema(
    [
        ("kind", TEXT),
        ("position", WHOLE),
        ("feature", TEXT),
        ("operator", TEXT),
        ("value", DOUBLE),
        ("unit", TEXT),
        ("sentence_en", TEXT),
        ("sentence_pt_br", TEXT),
        ("grace_days", WHOLE),
    ]
)
MEMBERS = pa.schema(
    [
        ("customer_id", TEXT),
        ("status", TEXT),
        ("since", DAY),
        ("leaves_on", DAY),
        ("segment", WHOLE),
        ("revenue_365d", DOUBLE),
        ("orders_365d", WHOLE),
        ("days_since_last", WHOLE),
        ("expected_revenue", DOUBLE),
        ("reason_en", TEXT),
        ("reason_pt_br", TEXT),
        ("missing", TEXT),
        ("deadline", DAY),
    ]
)
MONTHS = pa.schema(
    [
        ("as_of", DAY),
        ("customers", WHOLE),
        ("members", WHOLE),
        ("entered", WHOLE),
        ("left", WHOLE),
        ("reentered", WHOLE),
        ("members_share", DOUBLE),
        ("revenue_share", DOUBLE),
        ("months_stayed_median", DOUBLE),
    ]
)
PROOF = pa.schema(
    [
        ("as_of", DAY),
        ("customer_group", TEXT),
        ("customers", WHOLE),
        ("revenue_per_customer", DOUBLE),
        ("low", DOUBLE),
        ("high", DOUBLE),
        ("retention", DOUBLE),
        ("orders_per_customer", DOUBLE),
    ]
)
TESTS = pa.schema(
    [
        ("baseline", TEXT),
        ("measure", TEXT),
        ("difference", DOUBLE),
        ("low", DOUBLE),
        ("high", DOUBLE),
        ("p_value", DOUBLE),
        ("dates", WHOLE),
        ("better", YES),
        ("sentence_en", TEXT),
        ("sentence_pt_br", TEXT),
    ]
)
STATUS = pa.schema([("customer_id", TEXT), ("insider", TEXT), ("insider_since", DAY)])
TABLES = {
    "programme_policies": POLICIES,
    "programme_size": SIZE,
    "programme_rules": RULES,
    "programme_members": MEMBERS,
    "programme_months": MONTHS,
    "programme_proof": PROOF,
    "programme_tests": TESTS,
}
