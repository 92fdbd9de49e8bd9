import dataclasses
import datetime as dt

import pyarrow as pa
import pytest

from clientela.errors import ClientelaError, InputError, StoreError
from clientela.store import experiments
from clientela.store.erasures import finish, note_spellings, read_people, request_erasure
from clientela.store.experiments import Experiment
from clientela.store.programme import Membership, Review, launch, load_ledger
from clientela.store.publish import publish
from clientela.store.replaced_ids import replace_ids
from tests.store.runs import NOON, everything, record

DAY = dt.date(2011, 12, 9)
SPRING = Experiment(
    name="Spring é",
    created_at=NOON,
    as_of=dt.date(2011, 12, 9),
    design={"seed": 42, "sizes": {"treatment": 2, "control": 1}},
)


def members() -> pa.Table:
    return pa.table(
        {
            "customer_id": ["b", "=1+1", "a"],
            "arm": ["treatment", "treatment", "control"],
            "stratum": ["1", None, "2"],
            "before": [1.25, 0.0, None],
            "expected": [None, 2.5, 1.0],
            "starts_on": [None, dt.date(2011, 4, 1), dt.date(2011, 4, 8)],
        },
        schema=experiments.MEMBERS,
    )


def test_what_is_saved_is_loaded_ordered_by_customer(store_url: str) -> None:
    experiments.save(store_url, SPRING, members())
    found, rows = experiments.load(store_url, SPRING.name)
    assert found == SPRING
    assert rows == members().sort_by("customer_id")


def test_runs_leave_experiments_alone(store_url: str) -> None:
    publish(store_url, record(1), everything())
    experiments.save(store_url, SPRING, members())
    for number in (2, 3):
        publish(store_url, record(number), everything(), keep_runs=1)
    assert experiments.load(store_url, SPRING.name)[1].num_rows == 3


def test_a_name_is_taken_once(store_url: str) -> None:
    experiments.save(store_url, SPRING, members())
    with pytest.raises(InputError, match="already"):
        experiments.save(store_url, SPRING, members().slice(0, 1))
    later = dataclasses.replace(SPRING, name="Autumn")
    experiments.save(store_url, later, members())
    assert sorted(experiments.names(store_url)) == ["Autumn", "Spring é"]
    assert experiments.load(store_url, SPRING.name)[1].num_rows == 3


@pytest.mark.parametrize(
    "meanwhile", ["asked", "erased", "erased by another spelling", "rotated", "published"]
)
def test_who_was_erased_since_the_draw_does_not_come_back(store_url: str, meanwhile: str) -> None:
    publish(store_url, record(1), everything())
    people = read_people(store_url)
    if meanwhile == "published":
        publish(store_url, record(2), everything())
        experiments.save(store_url, SPRING, members(), people)
        return
    if meanwhile == "rotated":
        replace_ids(store_url, {"c000": "new"}, lambda text: text)
    if meanwhile == "erased by another spelling":
        request_erasure(store_url, ["another spelling"], "test", NOON)
        note_spellings(store_url, 1, {"ids": ["a"]})
    elif meanwhile != "rotated":
        request_erasure(store_url, ["a"], "test", NOON)
    if meanwhile == "erased":
        finish(store_url, 1, "hash", NOON, {})
    with pytest.raises(InputError, match="run the command again"):
        experiments.save(store_url, SPRING, members(), people)
    assert experiments.names(store_url) == []


@pytest.mark.parametrize("meanwhile", ["asked", "erased"])
def test_who_was_erased_since_is_not_launched(store_url: str, meanwhile: str) -> None:
    publish(store_url, record(1), everything())
    people = read_people(store_url)
    member = Membership(
        recorded_on=DAY, customer_id="a", entered_on=DAY, rule_version=1, reason="launch"
    )
    review = Review(reviewed_on=DAY, rule_version=1, entered=1, members=1)
    request_erasure(store_url, ["a"], "test", NOON)
    if meanwhile == "erased":
        finish(store_url, 1, "hash", NOON, {})
    before = load_ledger(store_url)
    with pytest.raises(InputError, match="run the command again"):
        launch(store_url, record(1).run_id, [member], review, people)
    assert load_ledger(store_url) == before


def test_an_experiment_that_fails_to_save_leaves_nothing(store_url: str) -> None:
    with pytest.raises(ClientelaError, match="no column mood"):
        experiments.save(store_url, SPRING, members().append_column("mood", [["x"] * 3]))
    assert experiments.names(store_url) == []


def test_an_unknown_name_is_told_with_those_there_are(store_url: str) -> None:
    with pytest.raises(StoreError, match="no results database yet"):
        experiments.names(store_url)
    experiments.save(store_url, SPRING, members().slice(0, 0))
    assert experiments.load(store_url, SPRING.name)[1].schema == experiments.MEMBERS
    with pytest.raises(InputError, match="choose one of 'Spring é'"):
        experiments.load(store_url, "Summer")
