"""What monitoring systems collect: Prometheus' text, for a scope of its own."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import accumulate
from typing import Any, cast

from litestar import Response

from clientela.contract.metrics import SERVER_METRICS
from clientela.errors import MissingExtra, StoreError
from clientela.serving.meter import BUCKETS_SECONDS, Meter
from clientela.serving.openapi import read
from clientela.serving.problems import AnyRequest
from clientela.serving.results import get_results

RECENT = ("requests", "p95_seconds", "error_share", "busiest_share")


@read("/metrics", right="metrics")
async def show_metrics(request: AnyRequest) -> Response[bytes]:
    """Return the server's metrics; without a published run only those of requests."""
    try:
        from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest
    except ModuleNotFoundError:
        raise MissingExtra.of("metrics", "metrics for Prometheus") from None
    state = request.app.state
    families = list(collect_requests(cast(Meter, state.meter)))
    families.append(make_gauge("clientela_access_log_waiting", state.recorder.waiting))
    results = get_results(request)
    with suppress(StoreError):
        run = await results.read_run()
        alerts = await results.ask(lambda reader: reader.open_alerts())
        ended = run.finished_at.timestamp()
        families.append(make_gauge("clientela_published_run_end_timestamp_seconds", ended))
        families.append(make_gauge("clientela_published_customers", run.customers))
        areas = Counter(str(alert["area"]) for alert in alerts)
        families.append(make_gauge("clientela_open_alerts", areas, "area"))
    registry = CollectorRegistry()
    registry.register(_Collected(families))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_PLAIN_0_0_4)


class _Collected:
    """Families that were collected already, as prometheus-client takes them."""

    def __init__(self, families: Iterable[Any]) -> None:
        self._families = families

    def collect(self) -> Iterable[Any]:
        return self._families


def collect_requests(meter: Meter) -> Iterator[Any]:
    """Yield what the server counted of its requests."""
    from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily

    name = "clientela_http_requests_total"
    counted = CounterMetricFamily(name, SERVER_METRICS[name], labels=("operation", "status"))
    for (operation, status), count in meter.requests.items():
        counted.add_metric((operation, str(status)), count)
    yield counted
    name = "clientela_http_request_seconds"
    seconds = HistogramMetricFamily(name, SERVER_METRICS[name], labels=("operation",))
    limits = (*map(str, BUCKETS_SECONDS), "+Inf")
    for operation, counts in meter.seconds.items():
        buckets = list(zip(limits, accumulate(counts), strict=True))
        seconds.add_metric((operation,), buckets, sum_value=meter.sums[operation])
    yield seconds
    yield make_gauge("clientela_http_requests_in_progress", meter.in_progress)
    for part, value in zip(RECENT, meter.describe_recent(), strict=True):
        yield make_gauge(f"clientela_recent_{part}", value)


def make_gauge(name: str, value: float | Counter[str], label: str = "") -> Any:
    """Return a gauge, of one value or of one a label."""
    from prometheus_client.core import GaugeMetricFamily

    if not isinstance(value, Counter):
        return GaugeMetricFamily(name, SERVER_METRICS[name], value=value)
    gauge = GaugeMetricFamily(name, SERVER_METRICS[name], labels=(label,))
    for part, count in value.items():
        gauge.add_metric((part,), count)
    return gauge
