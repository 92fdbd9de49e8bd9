"""The published run, its segments, and whether the server can answer."""

from pathlib import Path

import pytest
from litestar.testing import TestClient

from clientela import __version__
from clientela.config import Serving
from clientela.serving.app import create_app
from clientela.serving.routes.run_comparison import hide_small_changes
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


def test_any_two_runs_are_compared(client: Client, store_url: str) -> None:
    assert client.get("/v1/runs/comparison").status_code == 404
    assert "no second run" in client.get("/app/runs").text
    publish_shop(store_url, 2)
    newest, first = client.get("/v1/runs").json()["runs"]
    twin = client.get("/v1/runs/comparison", params={"lang": "pt_BR"}).json()
    assert [twin[when]["run_id"] for when in ("before", "after")] == [
        first["run_id"],
        newest["run_id"],
    ]
    assert twin["causes"] == ["day"]
    page = client.get("/app/runs", params={"lang": "pt_BR"}).text
    assert "De 09/12/2011 a 10/12/2011: nenhum número mudou" in page
    assert "O que já era diferente antes dos resultados: o dia da execução." in page
    assert "<td>último dia conhecido</td>" in page
    backwards = {"before": newest["run_id"], "after": first["run_id"]}
    turned = client.get("/v1/runs/comparison", params=backwards).json()
    assert turned["before"]["as_of"] == "2011-12-10"
    unknown = client.get("/app/runs", params={"before": "20990101T000000"})
    assert (unknown.status_code, "cannot be compared" in unknown.text) == (404, True)


def test_a_viewer_compares_no_small_groups() -> None:
    """Neither a small segment nor a count or a change of so few is left."""
    segments = [
        {"segment": number, "customers_before": before, "customers_after": after}
        for number, before, after in ((1, 90, 90), (2, 3, 20), (3, 40, 40), (4, 60, None))
    ]
    figures = [
        {"name": name, "unit": unit, "before": before, "after": after, "change": after - before}
        for name, unit, before, after in (
            ("few", "count", 40.0, 3.0),
            ("one_more", "count", 40.0, 41.0),
            ("many", "count", 40.0, 60.0),
            ("share", "share", 0.1, 0.2),
        )
    ]
    shown = hide_small_changes({"segments": segments, "figures": figures})
    assert [row["segment"] for row in shown["segments"]] == [1, 4]
    assert [row["name"] for row in shown["figures"]] == ["many", "share"]


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
