"""Trees followed with arrays say what LightGBM says, to the bit, and leave it what they cannot."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from clientela.errors import ArtifactError
from clientela.value.score.trees import ValueTrees, read_forest

RNG = np.random.default_rng(7)
ROWS = RNG.normal(size=(400, 6)).round(1)
ROWS[RNG.random(ROWS.shape) < 0.15] = np.nan
ROWS[RNG.random(ROWS.shape) < 0.15] = 0.0
TARGET = np.nan_to_num(ROWS[:, 0]) * 2 + np.nan_to_num(ROWS[:, 1]) ** 2 + RNG.normal(size=400)


def train(rows: Any = ROWS, rounds: int = 60, target: Any = TARGET, **given: Any) -> str:
    settings = {"verbose": -1, "min_data_in_leaf": 5, "num_leaves": 15, "seed": 1} | given
    data = lightgbm.Dataset(rows, target, params={"verbose": -1})
    return str(lightgbm.train(settings, data, rounds).model_to_string())


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"use_missing": False},
        {"zero_as_missing": True},
        {"objective": "binary"},
        {"objective": "tweedie"},
        {"max_depth": 1},
        {"min_data_in_leaf": 1_000},  # no tree can split
    ],
)
def test_arrays_add_up_to_the_same_bits(given: dict[str, Any]) -> None:
    kinds = {"binary": TARGET > 0, "tweedie": np.abs(TARGET)}
    text = train(target=kinds.get(given.get("objective", ""), TARGET), **given)
    rows = np.vstack([ROWS, ROWS[::-1] * 3, np.full((1, 6), np.nan), np.zeros((1, 6))])
    rows[3, 0], rows[4, 0] = np.inf, -np.inf
    expected = lightgbm.Booster(model_str=text).predict(rows, raw_score=True, num_threads=1)
    assert np.array_equal(read_forest(text).add_up(rows), expected)


def test_where_gaps_are_unknown_in_training_they_count_as_zero() -> None:
    text = train(np.nan_to_num(ROWS))
    expected = lightgbm.Booster(model_str=text).predict(ROWS, raw_score=True)
    assert np.array_equal(read_forest(text).add_up(ROWS), expected)


def test_what_arrays_cannot_say_is_left_to_lightgbm() -> None:
    kinds = np.column_stack([np.arange(400) % 7, ROWS[:, 1:]])
    data = lightgbm.Dataset(kinds, TARGET, categorical_feature=[0], params={"verbose": -1})
    text = lightgbm.train({"verbose": -1}, data, 5).model_to_string()
    trees = ValueTrees(np.frombuffer(text.encode(), np.uint8))
    assert trees.forest is None
    expected = lightgbm.Booster(model_str=text).predict(kinds, raw_score=True)
    assert np.array_equal(trees.raw(kinds), expected)


@pytest.mark.parametrize("place", ["left_child=", "split_feature=", "leaf_value=", "threshold="])
def test_a_garbled_tree_is_none(place: str) -> None:
    text = train(rounds=2)
    for wrong in (f"{place}0 ", f"{place}99 ", f"{place}x ", place[:-1]):
        garbled = ValueTrees(np.frombuffer(text.replace(place, wrong).encode(), np.uint8))
        assert garbled.forest is None, wrong


@pytest.mark.slow
def test_no_model_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArtifactError, match="cannot be used"):
        ValueTrees(np.frombuffer(b"tree\xff", np.uint8)).raw(ROWS)
    monkeypatch.delitem(sys.modules, "lightgbm")
    with pytest.raises(ArtifactError, match="6 columns of 5"):
        ValueTrees(np.frombuffer(train().encode(), np.uint8)).raw(ROWS[:, :5])


def test_few_rows_load_no_lightgbm(tmp_path: Path) -> None:
    (tmp_path / "model.txt").write_text(train(), "utf-8")
    code = (
        "import sys; import numpy as np; from clientela.value.score.trees import ValueTrees; "
        f"text = np.fromfile({str(tmp_path / 'model.txt')!r}, np.uint8); "
        "ValueTrees(text).raw(np.zeros((3, 6))); sys.exit('lightgbm' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
