"""The registry: champion, challenger, and the way back."""

import datetime as dt
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from clientela.errors import ArtifactError
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import CARD, Artifact
from clientela.registry.card import Card
from clientela.registry.model_registry import ModelRegistry
from tests.registry.test_artifacts import SAMPLE


def stored(folder: Path, kind: str, day: int) -> str:
    card = Card(
        kind=kind, data_hash="d", as_of=dt.date(2011, 12, day), customers=9, features=(), seed=7
    )
    return artifacts.save(folder, Artifact(kind, {"day": day}, {"x": np.zeros(1)}, card))


def test_a_promotion_is_undone_by_going_back_one_each_time(tmp_path: Path) -> None:
    first, second, third = (stored(tmp_path, "churn", day) for day in (1, 2, 3))
    for each in (first, second, third):
        registry.promote(tmp_path, "churn", each)
    assert registry.history(tmp_path, "churn") == [first, second, third]
    for back in (second, first):
        assert registry.rollback(tmp_path, "churn") == back
        assert registry.current(tmp_path, "churn") == back
    with pytest.raises(ArtifactError, match="no earlier model"):
        registry.rollback(tmp_path, "churn")
    assert registry.current(tmp_path, "churn") == first


def test_a_pointer_of_other_bytes_is_damage(tmp_path: Path) -> None:
    registry.promote(tmp_path, "churn", stored(tmp_path, "churn", 1))
    (tmp_path / "churn" / registry.CURRENT).write_bytes(b"\xff\xfe\x00churn")
    with pytest.raises(ArtifactError, match="is not stored"):
        registry.current(tmp_path, "churn")


def test_promoting_the_champion_again_leaves_the_history(tmp_path: Path) -> None:
    first, second = stored(tmp_path, "churn", 1), stored(tmp_path, "churn", 2)
    for each in (first, second, second):
        registry.promote(tmp_path, "churn", each)
    assert registry.rollback(tmp_path, "churn") == first


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_a_champion_of_another_day_keeps_who_chose_it_wherever_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    first, second, third, other = (stored(tmp_path, "value", day) for day in (1, 2, 3, 4))
    registry.promote(tmp_path, "value", first)
    registry.choose(tmp_path, "value")
    left, original = [None] * writes, registry._write

    def write_or_die(path: Path, lines: list[str]) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        original(path, lines)

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(registry, "_write", write_or_die)
        registry.renew_champion(tmp_path, "value", second)
    assert registry.current(tmp_path, "value") == (second if writes == 3 else first)
    assert registry.is_personal_choice(tmp_path, "value")
    registry.renew_champion(tmp_path, "value", third)
    assert registry.current(tmp_path, "value") == third
    assert registry.is_personal_choice(tmp_path, "value")
    registry.promote(tmp_path, "value", other)
    assert not registry.is_personal_choice(tmp_path, "value")


def test_a_workspace_without_history_can_be_gone_back_in(tmp_path: Path) -> None:
    first, second = stored(tmp_path, "segments", 1), stored(tmp_path, "segments", 2)
    (tmp_path / "segments" / registry.CURRENT).write_text(first + "\n")  # of an earlier version
    registry.promote(tmp_path, "segments", second)
    assert registry.rollback(tmp_path, "segments") == first


def test_going_back_passes_over_a_model_that_is_gone(tmp_path: Path) -> None:
    first, second, third = (stored(tmp_path, "churn", day) for day in (1, 2, 3))
    for each in (first, second, third):
        registry.promote(tmp_path, "churn", each)
    (tmp_path / "churn" / second / CARD).unlink()
    assert registry.rollback(tmp_path, "churn") == first


@pytest.mark.parametrize("kind", ["churn", "nonsense"])
def test_nothing_before_the_first_champion(tmp_path: Path, kind: str) -> None:
    stored(tmp_path, "churn", 1)
    with pytest.raises(ArtifactError, match="no earlier model"):
        registry.rollback(tmp_path, kind)


