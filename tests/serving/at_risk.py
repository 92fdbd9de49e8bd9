"""The small shop with customers of whom some may leave."""

import pyarrow as pa

from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.shop import CUSTOMERS, IDS, programme_tables

THRESHOLD = 50.0
"""The expected loss from which a contact pays."""
REASON = "=96 days since the last order"


def probability_of(customer_id: str) -> float:
    """Give the probability; every tenth customer is gone."""
    return (IDS.index(customer_id) % 10) / 10


def band_of(customer_id: str) -> str:
    """Give the band of risk."""
    chance = probability_of(customer_id)
    bands = ((0.9, "gone"), (0.7, "high"), (0.3, "medium"), (0.0, "low"))
    return next(name for least, name in bands if chance >= least)


def worth_it(threshold: float = THRESHOLD) -> list[str]:
    """List who is worth a contact, the largest loss first: all would bring 100 in the horizon."""
    asked = [each for each in IDS if band_of(each) in ("medium", "high")]
    worth = [each for each in asked if 100.0 * probability_of(each) >= threshold - 1e-9]
    return sorted(worth, key=lambda each: (-probability_of(each), each))


def tables(threshold: float | None = THRESHOLD) -> dict[str, pa.Table]:
    """Give the tables of a run; without a threshold no contacts were weighed."""
    customers = shop.customers(0)
    chances = [probability_of(each) for each in IDS]
    columns = {
        "churn_probability": chances,
        "churn_band": [band_of(each) for each in IDS],
        "churn_reasons_en": [REASON] * CUSTOMERS,
        "churn_reasons_pt_br": ["96 dias desde o último pedido"] * CUSTOMERS,
        "clv": [120.5] * CUSTOMERS,
    }
    for name, value in (("revenue_365d", 200.0), ("tenure_days", 119)):
        place = customers.column_names.index(name)
        customers = customers.set_column(place, name, pa.array([value] * CUSTOMERS))
    for name, values in columns.items():
        customers = customers.append_column(name, pa.array(values))
    found = {"customers": customers, "segments": shop.segments(), **programme_tables()}
    steps = {"position": [0, 1], "threshold": [90.0, threshold], "chosen": [False, True]}
    horizon = {"horizon_days": [30, 60], "chosen": [False, True]}
    found["churn_horizons"] = pa.table(horizon)
    return found if threshold is None else found | {"churn_contacts": pa.table(steps)}


def publish_at_risk(url: str, number: int = 1, threshold: float | None = THRESHOLD) -> None:
    """Publish such a run."""
    publish(url, shop.record(number), tables(threshold))
