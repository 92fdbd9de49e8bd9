"""The programme of a real shop keeps what it promises."""

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clientela.config import Programme, Settings
from clientela.engine import connect
from clientela.features.history import History
from clientela.i18n import LANGS
from clientela.insiders.fit.programme import build_programme
from clientela.insiders.fit.remarks import write_note
from clientela.insiders.score.result import ProgrammeResult
from clientela.progress import Progress
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace

pytestmark = pytest.mark.slow

FIRST, AS_OF = dt.date(2010, 12, 1), dt.date(2011, 12, 9)


@pytest.fixture(scope="module")
def history(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    engine = connect(Settings().engine)
    workspace = Workspace(tmp_path_factory.mktemp("workspace"))
    now = dt.datetime(2012, 1, 1, tzinfo=dt.UTC)
    scratch = tmp_path_factory.mktemp("scratch")
    job = ReadJob(workspace, engine, Settings(), Progress("test"), scratch, now)
    manifest, _ = ingest(job, [str(data_dir / "online_retail.csv")], [], workspace.manifest())
    workspace.commit(manifest)
    yield History(
        engine,
        lambda group: workspace.tables(engine, group),
        workspace.groups(engine.rows_at_once),
        FIRST,
        AS_OF,
    )
    engine.close()


def run(history: History, as_of: dt.date = AS_OF) -> ProgrammeResult:
    known = History(history.engine, history.read, history.groups, FIRST, as_of)
    snapshot = known.snapshot(as_of)
    segments = np.digitize(snapshot["revenue"].to_numpy(), [500.0, 2000.0, 10000.0])
    return build_programme(known, snapshot, segments, Programme(), "GBP")


def test_members_are_few_hold_over_half_and_do_not_flap(history: History) -> None:
    history.snapshot(AS_OF)
    began = time.process_time()
    result = run(history)
    assert time.process_time() - began < 15  # 4 on an idle machine
    facts = result.facts
    assert 0.05 < facts["members_share"] <= 0.10
    assert facts["revenue_share"] > 0.5
    assert facts["flapping_share"] < 0.05
    assert facts["away_days"] <= 120
    assert len(facts["proof_dates"]) == 4
    tests = {row["baseline"]: row for row in result.tables["programme_tests"].to_pylist()}
    assert all(tests[name]["better"] for name in ("orders", "recent", "random"))
    assert abs(tests["revenue"]["difference"]) < 150  # of 4,000: as good as sorting by revenue
    for lang in LANGS:
        assert all(write_note(note, lang, "GBP") for note in facts["notes"])


@pytest.mark.parametrize("as_of", [dt.date(2011, 11, 20), dt.date(2011, 8, 31)])
def test_on_other_days_too(history: History, as_of: dt.date) -> None:
    facts = run(history, as_of).facts
    assert 0.07 < facts["members_share"] <= 0.10
    assert facts["flapping_share"] < 0.05
