"""Predictions over the API: the same as in the batch, and a clear word on what is wrong."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from litestar.testing import TestClient

from clientela.config import Serving
from clientela.features.live import LiveSnapshot
from clientela.registry import stored_models as registry
from clientela.registry.card import FeatureType
from clientela.serving.app import create_app
from clientela.serving.predicting.champions import Champions
from clientela.store import keys
from clientela.store.publish import publish
from tests.serving import models
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import IDS, NOW, RETURNS_ONLY, record

CHURN, SEGMENTS = "/v1/churn/predictions", "/v1/segments/predictions"
FEATURES: dict[str, Any] = {
    "days_since_last": 30,
    "orders": 4,
    "revenue": 812.5,
    "country": "France",
}
LINE: dict[str, Any] = {"order_id": "1", "ordered_local": "2011-12-01T09:30:00", "amount": 20.0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models of a workspace: a churn model and a segmentation."""
    made = tmp_path_factory.mktemp("models")
    for model in (models.churn_model(), models.segment_model()):
        models.keep(made, model)
    return made


@pytest.fixture(scope="module")
def shared(published: Path, folder: Path) -> Iterator[Client]:
    """A client for tests that change nothing."""
    app = create_app(Serving(), f"sqlite:///{published}", models=folder)
    with TestClient(app, base_url=LOCAL) as made:
        yield made


def results(client: Client, path: str, *items: object, **query: str) -> list[dict[str, Any]]:
    answer = client.post(path, json={"items": items}, params=query)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def error(client: Client, item: object) -> dict[str, Any]:
    (found,) = results(client, CHURN, item)
    assert found["error"] is not None
    assert found["churn_probability"] is found["churn_band"] is None
    assert found["reasons"] == []
    told: dict[str, Any] = found["error"]
    return told


def test_the_answer_names_model_run_and_day(shared: Client, folder: Path) -> None:
    answer = shared.post(CHURN, json={"items": [{"features": FEATURES}]}).json()
    assert answer["model_id"] == registry.current(folder, "churn")
    assert answer["model_as_of"] == "2011-12-01"
    assert (answer["run_id"], answer["as_of"]) == (record(1).run_id, "2011-12-09")


def test_features_score_as_in_the_batch_with_reasons_in_words(shared: Client) -> None:
    row = pa.table({name: [value] for name, value in ({"customer_id": "a"} | FEATURES).items()})
    wanted = models.churn_model().score(row).to_pylist()[0]
    (found,) = results(shared, CHURN, {"features": FEATURES, "id": "x"}, lang="pt_BR")
    assert found["churn_probability"] == pytest.approx(wanted["churn_probability"], abs=1e-12)
    assert found["churn_band"] == wanted["churn_band"]
    assert (found["id"], found["as_of"], found["error"]) == ("x", "2011-12-09", None)
    told = [(each["feature"], each["value"]) for each in found["reasons"]]
    assert told == [(each["feature"], each["value"]) for each in wanted["churn_reasons"]]
    english = results(shared, CHURN, {"features": FEATURES})[0]["reasons"][0]["text"]
    assert english != found["reasons"][0]["text"]


def test_segments_of_features_have_names(shared: Client) -> None:
    (found,) = results(shared, SEGMENTS, {"features": FEATURES}, lang="pt_BR")
    assert (found["segment"], found["segment_name"]) == (7, "Campeões")
    row = pa.table({"customer_id": ["a"], "orders": [4], "revenue": [812.5]})
    confidence = models.segment_model().assign(row)[1][0]
    assert found["segment_confidence"] == pytest.approx(confidence, abs=1e-12)


def test_known_ids_score_on_what_the_run_published(shared: Client) -> None:
    asked = [{"id": IDS[0]}, {"id": float(IDS[1])}, {"id": "nobody"}, {"id": RETURNS_ONLY}]
    one, other, stranger, returned = results(shared, CHURN, *asked)
    features = shared.get(f"/v1/customers/{IDS[0]}").json()["customer"]["features"]
    (posted,) = results(shared, CHURN, {"features": features})
    assert one["churn_probability"] == posted["churn_probability"]
    assert one["as_of"] == "2011-12-09"
    assert other["error"] is None
    assert stranger["error"]["code"] == "unknown"
    assert returned["error"]["code"] == "no_purchases"


