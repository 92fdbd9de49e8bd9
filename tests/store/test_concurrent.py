import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from clientela.store.connect import parse
from clientela.store.publish import publish
from clientela.store.read import Reader, open_reader
from tests.store.runs import everything, record

RUNS = 12


def _number(run_id: str) -> int:
    return int(run_id[-6:])


def _look_up(reader: Reader) -> int:
    """Check that a look-up is of one run, whose number is its segment's, and give the number."""
    reading = reader.lookup(["c000", "x", "c001"])
    run = _number(reading.run.run_id)
    assert [found and found.segment for found in reading.content] == [run, None, run]
    return run


def _turn_pages(reader: Reader) -> int:
    reading = reader.read_list("customers", None, None, 99)
    run = _number(reading.run.run_id)
    assert [row["segment"] for row in reading.content] == [run] * 5
    return run


def _list(reader: Reader) -> int:
    reading = reader.table("segments")
    run = _number(reading.run.run_id)
    assert [row["segment"] for row in reading.content] == [run]
    return run


@pytest.mark.slow
def test_readers_see_whole_runs_while_others_are_published(store_url: str) -> None:
    publish(store_url, record(1), everything(5, segment=1))
    done = threading.Event()
    seen: dict[str, list[int]] = {}
    faults: list[Exception] = []

    def read(name: str, ask: Callable[[Reader], int]) -> None:
        runs = seen.setdefault(name, [])
        try:
            while not done.is_set():
                runs.append(ask(reader))
        except Exception as fault:
            faults.append(fault)

    with closing(open_reader(store_url)) as reader:
        asks = {"look up": _look_up, "pages": _turn_pages, "list": _list, "one": _look_up}
        threads = [threading.Thread(target=read, args=each) for each in asks.items()]
        for thread in threads:
            thread.start()
        for number in range(2, RUNS + 1):
            publish(store_url, record(number), everything(5, segment=number), keep_runs=1)
        done.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert all(ask(reader) == RUNS for ask in asks.values())
    for runs in seen.values():
        assert runs == sorted(runs)
        assert len(set(runs)) > 1


@pytest.mark.slow
def test_two_publishers_take_turns(store_url: str) -> None:
    faults: list[Exception] = []

    def work(first: int) -> None:
        try:
            for number in range(first, first + 3):
                publish(store_url, record(number), everything(5, segment=number))
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(first,)) for first in (1, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    with closing(open_reader(store_url)) as reader:
        assert {_number(run.run_id) for run in reader.runs()} == {1, 2, 3, 11, 12, 13}
        _look_up(reader)


def test_a_reader_in_the_middle_of_an_answer_holds_nobody_up(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clientela.store.publish.TIDY_TIMEOUT_MS", 20)
    publish(sqlite_url, record(1), everything(5, segment=1))
    path = str(parse(sqlite_url).database)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        count = "SELECT count(*) FROM current_customers WHERE segment = 1"
        assert other.execute(count).fetchone() == (5,)
        for number in (2, 3):
            publish(sqlite_url, record(number), everything(5, segment=number), keep_runs=1)
        assert other.execute(count).fetchone() == (5,)
        other.execute("COMMIT")
        assert other.execute(count).fetchone() == (0,)
