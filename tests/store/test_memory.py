"""A reader that remembers answers what the database says now."""

import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from clientela.errors import StoreError
from clientela.store import keys
from clientela.store.connect import parse
from clientela.store.erasures import request_erasure
from clientela.store.publish import publish
from clientela.store.read import Reader, open_reader
from tests.store.runs import everything, record

NOW = dt.datetime(2011, 12, 10, 12, tzinfo=dt.UTC)
# Of the standard library alone: it starts in a few milliseconds
WRITE = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"


@pytest.fixture
def reader(store_url: str) -> Iterator[Reader]:
    publish(store_url, record(1), everything(2))
    with closing(open_reader(store_url)) as reader:
        yield reader


def test_the_next_question_sees_what_was_written(reader: Reader, store_url: str) -> None:
    secret = keys.create(store_url, "crm", ["read"], NOW)
    for _ in range(2):
        assert keys.check(reader, secret, NOW) is not None
        assert reader.read_state() == (record(1), reader.read_pointer(), (0, frozenset()))
    request_erasure(store_url, ["c001", "c000"], "dpo", NOW)
    assert reader.read_state()[2] == reader.erasures() == (0, frozenset({"c000", "c001"}))
    publish(store_url, record(2), everything(2))
    assert reader.read_state()[:2] == (record(2), reader.read_pointer())
    keys.revoke(store_url, keys.get_key_id(secret), NOW)
    assert keys.check(reader, secret, NOW) is None


def test_an_empty_database_has_no_state(store_url: str) -> None:
    keys.create(store_url, "crm", ["read"], NOW)
    with closing(open_reader(store_url)) as reader:
        assert reader.erasures() == (0, frozenset())
        with pytest.raises(StoreError, match="nothing is published"):
            reader.read_state()
        publish(store_url, record(1), everything(2))
        assert reader.read_state()[0] == record(1)


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("UPDATE current_run SET run_id = '{first}'", (True, 1, set())),
        ("UPDATE api_keys SET revoked_at = '2011-12-10'", (False, 2, set())),
        (
            "INSERT INTO erasure_requests (position, customer_id, requested_at, requested_by)"
            " VALUES (1, 'c000', '2011-12-10', 'dpo')",
            (True, 2, {"c000"}),
        ),
    ],
)
def test_it_asks_again_once_another_process_wrote(
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    script: str,
    expected: tuple[bool, int, set[str]],
) -> None:
    for number in (1, 2):
        publish(sqlite_url, record(number), everything(2))
    secret = keys.create(sqlite_url, "crm", ["read"], NOW)

    with closing(open_reader(sqlite_url)) as reader:
        assert _read(reader, secret) == (True, 2, set())
        asked = _watch(reader, monkeypatch)
        assert _read(reader, secret) == (True, 2, set())
        assert asked == []
        _write_elsewhere(sqlite_url, script.format(first=record(1).run_id))
        assert _read(reader, secret) == expected


def _read(reader: Reader, secret: str) -> tuple[bool, int, set[str]]:
    """Return whether the key opens, the number of the published run, and who waits."""
    run, _, (_, waiting) = reader.read_state()
    return keys.check(reader, secret, NOW) is not None, int(run.run_id[-1]), set(waiting)


def _watch(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    session: Any = reader._session
    asked, rows = [], session.rows

    def watched(statement: str, parameters: Any) -> Any:
        asked.append(statement)
        return rows(statement, parameters)

    monkeypatch.setattr(session, "rows", watched)
    return asked


def _write_elsewhere(url: str, script: str) -> None:
    command = [sys.executable, "-S", "-c", WRITE, str(parse(url).database), script]
    subprocess.run(command, check=True)