def test_transactions_become_the_very_features(shared: Client) -> None:
    lines = [
        LINE | {"country": "France", "quantity": 2, "unit_price": 10.0},
        LINE
        | {"order_id": 2, "ordered_local": "2011-12-05T18:00:00", "unit_price": 7.25}
        | {"amount": None, "quantity": 3},
        LINE | {"order_id": "C1", "kind": "return", "amount": -5.5, "returns_order_id": "1"},
    ]
    wanted = {"days_since_last": 4, "orders": 2, "revenue": 36.25, "country": "France"}
    for path in (CHURN, SEGMENTS):
        live, posted = results(shared, path, {"transactions": lines}, {"features": wanted})
        assert live == posted
    later, known = results(
        shared,
        CHURN,
        {"transactions": lines, "as_of": "2011-12-02"},
        {"transactions": [*lines, LINE | {"order_id": 9, "ordered_local": "2011-12-20T00:00:00"}]},
    )
    assert (later["as_of"], known["as_of"]) == ("2011-12-02", "2011-12-20")


def test_every_customer_of_a_snapshot_is_the_same_alone_and_together(shared: Client) -> None:
    rng = np.random.default_rng(5)
    rows: list[dict[str, Any]] = [
        {
            "days_since_last": int(rng.integers(0, 900)),
            "orders": int(rng.integers(1, 60)),
            "revenue": float(rng.normal(500, 900)),
            "country": ["France", "Chile", None][number % 3],
        }
        for number in range(300)
    ]
    table = pa.Table.from_pylist([{"customer_id": str(n)} | row for n, row in enumerate(rows)])
    batch = models.churn_model().score(table).to_pylist()
    together = results(shared, CHURN, *({"features": row} for row in rows))
    for wanted, found in zip(batch, together, strict=True):
        assert found["churn_probability"] == pytest.approx(wanted["churn_probability"], abs=1e-9)
        assert found["churn_band"] == wanted["churn_band"]
    assert together[17] == results(shared, CHURN, {"features": rows[17]})[0]
    assert {each["churn_band"] for each in together} == {"low", "medium", "high", "gone"}


def test_an_unseen_category_is_its_own_bucket(shared: Client) -> None:
    unseen, other, unknown = results(
        shared,
        CHURN,
        {"features": FEATURES | {"country": "Atlantis"}},
        {"features": FEATURES | {"country": "El Dorado"}},
        {"features": FEATURES | {"country": None}},
    )
    assert unseen["error"] is None
    assert unseen["churn_probability"] == other["churn_probability"]
    assert unknown["churn_probability"] == unseen["churn_probability"]


@pytest.mark.parametrize(
    ("item", "code", "said"),
    [
        ({"features": {"orders": 4}}, "missing_feature", "days_since_last, revenue, country"),
        ({"features": FEATURES | {"orders": "4"}}, "wrong_type", "'4' is not a number"),
        ({"features": FEATURES | {"orders": 4.5}}, "wrong_type", "whole number"),
        ({"features": FEATURES | {"orders": True}}, "wrong_type", "True is not a number"),
        ({"features": FEATURES | {"orders": 10**400}}, "not_finite", "finite"),
        ({"features": FEATURES | {"revenue": [1]}}, "wrong_type", "list is not a number"),
        ({"features": FEATURES | {"country": 3}}, "wrong_type", "3 is not a text"),
        ({"features": []}, "wrong_item", "Expected `object | null`"),
        ({}, "wrong_item", "an id, features or transactions"),
        ({"id": None}, "wrong_item", "an id, features or transactions"),
        ({"features": FEATURES, "transactions": []}, "wrong_item", "not both"),
        ({"features": FEATURES, "customer": {}}, "wrong_item", "go with transactions"),
        ({"nonsense": 1}, "wrong_item", "unknown field `nonsense`"),
        ({"transactions": []}, "no_sale", "no sale on or before 2011-12-09"),
        ({"transactions": [{"order_id": 1}]}, "wrong_item", "ordered_local"),
        ({"transactions": [LINE | {"amount": None}]}, "wrong_item", "an amount, or a unit_price"),
        ({"transactions": [LINE | {"amount": -1}]}, "wrong_item", "a sale of -1"),
        ({"transactions": [LINE | {"kind": "return"}]}, "wrong_item", "a return of 20"),
        ({"transactions": [LINE | {"quantity": -3}]}, "wrong_item", "a sale of -3"),
        ({"transactions": [LINE], "customer": {"age": 10**30}}, "wrong_item", "<= 200"),
        ({"transactions": [LINE | {"kind": "gift"}]}, "wrong_item", "'gift'"),
        ({"transactions": [LINE | {"currency": "BRL"}]}, "wrong_currency", "GBP, not in BRL"),
        ({"transactions": [LINE | {"amount": 1e15}]}, "not_finite", "no amount"),
        (
            {"transactions": [LINE | {"ordered_local": "2011-12-01T09:30:00Z"}]},
            "wrong_item",
            "timezone",
        ),
        ({"transactions": [LINE], "as_of": "2011-11-30"}, "no_sale", "2011-11-30"),
    ],
)
def test_what_is_wrong_with_an_item_is_told(
    shared: Client, item: dict[str, Any], code: str, said: str
) -> None:
    told = error(shared, item)
    assert told["code"] == code
    assert said in told["detail"]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "1e300", "-2e18"])
