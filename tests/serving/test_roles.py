"""Every role at every operation: what the matrix of the contract says, and nothing else."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import TestClient
from sqlalchemy import insert, update

from clientela.config import Serving
from clientela.contract.access import MOST_MISSES, RIGHTS, ROLES, SMALLEST_BUDGET, Role
from clientela.report.answer import Answer, AnswerColumn, AnswerTable, Chart, Figure, Series
from clientela.serving.app import create_app
from clientela.serving.small_groups import find_hidden, hide_in_answers
from clientela.store import keys
from clientela.store.connect import transaction
from clientela.store.experiments import MEMBERS, Experiment, save
from clientela.store.schema import metadata
from tests.serving.conftest import LOCAL, Client, come_from
from tests.serving.document import read_document
from tests.serving.shop import IDS, NOW, publish_shop

DOCUMENT = read_document()
OPERATIONS = [
    (method, path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
    if operation["security"]
]
VIEW = "v1"
FOREVER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"sqlite:///{tmp_path_factory.mktemp('roles') / 'results.db'}"
    publish_shop(url)
    publish_shop(url, 2)  # so that there is one to compare with
    view = {"view_id": VIEW, "name": "v", "address": "value", "created_by": "a", "created_at": NOW}
    with transaction(url, migrate=False) as connection:
        connection.execute(insert(metadata.tables["saved_views"]), view)
    return url


@pytest.fixture(scope="module")
def client(shop: str) -> Iterator[Client]:
    with TestClient(create_app(Serving(), shop), base_url=LOCAL) as made:
        yield made


@pytest.fixture(scope="module")
def secrets(shop: str) -> dict[Role, str]:
    return {role: keys.create(shop, role, [role], NOW, budget=10_000) for role in ROLES}


def _sample_body(operation: dict[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    return content.get("examples", {}).get("example", {}).get("value")


def _bearer(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}"}


def _ask(client: Client, secret: str, method: str, path: str, operation: dict[str, Any]) -> int:
    """Ask for an operation with the document's example."""
    person = "nobody" if method == "delete" else IDS[0]
    sample = {"customer_id": person, "segment": "1", "action_id": "win-back-4"} | {
        "audience_id": "nobody",
        "campaign_id": "nobody",
        "subscription_id": "nobody",
        "key_id": "none",
        "user_id": "nobody",
        "version": "1",
        "change_id": "none",
    }
    for name, value in sample.items():
        path = path.replace(f"{{{name}}}", value)
    path += "?id=" + IDS[0] if path.endswith("/lookup") and method == "get" else ""
    path += "?target=insider" if path.endswith("/propensity/customers") else ""
    path += "?words=champions" if path.endswith("/filters/phrase") else ""
    body: Any = {"ids": [IDS[0]], "items": [{"id": IDS[0]}]} if method == "post" else None
    if operation["tags"] in (["Access"], ["Campaigns"]) or "/proposals" in path:
        body = _sample_body(operation)
    elif body is not None:
        del body["items" if path.endswith("/lookup") else "ids"]
    if "/audiences" in path and method in ("post", "put"):
        body = {"name": secret[:20], "filter": "segment = 1"}
    if path.endswith("/list-changes") and method == "post":
        body = {"kind": "tag", "tag": secret[:20], "filter": "segment = 1"}
    if path.endswith("/subscriptions") and method == "post":
        body = {"subject": f"view:{VIEW}"}
    return client.request(method, path, headers=_bearer(secret), json=body).status_code


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_its_rights_say(
    client: Client, secrets: dict[Role, str], role: Role
) -> None:
    for method, path, operation in OPERATIONS:
        (right,) = operation["security"][0]["bearer"]
        status = _ask(client, secrets[role], method, path, operation)
        refused = right not in RIGHTS[role]
        assert (status == 403) is refused, (role, method, path, status)
        assert refused or status in (200, 202, 404), (role, method, path, status)


@pytest.mark.parametrize("role", ROLES)
def test_several_persons_at_once_need_a_right_of_their_own(
    client: Client, secrets: dict[Role, str], role: Role
) -> None:
    asked = client.post(
        "/v1/segments/lookup", json={"ids": IDS[:2]}, headers=_bearer(secrets[role])
    )
    assert (asked.status_code == 200) is ({"person", "persons"} <= RIGHTS[role])


def test_guessing_ids_ends_after_some_misses(shop: str, client: Client) -> None:
    secret = keys.create(shop, "till", ["agent"], NOW)
    tries = MOST_MISSES
    answers = [
        client.get(f"/v1/customers/no-{number}", headers=_bearer(secret))
        for number in range(tries + 2)
    ]
    assert [answer.status_code for answer in answers] == [404] * tries + [429] * 2
    assert 0 < int(answers[-1].headers["retry-after"]) <= 86_400
    assert client.get(f"/v1/customers/{IDS[0]}", headers=_bearer(secret)).status_code == 429


def test_of_a_small_base_no_key_sees_most_in_a_day(shop: str, client: Client) -> None:
    secret = keys.create(shop, "crm", ["read"], NOW)
    answers = [client.get(f"/v1/customers/{id_}", headers=_bearer(secret)) for id_ in IDS]
    assert len(IDS) > SMALLEST_BUDGET
    seen = [answer.status_code for answer in answers].count(200)
    assert seen == SMALLEST_BUDGET


def test_a_day_has_so_many_look_ups(shop: str, client: Client) -> None:
    secret = keys.create(shop, "crm", ["read"], NOW, budget=3)
    for ids, status in ((IDS[:2], 200), (IDS[:2], 429), (IDS[:1], 429)):
        asked = client.post("/v1/segments/lookup", json={"ids": ids}, headers=_bearer(secret))
        assert asked.status_code == status
    assert client.get("/v1/segments", headers=_bearer(secret)).status_code == 200


