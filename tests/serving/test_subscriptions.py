"""Who is told of audiences and views: when it is due, once, and without a customer's name."""

import datetime as dt
from typing import Any

import pytest

from clientela.contract.access import Role
from clientela.errors import PlatformError
from clientela.i18n import LANGS
from clientela.pipeline import subscriptions as sending
from clientela.pipeline.subscriptions import send_subscriptions
from clientela.store import keys, users
from clientela.store.audience_queries import AudienceDraft
from clientela.store.audiences import create_audience
from clientela.store.saved_views import save_view
from clientela.store.subscriptions import SubscriptionDraft, subscribe
from tests.serving.conftest import Client
from tests.serving.people import log_in
from tests.serving.shop import CUSTOMERS, IDS, NOW, publish_shop, segment_of

PATH = "/v1/subscriptions"
ALERT = {"every": "alert", "bound": "at_least", "threshold": 1}
ADDRESS = "https://dash.example"
OF_SEGMENT_2 = sum(segment_of(each) == 2 for each in IDS)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Catch the messages that are sent."""
    messages: list[tuple[str, ...]] = []
    monkeypatch.setattr(sending, "send_message", lambda *parts: messages.append(parts))
    return messages


@pytest.fixture
def audience(store_url: str) -> str:
    return create_audience(store_url, AudienceDraft("Two", "segment = 2"), "ana", NOW)


def count(store_url: str, now: dt.datetime) -> Any:
    return send_subscriptions(store_url, ADDRESS, now)["sent"]


@pytest.mark.parametrize("lang", LANGS)
def test_a_message_has_counts_and_links_and_goes_once(
    store_url: str, audience: str, sent: list[tuple[str, ...]], lang: Any
) -> None:
    subscribe(store_url, SubscriptionDraft(f"audience:{audience}", lang=lang), "ana", "Ana", NOW)
    assert [count(store_url, NOW + dt.timedelta(days=days)) for days in (0, 0, 1, 7)] == [
        1,
        0,
        0,
        1,
    ]
    title, body, user = sent[0]
    assert (title, user) == ("Two", "ana")
    assert f": {OF_SEGMENT_2}\n" in body
    assert f"{ADDRESS}/app/audience?id={audience}&lang={lang}" in body
    assert f"{ADDRESS}/app/subscriptions?lang={lang}" in body
    assert not any(each in body for each in IDS)


def test_an_alert_is_told_once_while_its_number_holds(
    store_url: str, audience: str, sent: list[tuple[str, ...]]
) -> None:
    alert = SubscriptionDraft(f"audience:{audience}", "alert", "en", "customers", "at_least", 1)
    moved = SubscriptionDraft(f"audience:{audience}", "alert", "en", "entered", "at_least", 1)
    for draft in (alert, moved):
        subscribe(store_url, draft, "ana", "Ana", NOW)
    assert [count(store_url, NOW), count(store_url, NOW)] == [1, 0]
    publish_shop(store_url, 2, shift=1)
    assert [count(store_url, NOW), count(store_url, NOW)] == [1, 0]  # who entered alone
    assert "Entered since the run before" in sent[-1][1]


def test_a_view_of_customers_is_counted(store_url: str, sent: list[tuple[str, ...]]) -> None:
    for name, address in (("all", "customers?filter=orders+>+0"), ("other", "value")):
        view = save_view(store_url, name, address, "ana", NOW)
        subscribe(store_url, SubscriptionDraft(f"view:{view}", "day"), "ana", "Ana", NOW)
    assert count(store_url, NOW) == 2
    bodies = {title: body for title, body, _ in sent}
    assert f"Customers: {CUSTOMERS}" in bodies["all"]
    assert f"{ADDRESS}/app/value?lang=en" in bodies["other"]
    assert "Customers" not in bodies["other"]


def test_what_a_channel_refuses_is_told_and_sent_again(
    store_url: str, audience: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*parts: str) -> None:
        raise PlatformError("a channel did not take the alerts")

    subscribe(store_url, SubscriptionDraft(f"audience:{audience}"), "local", "local", NOW)
    with monkeypatch.context() as patch:
        patch.setattr(sending, "send_message", refuse)
        facts = send_subscriptions(store_url, ADDRESS, NOW)
    assert (facts["sent"], facts["failed"]) == (0, 1)
    (row,) = client.get(PATH).json()["subscriptions"]
    assert (row["sent_at"], row["failure"]) == (None, "a channel did not take the alerts")
    monkeypatch.setattr(sending, "send_message", lambda *parts: None)
    assert count(store_url, NOW) == 1
    assert client.get(PATH).json()["subscriptions"][0]["failure"] is None


def test_who_left_is_told_no_more(
    store_url: str, audience: str, sent: list[tuple[str, ...]]
) -> None:
    roles: tuple[Role, ...] = ("marketing", "viewer")
    for user_id, role in zip(("gone", "viewer"), roles, strict=True):
        users.add_user(store_url, user_id, user_id, [role], None, NOW)
        subscribe(store_url, SubscriptionDraft(f"audience:{audience}"), user_id, user_id, NOW)
    users.disable_user(store_url, "gone", NOW)
    assert count(store_url, NOW) == 0
    assert sent == []


@pytest.mark.parametrize("lang", LANGS)
def test_one_subscribes_and_stops_at_the_dashboard(
    client: Client, store_url: str, audience: str, lang: str
) -> None:
    token = {"csrf": log_in(client, store_url, "marketing")}
    asked = {"subject": f"audience:{audience}", "every": "alert", "measure": "left"}
    address = f"/app/subscriptions?lang={lang}"
    whole = asked | {"bound": "at_most", "threshold": "5"}
    page = client.post(address, data=whole | token)
    assert page.status_code == 200
    answer = client.get(PATH)
    assert answer.status_code == 200, answer.text
    (row,) = answer.json()["subscriptions"]
    assert (row["lang"], row["threshold"]) == (lang, 5)
    assert client.post(address, data=asked | token).status_code == 400
    own = dict(client.cookies)
    foreign = {"csrf": log_in(client, store_url, "marketing", user_id="bia")}
    client.post(address, data={"remove": row["subscription_id"]} | foreign)
    assert client.get(PATH).json()["subscriptions"] == []
    client.cookies.update(own)
    assert len(client.get(PATH).json()["subscriptions"]) == 1
    client.post(address, data={"remove": row["subscription_id"]} | token)
    assert client.get(PATH).json()["subscriptions"] == []


def test_what_is_not_there_is_refused(client: Client, store_url: str, audience: str) -> None:
    view = save_view(store_url, "v", "value", "ana", NOW)
    good = {"subject": f"audience:{audience}", "every": "week", "lang": "en"}
    for wrong in (
        {"subject": "audience:none"},
        {"subject": "customer:1"},
        {"every": "alert"},
        {"measure": "left", **ALERT, "threshold": -1},
        {"measure": "left"},
        {"subject": f"view:{view}", "measure": "left", **ALERT},
    ):
        assert client.post(PATH, json=good | wrong).status_code in (400, 422), wrong
    made = client.post(PATH, json=good).json()["subscriptions"]
    assert client.delete(f"{PATH}/none").status_code == 404
    left = client.delete(f"{PATH}/{made[0]['subscription_id']}").json()
    assert left == {"subscriptions": []}
    viewer = {"x-api-key": keys.create(store_url, "viewer", ["viewer"], NOW)}
    assert client.post(PATH, json=good, headers=viewer).status_code == 403
