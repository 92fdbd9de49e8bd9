"""The published run, its segments, and whether the server can answer."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from clientela import __version__
from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.store import keys
from tests.serving.conftest import LOCAL, Client
from tests.serving.shop import CUSTOMERS, NOW, SEGMENTS, publish_shop


def test_segments_come_with_sizes_money_and_profiles(client: Client) -> None:
    answer = client.get("/v1/segments").json()
    assert (answer["run_id"], answer["as_of"]) == ("20111210T000001", "2011-12-09")
    assert [each["segment"] for each in answer["segments"]] == list(SEGMENTS)
    first = answer["segments"][0]
    assert (first["name"], first["revenue"]) == ("Segment 1", 411.5)
    assert first["profile"]["orders"] == {"median": 7.0, "mean": 7.5, "index": None}


def test_segments_speak_portuguese(client: Client) -> None:
    first = client.get("/v1/segments", headers={"accept-language": "pt-BR"}).json()["segments"][0]
    assert (first["name"], first["description"]) == ("Segmento nº 1", "Compram com frequência.")


def test_figures_come_with_their_meaning(client: Client) -> None:
    answer = client.get("/v1/figures", params={"lang": "pt_BR"}).json()
    (figure,) = answer["figures"]
    assert (answer["currency"], figure["value"], figure["horizon_days"]) == ("GBP", 310.5, 90)
    assert figure["meaning"] == "Receita esperada."


def test_the_current_run_is_told(client: Client, store_url: str) -> None:
    run = client.get("/v1/runs/current").json()
    assert (run["customers"], run["net_amount"]) == (CUSTOMERS, 1234.5)
    assert run["finished_at"] == "2011-12-10T09:30:01Z"
    publish_shop(store_url, 2)
    assert client.get("/v1/runs/current").json()["run_id"] == "20111210T000002"


@pytest.mark.parametrize("path", ["/v1/segments", "/v1/figures", "/v1/runs/current"])
def test_what_a_client_holds_is_not_sent_again(client: Client, store_url: str, path: str) -> None:
    first = client.get(path)
    held = {"if-none-match": f'"other", W/{first.headers["etag"]}'}
    again = client.get(path, headers=held)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    publish_shop(store_url, 2)
    assert client.get(path, headers=held).status_code == 200


def test_languages_are_different_versions(client: Client) -> None:
    english = client.get("/v1/segments").headers["etag"]
    answer = client.get("/v1/segments?lang=pt_BR", headers={"if-none-match": english})
    assert answer.status_code == 200


def test_health_asks_nothing_of_the_database(tmp_path: Path) -> None:
    app = create_app(Serving(), f"sqlite:///{tmp_path}/absent/results.db")
    with TestClient(app, base_url=LOCAL) as client:
        answer = client.get("/health")
        assert answer.json() == {"status": "ok", "version": __version__}
        assert client.get("/ready").status_code == 503


def test_ready_follows_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/results.db"
    with TestClient(create_app(Serving(), url), base_url=LOCAL) as client:
        absent = client.get("/ready")
        assert absent.status_code == 503
        assert absent.headers["retry-after"]
        keys.create(url, "first", ["read"], NOW)
        assert client.get("/ready").json()["detail"] == "nothing is published yet"
        publish_shop(url)
        ready = client.get("/ready")
        assert (ready.status_code, ready.json()["run_id"]) == (200, "20111210T000001")