def test_a_key_ends_by_itself(shop: str, client: Client) -> None:
    soon = NOW + dt.timedelta(days=1)  # of 2011: it has ended
    for ends, status in ((soon, 401), (FOREVER, 200)):
        secret = keys.create(shop, "short", ["read"], NOW, expires_at=ends)
        assert client.get("/v1/segments", headers=_bearer(secret)).status_code == status


@pytest.mark.parametrize(
    ("networks", "status"), [(["10.0.0.0/8"], 403), (["127.0.0.0/8", "192.0.2.7"], 200)]
)
def test_a_key_comes_from_its_networks(shop: str, networks: list[str], status: int) -> None:
    secret = keys.create(shop, "office", ["read"], NOW, networks=networks)
    app = come_from("127.0.0.1", create_app(Serving(), shop))
    with TestClient(app, base_url=LOCAL) as local:
        assert local.get("/v1/segments", headers=_bearer(secret)).status_code == status


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("192.0.2.9", 401)])
def test_a_password_travels_in_plain_text_on_this_machine_alone(
    shop: str, secrets: dict[Role, str], host: str, status: int
) -> None:
    app = come_from(host, create_app(Serving(), shop))
    with TestClient(app, base_url=LOCAL) as browser:
        page = browser.get(
            "/v1/segments", auth=("me", secrets["viewer"]), headers={"accept": "text/html"}
        )
        assert page.status_code == status
        assert page.headers.get("www-authenticate", "").startswith("Bearer") is (status == 401)
        asked = browser.get("/v1/segments", headers=_bearer(secrets["viewer"]))
        assert asked.status_code == 200
        assert "strict-transport-security" not in asked.headers
    with TestClient(app, base_url="https://shop.example") as browser:
        asked = browser.get("/v1/segments", auth=("me", secrets["viewer"]))
        assert asked.status_code == 200
        assert "max-age" in asked.headers["strict-transport-security"]


def test_a_viewer_sees_no_group_in_which_a_person_could_be_recognised(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    publish_shop(url, smallest=3)
    design = {"treatment_customers": 3, "control_customers": 4}
    drawn = Experiment(name="few", created_at=NOW, as_of=NOW.date(), design=design)
    save(url, drawn, MEMBERS.empty_table())
    with transaction(url, migrate=False) as connection:
        connection.execute(update(metadata.tables["programme_case"]).values(members=3))
    viewer, analyst = (keys.create(url, role, [role], NOW) for role in ("viewer", "analyst"))
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:

        def see(path: str, secret: str) -> Any:
            return client.get(path, headers=_bearer(secret))

        hidden, shown = (
            see("/v1/segments", secret).json()["segments"] for secret in (viewer, analyst)
        )
        assert [row["customers"] for row in shown].count(3) == 1
        assert len(shown) - len(hidden) == 2  # the next in size goes with the small one
        assert all(row in shown and row["customers"] != 3 for row in hidden)
        cases = [see("/v1/programme/case", secret).json() for secret in (viewer, analyst)]
        assert [(len(case["sizes"]), len(case["scenarios"])) for case in cases] == [(0, 0), (1, 1)]
        pages = [see("/app/experiments", secret).text for secret in (viewer, analyst)]
        assert [": 3<br>" in page for page in pages] == [False, True]
        for path in ("/v1/segments", "/v1/report", "/v1/programme/case", "/"):
            answers = [see(path, secret) for secret in (viewer, analyst)]
            assert answers[0].status_code == 200
            assert answers[0].headers["etag"] != answers[1].headers["etag"]
        assert all(
            not answer["downloads"] for answer in see("/v1/report", viewer).json()["answers"]
        )


def test_small_groups_leave_texts_tables_and_charts() -> None:
    columns = (AnswerColumn("segment"), AnswerColumn("customers", True), AnswerColumn("x", True))
    names = ("Rare", "Other", "Next", "Big")
    rows = (
        ("Rare", "9", "1.5"),
        ("Other", "4", "1.5"),
        ("Next", "60", "8.5"),
        ("Big", "1,080", "7.5"),
    )
    answer = Answer(
        key="a",
        question="?",
        headline="4 new customers bought, and 300 came back.",
        paragraphs=("Rare: few.", "Within 3 months 40 customers bought."),
        value=Figure("3", "customers", 3.0),
        tables=(AnswerTable("t", "", columns, rows),),
        charts=(Chart("c", "", "bars", (Series("s", (7.5, 3.0, 80.0, 90.0)),), categories=names),),
    )
    (hidden,) = hide_in_answers(msgspec.to_builtins([answer]), frozenset({"Rare"}))
    assert (hidden.headline, hidden.value) == ("", None)
    assert hidden.paragraphs == ("Within 3 months 40 customers bought.",)
    assert hidden.tables[0].rows == rows[2:]
    assert hidden.charts[0].series[0].values == (None, None, None, 90.0)
    (hidden,) = hide_in_answers(msgspec.to_builtins([answer]), frozenset())
    assert hidden.tables[0].rows == rows[2:]  # the next in size goes with the small one
    assert hidden.charts[0].series[0].values == (7.5, None, None, 90.0)


def test_no_hidden_part_is_the_whole_less_the_others() -> None:
    assert find_hidden([40, 3, 9, 0, 80]) == {1, 2}
    assert find_hidden([1, 2, 30, 40]) == {0, 1, 2}  # two small ones are together still a small one
    assert find_hidden([2, 3, 30]) == {0, 1}
    assert find_hidden([30, 40, 0]) == find_hidden([]) == set()
