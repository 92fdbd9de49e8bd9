"""The small shop with customers of whom some may leave."""

import pyarrow as pa

from clientela.store.publish import publish
from tests.serving import shop
from tests.serving.shop import CUSTOMERS, IDS, programme_tables

THRESHOLD = 0.5
REASON = "=96 days since the last order"


def probability_of(customer_id: str) -> float:
    """Give the probability; every tenth customer is gone."""
    return (IDS.index(customer_id) % 10) / 10


def worth_it(threshold: float = THRESHOLD) -> list[str]:
    """List who is worth a contact, in order."""
    return [each for each in IDS if threshold <= probability_of(each) < 0.9]


def tables(threshold: float | None = THRESHOLD) -> dict[str, pa.Table]:
    """Give the tables of a run; without a threshold no contacts were weighed."""
    customers = shop.customers(0)
    chances = [probability_of(each) for each in IDS]
    columns = {
        "churn_probability": chances,
        "churn_band": ["gone" if p >= 0.9 else "high" if p >= 0.7 else "low" for p in chances],
        "churn_reasons_en": [REASON] * CUSTOMERS,
        "churn_reasons_pt_br": ["96 dias desde o último pedido"] * CUSTOMERS,
        "clv": [120.5] * CUSTOMERS,
    }
    for name, values in columns.items():
        customers = customers.append_column(name, pa.array(values))
    found = {"customers": customers, "segments": shop.segments(), **programme_tables()}
    steps = {"position": [0, 1], "threshold": [0.9, threshold], "chosen": [False, True]}
    return found if threshold is None else found | {"churn_contacts": pa.table(steps)}


def publish_at_risk(url: str, number: int = 1, threshold: float | None = THRESHOLD) -> None:
    """Publish such a run."""
    publish(url, shop.record(number), tables(threshold))
