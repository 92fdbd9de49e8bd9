"""What was measured of past days is found again for a month, and of nothing else than it was of."""

import datetime as dt
import math
from pathlib import Path
from typing import Any

import pytest

from clientela.registry import stored_models
from clientela.registry.model_registry import ModelRegistry
from clientela.registry.past_evidence import KIND, LASTS_DAYS

FIRST = dt.date(2011, 12, 1)


def open_on(folder: Path, days: int, data: str = "rows", *, refit: bool = False) -> ModelRegistry:
    """Open the registry of a run so many days after the first, of the data of its night."""
    night = f"{data} of day {days}"
    return ModelRegistry(
        folder, as_of=FIRST + dt.timedelta(days=days), data_hash=night, refit=refit
    )


def recall(registry: ModelRegistry, value: Any, of: object = "rule") -> Any:
    found = registry.recall("held", {"of": of}, lambda: value)
    registry.keep_evidence()
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert recall(open_on(tmp_path, 0), [1, 2.5, math.nan]) == [1, 2.5, None]
    return tmp_path


@pytest.mark.parametrize("days", [0, 1, LASTS_DAYS - 1])
def test_it_is_found_within_a_month(folder: Path, days: int) -> None:
    assert recall(open_on(folder, days), "another") == [1, 2.5, None]
    assert len(stored_models.list_model_ids(folder, KIND)) == 1


def test_it_does_not_last_longer_for_being_kept_with_later_figures(folder: Path) -> None:
    later = open_on(folder, LASTS_DAYS - 1)
    later.recall("more", {}, lambda: 1)
    later.keep_evidence()
    assert recall(open_on(folder, LASTS_DAYS), "another") == "another"


@pytest.mark.parametrize(
    ("registry", "of"),
    [
        ({"days": 1}, "another rule"),
        ({"days": LASTS_DAYS}, "rule"),
        ({"days": 0, "data": "other rows"}, "rule"),
        ({"days": 1, "refit": True}, "rule"),
        ({"days": -1}, "rule"),
    ],
)
def test_of_anything_else_it_is_measured_anew(
    folder: Path, registry: dict[str, Any], of: str
) -> None:
    assert recall(open_on(folder, **registry), "another", of) == "another"


def test_a_run_of_a_past_day_leaves_what_a_later_one_measured(folder: Path) -> None:
    assert recall(open_on(folder, -1), "another") == "another"
    assert recall(open_on(folder, 1), "a third") == [1, 2.5, None]


def test_damaged_evidence_is_measured_anew(folder: Path) -> None:
    (model_id,) = stored_models.list_model_ids(folder, KIND)
    (folder / KIND / model_id / "model.json").write_text("{}", "utf-8")
    assert recall(open_on(folder, 1), "another") == "another"
    assert recall(open_on(folder, 2), "a third") == "another"
