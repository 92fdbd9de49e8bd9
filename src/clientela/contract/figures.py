"""The published figures: each quantity with its unit; ``figure.<name>`` is the key of its meaning.

A figure has one value a run. Report, lists, API and command line read it from the table
``figures``; none computes it again.
"""

from typing import Final

from clientela.contract.tables import Unit

NEW_DAYS: Final = 30  # by convention: a month, as the features of the last days count it
ORDER_DAYS: Final = 7  # by convention: the week that a campaign is planned for

FIGURES: Final[dict[str, Unit]] = {
    # The base
    "customers": "count",
    "revenue": "amount",
    "one_order_share": "share",
    "active_customers_30d": "count",
    "new_customers_30d": "count",
    "repeat_rate_90d": "share",
    "top_tenth_revenue_share_365d": "share",
    "median_revenue": "amount",
    "mean_revenue": "amount",
    "unidentified_share": "share",
    "last_months_change": "share",
    "best_month_revenue": "amount",
    "returning_after_one_month": "share",
    "returning_after_six_months": "share",
    "rows_canonical": "count",
    "rows_quarantined": "count",
    # Segments
    "segments": "count",
    "first_segment_customers_share": "share",
    "first_segment_revenue_share": "share",
    "moved_share": "share",
    # Forecasts, each with its interval and horizon
    "last_period_revenue": "amount",
    "same_days_last_year_revenue": "amount",
    "expected_revenue_known": "amount",
    "expected_revenue_new": "amount",
    "expected_revenue_everyone": "amount",
    "expected_revenue_new_share": "share",
    "expected_revenue_members": "amount",
    "expected_revenue_rest": "amount",
    "expected_orders_7d": "count",
    # Risk
    "riskiest_tenth_lift": "ratio",
    "customers_scored": "count",
    "customers_gone": "count",
    "customers_at_high_risk": "count",
    "revenue_at_high_risk": "amount",
    "customers_to_contact": "count",
    "expected_loss_to_contact": "amount",
    "revenue_to_contact": "amount",
    # The programme
    "members": "count",
    "members_leaving": "count",
    "candidates": "count",
    "members_share": "share",
    "members_revenue_share": "share",
    "members_revenue_times": "ratio",
    "members_first_segment_share": "share",
    "members_median_revenue": "amount",
    "members_median_revenue_365d": "amount",
    "programme_benefit_cost": "amount",
    "programme_break_even_uplift": "share",
    "simulated_left": "count",
    "simulated_back": "count",
    "naive_rules": "count",
    "naive_rules_beaten": "count",
    # What to do
    "largest_upside": "amount",
    "hypotheses": "count",
    "hypotheses_confirmed": "count",
}
