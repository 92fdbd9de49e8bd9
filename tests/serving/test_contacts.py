"""Contact data over the API: for keys of the scope, hashed on demand, never of the suppressed."""

import csv
import io

import pyarrow as pa
import pytest
import sqlalchemy as sa

from clientela.contract.destinations import DESTINATIONS
from clientela.report.lists.contacts import write_contact
from clientela.store import keys, schema
from clientela.store.connect import transaction
from clientela.store.views import define_views
from tests.serving.conftest import Client
from tests.serving.shop import IDS, NOW, record, segment_of, status_of

MEMBERS = [id_ for id_ in IDS if status_of(id_) in ("member", "leaving")]
SUPPRESSED, REFUSING, SILENT = MEMBERS[0], MEMBERS[1], MEMBERS[2]
PATH = "/v1/programme/members?format=csv"


def contacts() -> list[dict[str, object]]:
    rows = [
        {
            "run_id": record(1).run_id,
            "customer_id": id_,
            "email": f"ana.{place}@gmail.com",
            "phone": f"+55119{place:08d}",
            "name": "=Ana Lima",
            "consent_email": id_ != REFUSING,
            "consent_whatsapp": True,
            "suppressed": id_ == SUPPRESSED,
        }
        for place, id_ in enumerate(IDS)
        if id_ != SILENT
    ]
    return rows


@pytest.fixture
def store_with_contacts(store_url: str) -> str:
    with transaction(store_url, migrate=False) as connection:
        connection.execute(sa.insert(schema.contacts), contacts())
    return store_url


def get_rows(client: Client, path: str, secret: str) -> list[dict[str, str]]:
    answer = client.get(path, headers={"x-api-key": secret})
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_only_a_key_of_the_scope_sees_contacts(client: Client, store_with_contacts: str) -> None:
    assert client.get(f"{PATH}&contacts=plain").status_code == 401  # open to all, but for these
    export = keys.create(store_with_contacts, "export", ["export"], NOW)
    refused = client.get(f"{PATH}&contacts=plain", headers={"x-api-key": export})
    assert refused.status_code == 403
    assert "'contacts'" in refused.text
    plain = get_rows(client, PATH, export)
    assert "E-mail" not in plain[0]
    crm = keys.create(store_with_contacts, "crm", ["export", "contacts"], NOW)
    rows = get_rows(client, f"{PATH}&contacts=plain", crm)
    by_id = {row["Customer"].removeprefix("'"): row for row in rows}
    assert by_id.keys() == set(MEMBERS) - {SUPPRESSED}
    assert by_id[SILENT]["E-mail"] == ""
    assert by_id[REFUSING]["E-mail"].startswith("ana.")
    json_ = client.get("/v1/programme/members?contacts=plain", headers={"x-api-key": crm})
    assert json_.status_code == 400


@pytest.mark.parametrize("name", [name for name, to in DESTINATIONS.items() if to.is_hashed])
def test_a_platform_sees_hashes_alone(client: Client, store_with_contacts: str, name: str) -> None:
    secret = keys.create(store_with_contacts, "ads", ["export", "contacts"], NOW)
    answer = client.get(f"{PATH}&contacts={name}", headers={"x-api-key": secret})
    head, *lines = answer.content.decode().splitlines()  # no byte-order mark
    assert (
        head
        == {
            "google": '"Email","Phone"',
            "meta": '"email","phone"',
            "tiktok": '"Email_SHA256","Phone_SHA256"',
        }[name]
    )
    assert len(lines) == len(MEMBERS) - 2  # neither the suppressed nor who gave nothing
    cells = list(csv.reader(lines))
    assert all(len(value) in (0, 64) for row in cells for value in row)
    assert [row[0] for row in cells].count("") == 1  # who refused e-mail


