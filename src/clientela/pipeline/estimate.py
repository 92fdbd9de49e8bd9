"""What a run will take, estimated from the size of its files before any of them is read."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clientela.config import EngineSettings
from clientela.errors import DiskFull, SourceError
from clientela.progress import Progress
from clientela.sources.opening import is_gzip

TEXTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
SAMPLES, SAMPLE_BYTES = 16, 1 << 16  # a megabyte in all, by convention

# CPU seconds, between what was measured on an idle machine (1,000 customers 13, 10,000 31, 100,000
# 144) and on one shared with ten other processes (30,000 131, 100,000 267, 1,000,000 1,813).
FIXED_SECONDS = 22.0
SAMPLED_SECONDS, SAMPLED_LINES = 45e-6, 1_000_000  # what learns draws samples from more lines
READ_SECONDS, TABLES_SECONDS = 14e-6, 7e-6  # a new line, and a line of the tables
ENGINE_SHARE = 0.6
"""Of what lines cost, the part that DuckDB spreads over threads: nearly all of the cleaning, and
111 of 289 s after it, with 17,700,000 lines."""
# Beyond the engine's own limit, as measured at 300,000 and 1,000,000 customers of 58 lines each.
FIXED_MB, LINE_MB = 400.0, 55e-6
# Bytes a line on the disk: of staged text while a file is read, of the tables, and of results, as
# measured at 541,909 lines of UCI Online Retail (50) and 1,766,972 simulated ones (48 and 23).
WORK_BYTES, TABLE_BYTES, RESULT_BYTES = 50, 48, 23

LEAST_SECONDS = 30.0
"""By convention: nobody plans around a shorter wait, and nothing is said of it."""
FACTOR = 1.5
"""How far off an estimate may be, as ``benchmarks/large.py`` checks: what a disk lacks beyond it is
certain."""


@dataclass(frozen=True)
class RunEstimate:
    """What a run is expected to take.

    Parameters
    ----------
    lines : int
        Lines of the files and of the tables together.
    cpu_seconds : float
        Of all processors together.
    seconds : float
        By the clock, where nothing else runs.
    memory_mb, disk_mb : float
        At the peak; of the disk what the run adds to the workspace.
    """

    lines: int
    cpu_seconds: float
    seconds: float
    memory_mb: float
    disk_mb: float


def estimate_run(
    sources: Sequence[str], lines_before: int, settings: EngineSettings
) -> RunEstimate | None:
    """Estimate what a run takes; None where a source does not show how many lines it has.

    Parameters
    ----------
    sources : sequence of str
        Files of transactions; those compressed, in S3, in databases or workbooks show nothing.
    lines_before : int
        Lines that the tables hold already.
    settings : EngineSettings
        Threads and the memory of the engine.
    """
    new = 0
    for source in sources:
        count = count_lines(Path(source))
        if count is None:
            return None
        new += count
    lines = lines_before + new
    learning = FIXED_SECONDS + SAMPLED_SECONDS * min(lines, SAMPLED_LINES)
    engine = READ_SECONDS * new + TABLES_SECONDS * lines
    threads = settings.threads or os.cpu_count() or 1
    return RunEstimate(
        lines=lines,
        cpu_seconds=round(learning + engine, 1),
        seconds=round(learning + engine * (1 - ENGINE_SHARE + ENGINE_SHARE / threads), 1),
        memory_mb=round(FIXED_MB + settings.memory_limit_mb + LINE_MB * lines),
        disk_mb=round(((WORK_BYTES + TABLE_BYTES) * new + RESULT_BYTES * lines) / 1e6),
    )


def count_lines(path: Path) -> int | None:
    """Count the lines of a file by their mean length in samples; None where that says nothing.

    Of a file that cannot be read nothing is said either: who reads it says what is wrong.
    """
    if not path.is_file():  # to open a pipe would wait for ever
        return None
    with suppress(OSError, ValueError, SourceError):  # Arrow's errors are the first two
        if path.suffix.lower() == ".parquet":
            from pyarrow import parquet

            return int(parquet.read_metadata(path).num_rows)
        if path.suffix.lower() in TEXTS and not is_gzip(path):
            return _count_sampled(path)
    return None


def _count_sampled(path: Path) -> int:
    size, ends, read = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        for number in range(SAMPLES):
            file.seek(size * number // SAMPLES)
            text = file.read(min(SAMPLE_BYTES, size // SAMPLES + 1))
            ends, read = ends + text.count(b"\n"), read + len(text)
    return round(size * ends / read) if read else 0


def announce_run(
    estimate: RunEstimate | None, folder: Path, progress: Progress, *, anew: bool
) -> None:
    """Say what a long run takes, and warn where the machine has less memory or disk.

    Parameters
    ----------
    anew : bool
        Whether the tables begin with these files: else their lines may be held already, and then
        they take nothing.

    Raises
    ------
    DiskFull
        Even the least that the run can take is more than the disk has free.
    """
    if estimate is None or estimate.seconds < LEAST_SECONDS:
        return
    minutes = estimate.seconds / 60
    progress.fact(
        f"this takes about {max(round(minutes), 1)} min where nothing else runs",
        lines=estimate.lines,
        memory_mb=estimate.memory_mb,
        disk_mb=estimate.disk_mb,
    )
    free_mb, memory_mb = shutil.disk_usage(folder).free / 1e6, read_free_memory()
    if estimate.disk_mb > free_mb:
        progress.fact(
            "this may take more disk than is free", disk_mb=estimate.disk_mb, free_mb=round(free_mb)
        )
    if anew and estimate.disk_mb / FACTOR > free_mb:
        raise DiskFull(
            f"the run takes about {estimate.disk_mb:,.0f} MB of disk, and {free_mb:,.0f} are free",
            where=str(folder),
            do="free the disk, or choose a folder on a larger one with --workspace",
        )
    if memory_mb is not None and estimate.memory_mb > memory_mb:
        progress.fact(
            "this may take more memory than is free: the system could end the run",
            memory_mb=estimate.memory_mb,
            free_mb=memory_mb,
        )


def read_free_memory(
    system: Path = Path("/proc/meminfo"), limit: Path = Path("/sys/fs/cgroup/memory.max")
) -> float | None:
    """Read the memory that a run may take, in MB: what is available, within a container's limit.

    None where the system does not tell (other than Linux).
    """
    try:
        lines = system.read_text("ascii").splitlines()
    except OSError:
        return None
    [available] = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    free = int(available) * 1024
    with suppress(OSError, ValueError):  # "max" is no limit
        free = min(free, int(limit.read_text("ascii")))
    return round(free / 1e6)
