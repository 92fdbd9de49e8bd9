"""Customers known by attributes alone: the answer is taken out, the limits are told."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest

from clientela.churn.fit.learning import label_file, learn_file
from clientela.config import Churn
from clientela.tables.customers_file import CustomersFile

DAY = dt.date(2024, 12, 31)
QUICK = Churn(models=("logistic",), trials=0, resamples=100)


def file(customers: int, **columns: object) -> CustomersFile:
    rng = np.random.default_rng(3)
    tenure = rng.integers(0, 60, customers).astype(float)
    left = rng.random(customers) < 1 / (1 + np.exp(0.1 * (tenure - 15)))
    given = {name: made(left) if callable(made) else made for name, made in columns.items()}
    ids = [f"{n:05d}" for n in range(customers)]
    table = pa.table({"customer_id": ids, "tenure": tenure, **given})
    return CustomersFile(table, left, "read", customers, {"note": "free_text"}, "hash")


def test_a_year_of_the_monthly_charge_is_at_stake_where_it_is_told() -> None:
    one, _ = label_file(file(3, MonthlyCharges=[10.0, None, -1.0]))
    assert one.worth.tolist() == [120.0, 0.0, 0.0]
    assert one.as_of is None
    assert label_file(file(3, plan=["A", "B", "A"]))[0].worth.tolist() == [1.0, 1.0, 1.0]


def test_it_learns_without_what_gives_the_answer_away_and_tells_its_limits() -> None:
    made = file(400, closed=lambda left: np.where(left, "yes", "no"))
    learnt = learn_file(made, QUICK, DAY)
    assert learnt.model is not None
    assert [feature.name for feature in learnt.model.features] == ["tenure"]
    assert learnt.facts["telltale"] == {"closed": 1.0}
    notes = learnt.tables["model_notes"].to_pylist()
    assert [note["code"] for note in notes][:3] == ["attributes_alone", "telltale", "left_out"]
    assert "closed" in notes[1]["text_en"]


@pytest.mark.parametrize("customers", [10, 40])
def test_of_few_customers_no_model_is_learnt_and_the_reason_told(customers: int) -> None:
    learnt = learn_file(file(customers), QUICK, DAY)
    assert learnt.model is None
    assert learnt.tables["model_notes"].num_rows > 1
