"""What past forecasts of all known customers missed by is measured once."""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from clientela.pipeline.past_errors import PastErrors, keep_errors, load_errors
from clientela.registry.model_registry import ModelRegistry, StoredModel
from clientela.value.groups import GroupForecaster
from tests.value.test_groups import firm, forecaster

DAY = dt.date(2011, 12, 9)
SNAPSHOT = pa.table({"customer_id": ["a", "b"], "revenue": [1.0, 2.0]})
MODEL = StoredModel(model_id="one")


def open_registry(folder: Path, day: dt.date = DAY) -> ModelRegistry:
    return ModelRegistry(folder, as_of=day, data_hash="same")


def keep_measured(folder: Path) -> PastErrors:
    registry = open_registry(folder)
    found = load_errors(SNAPSHOT, MODEL, registry)
    assert not found.errors
    groups = forecaster(firm(), by_rhythm=True)
    groups.forecast_base(90)
    keep_errors(groups.known_errors, found, registry)
    return PastErrors(groups.known_errors, found.card)


def test_the_same_model_and_customers_are_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = keep_measured(tmp_path)
    found = load_errors(SNAPSHOT, MODEL, open_registry(tmp_path))
    assert found.errors == kept.errors
    assert found.errors["known/90"]
    expected = forecaster(firm(), by_rhythm=True).forecast_base(90)
    monkeypatch.setattr(GroupForecaster, "_check_past", None)  # whatever asks it fails
    groups = replace(forecaster(firm(), by_rhythm=True), known_errors=dict(found.errors))
    assert groups.forecast_base(90) == expected


def test_another_model_other_customers_or_an_earlier_day_are_measured_anew(tmp_path: Path) -> None:
    keep_measured(tmp_path)
    other = pa.table({"customer_id": ["a", "b"], "revenue": [1.0, 3.0]})
    earlier = open_registry(tmp_path, DAY - dt.timedelta(days=1))
    assert not load_errors(other, MODEL, open_registry(tmp_path)).errors
    assert not load_errors(SNAPSHOT, StoredModel(model_id="two"), open_registry(tmp_path)).errors
    assert not load_errors(SNAPSHOT, MODEL, earlier).errors
