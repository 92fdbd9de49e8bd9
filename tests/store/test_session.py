import os
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from clientela.errors import StoreError
from clientela.store import publish as publishing
from clientela.store.connect import parse
from clientela.store.publish import publish
from clientela.store.read import open_reader
from clientela.store.session import PostgresSession, SqliteSession
from tests.store.runs import everything, record

Session = SqliteSession | PostgresSession


@pytest.fixture
def session(store_url: str) -> Session:
    publish(store_url, record(1), everything(2))
    if store_url.startswith("sqlite"):
        return SqliteSession(store_url, str(parse(store_url).database))
    return PostgresSession(store_url)


def _count_opened(session: Session, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    opened: list[object] = []
    connect: Callable[[], object] = session._open

    def counted() -> object:
        opened.append(None)
        return connect()

    monkeypatch.setattr(session._pool, "_connect", counted)
    return opened


def test_threads_one_after_another_share_a_connection(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _count_opened(session, monkeypatch)
    with closing(session):
        for _ in range(5):
            thread = threading.Thread(target=lambda: session.rows("SELECT 1", {}))
            thread.start()
            thread.join()
    assert len(opened) == 1


def test_a_statement_that_fails_gives_its_connection_back(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = _count_opened(session, monkeypatch)
    with closing(session):
        for _ in range(3):
            with pytest.raises(Exception, match="nonsense"):
                session.rows("SELECT nonsense", {})
        assert session.rows("SELECT 1", {}) == [(1,)]
    assert len(opened) == 1


def test_a_pinned_session_sees_what_was_and_cannot_write(
    session: Session, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "TIDY_TIMEOUT_MS", 0)  # it would wait for us
    customers = "SELECT run_id, count(*) FROM customers GROUP BY run_id"
    with closing(session), closing(session.pin(customers)) as pinned:
        publish(store_url, record(2), everything(3), keep_runs=1)
        seen = {tuple(pinned.rows(customers, {})) for _ in range(5)}
        assert seen == {((record(1).run_id, 2),)}
        assert session.rows(customers, {}) == [(record(2).run_id, 3)]
        with pytest.raises(Exception, match=r"read-?only"):
            pinned.rows("DELETE FROM customers", {})


def test_reading_cannot_write(session: Session) -> None:
    with closing(session):
        with pytest.raises(Exception, match=r"read-?only"):
            session.rows("DELETE FROM customers", {})
        assert session.rows("SELECT count(*) FROM customers", {}) == [(2,)]


@contextmanager
def _nobody() -> Iterator[None]:
    """Be a user whom permissions bind; root may write everywhere."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_a_report_needs_no_right_to_write() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/results.db"
        publish(url, record(1), everything(3, segment=1))
        (folder / "results.db").chmod(0o444)
        folder.chmod(0o555)
        try:
            with _nobody(), pytest.raises(StoreError):
                open_reader(url)
            with _nobody(), closing(open_reader(url, momentary=True)) as reader:
                assert reader.current_run() == record(1)
                assert len(reader.table("segments").content) == 1
            with closing(open_reader(url, momentary=True)) as reader:
                assert reader.current_run() == record(1)
        finally:
            folder.chmod(0o755)


def test_what_is_read_as_it_stands_must_go_on_standing(sqlite_url: str) -> None:
    publish(sqlite_url, record(1), everything(3, segment=1))
    path = str(parse(sqlite_url).database)
    session = SqliteSession(sqlite_url, path, frozen=True)
    assert session.rows("SELECT count(*) FROM runs", {}) == [(1,)]
    os.utime(path, (1, 1))
    with pytest.raises(StoreError, match="written while they were read"):
        session.rows("SELECT count(*) FROM runs", {})
    session.close()
