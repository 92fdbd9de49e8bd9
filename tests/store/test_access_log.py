"""The access log: a chain that shows every change, persons by keyed hash, cut at a checkpoint."""

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from clientela.errors import StoreError
from clientela.store.access_log import START, STOP, Access, AccessLog
from clientela.store.connect import connect_database

NOON = dt.datetime(2012, 1, 10, 12, tzinfo=dt.UTC)


def access(number: int, *, persons: tuple[str, ...] = ("17850",), actor: str = "k1") -> Access:
    at = NOON + dt.timedelta(days=number)
    return Access(at, actor, "get_customer", persons, {"number": number}, 200, "192.0.2.7")


@pytest.fixture
def log(store_url: str, tmp_path: Path) -> Iterator[AccessLog]:
    with closing(AccessLog(store_url, tmp_path / "access.key")) as made:
        yield made


def _change(url: str, statement: str) -> None:
    engine = connect_database(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def test_rows_come_back_and_the_chain_holds(log: AccessLog, store_url: str, tmp_path: Path) -> None:
    log.append([access(0), access(1, persons=("17850", "13047"), actor="k2")])
    with closing(AccessLog(store_url, tmp_path / "access.key")) as other:
        other.append([access(2)])
    first, second, third = log.read()
    assert [row.position for row in (first, second, third)] == [1, 2, 3]
    assert (first.at, first.actor, first.status, first.address) == (NOON, "k1", 200, "192.0.2.7")
    assert second.persons.split() == [log.hash_person("17850"), log.hash_person("13047")]
    assert log.verify() == (3, third.hash)
    assert [row.position for row in log.read(actor="k1", since=NOON + dt.timedelta(days=1))] == [3]
    assert [row.position for row in log.read(limit=1)] == [3]
    assert log.read_last_use() == {"k1": third.at, "k2": second.at}


@pytest.mark.parametrize(
    ("change", "row"),
    [
        ("UPDATE access_log SET actor = 'other' WHERE position = 2", 2),
        ("UPDATE access_log SET persons = '' WHERE position = 3", 3),
        ("DELETE FROM access_log WHERE position = 2", 3),
        ("DELETE FROM access_log WHERE position = 1", 2),
        ("UPDATE access_log SET position = 9 WHERE position = 4", 9),
    ],
)
def test_a_change_is_found(log: AccessLog, store_url: str, change: str, row: int) -> None:
    log.append([access(number) for number in range(4)])
    _change(store_url, change)
    with pytest.raises(StoreError, match=f"changed at row {row}"):
        log.verify()
    with pytest.raises(StoreError, match=f"changed at row {row}"):
        log.cut(NOON + dt.timedelta(days=1), NOON)


def test_a_log_that_lost_all_rows_is_no_beginning(
    log: AccessLog, store_url: str, tmp_path: Path
) -> None:
    assert log.verify()[0] == 0  # it begins here
    log.append([access(0)])
    _change(store_url, "DELETE FROM access_log")
    with (
        closing(AccessLog(store_url, tmp_path / "access.key")) as other,
        pytest.raises(StoreError, match="lost its rows"),
    ):
        other.verify()


def test_the_log_names_nobody(sqlite_url: str, tmp_path: Path) -> None:
    key_file = tmp_path / "new" / "access.key"  # before the first run there is no folder
    with closing(AccessLog(sqlite_url, key_file)) as log:
        log.append([access(0, persons=("planted-person-17850",))])
    assert key_file.stat().st_mode & 0o077 == 0
    for file in [path for path in tmp_path.rglob("*") if path.is_file()]:
        assert b"planted-person" not in file.read_bytes(), file
    with closing(AccessLog(sqlite_url, tmp_path / "other.key")) as other:
        assert other.hash_person("planted-person-17850") not in other.read()[0].persons


def test_what_is_over_ends_at_a_signed_checkpoint(
    log: AccessLog, store_url: str, tmp_path: Path
) -> None:
    log.append([access(number) for number in range(5)])
    assert log.cut(NOON + dt.timedelta(days=3), NOON) == 3
    assert log.cut(NOON + dt.timedelta(days=3), NOON) == 0
    assert [row.position for row in log.read()] == [4, 5]
    assert log.verify()[0] == 2
    log.append([access(5)])
    assert log.cut(NOON + dt.timedelta(days=99), NOON) == 3
    log.append([access(6)])
    assert [row.position for row in log.read()] == [7]
    assert log.verify()[0] == 1
    _change(store_url, "UPDATE access_checkpoints SET position = 4")
    with pytest.raises(StoreError, match="not signed"):
        log.verify()


def test_days_add_up_whoever_counts(log: AccessLog) -> None:
    assert log.append([access(0)], {"k1": 7}) == {"k1": 7}
    assert log.append([access(0)], {"k1": 2, "k2": 1}) == {"k1": 9, "k2": 1}
    assert log.append([access(1)], {"k2": 1}) == {"k2": 1}
    assert log.append([], {"k2": 1}) == {}


def test_kills_are_counted(log: AccessLog) -> None:
    def note(operation: str) -> Any:
        return access(0)._replace(operation=operation, persons=())

    log.append([note(START), note(STOP), note(START), note(START)])
    assert log.count_kills() == 2
