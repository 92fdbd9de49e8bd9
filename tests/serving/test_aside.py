"""What a server does aside, in a process that ends with it."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from clientela.serving import aside
from clientela.serving.aside import Aside

SERVER = """
import asyncio, os, signal
from clientela.serving.aside import Aside
print(asyncio.run(Aside().run(os.getpid)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_one_process_does_it_and_ends_when_nobody_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aside, "IDLE_SECONDS", 0.05)

    async def ask() -> tuple[int, int, bool]:
        work = Aside()
        first, second = [await work.run(os.getpid) for _ in range(2)]
        with pytest.raises(ValueError, match="x"):
            await work.run(int, "x")
        await asyncio.sleep(0.3)
        return first, second, work._pool is None

    first, second, ended = asyncio.run(ask())
    assert first == second != os.getpid()
    assert ended


def test_it_ends_with_a_server_that_is_killed() -> None:
    ran = subprocess.run([sys.executable, "-c", SERVER], capture_output=True, timeout=60)
    assert ran.returncode == -signal.SIGKILL  # and nobody holds its output open
    assert ran.stdout.strip().isdigit()