@pytest.mark.parametrize("name", [name for name, to in DESTINATIONS.items() if not to.is_hashed])
def test_a_mailing_tool_gets_its_columns_and_no_other(
    client: Client, store_with_contacts: str, name: str
) -> None:
    secret = keys.create(store_with_contacts, "mail", ["export", "contacts"], NOW)
    place = DESTINATIONS[name]
    answer = client.get(f"{PATH}&contacts={name}&lang=pt_BR", headers={"x-api-key": secret})
    head, *lines = csv.reader(answer.content.decode().splitlines())  # commas in every language
    assert head == list(place.headings.values())
    assert head[0].startswith("Email")
    by_phone = "phone" in place.by
    assert len(lines) == len(MEMBERS) - (2 if by_phone else 3)  # who refused has a phone alone
    rows = [dict(zip(place.headings, line, strict=True)) for line in lines]
    refusing = f"+55119{IDS.index(REFUSING):08d}"
    assert [row["phone"] for row in rows if not row["email"]] == [refusing] * by_phone
    if "first_name" in place.headings:  # a name that a spreadsheet would compute
        assert {(row["first_name"], row["last_name"]) for row in rows} == {("'=ana", "Lima")}
    if "subscribed" in place.headings:
        told = {(bool(row["email"]), row["subscribed"]) for row in rows}
        assert told == {(True, "Subscribe"), (False, "Never subscribed")}


def test_the_suppressed_stand_in_no_list(client: Client, store_with_contacts: str) -> None:
    secret = keys.create(store_with_contacts, "lists", ["export"], NOW)
    segment = segment_of(SUPPRESSED)
    for path in (
        "/v1/programme/members?limit=1000",
        f"/v1/segments/{segment}/customers?limit=1000",
        f"/v1/customers?segment={segment}&limit=1000",
    ):
        text = client.get(path, headers={"x-api-key": secret}).text
        assert SUPPRESSED not in text
        assert REFUSING in text or segment_of(REFUSING) != segment
    whole = client.get("/v1/customers?limit=1000", headers={"x-api-key": secret}).text
    assert SUPPRESSED in whole
    assert "gmail" not in whole


def test_no_view_shows_contacts() -> None:
    assert "current_contacts" not in define_views()
    texts = [str(query) for query in define_views().values()]
    assert not any("contacts.email" in text or "contacts.phone" in text for text in texts)


def test_hashes_are_those_of_the_platforms_own_examples() -> None:
    # Meta, "Customer information parameters": its inputs and expected outputs.
    contact = {"email": " John_Smith@gmail.com", "phone": "+1 (650) 555-1212"}
    meta = write_contact(contact, DESTINATIONS["meta"])
    assert (meta["email"], meta["phone"]) == (
        "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
    )
    google = write_contact(contact | {"consent_whatsapp": False}, DESTINATIONS["google"])
    assert google["phone"] is None
    # TikTok, "List of supported IDs and formats for a customer file"
    contact = {"email": "JaneDoe+shop@gmail.com", "phone": "+374 93-828222"}
    tiktok = write_contact(contact, DESTINATIONS["tiktok"])
    assert (tiktok["email"], tiktok["phone"]) == (
        "d6117306485ed0e50afab3ac871e98f81699151f30281527d63ff5f233656c69",
        "65b7e6dcf6f4310f8d7cbfbd78289a753062fb054d6664fb9aaac5df66a422d4",
    )


def test_a_later_run_replaces_the_contacts(store_with_contacts: str) -> None:
    from clientela.store.publish import publish
    from tests.serving.shop import publish_shop, record

    publish_shop(store_with_contacts, number=2)
    with transaction(store_with_contacts, migrate=False) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(schema.contacts)) == 0
    one = pa.table({"customer_id": [IDS[0]], "email": ["a@b.example"]})
    publish(store_with_contacts, record(3), {"contacts": one})
    with transaction(store_with_contacts, migrate=False) as connection:
        assert connection.execute(sa.select(schema.contacts.c.email)).scalars().all() == [
            "a@b.example"
        ]
