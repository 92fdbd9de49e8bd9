"""The service watched: a limit of age, a silent server, what nobody looks after, runs' metrics."""

import datetime as dt
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from clientela.config import Monitoring, Settings
from clientela.contract.metrics import RUN_METRICS
from clientela.monitoring import notify
from clientela.monitoring.run_metrics import write_run_metrics
from clientela.pipeline import monitoring
from clientela.pipeline.monitoring import monitor
from clientela.store.alerts import Alert
from tests.monitoring.test_alerts import NOW, url
from tests.shop import clientela

__all__ = ["url"]  # the fixture: a database with a run that alarms for two causes
SUMMARY = {
    "customers": 506,
    "alerts": [{}],
    "rows_in": 10,
    "rows_already_held": 1,
    "rows_canonical": 8,
    "rows_quarantined": 1,
    "seconds": {"read": 0.5, "publish": 2.0},
}


def test_an_age_beyond_its_limit_alarms_from_the_first_run(url: str) -> None:
    settings = Settings(monitoring=Monitoring(run_age_hours=1))
    facts = monitor(settings, Path(), url, NOW + dt.timedelta(days=9), lang="pt_BR")
    (age,) = [check for check in facts["checks"] if check["name"] == "run_age"]
    assert (age["state"], age["high"]) == ("alarm", 1)
    assert "o normal é até" in age["sentence"]


def test_a_server_that_does_not_answer_is_an_alert(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clientela.client.TRIES", 1)
    config = tmp_path / "clientela.toml"
    config.write_text('[monitoring]\nserver = "http://127.0.0.1:1"\n', "utf-8")
    ran = clientela(capsys, "monitor", "--store", url, "--config", config)
    assert ran.code == 0, ran.out
    assert "silence" in {alert["cause"] for alert in ran.facts["alerts"]}


def test_what_nobody_looks_after_is_sent_on_once(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[str, int]] = []

    def send(alerts: list[Alert], lang: str, variable: str = notify.ALERT_URLS) -> None:
        sent.append((variable, len(alerts)))

    monkeypatch.setattr(monitoring, "send_alerts", send)
    monkeypatch.setenv(notify.ESCALATION_URLS, "json://127.0.0.1/")
    moments = (NOW, NOW + dt.timedelta(hours=23), NOW + dt.timedelta(hours=24))
    for now in (*moments, NOW + dt.timedelta(hours=48)):
        monitor(Settings(), Path(), url, now, lang="en", send=True)
    assert sent == [(notify.ALERT_URLS, 2), (notify.ESCALATION_URLS, 2)]


def read_values(path: Path) -> dict[str, float]:
    families = text_string_to_metric_families(path.read_text("utf-8"))
    return {
        sample.name + "".join(sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_failed_run_leaves_what_the_last_good_one_said(tmp_path: Path) -> None:
    path = tmp_path / "clientela.prom"
    write_run_metrics(path, SUMMARY, 0, NOW)
    good = read_values(path)
    names = {family.name for family in text_string_to_metric_families(path.read_text("utf-8"))}
    assert names == set(RUN_METRICS)
    assert good["clientela_run_rowsquarantined"] == 1
    later = NOW + dt.timedelta(days=1)
    write_run_metrics(path, None, 3, later)
    failed = read_values(path)
    assert failed["clientela_run_exit_code"] == 3
    assert failed["clientela_run_end_timestamp_seconds"] == later.timestamp()
    changed = {name for name in good if good[name] != failed[name]}
    assert changed == {"clientela_run_exit_code", "clientela_run_end_timestamp_seconds"}
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_run_that_fails_says_so_for_prometheus(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "clientela.prom"
    ran = clientela(
        capsys, "run", tmp_path / "no.csv", "--workspace", tmp_path / "w", "--metrics", path
    )
    assert ran.code == 2
    assert read_values(path)["clientela_run_exit_code"] == 2
