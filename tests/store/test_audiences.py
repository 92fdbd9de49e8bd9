"""Audiences: who belongs to one, what a run measures, and what nobody may be told."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from sqlalchemy import insert, select

from clientela.errors import ConfigError, InputError
from clientela.store import schema
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audience_reader import (
    count_members,
    find_audience,
    read_audiences,
    read_changes,
    read_members,
    read_sizes,
)
from clientela.store.audiences import (
    change_audience,
    check_declared,
    check_declared_sets,
    create_audience,
    read_declared,
    remove_audience,
)
from clientela.store.connect import transaction
from clientela.store.publish import publish
from clientela.store.read import Reader, open_reader
from tests.postgres import new_database
from tests.serving.shop import IDS, NOW, customers, publish_shop, record, segment_of

SEGMENT_2 = [each for each in IDS if segment_of(each) == 2]
DRAFT = AudienceDraft("Loyal", "segment = 2")


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path}/r.db"
    publish_shop(made)
    return made


def _members(reader: Reader, audience_id: str) -> list[str]:
    rows = read_members(reader, find_audience(reader, audience_id), None, 1000).content
    return sorted(str(row["customer_id"]) for row in rows)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_one_follows_each_run_and_one_is_frozen(tmp_path: Path, database: str) -> None:
    url = f"sqlite:///{tmp_path}/r.db" if database == "sqlite" else new_database()
    publish_shop(url)
    follows = create_audience(url, DRAFT, "ana", NOW)
    frozen = create_audience(url, AudienceDraft("Then", "segment = 2", frozen=True), "ana", NOW)
    publish_shop(url, 2, shift=1)
    now = [each for each in IDS if segment_of(each, 1) == 2]
    reader = open_reader(url)
    assert _members(reader, follows) == now
    assert _members(reader, frozen) == SEGMENT_2
    assert count_members(reader, find_audience(reader, frozen)).content["customers"] == len(
        SEGMENT_2
    )
    sizes = read_sizes(reader)
    entered = sorted(set(now) - set(SEGMENT_2))
    assert [row["customers"] for row in sizes[follows]] == [len(SEGMENT_2), len(now)]
    assert sizes[follows][1]["entered"] == len(entered)
    assert [sizes[frozen][1][name] for name in ("entered", "left")] == [0, 0]
    changes = read_changes(
        reader, find_audience(reader, follows), record(1).run_id, None, 1000
    ).content
    assert [row["customer_id"] for row in changes if row["change"] == "entered"] == entered
    assert {row["customer_id"] for row in changes if row["change"] == "left"} == set(
        SEGMENT_2
    ) - set(now)
    later = read_changes(
        reader, find_audience(reader, follows), record(1).run_id, entered[0], 1000
    ).content
    assert [row for row in changes if str(row["customer_id"]) > entered[0]] == later
    reader.close()


def test_whom_nobody_may_address_is_in_none(url: str) -> None:
    quiet, mail, control = SEGMENT_2[:3]
    held_out = pa.array([each == control for each in IDS])
    contacts = pa.table(
        {
            "customer_id": [quiet, mail],
            "consent_email": [True, True],
            "suppressed": [True, False],
        }
    )
    tables = {"customers": customers(0).append_column("held_out", held_out), "contacts": contacts}
    publish(url, record(2), tables)
    everyone = create_audience(url, DRAFT, "ana", NOW)
    mailed = create_audience(url, AudienceDraft("Mail", "segment = 2", channel="email"), "ana", NOW)
    reader = open_reader(url)
    assert _members(reader, everyone) == sorted(set(SEGMENT_2) - {quiet, control})
    assert _members(reader, mailed) == [mail]
    with pytest.raises(InputError, match="nobody's consent"):
        create_audience(url, AudienceDraft("W", "segment = 2", channel="whatsapp"), "ana", NOW)
    reader.close()


def test_another_filter_ends_the_past_sizes_and_another_name_does_not(url: str) -> None:
    audience_id = create_audience(url, DRAFT, "ana", NOW)
    publish_shop(url, 2, shift=1)
    later = NOW + dt.timedelta(days=1)
    reader = open_reader(url)
    change_audience(url, audience_id, AudienceDraft("Renamed", "segment=2"), later)
    assert len(read_sizes(reader)[audience_id]) == 2
    change_audience(url, audience_id, AudienceDraft("Renamed", "segment = 1"), later)
    (size,) = read_sizes(reader)[audience_id]
    assert size["customers"] == len([each for each in IDS if segment_of(each, 1) == 1])
    remove_audience(url, audience_id)
    assert read_audiences(reader) == []
    assert read_sizes(reader) == {}
    reader.close()


def test_what_cannot_be_saved_is_refused(url: str) -> None:
    create_audience(url, DRAFT, "ana", NOW)
    wrong = {
        "already": DRAFT,
        "needs a name": AudienceDraft(" ", "segment = 2"),
        "is called": AudienceDraft("x", "segmnt = 2"),
    }
    for words, draft in wrong.items():
        with pytest.raises(InputError, match=words):
            create_audience(url, draft, "ana", NOW)
    with pytest.raises(InputError, match="no audience"):
        remove_audience(url, "nobody")


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_value_of_another_kind_than_the_attribute_is_refused(
    tmp_path: Path, database: str
) -> None:
    url = new_database() if database == "postgresql" else f"sqlite:///{tmp_path}/r.db"
    publish_shop(url)
    audience_id = create_audience(url, AudienceDraft("a", "attributes.fee > 1"), "ana", NOW)
    wrong = ("attributes.fee = 'x'", "attributes.city > 3")
    for text in wrong:
        with pytest.raises(InputError, match="no value of the column"):
            create_audience(url, AudienceDraft("b", text), "ana", NOW)
        with pytest.raises(InputError, match="no value of the column"):
            change_audience(url, audience_id, AudienceDraft("a", text), NOW)
        drafts = {"key": AudienceDraft("c", text)}
        with pytest.raises(ConfigError, match=r"no value .*audiences.toml \[key\]"):
            check_declared(drafts, "audiences.toml", {"fee": "number", "city": "text"})


def test_a_file_declares_audiences_until_it_no_longer_does(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    path = tmp_path / "audiences.toml"
    path.write_text('[loyal]\nname = "Loyal"\nfilter = "segment = 2"\nfrozen = true\n')
    publish(url, record(1), {"customers": customers(0)}, audiences=read_declared(str(path)))
    publish(url, record(2), {"customers": customers(1)}, audiences=read_declared(str(path)))
    reader = open_reader(url)
    assert _members(reader, "loyal") == SEGMENT_2
    assert len(read_sizes(reader)["loyal"]) == 2
    with pytest.raises(InputError, match="declared in a file"):
        change_audience(url, "loyal", DRAFT, NOW)
    path.write_text('[loyal]\nname = "Loyal"\nfilter = "segment = 1"\n')
    publish(url, record(3), {"customers": customers(0)}, audiences=read_declared(str(path)))
    assert _members(reader, "loyal") == [each for each in IDS if segment_of(each) == 1]
    publish(url, record(4), {"customers": customers(0)})
    assert read_audiences(reader) == []
    reader.close()


@pytest.mark.parametrize(
    "text",
    [
        "[a]\nname = 'x'",
        "[a]\nname = 'x'\nfilter = 'ordes > 1'",
        "[a]\nname = 'x'\nfilter = 'orders > 1'\n[b]\nname = 'x'\nfilter = 'orders > 2'",
        "[a",
    ],
)
def test_a_file_that_is_not_understood_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "audiences.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_declared(str(path))
    assert str(path) in str(error.value)
    assert read_declared(None) == {}


@pytest.mark.parametrize("is_first", [True, False])
def test_a_file_that_asks_for_what_never_was_is_refused(tmp_path: Path, is_first: bool) -> None:
    """Periods come with the runs: a file may ask for them before there is one."""
    url = f"sqlite:///{tmp_path}/r.db"
    if not is_first:
        publish(url, record(1), {"customers": customers(0)})
    wrong = {
        "no experiment 'Spring'": "experiments.Spring = 'control'",
        "no run of that time": "past.2001-01-31.segment = 2",
    }
    for words, text in wrong.items():
        drafts = {"key": AudienceDraft("c", f"orders > 1 and {text}")}
        with pytest.raises(ConfigError, match=rf"{words}.*audiences.toml \[key\]"):
            check_declared_sets(drafts, "audiences.toml", url, record(2).run_id)
    periods = {"key": AudienceDraft("c", "past.30_days.segment = 2")}
    check_declared_sets(periods, "audiences.toml", url, record(2).run_id)


def test_an_erased_person_leaves_a_frozen_audience(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/r.db"
    publish_shop(url)
    audience_id = create_audience(url, AudienceDraft("T", "segment = 2", frozen=True), "a", NOW)
    request = {"customer_id": SEGMENT_2[0], "requested_at": NOW, "requested_by": "a"}
    with transaction(url, migrate=False) as connection:
        connection.execute(insert(schema.erasure_requests), {"position": 1, **request})
        frozen = connection.scalars(select(schema.audience_members.c.customer_id)).all()
    reader = open_reader(url)
    assert SEGMENT_2[0] in frozen
    assert _members(reader, audience_id) == SEGMENT_2[1:]
    reader.close()
