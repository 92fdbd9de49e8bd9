import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from clientela.store.connect import parse
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.store.killed import CUSTOMERS
from tests.store.runs import everything, record

ROOT = Path(__file__).parents[2]


def _kill_at(url: str, point: str) -> None:
    """Start publishing run 2 in a process of its own and kill it there."""
    command = [sys.executable, "-m", "tests.store.killed", url, point]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL


def _check_whole(url: str, run: int, count: int) -> None:
    with closing(open_reader(url)) as reader:
        page = reader.read_list("customers", None, None, CUSTOMERS + 1)
        assert page.run == record(run)
        assert {row["segment"] for row in page.content} == {run}
        assert len(page.content) == count
        assert [row["segment"] for row in reader.table("segments").content] == [run]
        assert len(reader.table("quality").content) == 2


@pytest.mark.parametrize(
    ("point", "current"),
    [
        ("before the first row", 1),
        ("among the customers", 1),
        ("before the commit", 1),
        ("after the commit", 2),
    ],
)
def test_killed_at_any_moment_readers_see_one_whole_run(
    store_url: str, point: str, current: int
) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    _kill_at(store_url, point)
    _check_whole(store_url, current, 3 if current == 1 else CUSTOMERS)
    publish(store_url, record(3), everything(4, segment=3))
    _check_whole(store_url, 3, 4)


def test_killed_on_the_first_run_the_next_one_works(store_url: str) -> None:
    _kill_at(store_url, "among the customers")
    publish(store_url, record(3), everything(4, segment=3))
    _check_whole(store_url, 3, 4)


def test_a_reader_goes_on_while_the_publisher_is_killed(sqlite_url: str) -> None:
    publish(sqlite_url, record(1), everything(3, segment=1))
    with closing(open_reader(sqlite_url)) as reader:
        assert reader.lookup(["c000"]).run == record(1)
        _kill_at(sqlite_url, "before the commit")
        assert reader.lookup(["c000"]).run == record(1)
        assert Path(f"{parse(sqlite_url).database}-wal").stat().st_size > 0
        publish(sqlite_url, record(3), everything(4, segment=3))
        assert reader.lookup(["c000"]).run == record(3)
