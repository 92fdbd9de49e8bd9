"""The segments of a real shop, one year and two: as stable as the documentation says."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pytest

from clientela.config import Segments, Settings
from clientela.decisions.segments import named
from clientela.engine import Engine, connect
from clientela.features.build import build
from clientela.models.segmentation import fit, needs_refit
from clientela.progress import Progress
from clientela.scoring.segments import SegmentModel
from clientela.tables.ingest import Ingest, ingest
from clientela.tables.workspace import Workspace
from tests.models.crowd import AS_OF

pytestmark = pytest.mark.slow

SETTINGS = Segments(bootstraps=30)


class Years(NamedTuple):
    """Snapshots of the second year alone and of both, and what was fitted on each."""

    second: pa.Table
    both: pa.Table
    fitted: tuple[SegmentModel, SegmentModel]


@contextmanager
def workshop(folder: Path) -> Iterator[tuple[Workspace, Engine]]:
    engine = connect(Settings().engine)
    try:
        yield Workspace(folder), engine
    finally:
        engine.close()


def appended(workspace: Workspace, engine: Engine, file: Path, scratch: Path) -> pa.Table:
    scratch.mkdir()
    now = dt.datetime(2012, 1, 1, tzinfo=dt.UTC)
    job = Ingest(workspace, engine, scratch, Settings(), Progress("test"), now)
    manifest, _ = ingest(job, [str(file)], [], workspace.manifest())
    workspace.commit(manifest)
    return build(engine, lambda group: workspace.tables(engine, group), AS_OF, workspace.groups())


@pytest.fixture(scope="module")
def years(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Years:
    folder = tmp_path_factory.mktemp("retail")
    with workshop(folder / "data") as (workspace, engine):
        files = (data_dir / "online_retail.csv", data_dir / "online_retail_2009_2010.csv")
        second, both = (appended(workspace, engine, file, folder / file.stem) for file in files)
    models = tuple(fit(one, SETTINGS, as_of=AS_OF, data_hash="x") for one in (second, both))
    return Years(second, both, (models[0], models[1]))


@pytest.mark.parametrize("year", [0, 1], ids=["one year", "both years"])
def test_segments_come_back_from_other_seeds_and_resampled_customers(
    years: Years, year: int
) -> None:
    scores = years.fitted[year].card.scores
    assert 4 <= scores["segments"] <= 8
    assert scores["seed_ari"] >= 0.98
    assert scores["bootstrap_ari"] >= 0.94
    assert scores["silhouette"] >= 0.34


@pytest.mark.parametrize("year", [0, 1], ids=["one year", "both years"])
def test_no_segment_is_degenerate_and_names_tell_them_apart(years: Years, year: int) -> None:
    snapshot = (years.second, years.both)[year]
    model = named(years.fitted[year], snapshot)
    shares = np.bincount(model.assign(snapshot).segment)[1:] / snapshot.num_rows
    assert shares.min() >= SETTINGS.min_share
    assert shares.max() <= SETTINGS.max_share
    assert model.names == ("champions", "regulars", "new", "lapsed_once")


def test_the_stored_model_classifies_the_customers_of_the_year_added(years: Years) -> None:
    model = years.fitted[0]
    assert years.both.num_rows > years.second.num_rows
    assert needs_refit(model, years.both, SETTINGS) is None
    assert set(model.assign(years.both).segment) == set(model.ids)


def test_a_customer_of_the_shop_scores_alone_as_among_all(years: Years) -> None:
    model = years.fitted[1]
    batch = model.assign(years.both)
    for row in range(0, years.both.num_rows, 97):
        alone = model.assign(years.both.slice(row, 1))
        for one, many in zip(alone, batch, strict=True):
            assert one[0].tobytes() == many[row].tobytes()
