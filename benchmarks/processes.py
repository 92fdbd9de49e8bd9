"""What a command takes: CPU seconds, memory, and the CPU of each stage of a run."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import NamedTuple

from http_load import cpu_seconds

KERNELS = {
    f"{library}_NUM_THREADS": "1" for library in ("OPENBLAS", "OMP", "MKL", "NUMBA", "NUMEXPR")
}
COMPILES = "PYTHONDONTWRITEBYTECODE"  # where it is set, each process compiles every module again
STAGE = "event=stage"


class Used(NamedTuple):
    """CPU seconds of a process and its children, its largest memory, what it printed.

    ``stages`` are the CPU seconds of each stage of a run, and ``start`` what came before them.
    """

    cpu: float
    peak_mb: float
    printed: str
    stages: dict[str, float]


def run_clientela(*words: object) -> Used:
    """Run a command of ours, with kernels of one thread."""
    return run_python("-m", "clientela", *words)


def run_python(*words: object) -> Used:
    """Run Python with some words, with kernels of one thread.

    Raises
    ------
    RuntimeError
        The command failed.
    """
    environment = {name: text for name, text in os.environ.items() if name != COMPILES} | KERNELS
    with tempfile.TemporaryFile("w+") as out:
        process = subprocess.Popen(  # noqa: S603 - ours
            [sys.executable, *map(str, words)],
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        lines: list[str] = []
        begun = {"start": 0.0}
        reader = threading.Thread(target=_read_stages, args=(process, lines, begun))
        reader.start()
        _, status, used = os.wait4(process.pid, 0)
        reader.join()
        if status:
            raise RuntimeError("".join(lines))
        out.seek(0)
        cpu = used.ru_utime + used.ru_stime
        ends = [*begun.values(), cpu][1:]
        stages = {name: end - at for (name, at), end in zip(begun.items(), ends, strict=True)}
        return Used(cpu, used.ru_maxrss / 1024, out.read(), stages)


def _read_stages(process: subprocess.Popen[str], lines: list[str], begun: dict[str, float]) -> None:
    """Note the CPU of the process whenever it says that a stage begins."""
    assert process.stderr is not None  # noqa: S101 - for the type checker
    for line in process.stderr:
        lines.append(line)
        if STAGE in line and Path(f"/proc/{process.pid}").exists():
            begun[line.rpartition("stage=")[2].strip()] = cpu_seconds(process.pid)
