"""Dashboards and rules ask for metrics that there are, and for all that there are."""

import json
import re
from pathlib import Path

import yaml

from clientela.contract.metrics import RUN_METRICS, SERVER_METRICS
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
DECLARED = {*SERVER_METRICS, *RUN_METRICS}
NAME = re.compile(r"\bclientela_\w+")
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def list_names(path: Path) -> set[str]:
    return {SUFFIX.sub("", name) for name in NAME.findall(path.read_text("utf-8"))}


def test_every_metric_that_is_asked_for_is_declared() -> None:
    for path in (FOLDER / "grafana.json", FOLDER / "rules.yaml", FOLDER / "rules_test.yaml"):
        asked = list_names(path)
        assert asked
        assert asked <= DECLARED, path.name


def test_every_metric_is_looked_at() -> None:
    """Those that the server sums up for `clientela monitor` are also rates of Prometheus."""
    summed = {name for name in DECLARED if name.startswith("clientela_recent_")}
    asked = list_names(FOLDER / "grafana.json") | list_names(FOLDER / "rules.yaml")
    ended = {"clientela_run_end_timestamp_seconds"}
    assert asked - summed >= DECLARED - summed - ended


def test_every_rule_says_what_to_do() -> None:
    groups = yaml.safe_load((FOLDER / "rules.yaml").read_text("utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert all(rule["annotations"]["action"] for rule in rules)
    assert {rule["labels"]["severity"] for rule in rules} == {"page", "ticket"}


def test_panels_have_a_place_of_their_own() -> None:
    panels = json.loads((FOLDER / "grafana.json").read_text("utf-8"))["panels"]
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len({panel["id"] for panel in panels}) == len(panels)
