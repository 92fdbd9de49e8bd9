"""What the churn stage adds to the customers, as it goes to the store."""

import json
import tracemalloc

import pyarrow as pa

from clientela.churn.score.model import SCORES
from clientela.pipeline.churn import describe_reasons
from clientela.pipeline.result import add_columns

MANY = 30_000
REASONS = [
    {"feature": name, "value": "12", "effect": 0.5, "usual": ""}
    for name in ("orders", "plan", "score")
]


def score_customers(customers: int) -> pa.Table:
    """Give every third customer three reasons, and the others none."""
    rows = [
        {"customer_id": f"c{number:05d}", "churn_probability": 0.2, "churn_band": "low"}
        | {"churn_reasons": None if number % 3 else REASONS}
        for number in range(customers)
    ]
    return pa.Table.from_pylist(rows, SCORES)


def test_reasons_of_many_are_written_some_at_a_time() -> None:
    scores = score_customers(MANY)
    customers = scores.select(["customer_id"])
    tracemalloc.start()
    table = add_columns(customers, describe_reasons(scores, None))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10e6, peak
    texts = table["churn_reasons"].to_pylist()
    assert [json.loads(text) for text in texts[::3]] == [REASONS] * (MANY // 3)
    assert set(texts[1::3]) == {None}
    assert (
        table["churn_reasons_en"][0].as_py().startswith("ordered 12 times in all \N{MIDDLE DOT} ")
    )
    assert add_columns(customers.slice(0, 0), describe_reasons(scores, None)).num_rows == 0
