"""What a run will take, estimated from the size of its files before any of them is read."""

import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clientela.config import EngineSettings
from clientela.errors import DiskFull
from clientela.progress import Progress
from clientela.sources.opening import is_gzip

TEXTS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson")
SAMPLES, SAMPLE_BYTES = 16, 1 << 16  # a megabyte in all, by convention

FIXED_SECONDS = 60.0
SAMPLED_SECONDS = 13e-6
SAMPLED_LINES = 3_000_000
READ_SECONDS = 14e-6
TABLES_SECONDS = 16e-6
ENGINE_SHARE = 0.6
FIXED_MB, LINE_MB = 600.0, 40e-6
WORK_BYTES, TABLE_BYTES, RESULT_BYTES = 150, 50, 60

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
    counts = [count_lines(Path(source)) for source in sources]
    new = sum(count for count in counts if count is not None)
    if None in counts:
        return None
    lines = lines_before + new
    learning = FIXED_SECONDS + SAMPLED_SECONDS * min(lines, SAMPLED_LINES)
    engine = READ_SECONDS * new + TABLES_SECONDS * lines
    threads = settings.threads or os.cpu_count() or 1
    size = sum(Path(source).stat().st_size for source in sources)
    return RunEstimate(
        lines=lines,
        cpu_seconds=round(learning + engine, 1),
        seconds=round(learning + engine * (1 - ENGINE_SHARE + ENGINE_SHARE / threads), 1),
        memory_mb=round(FIXED_MB + settings.memory_limit_mb + LINE_MB * lines),
        disk_mb=round((size + WORK_BYTES * new + (RESULT_BYTES + TABLE_BYTES) * lines) / 1e6),
    )


def count_lines(path: Path) -> int | None:
    """Count the lines of a file by their mean length in samples; None where that says nothing."""
    if path.suffix == ".parquet" and path.is_file():
        from pyarrow import parquet

        return int(parquet.read_metadata(path).num_rows)
    if path.suffix.lower() not in TEXTS or not path.is_file() or is_gzip(path):
        return None
    size, ends, read = path.stat().st_size, 0, 0
    with path.open("rb") as file:
        for number in range(SAMPLES):
            file.seek(size * number // SAMPLES)
            text = file.read(min(SAMPLE_BYTES, size // SAMPLES + 1))
            ends, read = ends + text.count(b"\n"), read + len(text)
    return round(size * ends / read) if read else 0


def announce_run(estimate: RunEstimate | None, folder: Path, progress: Progress) -> None:
    """Say what a long run takes, and warn where the machine has less memory.

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
    if estimate.disk_mb / FACTOR > free_mb:
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
