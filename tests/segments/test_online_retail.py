"""The segments of a real shop, one year and two: as stable as the documentation says."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest
from msgspec.structs import replace

from clientela.config import Segments, Settings, read_settings
from clientela.engine import Engine, connect
from clientela.features.history import History
from clientela.progress import Progress
from clientela.segments.describe.segment_names import name_segments
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.out_of_time import OutOfTimeTest, SnapshotPair, read_snapshot_pair
from clientela.segments.fit.segmentation import explain_refit, fit_segments, list_required_features
from clientela.segments.score.model import SegmentModel
from clientela.tables.ingest import ingest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from tests.conftest import ROOT
from tests.segments.crowd import AS_OF

pytestmark = pytest.mark.slow

SETTINGS = Segments(bootstraps=30)


HORIZON = 90
FIRST = dt.date(2010, 12, 1)


class Shop(NamedTuple):
    """A snapshot, the past before it and what was fitted on them."""

    snapshot: pa.Table
    past: SnapshotPair
    fitted: SegmentModel


class Years(NamedTuple):
    """The shop as its second year alone shows it, and as both do."""

    second: Shop
    both: Shop


@contextmanager
def workshop(folder: Path) -> Iterator[tuple[Workspace, Engine]]:
    engine = connect(Settings().engine)
    try:
        yield Workspace(folder), engine
    finally:
        engine.close()


def appended(workspace: Workspace, engine: Engine, file: Path, scratch: Path) -> Shop:
    scratch.mkdir()
    now = dt.datetime(2012, 1, 1, tzinfo=dt.UTC)
    job = ReadJob(workspace, engine, Settings(), Progress("test"), scratch, now)
    manifest, _ = ingest(job, [str(file)], [], workspace.manifest())
    workspace.commit(manifest)
    history = History(
        engine,
        lambda group: workspace.tables(engine, group),
        workspace.groups(engine.rows_at_once),
        FIRST,
        AS_OF,
    )
    names = list_required_features(SETTINGS)
    past = read_snapshot_pair(history, HORIZON, names)
    assert past is not None
    snapshot = history.snapshot(AS_OF)
    return Shop(
        snapshot, past, fit_segments(snapshot, SETTINGS, as_of=AS_OF, data_hash="x", past=past)
    )


@pytest.fixture(scope="module")
def years(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Years:
    folder = tmp_path_factory.mktemp("retail")
    with workshop(folder / "data") as (workspace, engine):
        files = (data_dir / "online_retail.csv", data_dir / "online_retail_2009_2010.csv")
        shops = [appended(workspace, engine, file, folder / file.stem) for file in files]
    return Years(*shops)


@pytest.mark.parametrize("year", [0, 1], ids=["one year", "both years"])
def test_segments_come_back_from_other_seeds_and_resampled_customers(
    years: Years, year: int
) -> None:
    scores = years[year].fitted.card.scores
    assert 4 <= scores["segments"] <= 8
    assert scores["seed_ari"] >= 0.98
    assert scores["bootstrap_ari"] >= 0.94
    assert scores["silhouette"] >= 0.34
    assert scores["fidelity"] == 1.0


@pytest.mark.parametrize("year", [0, 1], ids=["one year", "both years"])
def test_segments_foretell_later_revenue_where_the_method_before_did_not(
    years: Years, year: int
) -> None:
    scores = years[year].fitted.card.scores
    before = CandidateSpec("minmax", "kmeans", "k", scores["segments"])
    explained = OutOfTimeTest(years[year].past, SETTINGS).measure_r2(before)
    assert explained is not None
    assert scores["foresight"] > 0.19
    assert scores["foresight"] > explained + 0.05


def test_customers_of_the_shop_form_a_continuum_and_the_card_says_so(years: Years) -> None:
    assert "no_groups" in [note.code for note in years.second.fitted.card.notes]


def test_no_other_candidate_is_both_stable_and_as_well_separated(years: Years) -> None:
    candidates = years.second.fitted.card.scores["candidates"]
    tried = [one for one in candidates if one["k"] is not None]
    codes = {one["verdict"]["code"] for one in candidates}
    assert {one["algorithm"] for one in tried} == set(SETTINGS.algorithms)
    assert {"chosen", "lower_silhouette", "unstable", "untried", "wrong_number"} <= codes


def test_the_published_setting_is_reproduced_with_the_warnings_it_deserves(years: Years) -> None:
    settings = read_settings(ROOT / "examples" / "reference.toml").segments
    quick = replace(settings, bootstraps=5)
    card = fit_segments(years.second.snapshot, quick, as_of=AS_OF, data_hash="x").card
    assert card.scores["own_silhouette"] == pytest.approx(0.63, abs=0.05)
    assert card.scores["silhouette"] < 0.10
    assert [note.code for note in card.notes] == [
        "forced",
        "too_large",
        "own_silhouette",
        "no_groups",
    ]


@pytest.mark.parametrize("year", [0, 1], ids=["one year", "both years"])
def test_no_segment_is_degenerate_and_names_tell_them_apart(years: Years, year: int) -> None:
    snapshot = years[year].snapshot
    model = name_segments(years[year].fitted, snapshot)
    shares = np.bincount(model.assign(snapshot)[0])[1:] / snapshot.num_rows
    assert shares.min() >= SETTINGS.min_share
    assert shares.max() <= SETTINGS.max_share
    assert model.names == ("champions", "regulars", "new", "lapsed_once")


def test_the_stored_model_classifies_the_customers_of_the_year_added(years: Years) -> None:
    model, both = years.second.fitted, years.both.snapshot
    assert both.num_rows > years.second.snapshot.num_rows
    assert explain_refit(model, both, SETTINGS) is None
    assert set(model.assign(both)[0]) == set(model.ids)


def test_a_customer_of_the_shop_scores_alone_as_among_all(years: Years) -> None:
    snapshot, _, model = years.both
    batch = model.assign(snapshot)
    for row in range(0, snapshot.num_rows, 97):
        alone = model.assign(snapshot.slice(row, 1))
        for one, many in zip(alone, batch, strict=True):
            assert one[0].tobytes() == many[row].tobytes()
