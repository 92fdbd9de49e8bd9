"""Answers shown in the documentation of the API; a test holds them against the schemas."""

from clientela.serving.customer import FEATURES

RUN = {"run_id": "20111210T093000-5f3a", "as_of": "2011-12-09"}
CURSOR = "WyIyMDExMTIxMFQwOTMwMDAtNWYzYSIsMiwiMTc4NTAiXQ"
SCORES = {"segment_confidence": 0.83, "rfm_segment": "at_risk"} | dict.fromkeys(
    ("r_score", "f_score", "m_score"), 4
)
IN = {"insider": "member", "insider_since": "2011-06-30"}
FOUND = {
    "id": "17850",
    "segment": 2,
    "segment_name": "Loyal",
    **SCORES,
    "insider": "member",
    "reason": None,
}
MISSING = dict.fromkeys(FOUND) | {"id": 99999, "reason": "unknown"}
CUSTOMER = {
    "customer_id": "17850",
    "segment": 2,
    "segment_name": "Loyal",
    **SCORES,
    **IN,
    "churn_probability": 0.31,
    "churn_band": "medium",
    "churn_reasons": "Days since last order: 41 days (raises the risk)",
    "p_alive": 0.86,
    "expected_orders": 1.4,
    "expected_orders_low": 0.0,
    "expected_orders_high": 3.0,
    "expected_revenue": 310.5,
    "expected_revenue_low": 0.0,
    "expected_revenue_high": 892.0,
    "likely_revenue": 270.0,
    "clv": 1104.2,
    "next_order": "2012-01-15",
    "next_order_low": "2011-12-16",
    "next_order_high": "2012-04-02",
    "features": dict.fromkeys(FEATURES) | {"orders": 34, "days_since_last": 372},
    "attributes": {"loyalty_card": True},
}

LOOKUP = {"ids": ["17850", 17850.0, 99999]}
LOOKUP_ANSWER = {
    **RUN,
    "results": [FOUND, FOUND | {"id": 17850.0}, MISSING],
    "unknown": [99999],
}
CUSTOMER_ANSWER = {**RUN, "currency": "GBP", "customer": CUSTOMER}
CUSTOMER_PAGE = {**RUN, "currency": "GBP", "customers": [CUSTOMER], "next_cursor": CURSOR}
SEGMENTS_ANSWER = {
    **RUN,
    "currency": "GBP",
    "segments": [
        {
            "segment": 2,
            "name": "Loyal",
            "description": "They buy often and lately.",
            "customers": 1093,
            "customers_share": 0.252,
            "revenue": 4301274.5,
            "revenue_share": 0.482,
            "profile": {"orders": {"median": 7.0, "mean": 9.4, "index": 220.0}},
        }
    ],
}
RULE = {
    "feature": "revenue_365d",
    "operator": ">=",
    "value": 1240.0,
    "unit": "amount",
    "grace_days": None,
    "sentence": "spent at least £1,240 in the last 12 months",
}
PROGRAMME_ANSWER = {
    **RUN,
    "currency": "GBP",
    "name": "Insiders",
    "policy": "rules",
    "policy_reason": "Two conditions hold as much later revenue as any other way.",
    "members": 412,
    "leaving": 9,
    "candidates": 63,
    "members_share": 0.095,
    "revenue_share": 0.57,
    "entry": [RULE],
    "exit": [RULE | {"value": 992.0, "grace_days": 30}],
}
MEMBER_PAGE = {
    **RUN,
    "currency": "GBP",
    "members": [
        {
            "customer_id": "13047",
            "status": "candidate",
            "since": None,
            "leaves_on": None,
            "segment": 2,
            "segment_name": "Loyal",
            "revenue_365d": 1120.0,
            "orders_365d": 6,
            "days_since_last": 12,
            "expected_revenue": 310.5,
            "reason": "£120 more before 30 June",
            "missing": {"revenue_365d": 120.0},
            "deadline": "2012-06-30",
        }
    ],
    "next_cursor": CURSOR,
}
AT_RISK_PAGE = {
    **RUN,
    "currency": "GBP",
    "customers": [
        {
            "customer_id": "13047",
            "churn_probability": 0.71,
            "churn_band": "high",
            "expected_loss": 196.08,
            "reasons": "last order 96 days ago; 2 orders",
            "segment": 2,
            "segment_name": "Loyal",
            "insider": None,
            "revenue_365d": 1120.0,
            "orders_365d": 6,
            "days_since_last": 96,
            "expected_revenue": 90.5,
            "clv": 410.0,
            "next_order": "2012-03-02",
        }
    ],
    "next_cursor": CURSOR,
}
REPORT_ANSWER = {
    **RUN,
    "lang": "en",
    "answers": [
        {
            "key": "members",
            "question": "How many customers are in the programme?",
            "headline": "412 customers, 9.5% of all, are Insiders.",
            "value": {"text": "412", "label": "members", "number": 412.0},
        }
    ],
}
RUN_ANSWER = {
    **RUN,
    "started_at": "2011-12-10T09:30:00Z",
    "finished_at": "2011-12-10T09:30:14Z",
    "version": "0.1.0",
    "engine": "duckdb",
    "currency": "GBP",
    "timezone": "Europe/London",
    "data_hash": "9c1f0b5e",
    "config_hash": "44136fa3",
    "model_id": "segments-20111210T093000",
    "rows_in": 541909,
    "rows_canonical": 536640,
    "rows_quarantined": 5269,
    "rows_already_held": 0,
    "customers": 4339,
    "net_amount": 9747747.93,
    "unidentified_share": 0.15,
    "seconds": {"clean": 2.1, "features": 1.4},
}
HEALTH = {"status": "ok", "version": "0.1.0"}
READY = {"status": "ok", **RUN}


def problem(status: int, slug: str, title: str, detail: str) -> dict[str, object]:
    """Make the example of a problem."""
    return {
        "type": f"urn:clientela:problem:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": "/v1/segments/lookup",
        "exit_code": 3 if status == 503 else 1 if status == 500 else 2,
    }
