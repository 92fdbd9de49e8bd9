"""The small shop with customers of whom some may leave."""

import json

import pyarrow as pa

from clientela.store.arrow_schemas import arrow_table
from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.shop import CUSTOMERS, IDS, programme_tables

LEAST = 0.5
"""The risk from which customers are listed."""
ACTION = {
    "action_id": "retention",
    "target": "at_risk",
    "position": 1,
    "action": "retention",
    "horizon_days": 90,
    "buyers_share": 0.4,
    "title_en": "Contact them",
    "title_pt_br": "Contatar",
}
TARGET = 'category:Toys "R"'
"""What is predicted: a name with quotes, as a key of JSON may hold them."""
HELD_OUT = IDS[7]
REASON = "=96 days since the last order"


def probability_of(customer_id: str) -> float:
    """Give the probability; every tenth customer is gone."""
    return (IDS.index(customer_id) % 10) / 10


def band_of(customer_id: str) -> str:
    """Give the band of risk."""
    chance = probability_of(customer_id)
    bands = ((0.9, "gone"), (0.7, "high"), (0.3, "medium"), (0.0, "low"))
    return next(name for least, name in bands if chance >= least)


def listed(least: float = LEAST) -> list[str]:
    """List whom to contact, the largest loss first: all would bring 100 if they stayed."""
    at_risk = [each for each in IDS if band_of(each) in ("medium", "high")]
    chosen = [each for each in at_risk if probability_of(each) >= least]
    return sorted(chosen, key=lambda each: (-probability_of(each), each))


def tables(least: float = LEAST) -> dict[str, pa.Table]:
    """Give the tables of a run that lists whoever has that risk."""
    customers, ranks = shop.customers(0), {each: n for n, each in enumerate(listed(least), 1)}
    chances = [probability_of(each) for each in IDS]
    columns = {
        "churn_probability": chances,
        "churn_band": [band_of(each) for each in IDS],
        "churn_reasons_en": [REASON] * CUSTOMERS,
        "churn_reasons_pt_br": ["96 dias desde o último pedido"] * CUSTOMERS,
        "expected_revenue_if_active": [100.0] * CUSTOMERS,
        "expected_revenue": [90.0 * (1.0 - chance) for chance in chances],
        "expected_revenue_churn_days": [100.0 * (1.0 - chance) for chance in chances],
        "expected_loss": [100.0 * chance for chance in chances],
        "clv": [120.5] * CUSTOMERS,
        "actions": [json.dumps(["retention"]) if each in ranks else None for each in IDS],
        "propensities": [json.dumps({TARGET: chance}) if chance else None for chance in chances],
        "held_out": [each == HELD_OUT for each in IDS],
        "contact_rank": pa.array([ranks.get(each) for each in IDS], pa.int64()),
    }
    for name, values in columns.items():
        if name in customers.column_names:
            customers = customers.drop_columns([name])
        customers = customers.append_column(name, pa.array(values))
    curve = pa.table({"position": [0, 1], "threshold": [90.0, 50.0], "chosen": [False, True]})
    return {
        "customers": customers,
        "segments": shop.segments(),
        "churn_contacts": curve,
        "propensity_targets": arrow_table(
            "propensity_targets", [{"target": TARGET, "horizon_days": 90, "customers": CUSTOMERS}]
        ),
        "actions": arrow_table("actions", [ACTION | {"audience": len(ranks)}]),
        **programme_tables(),
    }


def publish_at_risk(url: str, number: int = 1, least: float = LEAST) -> None:
    """Publish such a run."""
    publish(url, shop.record(number), tables(least))
