"""What ``clientela doctor`` says of a run's surroundings, and what is to be done."""

import datetime as dt
import os
import tomllib
from pathlib import Path

import pytest

from clientela.config import Settings
from clientela.files import object_store
from clientela.pipeline import surroundings
from clientela.pipeline.doctor import EXTRAS, diagnose
from clientela.pipeline.surroundings import check_disk, check_schedule
from clientela.registry import artifacts
from clientela.registry.stored_models import promote
from clientela.store import keys
from tests.conftest import ROOT
from tests.postgres import new_database
from tests.registry.test_artifacts import SAMPLE
from tests.serving.shop import publish_shop
from tests.shop import clientela

LOOKED_AT = ("database", "keys", "schedule", "freshness", "disk", "clock", "permissions", "s3")


@pytest.fixture
def published(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url)
    os.chmod(tmp_path, 0o700)
    (tmp_path / "results.db").chmod(0o600)
    return url


def test_all_of_it_is_looked_at(
    published: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(object_store, "RETRIES", 0)
    for name, value in (("ACCESS_KEY_ID", "ana"), ("SECRET_ACCESS_KEY", "x")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    ran = clientela(
        capsys, "doctor", "-w", tmp_path, "--store", published, "--s3", "s3://shop/inbox"
    )
    assert ran.code == 0, ran.out
    found = {name for name in LOOKED_AT if any(name in key for key in ran.facts)}
    assert found == set(LOOKED_AT)
    assert "s3" in ran.facts["to do"]  # nobody answers there
    assert "AWS_ENDPOINT_URL" in ran.facts["s3"]


def test_every_extra_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"all", "docs"}


def test_what_is_wrong_is_to_do(
    published: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = dt.datetime.now(dt.UTC)
    keys.create(published, "till", ["read"], now, expires_at=now + dt.timedelta(days=3))
    monkeypatch.setattr(surroundings, "SPARE_TIMES", 1e12)
    tmp_path.chmod(0o755)
    facts = diagnose(Settings(), tmp_path, published, now)
    assert {"keys", "disk", "permissions"} <= set(facts["to do"])
    assert "till" in facts["keys"]
    early = diagnose(Settings(), tmp_path, published, dt.datetime(2001, 1, 1, tzinfo=dt.UTC))
    assert "in the future" in early["clock"]
    assert "clock" in early["to do"]


def test_a_damaged_model_is_to_do(published: str, tmp_path: Path) -> None:
    now, models = dt.datetime.now(dt.UTC), tmp_path / "models"
    assert diagnose(Settings(), tmp_path, published, now)["models"] == "none scores yet"
    model_id = artifacts.save(models, SAMPLE)
    promote(models, SAMPLE.kind, model_id)
    assert diagnose(Settings(), tmp_path, published, now)["models"] == model_id
    (models / SAMPLE.kind / model_id / artifacts.ARRAYS).write_bytes(b"")
    facts = diagnose(Settings(), tmp_path, published, now)
    assert "models" in facts["to do"]
    assert model_id in facts["models"]


def test_a_run_that_is_twice_as_late_was_missed() -> None:
    ended = [dt.datetime(2024, 5, day, tzinfo=dt.UTC) for day in (1, 8, 15)]
    assert not check_schedule(ended, ended[-1] + dt.timedelta(days=13))[2]
    assert check_schedule(ended, ended[-1] + dt.timedelta(days=15))[2]
    assert not check_schedule(ended[:1], ended[-1])[2]


def test_a_workspace_that_is_not_there_has_a_disk(tmp_path: Path) -> None:
    assert not check_disk(tmp_path / "no" / "folder")[2]


def test_the_clock_of_postgresql_is_compared(tmp_path: Path) -> None:
    url = new_database()
    publish_shop(url)
    facts = diagnose(Settings(), tmp_path, url, dt.datetime.now(dt.UTC))
    assert "from the database's" in facts["clock"]
    assert "clock" not in facts["to do"]
