"""A run's metrics as a text file, for runs that nothing can ask: node_exporter collects it."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from clientela.contract.metrics import RUN_METRICS
from clientela.errors import MissingExtra

READABLE = 0o644  # the collector is another user, and the file names nobody
ROWS = ("in", "already_held", "canonical", "quarantined")
ALWAYS = ("clientela_run_exit_code", "clientela_run_end_timestamp_seconds")

Sample = tuple[str, dict[str, str], float]


def write_run_metrics(
    path: Path, summary: Mapping[str, Any] | None, exit_code: int, now: dt.datetime
) -> None:
    """Write how a run ended; one that failed leaves what the last good one said.

    Parameters
    ----------
    path : Path
        The file, replaced whole; its folder is there.
    summary : mapping, optional
        What ``run --json`` prints; None of a run that failed.
    exit_code : int
        That of the command.
    now : datetime
        When the run ended, aware.

    Raises
    ------
    MissingExtra
        prometheus-client is not installed.
    """
    try:
        from prometheus_client import CollectorRegistry, Gauge, write_to_textfile
    except ModuleNotFoundError:
        raise MissingExtra.of("metrics", "metrics for Prometheus") from None
    samples = list(_list_facts(summary, now)) if summary is not None else _read_earlier(path)
    samples += [(ALWAYS[0], {}, exit_code), (ALWAYS[1], {}, now.timestamp())]
    registry, gauges = CollectorRegistry(), {}
    for name, labels, value in samples:
        if name not in gauges:
            gauges[name] = Gauge(name, RUN_METRICS[name], list(labels), registry=registry)
        gauge = gauges[name].labels(**labels) if labels else gauges[name]
        gauge.set(value)
    write_to_textfile(str(path), registry)
    path.chmod(READABLE)


def _list_facts(summary: Mapping[str, Any], now: dt.datetime) -> Iterator[Sample]:
    yield "clientela_run_success_timestamp_seconds", {}, now.timestamp()
    yield "clientela_run_customers", {}, summary["customers"]
    yield "clientela_run_open_alerts", {}, len(summary["alerts"])
    for kind in ROWS:
        yield "clientela_run_rows", {"place": kind}, summary[f"rows_{kind}"]
    for stage, seconds in summary["seconds"].items():
        yield "clientela_run_stage_seconds", {"stage": stage}, seconds


def _read_earlier(path: Path) -> list[Sample]:
    """Read what the last good run wrote; nothing where there was none."""
    from prometheus_client.parser import text_string_to_metric_families

    if not path.exists():
        return []
    families = text_string_to_metric_families(path.read_text("utf-8"))
    samples = (sample for family in families for sample in family.samples)
    return [
        (sample.name, sample.labels, sample.value)
        for sample in samples
        if sample.name in RUN_METRICS and sample.name not in ALWAYS
    ]
