"""Tags and exclusions: given, taken and undone as a whole, and gone with the person."""

import datetime as dt
from collections.abc import Iterable
from contextlib import closing

import pytest

from clientela.errors import InputError
from clientela.store import erasures, persons
from clientela.store.erasures import read_people
from clientela.store.list_changes import (
    LONGEST_TAG,
    ListChange,
    change_customers,
    read_list_changes,
    read_tags,
    undo_change,
)
from clientela.store.publish import publish
from clientela.store.read import Row, open_reader
from clientela.store.replaced_ids import list_recorded_ids, replace_ids
from tests.postgres import new_database
from tests.store.runs import NOON, record
from tests.store.test_filters import ROWS, to_table

IDS = [str(row["customer_id"]) for row in ROWS]


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    urls = [f"sqlite:///{tmp_path_factory.mktemp('changes')}/results.db", new_database()]
    for url in urls:
        publish(url, record(1), {"customers": to_table()})
    return urls


def change(url: str, kind: str, ids: Iterable[str], tag: str | None = None) -> str:
    drawn = ListChange(kind, tag)  # type: ignore[arg-type]
    return change_customers(url, drawn, list(ids), read_people(url), "ana", NOON)


def read(url: str) -> tuple[dict[str, int], dict[str, list[str]], list[Row], set[str]]:
    with closing(open_reader(url)) as reader:
        tags = {str(row["tag"]): int(row["customers"]) for row in read_tags(reader)}  # type: ignore[call-overload]
        listed = {str(r["customer_id"]) for r in reader.filter_page(None, None, None, 999).content}
        return tags, reader.read_tags_of(IDS), read_list_changes(reader), set(IDS) - listed


def test_tags_are_given_taken_and_undone_as_a_whole(urls: list[str]) -> None:
    for url in urls:
        given = change(url, "tag", IDS[:3], "Atacado")
        again = change(url, "tag", IDS[2:5], " atacado ")
        assert read(url)[0] == {"Atacado": 5}
        taken = change(url, "untag", IDS[1:3], "ATACADO")
        assert read(url)[0] == {"Atacado": 3}
        undo_change(url, taken, "eva", NOON)
        undo_change(url, again, "eva", NOON)
        assert read(url)[1] == {id_: ["Atacado"] for id_ in IDS[:3]}
        undo_change(url, given, "eva", NOON)
        tags, _, changes, _ = read(url)
        assert (tags, {row["undone_by"] for row in changes}) == ({}, {"eva"})
        assert sorted(int(row["customers"]) for row in changes) == [2, 2, 3]  # type: ignore[call-overload]
        with pytest.raises(InputError):
            undo_change(url, given, "eva", NOON)


def test_who_objected_stays_unlisted_whatever_is_undone(urls: list[str]) -> None:
    for url in urls:
        persons.write_contact(url, IDS[0], {"suppressed": True})
        first = change(url, "exclude", IDS[:2])
        second = change(url, "exclude", IDS[1:3])
        assert read(url)[3] == {*IDS[:3]}
        with pytest.raises(InputError):
            change(url, "exclude", IDS[:3])
        undo_change(url, first, "ana", NOON)
        assert read(url)[3] == {IDS[0], IDS[2]}
        undo_change(url, second, "ana", NOON)
        assert read(url)[3] == {IDS[0]}
        with closing(open_reader(url)) as reader:
            assert reader.read_suppressed() == {IDS[0]}


def test_tags_and_exclusions_go_and_move_with_the_person(urls: list[str]) -> None:
    for url in urls:
        change(url, "tag", IDS[5:8], "Sócio")
        change(url, "exclude", [IDS[6]])
        held = persons.read_person(url, [IDS[6]])
        assert [row["tag"] for row in held["customer_tags"]] == ["Sócio"]
        assert len(held["exclusions"]) == 1
        assert {*IDS[5:8]} <= list_recorded_ids(url)
        people = read_people(url)
        counts = erasures.erase_rows(url, [IDS[6]], [], None)
        assert (counts["customer_tags"], counts["exclusions"]) == (1, 1)
        erasures.request_erasure(url, [IDS[7]], "ana", dt.datetime.now(dt.UTC))
        with pytest.raises(InputError):
            change_customers(url, ListChange("exclude"), [IDS[7]], people, "ana", NOON)
        replace_ids(url, {IDS[5]: "new"}, lambda text: text)
        with closing(open_reader(url)) as reader:
            assert reader.read_tags_of(["new", *IDS[5:7]]) == {"new": ["Sócio"]}


@pytest.mark.parametrize(
    ("kind", "tag"),
    [
        ("tag", ""),
        ("tag", None),
        ("tag", "a" * (LONGEST_TAG + 1)),
        ("exclude", "x"),
        ("tag", "a\nb"),
    ],
)
def test_what_is_no_change_is_refused(urls: list[str], kind: str, tag: str | None) -> None:
    with pytest.raises(InputError):
        change(urls[0], kind, IDS[8:9], tag)
