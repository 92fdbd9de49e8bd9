"""What a run says beforehand of its time, memory and disk."""

import gzip
import io
import os
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clientela.config import EngineSettings, Settings
from clientela.errors import DiskFull
from clientela.i18n import Lang, translate, translate_facts
from clientela.pipeline import estimate
from clientela.pipeline.estimate import (
    RunEstimate,
    announce_run,
    count_lines,
    estimate_run,
    read_free_memory,
)
from clientela.pipeline.reading import RunRequest
from clientela.pipeline.run import FEW_LINES, choose_engine
from clientela.progress import Progress
from tests.shop import FirstRun

LONG = RunEstimate(lines=58_000_000, cpu_seconds=1_500, seconds=900, memory_mb=2, disk_mb=3)


def announce(
    expected: RunEstimate | None, folder: Path, lang: Lang = "en", *, anew: bool = True
) -> str:
    said = io.StringIO()
    localize = partial(translate_facts, lang=lang)
    announce_run(expected, folder, Progress("test", said, localize), anew=anew)
    return said.getvalue()


def test_lines_are_counted_by_their_mean_length(tmp_path: Path) -> None:
    lengths = [20 if number % 3 else 200 for number in range(200_000)]
    path = tmp_path / "sales.csv"
    path.write_text("".join("x" * length + "\n" for length in lengths))
    assert count_lines(path) == pytest.approx(200_000, rel=0.03)


def test_a_parquet_file_says_how_many_lines_it_has(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": range(1_234)}), tmp_path / "sales.parquet")
    assert count_lines(tmp_path / "sales.parquet") == 1_234


def test_what_shows_no_lines_has_no_estimate(tmp_path: Path) -> None:
    packed = tmp_path / "sales.csv"
    packed.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    damaged = tmp_path / "sales.parquet"
    damaged.write_bytes(b"no Parquet")
    absent = tmp_path / "absent.csv"
    for source in map(str, (packed, damaged, absent, tmp_path, "s3://bucket/sales.csv")):
        assert estimate_run([source], 0, EngineSettings()) is None


def test_more_lines_take_more_and_tables_held_take_no_reading(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("1,2,3\n" * 100_000)
    one = EngineSettings(threads=1)
    few, many = (estimate_run([str(path)], before, one) for before in (0, 50_000_000))
    tables = estimate_run([], 50_100_000, one)
    assert few
    assert many
    assert tables
    assert few.lines == pytest.approx(100_000, rel=0.001)
    assert many.lines == few.lines + 50_000_000
    for name in ("cpu_seconds", "seconds", "memory_mb", "disk_mb"):
        assert getattr(few, name) < getattr(many, name)
    assert tables.cpu_seconds < many.cpu_seconds
    assert tables.disk_mb < many.disk_mb
    two = estimate_run([str(path)], 50_000_000, EngineSettings(threads=2))
    assert two
    assert two.seconds < many.seconds
    assert two.cpu_seconds == many.cpu_seconds


def test_a_long_run_says_so_in_one_line(tmp_path: Path) -> None:
    [line] = announce(LONG, tmp_path).splitlines()
    assert "this takes about 15 min where nothing else runs" in line
    assert "lines=58000000" in line
    [line] = announce(LONG, tmp_path, "pt_BR").splitlines()
    assert "isto leva cerca de 15 min se nada mais estiver rodando" in line
    short = RunEstimate(lines=9, cpu_seconds=20, seconds=20, memory_mb=1, disk_mb=1)
    assert announce(short, tmp_path) == "" == announce(None, tmp_path)


def test_a_disk_that_is_certainly_too_small_is_refused(tmp_path: Path) -> None:
    vast = RunEstimate(lines=9, cpu_seconds=99, seconds=99, memory_mb=1, disk_mb=1e12)
    with pytest.raises(DiskFull, match="takes about 1,000,000,000,000 MB of disk") as caught:
        announce(vast, tmp_path)
    caught.value.translate(partial(translate, lang="pt_BR"))
    assert caught.value.what.startswith("a execução precisa de cerca de 1.000.000.000.000 MB")
    assert caught.value.do.startswith("libere espaço")


def test_where_lines_may_be_held_already_a_small_disk_is_a_warning(tmp_path: Path) -> None:
    vast = RunEstimate(lines=9, cpu_seconds=99, seconds=99, memory_mb=1, disk_mb=1e12)
    assert "this may take more disk than is free" in announce(vast, tmp_path, anew=False)
    assert "mais disco do que há livre" in announce(vast, tmp_path, "pt_BR", anew=False)


def test_too_little_memory_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimate, "read_free_memory", lambda: 1.0)
    said = announce(LONG, tmp_path).splitlines()
    assert len(said) == 2
    assert "this may take more memory than is free" in said[1]
    assert "pode precisar de mais memória" in announce(LONG, tmp_path, "pt_BR")


def test_the_limit_of_a_container_counts(tmp_path: Path) -> None:
    system, limit = tmp_path / "meminfo", tmp_path / "memory.max"
    system.write_text("MemTotal: 16000000 kB\nMemAvailable: 8000000 kB\n")
    assert read_free_memory(system, limit) == 8_192
    limit.write_text("max\n")
    assert read_free_memory(system, limit) == 8_192
    limit.write_text("2000000000\n")
    assert read_free_memory(system, limit) == 2_000
    assert read_free_memory(tmp_path / "absent", limit) is None


def test_a_run_carries_its_estimate(first_run: FirstRun) -> None:
    written = len(first_run.source.read_text("utf-8").splitlines())
    expected = first_run.facts["estimate"]
    assert expected["lines"] == pytest.approx(written, rel=0.05)
    assert set(expected) == {"lines", "cpu_seconds", "seconds", "memory_mb", "disk_mb"}


def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    assert count_lines(tmp_path / "pipe.csv") is None


def test_few_lines_take_one_thread_unless_some_are_configured() -> None:
    def count_threads(lines: int, **engine: Any) -> int | None:
        settings = Settings(engine=EngineSettings(**engine))
        expected = replace(LONG, lines=lines)
        return choose_engine(settings, RunRequest(sources=("sales.csv",)), expected).threads

    assert count_threads(FEW_LINES) == 1
    assert count_threads(FEW_LINES + 1) is None
    assert count_threads(FEW_LINES, threads=4) == 4
    assert count_threads(FEW_LINES, name="spark") is None
    assert choose_engine(Settings(), RunRequest(sources=("sales.csv",)), None).threads is None
