import os
import resource
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import make_url

from clientela.errors import DiskFull, InputError, MissingExtra, StoreError, StoreRefused
from clientela.store import connect, lock
from clientela.store.connect import open_store, parse
from clientela.store.failures import translate_failures
from clientela.store.publish import publish
from clientela.store.read import open_reader
from tests.postgres import new_database
from tests.store.runs import customers, everything, record


@contextmanager
def _no_file_larger_than(size: int) -> Iterator[None]:
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def _check_run(url: str, run: int) -> None:
    with closing(open_reader(url)) as reader:
        page = reader.read_list("customers", None, None, 9_999)
        assert page.run == record(run)
        assert {row["segment"] for row in page.content} == {run}


def test_a_limit_on_files_leaves_the_earlier_run(sqlite_url: str) -> None:
    publish(sqlite_url, record(1), everything(3, segment=1))
    with _no_file_larger_than(400_000), pytest.raises(DiskFull, match="no room") as caught:
        publish(sqlite_url, record(2), {"customers": customers(20_000)})
    assert caught.value.exit_code == 3
    _check_run(sqlite_url, 1)
    publish(sqlite_url, record(2), everything(3, segment=2))
    _check_run(sqlite_url, 2)


def test_a_full_disk_leaves_the_earlier_run(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(sqlite_url, record(1), everything(3, segment=1))

    def prepare(connection: sqlite3.Connection, entry: object) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA max_page_count = 60")

    with monkeypatch.context() as small:
        small.setattr(connect, "_prepare_sqlite", prepare)
        with pytest.raises(DiskFull, match="no room"):
            publish(sqlite_url, record(2), {"customers": customers(5_000)})
    _check_run(sqlite_url, 1)


def test_a_full_disk_of_postgresql_is_told() -> None:
    errors = pytest.importorskip("psycopg").errors
    with pytest.raises(DiskFull), translate_failures("postgresql://host/db"):
        raise errors.DiskFull("could not extend file")


def test_a_server_out_of_reach_is_told_without_the_password() -> None:
    with pytest.raises(StoreError, match="check that the server runs") as caught:
        open_store("postgresql://ana:s3cret@127.0.0.1:1/shop", migrate=True)
    assert "s3cret" not in str(caught.value)
    assert (caught.value.exit_code, caught.value.retry) == (3, True)
    assert caught.value.what.startswith("PostgreSQL cannot be reached: connection to server")


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ('FATAL:  password authentication failed for user "ana"', "check user and password"),
        ("fe_sendauth: no password supplied", "check user and password"),
        ('FATAL:  database "shop" does not exist', "create the database"),
    ],
)
def test_what_trying_again_cannot_help_is_told(said: str, advice: str) -> None:
    errors = pytest.importorskip("psycopg").errors
    with (
        pytest.raises(StoreRefused, match=advice) as caught,
        translate_failures("postgresql://host/db"),
    ):
        raise errors.OperationalError(f"connection failed: {said}")
    assert not caught.value.retry


def test_without_the_extra_the_install_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(MissingExtra, match=r"pip install 'clientela\[postgres\]'"):
        open_store("postgresql://ana@127.0.0.1:1/shop", migrate=True)


@pytest.mark.parametrize(
    "url", ["", "results.db", "mysql://host/db", "sqlite://", "sqlite:///:memory:"]
)
def test_what_is_no_results_database_is_refused(url: str) -> None:
    with pytest.raises(StoreRefused, match="give sqlite:///FILE or postgresql://"):
        open_store(url, migrate=True)


def test_a_file_of_another_kind_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "sales.csv"
    path.write_text("a,b\n" * 1000)
    for ask in (
        lambda: open_store(f"sqlite:///{path}", migrate=True),
        lambda: open_reader(f"sqlite:///{path}"),
    ):
        with pytest.raises(StoreError, match="not a database"):
            ask()
    assert path.read_text() == "a,b\n" * 1000


def test_a_file_of_no_bytes_is_no_beginning(tmp_path: Path) -> None:
    path = tmp_path / "results.db"
    path.touch()
    open_store(f"sqlite:///{path}", migrate=True).dispose()  # as another process begins it
    path.write_bytes(b"")
    os.utime(path, (0, 0))
    for migrate in (True, False):
        with pytest.raises(StoreError, match="a file of no bytes"):
            open_store(f"sqlite:///{path}", migrate=migrate)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open"):
        publish(f"sqlite:///{tmp_path}/no/results.db", record(1), {})


