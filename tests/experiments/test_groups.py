"""Groups as the published run knows them, page by page."""

from pathlib import Path

import pyarrow as pa
import pytest

from clientela.errors import InputError
from clientela.experiments import assignment as groups
from clientela.experiments.assignment import GROUP_SCHEMA, load_group
from clientela.store.publish import publish
from tests.serving.at_risk import listed, publish_at_risk
from tests.store import runs

STATUS = {"00": "member", "01": "leaving", "02": "candidate", "04": "member", "gone": "member"}


@pytest.fixture(params=[2, 10_000], ids=["pages", "whole"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(groups, "PAGE", request.param)
    made = f"sqlite:///{tmp_path / 'results.db'}"
    tables = runs.everything(5, segment=3)
    ids = sorted(tables["customers"]["customer_id"].to_pylist())
    known = {"00": ids[0], "01": ids[1], "02": ids[2], "04": ids[4], "gone": "gone"}
    members = [{"customer_id": known[key], "status": status} for key, status in STATUS.items()]
    tables["programme_members"] = pa.Table.from_pylist(members)
    publish(made, runs.record(1), tables, keep_runs=3)
    return made


def test_insiders_are_members_and_those_about_to_leave(url: str) -> None:
    ids = sorted(runs.customers(5)["customer_id"].to_pylist())
    found = load_group(url, "insiders")
    assert found.run.run_id == runs.record(1).run_id
    assert found.customers.schema.equals(GROUP_SCHEMA)
    assert found.customers["customer_id"].to_pylist() == [ids[0], ids[1], ids[4]]
    assert load_group(url, "candidates").customers["customer_id"].to_pylist() == [ids[2]]


def test_a_segment_is_everyone_in_it(url: str) -> None:
    found = load_group(url, "segment:3").customers
    assert found.num_rows == 5
    assert set(found["segment"].to_pylist()) == {3}


def test_who_is_at_risk_and_whom_an_action_addresses_are_groups(tmp_path: Path) -> None:
    publish_at_risk(made := f"sqlite:///{tmp_path / 'results.db'}")
    for name in ("at-risk", "action:retention"):
        assert sorted(load_group(made, name).customers["customer_id"].to_pylist()) == sorted(
            listed()
        )
    at_risk, action = (load_group(made, name) for name in ("at-risk", "action:retention"))
    assert (at_risk.buyers_share, at_risk.share_days) == (action.buyers_share, action.share_days)
    assert at_risk.buyers_share is not None
    with pytest.raises(InputError, match="there is no action 'win-back-9'") as raised:
        load_group(made, "action:win-back-9")
    assert raised.value.do == "choose one of retention"


def test_a_group_that_nobody_belongs_to_is_refused(tmp_path: Path) -> None:
    made, tables = f"sqlite:///{tmp_path / 'results.db'}", runs.everything(5, segment=3)
    tables["programme_members"] = tables["programme_members"].slice(0, 0)
    publish(made, runs.record(1), tables, keep_runs=3)
    with pytest.raises(InputError, match="nobody belongs to the group 'candidates'"):
        load_group(made, "candidates")


@pytest.mark.parametrize("name", ["segment:4", "segment:", "3", "Insiders", ""])
def test_an_unknown_group_names_those_there_are(url: str, name: str) -> None:
    with pytest.raises(InputError, match="there is no group") as raised:
        load_group(url, name)
    assert "insiders, candidates, at-risk, segment:3, action:ID" in raised.value.do