def test_what_no_json_holds_is_an_error_of_its_item_alone(shared: Client, value: str) -> None:
    broken = json.dumps({"features": FEATURES | {"revenue": 0.125}}).replace("0.125", value)
    body = f'{{"items": [{broken}, {json.dumps({"features": FEATURES})}]}}'
    answer = shared.post(CHURN, content=body, headers={"content-type": "application/json"})
    wrong, right = answer.json()["results"]
    assert wrong["error"]["code"] == "not_finite"
    assert wrong["error"]["where"] == "features.revenue"
    assert right["error"] is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"{", "truncated"),
        (b"[" * 5000, "body"),
        (b'{"items": []}', "length >= 1"),
        (b'{"items": [3]}', "Expected `object`"),
        (b'{"items": [{}], "more": 1}', "more"),
        (b'{"items": [{"id": "\xff"}]}', "body"),
        (b'{"items": [{"id": "\\ud800"}]}', "half of a character"),
        (b'{"items":[' + b'{"features":' * 50_000, "body"),
        (json.dumps({"items": [{"id": "1"}] * 1001}).encode(), "1001 items"),
    ],
)
def test_a_body_of_another_shape_is_a_problem(shared: Client, body: bytes, said: str) -> None:
    answer = shared.post(CHURN, content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert said in answer.text


def test_a_thousand_items_are_taken_and_a_long_body_is_not(shared: Client) -> None:
    found = results(shared, SEGMENTS, *([{"id": IDS[0]}] * 999), {"transactions": [LINE]})
    assert len(found) == 1000
    assert all(each["error"] is None for each in found)
    headers = {"content-type": "application/json"}
    answer = shared.post(SEGMENTS, content=b" " * (17 * 1024 * 1024), headers=headers)
    assert answer.status_code == 413


@pytest.mark.slow
def test_a_promotion_is_seen_by_the_next_request(store_url: str, tmp_path: Path) -> None:
    first = models.keep(tmp_path / "m", models.churn_model())
    second = models.keep(tmp_path / "m", models.churn_model(slope=0.5))
    app = create_app(Serving(), store_url, models=tmp_path / "m")
    with TestClient(app, base_url=LOCAL) as client:
        told = client.post(CHURN, json={"items": [{"features": FEATURES}]}).json()
        assert told["model_id"] == second
        registry.rollback(tmp_path / "m", "churn")
        back = client.post(CHURN, json={"items": [{"features": FEATURES}]}).json()
    assert back["model_id"] == first
    assert back["results"][0]["churn_probability"] != told["results"][0]["churn_probability"]


def test_without_models_it_says_how_to_get_them(client: Client, store_url: str) -> None:
    answer = client.post(CHURN, json={"items": [{"id": "1"}]})
    assert answer.status_code == 404
    assert "serve --workspace" in answer.json()["do"]
    with TestClient(
        create_app(Serving(), store_url, models=Path("nowhere")), base_url=LOCAL
    ) as other:
        answer = other.post(SEGMENTS, json={"items": [{"id": "1"}]})
    assert answer.status_code == 404
    assert "no model of the kind 'segments'" in answer.json()["detail"]


def test_a_model_that_cannot_be_used_is_told_and_harms_nothing_else(
    store_url: str, tmp_path: Path
) -> None:
    old = models.churn_model(1.0, FeatureType("tenure_days", "double"))  # whole days now
    models.keep(tmp_path / "m", old)
    app = create_app(Serving(), store_url, models=tmp_path / "m")
    with TestClient(app, base_url=LOCAL) as client:
        answer = client.post(CHURN, json={"items": [{"id": "1"}]})
        assert answer.status_code == 503
        assert "'tenure_days' as double, which is int64 now" in answer.json()["detail"]
        assert "--refit" in answer.json()["do"]
        assert client.get("/health").status_code == 200


def test_attributes_of_the_firm_come_from_the_row_or_the_item(
    store_url: str, tmp_path: Path
) -> None:
    models.keep(tmp_path / "m", models.churn_model(1.0, FeatureType("fee", "double")))
    rows = {"customer_id": ["k", "l"], "days_since_last": [3] * 2, "orders": [2] * 2}
    rows |= {
        "revenue": [10.0] * 2,
        "country": ["France"] * 2,
        "attributes": ['{"fee": "1.5"}', "{}"],
    }
    publish(store_url, record(2), {"customers": pa.table(rows)})
    app = create_app(Serving(), store_url, models=tmp_path / "m")
    told = {"attributes": {"fee": 1.5}}
    with TestClient(app, base_url=LOCAL) as client:
        known, untold, live, bare, wrong = results(
            client,
            CHURN,
            {"id": "k"},
            {"id": "l"},
            {"transactions": [LINE], "customer": told},
            {"transactions": [LINE]},
            {"transactions": [LINE], "customer": {"attributes": {"fee": "much"}}},
        )
    assert known["error"] is None
    assert untold["error"]["code"] == "missing_feature"
    assert live["error"] is None
    assert bare["error"]["code"] == "missing_feature"
    assert wrong["error"]["code"] == "wrong_type"


def test_who_cancelled_is_gone_whatever_a_model_says(store_url: str, tmp_path: Path) -> None:
    models.keep(tmp_path / "m", models.churn_model())
    rows = {"customer_id": ["k"], "days_since_last": [3], "churn_band": ["gone"]}
    publish(store_url, record(2), {"customers": pa.table(rows | {"churn_probability": [1.0]})})
    app = create_app(Serving(), store_url, models=tmp_path / "m")
    with TestClient(app, base_url=LOCAL) as client:
        (found,) = results(client, CHURN, {"id": "k"})
    assert (found["churn_probability"], found["churn_band"]) == (1.0, "gone")


@pytest.mark.slow
def test_a_key_needs_the_scope_read(store_url: str, folder: Path) -> None:
    secret = keys.create(store_url, "tests", ["read"], NOW)
    with TestClient(create_app(Serving(), store_url, models=folder), base_url=LOCAL) as client:
        body = {"items": [{"features": FEATURES}]}
        assert client.post(CHURN, json=body).status_code == 401
        assert client.post(CHURN, json=body, headers={"x-api-key": secret}).status_code == 200
        text = {"x-api-key": secret, "content-type": "text/plain"}
        assert client.post(CHURN, content="{}", headers=text).status_code == 415


def test_before_the_first_run_features_and_transactions_are_predicted(
    tmp_path: Path, folder: Path
) -> None:
    from clientela.store.connect import open_store

    url = f"sqlite:///{tmp_path}/empty.db"
    open_store(url, migrate=True).dispose()
    with TestClient(create_app(Serving(), url, models=folder), base_url=LOCAL) as client:
        body = {"items": [{"features": FEATURES}, {"transactions": [LINE]}]}
        answer = client.post(CHURN, json=body).json()
    assert answer["run_id"] is None
    assert answer["as_of"] == "2011-12-01"
    assert [each["error"] for each in answer["results"]] == [None, None]


def test_a_model_is_loaded_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[LiveSnapshot] = []

    def counted(names: set[str]) -> LiveSnapshot:
        made.append(LiveSnapshot(names))
        return made[-1]

    monkeypatch.setattr("clientela.serving.predicting.loading.LiveSnapshot", counted)
    champions = Champions(folder)
    assert champions.get("churn") is None
    champions.prepare()
    first = champions.get("churn")
    assert first is not None
    assert champions.load("churn") is first
    assert len(made) == 2
    assert first.card.as_of == dt.date(2011, 12, 1)


class Turn:
    """Counts who waited for it."""

    entered = 0

    async def __aenter__(self) -> None:
        self.entered += 1

    async def __aexit__(self, *_: object) -> None:
        pass


def test_large_bodies_take_turns_and_small_ones_do_not(published: Path, folder: Path) -> None:
    app = create_app(Serving(max_body_kb=1), f"sqlite:///{published}", models=folder)
    turn = app.state.large_turn = Turn()
    with TestClient(app, base_url=LOCAL) as client:
        for count, entered in ((1, 0), (20, 1)):
            assert results(client, CHURN, *[{"features": FEATURES}] * count)
            assert turn.entered == entered
