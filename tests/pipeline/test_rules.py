"""The programme's rules hold from run to run, until somebody asks for others."""

from pathlib import Path
from typing import Any

import pytest

from clientela.errors import ArtifactError
from clientela.pipeline import programme as rules
from clientela.registry import stored_models as registry
from tests.pipeline.test_run import ran, rows
from tests.shop import QUICK, clientela, small_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_shop(tmp_path_factory.mktemp("shop"), customers=200).transactions


def in_force(workspace: Path) -> list[dict[str, Any]]:
    return rows(
        workspace, "SELECT kind, feature, operator, value FROM current_programme_conditions"
    )


def test_rules_are_learnt_once_and_held(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    header, *lines = shop.read_text("utf-8").splitlines(keepends=True)
    earlier = tmp_path / "earlier.csv"
    earlier.write_text("".join([header, *lines[: len(lines) * 99 // 100]]), "utf-8")
    first = ran(clientela(capsys, "run", earlier, "--workspace", tmp_path))
    assert first["programme"]["learnt"]
    held = in_force(tmp_path)
    assert held
    later = ran(clientela(capsys, "run", shop, "--workspace", tmp_path))
    assert not later["programme"]["learnt"]
    assert in_force(tmp_path) == held
    model_id = registry.current(tmp_path / "models", rules.KIND)
    assert model_id is not None

    config = tmp_path / "clientela.toml"
    quick = QUICK.read_text("utf-8")
    config.write_text(quick.replace("[programme]", "[programme]\nbudget_share = 0.05"), "utf-8")
    assert ran(clientela(capsys, "run", "--workspace", tmp_path))["programme"]["learnt"]
    assert len(registry.list_model_ids(tmp_path / "models", rules.KIND)) == 2

    damaged = (
        tmp_path / "models" / rules.KIND / str(registry.current(tmp_path / "models", rules.KIND))
    )
    (damaged / "model.json").write_text("{}", "utf-8")
    refused = clientela(capsys, "run", "--workspace", tmp_path)
    assert refused.code == ArtifactError("").exit_code
    assert "--refit" in refused.out
    assert ran(clientela(capsys, "run", "--workspace", tmp_path, "--refit"))["programme"]["learnt"]