def test_the_challenger_is_named_until_it_wins(tmp_path: Path) -> None:
    first, second, third = (stored(tmp_path, "churn", day) for day in (1, 2, 3))
    registry.promote(tmp_path, "churn", first)
    assert registry.challenger(tmp_path, "churn") is None
    registry.challenge(tmp_path, "churn", second)
    roles = {each: registry.role(tmp_path, "churn", each) for each in (first, second, third)}
    assert roles == {first: "champion", second: "challenger", third: "stored"}
    registry.promote(tmp_path, "churn", second)
    assert registry.challenger(tmp_path, "churn") is None
    assert registry.role(tmp_path, "churn", first) == "former"
    with pytest.raises(ArtifactError, match="no stored model"):
        registry.challenge(tmp_path, "churn", "churn-20111209-other")


def test_kinds_and_ids_lead_to_each_other(tmp_path: Path) -> None:
    assert registry.kinds(tmp_path / "absent") == []
    ids = {kind: stored(tmp_path, kind, 1) for kind in ("value", "churn")}
    (tmp_path / "empty").mkdir()
    assert registry.kinds(tmp_path) == ["churn", "value"]
    assert {registry.kind_of(tmp_path, each): each for each in ids.values()} == ids
    with pytest.raises(ArtifactError, match="no stored model 'x'"):
        registry.kind_of(tmp_path, "x")


class _Model:
    """A model that is what its artifact says."""

    def __init__(self, artifact: Artifact) -> None:
        self.card = artifact.card
        self._artifact = artifact

    def artifact(self) -> Artifact:
        return self._artifact


def _registry(folder: Path, *, refit: bool = False) -> ModelRegistry:
    return ModelRegistry(folder, as_of=SAMPLE.card.as_of, data_hash="ab", refit=refit)


@pytest.mark.parametrize("loss", ["the pointer", "the arrays", "the folder"])
def test_a_lost_model_is_named_and_learnt_anew_as_another(tmp_path: Path, loss: str) -> None:
    kind = SAMPLE.kind
    first = _registry(tmp_path).keep(_Model(SAMPLE), "there was no model yet").model_id
    assert _registry(tmp_path).load_or_explain(kind, _Model).goes_on
    if loss == "the pointer":
        (tmp_path / kind / "current").unlink()
    elif loss == "the arrays":
        (tmp_path / kind / first / "arrays.npz").write_bytes(b"")
    else:
        shutil.rmtree(tmp_path / kind / first)
    with pytest.raises(ArtifactError, match=first):
        _registry(tmp_path).load_or_explain(kind, _Model)
    again = _registry(tmp_path, refit=True)
    reason = again.load_or_explain(kind, _Model).reason
    assert reason.startswith("a refit was asked for: ")
    assert first in reason
    stored = again.keep(_Model(SAMPLE), reason)
    assert stored.model_id != first
    assert first in artifacts.load(tmp_path, kind, stored.model_id).card.replaces
    assert _registry(tmp_path).load_or_explain(kind, _Model).goes_on


def test_a_retired_model_is_not_lost(tmp_path: Path) -> None:
    registry = _registry(tmp_path)
    registry.keep(_Model(SAMPLE), "there was no model yet")
    registry.retire(SAMPLE.kind)
    assert registry.load_or_explain(SAMPLE.kind, _Model).reason == "there was no model yet"


def test_a_kind_that_scored_the_published_run_and_is_gone_is_no_beginning(tmp_path: Path) -> None:
    registry.check_pointer(tmp_path, "churn")
    with pytest.raises(ArtifactError, match="gone with all of its kind"):
        registry.check_pointer(tmp_path, "churn", "churn-20111209-7a0f34b28b33")
    (tmp_path / "churn").mkdir()  # an erasure took the models and left the folder
    registry.check_pointer(tmp_path, "churn", "churn-20111209-7a0f34b28b33")
