"""A run of a past day knows nothing that was learnt later, and changes nothing for later runs."""

from pathlib import Path

import pytest

from clientela.pipeline import programme as rules
from clientela.registry import stored_models as registry
from tests.pipeline.test_run import ran
from tests.shop import FirstRun, clientela

KINDS = ("segments", "rfm", rules.KIND)


def test_what_was_learnt_later_scores_no_past_day(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first_run.copy(tmp_path)
    today = first_run.facts
    current = {kind: registry.current(tmp_path / "models", kind) for kind in KINDS}
    past = ran(clientela(capsys, "run", "--workspace", tmp_path, "--as-of", "2011-06-30"))
    assert past["model"]["id"] != today["model"]["id"]
    assert "learnt later" in past["model"]["reason"]
    assert past["programme"]["learnt"]
    assert {kind: registry.current(tmp_path / "models", kind) for kind in KINDS} == current
    again = ran(clientela(capsys, "run", "--workspace", tmp_path))
    assert again["model"] == today["model"] | {"fitted": False, "reason": None}
    assert again["segments"] == today["segments"]
    assert not again["programme"]["learnt"]