def test_a_locked_file_is_told(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(sqlite_url, record(1), everything(3, segment=1))
    monkeypatch.setattr(connect, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(str(parse(sqlite_url).database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"locked.*wait until the other writer is done"):
            publish(sqlite_url, record(2), everything())
        _check_run(sqlite_url, 1)


def test_a_locked_server_is_told(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    psycopg = pytest.importorskip("psycopg")
    publish(postgres_url, record(1), everything(3, segment=1))
    monkeypatch.setattr(lock, "LOCK_TIMEOUT_S", 0.05)
    with psycopg.connect(postgres_url) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [lock._LOCK])
        with pytest.raises(StoreError, match=r"lock timeout.*wait until the other writer is done"):
            publish(postgres_url, record(2), everything())
        _check_run(postgres_url, 1)


def test_a_damaged_file_is_told(sqlite_url: str) -> None:
    publish(sqlite_url, record(1), {"customers": customers(2_000)})
    path = Path(str(parse(sqlite_url).database))
    content = bytearray(path.read_bytes())
    content[8_192 * 20 : 8_192 * 60] = b"\xff" * 8_192 * 40
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"malformed.*restore the file"):
        _check_run(sqlite_url, 1)


def test_faults_of_ours_pass_through() -> None:
    with pytest.raises(sqlite3.IntegrityError), translate_failures("sqlite:///x.db"):
        raise sqlite3.IntegrityError("UNIQUE constraint failed")
    with pytest.raises(KeyError), translate_failures("sqlite:///x.db"):
        raise KeyError("x")


def test_a_dropped_connection_is_made_anew(postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    publish(postgres_url, record(1), everything(3, segment=1))
    with closing(open_reader(postgres_url)) as reader:
        assert reader.lookup(["c000"]).content[0]
        with psycopg.connect(postgres_url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert reader.lookup(["c000"]).content[0]


def test_rights_that_are_missing_are_a_sentence() -> None:
    psycopg = pytest.importorskip("psycopg")
    url = new_database()
    publish(url, record(1), everything(3, segment=1))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS onlooker")
        connection.execute("CREATE ROLE onlooker LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA clientela TO onlooker")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA clientela TO onlooker")
        connection.execute("REVOKE SELECT ON customers FROM onlooker")
    theirs = make_url(url).set(username="onlooker").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="permission denied") as caught:
        publish(theirs, record(2), everything(3, segment=2))
    assert caught.value.exit_code == 3
    assert "grant the user the rights" in caught.value.do
    with closing(open_reader(theirs)) as reader:
        assert reader.current_run() == record(1)
        with pytest.raises(StoreError, match="permission denied"):
            reader.lookup(["c000"])
    absent = make_url(url).set(database="nowhere").render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="does not exist"):
        open_reader(absent)


def test_a_database_of_another_build_is_a_sentence(store_url: str) -> None:
    publish(store_url, record(1), everything(3, segment=1))
    engine = open_store(store_url, migrate=True)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE runs RENAME COLUMN engine TO motor")
    engine.dispose()
    with pytest.raises(StoreError, match="made by another build of this version") as caught:
        publish(store_url, record(2), everything(3, segment=2))
    assert "give another by --store" in caught.value.do
    with (
        closing(open_reader(store_url)) as reader,
        pytest.raises(StoreError, match="another build"),
    ):
        reader.current_run()


@pytest.mark.parametrize("place", ["runs.net_amount", "segments.revenue"])
def test_amounts_that_no_database_holds_are_refused_by_both(store_url: str, place: str) -> None:
    tables, run = everything(3, segment=1), record(1)
    if place == "runs.net_amount":
        run = record(1, net_amount=1e14)
    else:
        rows = tables["segments"]
        index = rows.column_names.index("revenue")
        amounts = pa.array([Decimal(10) ** 14] * rows.num_rows, pa.decimal128(38, 4))
        tables["segments"] = rows.set_column(index, "revenue", amounts)
    with pytest.raises(InputError, match="more than 14 digits") as caught:
        publish(store_url, run, tables)
    assert caught.value.where == place
