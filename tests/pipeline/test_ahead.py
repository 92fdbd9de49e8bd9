"""What lies ahead of every customer, as it goes to the store."""

import json
import tracemalloc
from types import SimpleNamespace

import pyarrow as pa

from clientela.churn.score.model import SCORES
from clientela.config import Settings
from clientela.pipeline.forecasts import Ahead
from clientela.value.score.model import VALUE

MANY = 30_000
REASONS = [{"feature": name, "value": "12", "effect": 0.5} for name in ("orders", "plan", "score")]


def ahead(customers: int) -> Ahead:
    """Give every third customer three reasons, and the others none."""
    ids = [f"c{number:05d}" for number in range(customers)]
    risks = [
        {"customer_id": name, "churn_probability": 0.2, "churn_band": "low"}
        | {"churn_reasons": None if number % 3 else REASONS}
        for number, name in enumerate(ids)
    ]
    worth = pa.Table.from_pylist([{"customer_id": name} for name in ids], VALUE)
    valued, churned = (
        SimpleNamespace(scores=one) for one in (worth, pa.Table.from_pylist(risks, SCORES))
    )
    return Ahead(valued, churned, (), Settings(), None)  # type: ignore[arg-type]


def test_reasons_of_many_are_written_some_at_a_time() -> None:
    found = ahead(MANY)
    customers = found.churned.scores.select(["customer_id"])
    tracemalloc.start()
    table = found.of_customers(customers)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6, peak
    written = table["churn_reasons"].to_pylist()
    assert [json.loads(one) for one in written[::3]] == [REASONS] * (MANY // 3)
    assert set(written[1::3]) == {None}
    assert table["churn_reasons_en"][0].as_py().startswith("Orders: 12 (raises the risk); ")
    assert found.of_customers(customers.slice(0, 0)).num_rows == 0
