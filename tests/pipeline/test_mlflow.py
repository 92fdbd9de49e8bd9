"""Runs logged to an MLflow server, and servers that are not there."""

import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from clientela.config import Tracking
from clientela.errors import MissingExtra
from clientela.pipeline import mlflow
from clientela.pipeline.mlflow import Tracker, open_tracker
from clientela.progress import Progress

FACTS = {"run_id": "20111210T000001", "as_of": "2011-12-09", "customers": 4334}
FACTS |= {"net_amount": "8911407.90", "currency": "GBP", "rows_in": None}
CARD = {"kind": "churn", "parameters": {"horizon_days": 90, "models": ["a", "b"]}}
TABLES = {
    "models": pa.table(
        {
            "model_id": ["churn-1", "churn-0"],
            "kind": ["churn", "churn"],
            "role": ["champion", "challenger"],
            "card": [json.dumps(CARD), "{}"],
        }
    ),
    "metrics": pa.table({"name": ["silhouette", "nothing"], "value": [0.31, None]}),
    "model_metrics": pa.table(
        {
            "purpose": ["churn"] * 2,
            "model": ["logistic"] * 2,
            "as_of": pa.array([None, "2011-09-09"]),
            "metric": ["roc_auc"] * 2,
            "value": [0.79, 0.5],
        }
    ),
}


class Server(http.server.BaseHTTPRequestHandler):
    """As much of MLflow's REST API as a run needs; it keeps what it is told."""

    status = 200
    asked: ClassVar[list[tuple[str, Any]]] = []
    answers: ClassVar[dict[str, object]] = {
        "experiments/get-by-name": {"experiment": {"experiment_id": "7", "name": "clientela"}},
        "runs/create": {
            "run": {
                "info": {
                    "run_id": "abc",
                    "run_uuid": "abc",
                    "experiment_id": "7",
                    "artifact_uri": "mlflow-artifacts:/7/abc",
                    "status": "RUNNING",
                },
                "data": {},
            }
        },
        "runs/get": {},
    }

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def log_message(self, format: str, *args: object) -> None:
        """Be quiet."""

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(length) or b"{}")
        path = self.path.partition("?")[0].partition("/mlflow/")[2] or self.path
        self.asked.append((path, body))
        answer = self.answers.get(path, {})
        if path == "runs/get":
            answer = self.answers["runs/create"]
        content = json.dumps(answer).encode()
        self.send_response(self.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[str]:
    Server.asked.clear()
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}"
    made.shutdown()
    made.server_close()


def told(uri: str) -> tuple[bool, str]:
    said = io.StringIO()
    done = Tracker(uri, "clientela").log(FACTS, TABLES, Progress("r", said))
    return done, said.getvalue()


@pytest.mark.slow
def test_mlflows_own_store_gives_back_what_was_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = f"file://{tmp_path}/mlruns"
    for _ in range(2):
        assert Tracker(uri, "shop").log(FACTS, TABLES, Progress("test", io.StringIO()))
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("shop")
    assert experiment is not None
    first, second = client.search_runs([experiment.experiment_id])
    assert first.data.metrics == second.data.metrics
    assert first.data.metrics["churn.logistic.roc_auc"] == 0.79
    assert first.data.params["churn.horizon_days"] == "90"
    assert first.info.status == "FINISHED"
    cards = [each.path for each in client.list_artifacts(first.info.run_id, "cards")]
    assert cards == ["cards/churn-0.json", "cards/churn-1.json"]


def test_parameters_metrics_and_cards_reach_the_server(server: str) -> None:
    assert told(server) == (True, "")
    bodies = dict(Server.asked)
    batch = bodies["runs/log-batch"]
    assert {each["key"]: each["value"] for each in batch["params"]} == {
        "run_id": "20111210T000001",
        "as_of": "2011-12-09",
        "currency": "GBP",
        "churn.model_id": "churn-1",
        "churn.horizon_days": "90",
        "churn.models": '["a", "b"]',
    }
    assert {each["key"]: each["value"] for each in batch["metrics"]} == {
        "customers": 4334.0,
        "net_amount": 8911407.9,
        "segments.silhouette": 0.31,
        "churn.logistic.roc_auc": 0.79,
    }
    assert bodies["runs/update"]["status"] == "FINISHED"
    cards = [body for path, body in Server.asked if path.endswith("cards/churn-1.json")]
    assert cards == [CARD]


def test_a_server_out_of_reach_is_a_warning() -> None:
    done, said = told("http://user:secret@127.0.0.1:9")
    assert not done
    assert "not logged to MLflow" in said
    assert "secret" not in said


def test_a_server_that_fails_is_a_warning(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Server, "status", 400)
    done, said = told(server)
    assert not done
    assert "not logged to MLflow" in said


def test_none_is_asked_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mlflow.URI, raising=False)
    assert open_tracker(Tracking()) is None
    monkeypatch.setenv(mlflow.URI, "http://127.0.0.1:9")
    assert isinstance(open_tracker(Tracking()), Tracker)


def test_a_missing_extra_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"clientela\[mlflow\]"):
        open_tracker(Tracking(mlflow_uri="http://127.0.0.1:9"))
