"""Stored models by the command line: list, show, promote, rollback."""

import datetime as dt
import fcntl
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clientela.cli import main
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import ARRAYS, Artifact
from clientela.registry.card import Card, FeatureType
from clientela.store.publish import publish
from tests.shop import clientela
from tests.store.runs import record

Capture = pytest.CaptureFixture[str]


def stored(workspace: Path, kind: str, day: int) -> str:
    card = Card(
        kind=kind,
        data_hash="ab12",
        as_of=dt.date(2011, 12, day),
        customers=4_334,
        features=(FeatureType("orders", "int64"),),
        parameters={"horizon_days": 90, "learner": "logistic"},
        scores={"roc_auc": 0.7912, "table": [1, 2], "told": True},
        seed=42,
        versions={"numpy": "2.4.6"},
    )
    return artifacts.save(
        workspace / "models", Artifact(kind, {"day": day}, {"x": np.zeros(3)}, card)
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Two churn models, the first of which scores, and a segmentation."""
    folder = tmp_path / "w"
    for kind, day in (("churn", 1), ("churn", 2), ("segments", 1)):
        model_id = stored(folder, kind, day)
        if day == 1:
            registry.promote(folder / "models", kind, model_id)
    return folder


def test_the_list_tells_kind_role_day_and_scores(capsys: Capture, workspace: Path) -> None:
    rows = clientela(capsys, "models", "list", "-w", workspace).facts["models"]
    told = [(row["kind"], row["role"], row["as_of"]) for row in rows]
    assert told == [
        ("churn", "champion", "2011-12-01"),
        ("churn", "stored", "2011-12-02"),
        ("segments", "champion", "2011-12-01"),
    ]
    assert rows[0]["scores"] == {"roc_auc": 0.7912}
    assert main(["models", "list", "-w", str(workspace)]) == 0
    text = capsys.readouterr().out
    assert rows[1]["model_id"] in text
    assert "roc_auc 0.7912" in text


def test_an_empty_workspace_has_none(capsys: Capture, tmp_path: Path) -> None:
    assert clientela(capsys, "models", "list", "-w", tmp_path / "none").facts == {"models": []}
    assert main(["models", "list", "-w", str(tmp_path / "none")]) == 0
    assert "no models" in capsys.readouterr().out


def test_a_promotion_and_the_way_back(capsys: Capture, workspace: Path) -> None:
    first, second = registry.list_model_ids(workspace / "models", "churn")
    told = clientela(capsys, "models", "promote", second, "-w", workspace)
    assert told.facts == {"kind": "churn", "champion": second, "before": first}
    assert registry.current(workspace / "models", "churn") == second
    back = clientela(capsys, "models", "rollback", "churn", "-w", workspace)
    assert back.facts == {"kind": "churn", "champion": first, "before": second}
    again = clientela(capsys, "models", "rollback", "churn", "-w", workspace)
    assert again.code == 2
    assert "no earlier model" in again.facts["detail"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("promote", "churn-20111201-other"), 2, "no stored model"),
        (("show", "nonsense"), 2, "no stored model"),
        (("rollback", "value"), 2, "no model of the kind 'value'"),
    ],
)
def test_what_is_not_there_is_said_with_what_there_is(
    capsys: Capture, workspace: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    told = clientela(capsys, "models", *arguments, "-w", workspace)
    assert told.code == code
    assert said in told.facts["detail"]
    assert told.facts["do"]


def test_a_damaged_model_is_not_promoted(capsys: Capture, workspace: Path) -> None:
    first, second = registry.list_model_ids(workspace / "models", "churn")
    (workspace / "models" / "churn" / second / ARRAYS).write_bytes(b"x")
    told = clientela(capsys, "models", "promote", second, "-w", workspace)
    assert told.code == 2
    assert ARRAYS in told.facts["detail"]
    assert registry.current(workspace / "models", "churn") == first


def test_a_run_that_holds_the_workspace_is_not_disturbed(capsys: Capture, workspace: Path) -> None:
    second = registry.list_model_ids(workspace / "models", "churn")[1]
    (workspace / "tables").mkdir()
    with (workspace / ".lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        assert clientela(capsys, "models", "promote", second, "-w", workspace).code == 3
        assert clientela(capsys, "models", "rollback", "churn", "-w", workspace).code == 3


def test_show_prints_the_card_and_what_the_published_run_found(
    capsys: Capture, workspace: Path
) -> None:
    first, second = registry.list_model_ids(workspace / "models", "churn")
    url = f"sqlite:///{workspace}/results.db"
    told = clientela(capsys, "models", "show", "churn", "-w", workspace).facts
    assert told["model_id"] == first
    assert told["card"]["features"] == [{"name": "orders", "dtype": "int64"}]
    assert told["card"]["parameters"] == {"horizon_days": 90, "learner": "logistic"}
    assert "model_notes" not in told
    publish(url, record(1), tables_of(first))
    told = clientela(capsys, "models", "show", first, "-w", workspace).facts
    assert [row["code"] for row in told["model_notes"]] == ["beats"]
    assert [row["model"] for row in told["model_candidates"]] == ["logistic"]
    assert "model_notes" not in clientela(capsys, "models", "show", second, "-w", workspace).facts
    assert main(["models", "show", first, "-w", str(workspace), "--lang", "pt_BR"]) == 0
    text = capsys.readouterr().out
    assert "0,0000: 0,0000; 0,4000: 0,8000; 1,000: 1,000" in text
    for said in ("champion", "4.334 clientes", "horizon_days = 90", "Ganha do acaso", "orders"):
        assert said in text
    assert "0,7912  [0,7800; 0,8000]" in text


def test_show_tells_what_is_stored_with_a_model_whatever_is_published(
    capsys: Capture, workspace: Path
) -> None:
    note = {"purpose": "churn", "position": 1, "code": "beats", "text_en": "Beats chance"}
    tables = {"model_notes": [note], "churn_horizons": [{"horizon_days": 90}]}
    first = registry.list_model_ids(workspace / "models", "churn")[0]
    held = artifacts.load(workspace / "models", "churn", first)
    payload = held.payload | {"evidence": {"tables": tables, "facts": {}}}
    model_id = artifacts.save(workspace / "models", held._replace(payload=payload))
    told = clientela(capsys, "models", "show", model_id, "-w", workspace).facts
    assert told["model_notes"] == [note]
    assert told["churn_horizons"] == [{"horizon_days": 90}]


def tables_of(model_id: str) -> dict[str, pa.Table]:
    return {
        "models": pa.table(
            {"model_id": [model_id], "kind": ["churn"], "role": ["champion"], "card": ["{}"]}
        ),
        "model_candidates": pa.table(
            {
                "purpose": ["churn", "value_mean"],
                "position": [1, 1],
                "model": ["logistic", "tweedie"],
                "role": ["champion"] * 2,
                "verdict_pt_br": ["é o melhor"] * 2,
            }
        ),
        "model_metrics": pa.table(
            {
                "purpose": ["churn"],
                "model": ["logistic"],
                "metric": ["roc_auc"],
                "value": [0.7912],
                "low": [0.78],
                "high": [0.80],
            }
        ),
        "model_curves": pa.table(
            {
                "purpose": ["churn"] * 3,
                "model": ["logistic"] * 3,
                "curve": ["roc"] * 3,
                "position": [1, 2, 3],
                "x": [0.0, 0.4, 1.0],
                "y": [0.0, 0.8, 1.0],
            }
        ),
        "model_importance": pa.table(
            {
                "purpose": ["churn"],
                "model": ["logistic"],
                "position": [1],
                "feature": ["orders"],
                "importance": [1.0],
                "direction": [-1],
            }
        ),
        "model_notes": pa.table(
            {
                "purpose": ["churn", "value_mean"],
                "position": [1, 1],
                "code": ["beats", "beats"],
                "text_en": ["Beats chance"] * 2,
                "text_pt_br": ["Ganha do acaso"] * 2,
            }
        ),
    }


def test_who_scores_is_told_in_the_language_of_the_user(
    capsys: Capture, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    second = registry.list_model_ids(workspace / "models", "churn")[-1]
    words = (("hold", "churn"), ("release", "churn"), ("promote", second), ("rollback", "churn"))
    texts = []
    for command, name in words:
        assert main(["models", command, name, "-w", str(workspace)]) == 0
        texts.append(capsys.readouterr().out)
    parts = ("fica até 'clientela", "já não está retido", "; antes era ", "Fica até que outro")
    for part, text in zip(parts, texts, strict=True):
        assert part in text


def test_the_programme_is_told_in_the_language_of_the_user(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    publish(f"sqlite:///{tmp_path}/results.db", record(1), {})
    assert main(["programme", "show", "-w", str(tmp_path)]) == 0
    assert "não lançado" in capsys.readouterr().out


def test_keys_and_users_answer_in_the_language_of_the_user(
    capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    publish(f"sqlite:///{tmp_path}/results.db", record(1), {})
    commands = {
        "users list": "Não há usuários.",
        "users add ana --role viewer --generate": "ana já pode entrar.",
        "users disable ana": "ana não pode mais entrar.",
        "keys create crm": "Guarde: só aparece agora.",
    }
    for words, text in commands.items():
        assert main([*words.split(), "-w", str(tmp_path)]) == 0
        assert text in capsys.readouterr().out
