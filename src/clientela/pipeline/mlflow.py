"""Every run logged to the firm's own MLflow server: parameters, metrics, and the models' cards.

A server that cannot be reached costs a warning and a few seconds, never the run.
"""

import json
import math
import os
import socket
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa

from clientela.config import Tracking
from clientela.errors import MissingExtra
from clientela.progress import Progress

URI = "MLFLOW_TRACKING_URI"
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing of ours calls anyone but the firm's own server
}
CONNECT_SECONDS = 3.0  # by convention: a nightly run must not wait for a server that is down
MOST_AT_ONCE = 100  # parameters or metrics that MLflow takes in one request
LONGEST = 500  # characters of a parameter
TEXTS = ("run_id", "as_of", "currency", "store")
NUMBERS = ("rows_in", "rows_canonical", "rows_quarantined", "customers", "net_amount")
PORTS = {"http": 80, "https": 443}  # of the two protocols, by their standards


class Tracker:
    """Logs runs to an MLflow server.

    Parameters
    ----------
    uri : str
        The server, or a database of MLflow's.
    experiment : str
        Made where it does not exist.
    """

    def __init__(self, uri: str, experiment: str) -> None:
        self._uri = uri
        self._experiment = experiment

    def log(
        self, facts: Mapping[str, Any], tables: Mapping[str, pa.Table], progress: Progress
    ) -> bool:
        """Log a published run and tell whether that went well; what went wrong is a warning.

        Parameters
        ----------
        facts : mapping
            What ``run --json`` prints.
        tables : mapping
            What was published: ``models``, ``metrics`` and ``model_metrics`` are logged.
        progress : Progress
            Takes the warning.
        """
        try:
            _check_reachable(self._uri)
            self._log(facts, tables)
        except Exception as error:  # of any library between here and there
            progress.fact("not logged to MLflow", uri=_bare(self._uri), why=str(error)[:LONGEST])
            return False
        return True

    def _log(self, facts: Mapping[str, Any], tables: Mapping[str, pa.Table]) -> None:
        os.environ.update({name: PATIENCE[name] for name in PATIENCE if name not in os.environ})
        from mlflow import MlflowClient

        client = MlflowClient(tracking_uri=self._uri)
        run = client.create_run(
            self._experiment_id(client),
            run_name=str(facts["run_id"]),
            tags={"clientela.version": str(facts.get("version", ""))},
        )
        run_id = run.info.run_id
        _batches(client, run_id, dict(_parameters(facts, tables)), dict(_metrics(facts, tables)))
        for model_id, card in _cards(tables):
            client.log_dict(run_id, card, f"cards/{model_id}.json")
        client.set_terminated(run_id)

    def _experiment_id(self, client: Any) -> str:
        experiment = client.get_experiment_by_name(self._experiment)
        if experiment is None:
            return str(client.create_experiment(self._experiment))
        return str(experiment.experiment_id)


def open_tracker(settings: Tracking) -> Tracker | None:
    """Return what logs runs, where a server is configured or named by ``MLFLOW_TRACKING_URI``.

    Raises
    ------
    MissingExtra
        A server is named and the extra is not installed.
    """
    uri = settings.mlflow_uri or os.environ.get(URI)
    if not uri:
        return None
    if find_spec("mlflow") is None:
        raise MissingExtra.of("mlflow", "logging runs to an MLflow server")
    return Tracker(uri, settings.experiment)


def _check_reachable(uri: str) -> None:
    """Knock at the door: the client itself would go on knocking for minutes."""
    parts = urlsplit(uri)
    if parts.scheme in PORTS and parts.hostname:
        address = (parts.hostname, parts.port or PORTS[parts.scheme])
        socket.create_connection(address, CONNECT_SECONDS).close()


def _bare(uri: str) -> str:
    """Leave out a user and password."""
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _batches(
    client: Any, run_id: str, parameters: Mapping[str, str], metrics: Mapping[str, float]
) -> None:
    from mlflow.entities import Metric, Param

    params = [Param(name, value) for name, value in parameters.items()]
    values = [Metric(name, value, 0, 0) for name, value in metrics.items()]
    for start in range(0, max(len(params), len(values)), MOST_AT_ONCE):
        part = slice(start, start + MOST_AT_ONCE)
        client.log_batch(run_id, metrics=values[part], params=params[part])


def _parameters(
    facts: Mapping[str, Any], tables: Mapping[str, pa.Table]
) -> Iterator[tuple[str, str]]:
    """Name the data, and each model with the settings that decided its fit."""
    for name in TEXTS:
        if facts.get(name) is not None:
            yield name, str(facts[name])
    for row in _rows(tables, "models"):
        if row["role"] == "champion":
            yield f"{row['kind']}.model_id", row["model_id"]
            for name, value in json.loads(row["card"]).get("parameters", {}).items():
                yield f"{row['kind']}.{name}", _text(value)


def _metrics(
    facts: Mapping[str, Any], tables: Mapping[str, pa.Table]
) -> Iterator[tuple[str, float]]:
    """Return totals, the figures of the segmentation, and of each model over all dates."""
    figures = [(name, facts.get(name)) for name in NUMBERS]
    figures += [(f"segments.{row['name']}", row["value"]) for row in _rows(tables, "metrics")]
    figures += [
        (f"{row['purpose']}.{row['model']}.{row['metric']}", row["value"])
        for row in _rows(tables, "model_metrics")
        if row["as_of"] is None
    ]
    for name, value in figures:
        if value is not None and math.isfinite(float(value)):
            yield name, float(value)


def _cards(tables: Mapping[str, pa.Table]) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in _rows(tables, "models"):
        yield row["model_id"], json.loads(row["card"])


def _rows(tables: Mapping[str, pa.Table], name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = tables[name].to_pylist() if name in tables else []
    return rows


def _text(value: Any) -> str:
    written = value if isinstance(value, str) else json.dumps(value, default=str)
    return written[:LONGEST]
