"""Tables that began anew have no past: neither runs nor models from before."""

import datetime as dt
from pathlib import Path
from typing import Any, cast

from clientela.monitoring.past import PastRuns
from clientela.registry.model_registry import ModelRegistry
from clientela.registry.stored_models import promote
from clientela.store.earlier_runs import find_run_before
from clientela.store.read import Reader
from clientela.store.record import RunRecord
from tests.registry.test_stored_models import stored
from tests.store.runs import record

RUNS = [record(n, as_of=dt.date(2011, 12, n), summary={"anew": n in (1, 3)}) for n in range(1, 6)]


class Runs:
    """A results database that holds runs alone."""

    def __init__(self, runs: list[RunRecord]) -> None:
        self._runs = runs

    def runs(self, limit: int = 100) -> list[RunRecord]:
        return self._runs[::-1][:limit]

    def read_list(self, *_: Any) -> None:
        """Say that the run's customers are kept."""


def reader(runs: list[RunRecord]) -> Reader:
    return cast(Reader, Runs(runs))


def test_monitoring_compares_with_runs_of_this_past_alone() -> None:
    day = dt.date(2011, 12, 6)
    assert [run.as_of.day for run in PastRuns(reader(RUNS), day).records] == [3, 4, 5]
    assert PastRuns(reader(RUNS), day, anew=True).records == []
    assert [run.as_of.day for run in PastRuns(reader(RUNS[:2]), day).records] == [1, 2]


def test_a_run_that_begins_anew_has_none_before_it() -> None:
    assert find_run_before(reader(RUNS[:3])) is None
    assert find_run_before(reader(RUNS[:4])) == RUNS[2].run_id


def test_models_are_learnt_anew_and_take_over_from_later_ones(tmp_path: Path) -> None:
    kind = "segments"
    promote(tmp_path, kind, stored(tmp_path, kind, 31))
    for anew in (False, True):
        registry = ModelRegistry(tmp_path, as_of=dt.date(2011, 12, 9), data_hash="new", anew=anew)
        found = registry.load_or_explain(kind, lambda artifact: artifact)
        assert (found.model is None) == anew
        assert registry.is_latest(kind) == anew
