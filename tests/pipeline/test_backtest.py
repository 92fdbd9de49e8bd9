"""The backtest from the command line: what it says, and what it refuses."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from clientela.config import read_settings
from clientela.engine import connect
from clientela.pipeline.backtest.context import BacktestContext, BacktestRequest, open_context
from clientela.pipeline.backtest.purchase_models import fit_purchase_models
from clientela.pipeline.reading import RunRequest, read_sources
from clientela.progress import Progress
from clientela.report.terminal.backtest import format_backtest
from clientela.tables.reading import ReadJob
from clientela.tables.workspace import Workspace
from tests.reading import NOW
from tests.shop import QUICK, FirstRun, Ran, clientela

PUBLISHED = {
    "bg_nbd": (-9582.429, {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
    "pareto_nbd": (-9594.976, {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}),
    "gamma_gamma": (-4055.918, {"p": 6.25, "q": 3.74, "gamma": 15.44}),
}


def typed(capsys: pytest.CaptureFixture[str], *words: str | Path) -> Ran:
    return clientela(capsys, "backtest", *words, "--config", QUICK)


@contextmanager
def opened(ask: BacktestRequest, folder: Path) -> Iterator[BacktestContext]:
    """Set the stage in a workspace, as the command does."""
    workspace, settings = Workspace(folder), read_settings(QUICK)
    with workspace.scratch() as scratch:
        engine = connect(settings.engine, temp_folder=scratch)
        job = ReadJob(workspace, engine, settings, Progress("test"), scratch, NOW)
        state = read_sources(job, RunRequest(ask.sources))
        yield open_context(ask, settings, engine, workspace, state)
        engine.close()


def test_a_small_shop_is_judged_in_every_part(
    first_run: FirstRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    truth = first_run.source.with_name("truth.parquet")
    done = typed(capsys, "-w", first_run.copy(tmp_path), "--horizon-days", "60", "--truth", truth)
    assert done.code == 0, done.out + done.err
    facts = done.facts
    assert facts["upto"] == facts["last_day"]
    purposes = {(row["purpose"], row["as_of"]) for row in facts["judged"]}
    assert {("value_mean", facts["as_of"]), ("value_median", facts["as_of"])} <= purposes
    models = {each["model"]: each for each in facts["btyd"]["models"]}
    assert set(models) >= set(PUBLISHED)
    assert all(each["parameters"] for each in models.values())
    assert facts["btyd"]["chosen"]["model"] in models
    assert 0.0 < facts["truth"]["alive"]["expected"] <= 1.0
    assert facts["tables"]["model_notes"]
    text = format_backtest(facts)
    for part in ("Learnt from", "Value: forecasts of the mean", "gamma_gamma", "P(alive)"):
        assert part in text


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ((), "there is nothing to test"),
        (("--as-of", "2009-01-01", "-w"), "outside the data"),
        (("--as-of", "2011-12-01", "-w"), "reach beyond"),
        (("--horizon-days", "360", "-w"), "days of history"),
        (("--truth", "absent.parquet", "-w"), "the truth cannot be read"),
    ],
)
def test_what_cannot_be_is_refused(
    words: tuple[str, ...], says: str, first_run: FirstRun, capsys: pytest.CaptureFixture[str]
) -> None:
    place = (first_run.workspace,) if "-w" in words else ()
    done = typed(capsys, *words, *place)
    assert done.code == 2
    assert says in done.facts["detail"]
    assert done.facts["do"]


def test_an_empty_workspace_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = typed(capsys, "-w", tmp_path)
    assert done.code == 2
    assert "no transactions" in done.facts["detail"]


def test_the_past_sees_nothing_that_the_future_computed(
    first_run: FirstRun, tmp_path: Path
) -> None:
    with opened(BacktestRequest(horizon_days=60), first_run.copy(tmp_path)) as stage:
        after = stage.period.as_of + dt.timedelta(days=1)
        stage.future.snapshot(stage.period.upto, ["orders"])
        with pytest.raises(ValueError, match="lies after"):
            stage.past.snapshot(after, ["orders"])
        with pytest.raises(ValueError, match="lies after"):
            stage.past.later(stage.period.as_of, 1)


@pytest.mark.slow
def test_cdnow_gives_the_published_fits(data_dir: Path, tmp_path: Path) -> None:
    ask = BacktestRequest(
        (str(data_dir / "cdnow_sample.txt"),), as_of=dt.date(1997, 9, 30), horizon_days=273
    )
    with opened(ask, tmp_path) as stage:
        found = fit_purchase_models(stage)
    models = {each["model"]: each for each in found["models"]}
    assert (found["unit"], found["customers"], found["purchases"]) == ("weeks", 2_357, 1_882)
    for name, (log_likelihood, parameters) in PUBLISHED.items():
        assert models[name]["log_likelihood"] == pytest.approx(log_likelihood, abs=0.001)
        for parameter, value in parameters.items():
            told = models[name]["parameters"][parameter]
            digits = len(str(value).partition(".")[2])
            assert round(told["value"], digits) == pytest.approx(value, abs=1.01 * 10**-digits)
            assert 0.0 < told["standard_error"] < told["value"]
    chosen = found["chosen"]
    assert abs(chosen["mean"]["total_error"]) < 0.10
    assert chosen["median"]["mae"] <= 0.755
    assert round(chosen["mean"]["auc_active"], 3) >= 0.779
