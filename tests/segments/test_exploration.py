import json

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from clientela.segments.describe.exploration import (
    LEAST_CUSTOMERS,
    ROWS,
    SCHEMA,
    explore_features,
    measure_persistence,
)
from clientela.segments.score.model import SegmentModel
from tests.segments.bases import BASES, model_of, of, turned


def rows(
    snapshot: pa.Table, model: SegmentModel, earlier: pa.Table | None = None
) -> dict[str, dict[str, object]]:
    seed = model.card.seed
    lasting = None if earlier is None else measure_persistence(snapshot, earlier, seed)
    table = explore_features(snapshot, model, model.assign(snapshot)[0], lasting)
    return {row["feature"]: row for row in table.to_pylist()}


@pytest.fixture(scope="module")
def base() -> pa.Table:
    snapshot = BASES["grouped"]
    rng = np.random.default_rng(12)
    added = {
        "purchase_days": snapshot["orders"].to_numpy(),
        "lines": rng.permutation(snapshot.num_rows),
        "services": np.full(snapshot.num_rows, 1),
        "trend_30d": np.full(snapshot.num_rows, np.nan),
    }
    for name, values in added.items():
        snapshot = snapshot.append_column(name, pa.array(values, from_pandas=True))
    return snapshot


@pytest.fixture(scope="module")
def model(base: pa.Table) -> SegmentModel:
    return of(base)


def test_each_numeric_feature_has_its_row_those_that_divide_first(
    base: pa.Table, model: SegmentModel
) -> None:
    table = explore_features(base, model, model.assign(base)[0])
    assert table.schema == SCHEMA
    found = table["feature"].to_pylist()
    assert sorted(found) == sorted(set(base.column_names) - {"customer_id"})
    assert tuple(found[:4]) == model.features
    assert table["position"].to_pylist() == list(range(1, len(found) + 1))
    assert set(table["role"].to_pylist()[4:]) == {"left_out"}


def test_figures_are_pandas_and_scipys(base: pa.Table, model: SegmentModel) -> None:
    row = rows(base, model)["average_order_value"]
    values = base["average_order_value"].to_pandas()
    assert row["mean"] == pytest.approx(values.mean())
    assert row["std"] == pytest.approx(values.std(ddof=0))
    assert row["skewness"] == pytest.approx(stats.skew(values))
    assert row["median"] == pytest.approx(values.median())
    correlations = json.loads(str(row["correlations"]))
    expected = values.corr(base["revenue"].to_pandas(), method="spearman")
    assert correlations["revenue"] == pytest.approx(expected, abs=1e-4)


def test_information_is_what_the_segments_explain(base: pa.Table, model: SegmentModel) -> None:
    found = rows(base, model)
    assert float(str(found["orders"]["information"])) > 0.8
    assert float(str(found["lines"]["information"])) < 0.1
    assert found["services"]["information"] is None


def test_reasons_follow_from_the_figures(base: pa.Table, model: SegmentModel) -> None:
    found = rows(base, model)
    starts = {
        "orders": "One of the features that divide the customers. The segments explain ",
        "purchase_days": "Left out: it would count twice, because its ranks follow those of "
        "“Orders” (Spearman 1.00)",
        "lines": "Left out, though it carries information of its own: ",
        "services": "Left out: every customer has the same value, 1.",
        "trend_30d": "Left out: this source has no values for it.",
    }
    for name, start in starts.items():
        assert str(found[name]["reason_en"]).startswith(start)
    assert "“Pedidos” (Spearman 1,00)" in str(found["purchase_days"]["reason_pt_br"])


def test_what_changes_too_much_is_told_from_an_earlier_day(
    base: pa.Table, model: SegmentModel
) -> None:
    mixed = pa.array(np.random.default_rng(13).permutation(base["lines"].to_numpy()))
    position = base.column_names.index("lines")
    before = turned(base.set_column(position, "lines", mixed).slice(5))
    assert "it changes too much" in str(rows(base, model, before)["lines"]["reason_en"])
    few = before.slice(0, LEAST_CUSTOMERS - 1)
    assert "it changes too much" not in str(rows(base, model, few)["lines"]["reason_en"])


def test_outliers_are_counted_for_amounts_and_counts_alone(
    base: pa.Table, model: SegmentModel
) -> None:
    found = rows(base, model)
    assert found["days_since_last"]["outliers"] is None
    assert found["services"]["outliers"] == 0
    giant = BASES["giant"]
    assert rows(giant, model_of("giant"))["revenue"]["outliers"] == 1


def test_the_order_of_rows_changes_no_bit(base: pa.Table, model: SegmentModel) -> None:
    first, again = (
        explore_features(each, model, model.assign(each)[0]) for each in (base, turned(base))
    )
    assert again.equals(first)


def test_beyond_a_limit_ranks_are_those_of_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = BASES["grouped"]
    model = model_of("grouped")
    whole = rows(snapshot, model)["revenue"]
    assert snapshot.num_rows < ROWS
    monkeypatch.setattr("clientela.segments.describe.exploration.ROWS", 100)
    drawn = rows(snapshot, model)["revenue"]
    assert drawn["information"] != whole["information"]
    assert drawn["information"] == pytest.approx(whole["information"], abs=0.15)
    assert drawn["median"] == whole["median"]


@pytest.mark.parametrize("name", BASES)
def test_odd_bases_are_explored(name: str) -> None:
    snapshot = BASES[name]
    found = rows(snapshot, model_of(name))
    assert set(found) == set(snapshot.column_names) - {"customer_id"}
    for row in found.values():
        assert str(row["reason_en"]).endswith(".")
        assert "{" not in str(row["reason_pt_br"])
