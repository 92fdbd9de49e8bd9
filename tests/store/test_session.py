import threading
from collections.abc import Callable
from contextlib import closing

import pytest

from clientela.store.connect import parse
from clientela.store.publish import publish
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


def test_reading_cannot_write(session: Session) -> None:
    with closing(session):
        with pytest.raises(Exception, match=r"read-?only"):
            session.rows("DELETE FROM customers", {})
        assert session.rows("SELECT count(*) FROM customers", {}) == [(2,)]
