"""Customers scored alone have the very numbers of the batch."""

from typing import Any

import lightgbm
import numpy as np
import pyarrow as pa
import pytest

from clientela.churn.score.boosted import BoostedTrees
from clientela.churn.score.encoding import learn_encoding
from clientela.churn.score.model import ChurnModel, score_rows
from clientela.contract.results import CHURN_BANDS
from tests.serving import models

ROWS = 200


def customers() -> pa.Table:
    """Customers with unknown and infinite numbers, flags, and texts that training did not see."""
    rng = np.random.default_rng(3)
    revenue = rng.normal(300, 800, ROWS)
    revenue[:2] = (np.inf, np.nan)
    silence = [None if number % 17 == 5 else int(number * 4) for number in range(ROWS)]
    return pa.table(
        {
            "customer_id": [f"c{number:03d}" for number in range(ROWS)],
            "days_since_last": pa.array(silence, pa.int64()),
            "orders": rng.integers(0, 40, ROWS),
            "revenue": revenue,
            "member": rng.random(ROWS) < 0.5,
            "country": [(None, "France", "Chile", "United Kingdom")[n % 4] for n in range(ROWS)],
        }
    )


def boosted(table: pa.Table) -> ChurnModel:
    """Trees on everything, of random leavers."""
    names = ["days_since_last", "orders", "revenue", "member", "country"]
    encoding = learn_encoding([table], names)
    matrix = encoding.matrix(table)
    left = np.random.default_rng(4).random(ROWS) < np.nan_to_num(matrix[:, 0]) / 800
    options = {"objective": "binary", "num_leaves": 4, "num_threads": 1, "verbose": -1, "seed": 1}
    data = lightgbm.Dataset(matrix, left.astype(float), free_raw_data=False)
    text = lightgbm.train(options, data, num_boost_round=12).model_to_string()
    card = models.card("churn", encoding.features)
    return ChurnModel(
        card=card,
        encoding=encoding,
        core=BoostedTrees(text, -0.3),
        gone_after_days=600,
        gone_share=0.9,
    )


def values(table: pa.Table, names: tuple[str, ...]) -> list[list[Any]]:
    return [[row[name] for name in names] for row in table.to_pylist()]


@pytest.mark.parametrize("make_model", [lambda _: models.churn_model(0.7), boosted])
@pytest.mark.parametrize("together", [1, ROWS])
def test_churn_alone_is_churn_in_the_batch(make_model: Any, together: int) -> None:
    table = customers()
    model = make_model(table)
    batch = model.score(table).to_pylist()
    rows = values(table, tuple(feature.name for feature in model.features))
    for start in range(0, ROWS, together):
        chances, bands, reasons = score_rows(model, rows[start : start + together])
        for row, expected in enumerate(batch[start : start + together]):
            probability = float(chances[row])
            assert probability == pytest.approx(expected["churn_probability"], abs=1e-12)
            assert CHURN_BANDS[bands[row]] == expected["churn_band"]
            texts = [(reason["feature"], reason["value"]) for reason in expected["churn_reasons"]]
            assert [(reason.feature, reason.value) for reason in reasons[row]] == texts
            effects = [reason["effect"] for reason in expected["churn_reasons"]]
            assert [reason.effect for reason in reasons[row]] == pytest.approx(effects, abs=1e-12)


@pytest.mark.parametrize("together", [1, ROWS])
def test_segments_alone_are_segments_in_the_batch(together: int) -> None:
    table, model = customers(), models.segment_model()
    segment, confidence = model.assign(table)
    rows = values(table, model.features)
    for start in range(0, ROWS, together):
        alone = model.assign_rows(rows[start : start + together])
        assert alone[0].tolist() == segment[start : start + together].tolist()
        assert alone[1].tolist() == confidence[start : start + together].tolist()
