"""The programme's rules hold from run to run, until somebody asks for others."""

import datetime as dt
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import msgspec
import pytest

from clientela.config import Programme, read_settings
from clientela.errors import ArtifactError
from clientela.pipeline import programme as rules
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.model_registry import ModelRegistry
from tests.pipeline.test_run import ran, rows
from tests.shop import QUICK, FirstRun, clientela

SETTINGS = read_settings(QUICK).programme
IN_FORCE = "SELECT kind, feature, operator, value FROM current_programme_conditions"


def load(folder: Path, settings: Programme = SETTINGS, **asked: Any) -> rules.StoredRules | None:
    """Load the rules as a run of the same day does, upon other rows than they were learnt from."""
    card = artifacts.load(folder, rules.KIND, str(registry.current(folder, rules.KIND))).card
    days = asked.pop("days", card.scores["history_days"])
    history = Mock(first_day=card.as_of - dt.timedelta(days=days), as_of=card.as_of)
    seen = ModelRegistry(folder, as_of=card.as_of, data_hash="other rows", **asked)
    return rules.load_rules(history, settings, seen)


def test_rules_are_learnt_once_and_held(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert first_run.facts["programme"]["learnt"]
    in_force = rows(first_run.workspace, IN_FORCE)
    assert in_force
    workspace = first_run.copy(tmp_path)
    header, *lines = first_run.source.read_text("utf-8").splitlines(keepends=True)
    later = tmp_path / "later.csv"
    news = [line.replace("5", "7", 1) for line in lines[-30:] if line.startswith("5")]
    later.write_text("".join([header, *news]), "utf-8")
    facts = ran(clientela(capsys, "run", later, "--workspace", workspace))
    assert facts["rows_canonical"] > first_run.facts["rows_canonical"]
    assert not facts["programme"]["learnt"]
    assert rows(workspace, IN_FORCE) == in_force


def test_others_are_learnt_where_the_settings_changed_or_a_refit_is_asked_for(
    first_run: FirstRun,
) -> None:
    models = first_run.workspace / "models"
    in_force = load(models)
    assert in_force is not None
    assert in_force.entry.conditions
    resampled = msgspec.structs.replace(SETTINGS, resamples=SETTINGS.resamples + 1)
    assert load(models, resampled) is not None
    assert load(models, msgspec.structs.replace(SETTINGS, budget_share=0.05)) is None
    assert load(models, refit=True) is None


def test_damaged_rules_stop_the_run_unless_a_refit_is_asked_for(
    first_run: FirstRun, tmp_path: Path
) -> None:
    models = first_run.copy(tmp_path) / "models"
    model_id = str(registry.current(models, rules.KIND))
    (models / rules.KIND / model_id / "model.json").write_text("{}", "utf-8")
    card = artifacts.load(first_run.workspace / "models", rules.KIND, model_id).card
    history = Mock(first_day=card.as_of - dt.timedelta(days=365), as_of=card.as_of)
    damaged = ModelRegistry(models, as_of=card.as_of, data_hash="")
    with pytest.raises(ArtifactError) as refused:
        rules.load_rules(history, SETTINGS, damaged)
    assert "--refit" in refused.value.do
    mending = ModelRegistry(models, as_of=card.as_of, data_hash="", refit=True)
    assert rules.load_rules(history, SETTINGS, mending) is None
