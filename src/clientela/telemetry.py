"""Lines of the log; and traces by OpenTelemetry, where its variables name a collector.

Without one of ``ENDPOINTS`` nothing is loaded and nothing sent. A span holds the name of
a command, stage or operation, ids of runs and requests and types of errors: never a path, a
customer or an error's message, as the log does.
"""

import contextlib
import logging
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, MutableMapping
from functools import cache
from typing import Any, TextIO

from clientela.errors import MissingExtra

SECONDS = 2.0  # by convention: what a command may wait for its collector at its end
ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


def logger(stream: TextIO) -> Any:
    """Make a structured logger: readable lines, or JSON where ``CLIENTELA_LOG=json``."""
    import structlog

    as_json = os.environ.get("CLIENTELA_LOG") == "json"
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.processors.LogfmtRenderer(
            key_order=["timestamp", "level", "event"], bool_as_flag=False
        )
    )
    return structlog.wrap_logger(
        structlog.PrintLogger(stream),
        processors=[
            _add_trace_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
    )


@contextlib.contextmanager
def trace(name: str, **attributes: str) -> Iterator[None]:
    """Trace what is done inside as one span, below the span around it.

    The first span of a process goes on from ``TRACEPARENT``, by which schedulers name theirs.
    """
    tracer = _get_tracer()
    if tracer is None:
        yield
        return
    from opentelemetry import trace as spans

    inside = spans.get_current_span().get_span_context().is_valid
    parent = None if inside else _read_parent(os.environ.get("TRACEPARENT", ""))
    with tracer.start_as_current_span(
        name, parent, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield
        except BaseException as error:
            _mark_failed(span, type(error).__name__)
            raise


def record_request(
    operation: str,
    status: int,
    seconds: float,
    headers: Iterable[tuple[bytes, bytes]],
    request_id: str,
) -> str | None:
    """Record a request as its answer begins; return the id of its trace, where there is one.

    It goes on from the header ``traceparent`` of the request.
    """
    tracer = _get_tracer()
    if tracer is None:
        return None
    from opentelemetry.trace import SpanKind, format_trace_id

    end = time.time_ns()
    parent = next((value for name, value in headers if name == b"traceparent"), b"")
    span = tracer.start_span(
        operation,
        _read_parent(parent.decode("latin-1")),
        kind=SpanKind.SERVER,
        attributes={"http.response.status_code": status, "clientela.request_id": request_id},
        start_time=end - int(seconds * 1e9),
    )
    if status >= 500:
        _mark_failed(span, str(status))
    span.end(end)
    return format_trace_id(span.get_span_context().trace_id)


def _add_trace_id(_: Any, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Add the id of the trace that is under way to a line of the log."""
    if _get_tracer() is None:  # says what is missing, once, at the first line
        return line
    from opentelemetry import trace as spans

    context = spans.get_current_span().get_span_context()
    return (
        {"trace_id": spans.format_trace_id(context.trace_id), **line} if context.is_valid else line
    )


def _is_wanted() -> bool:
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not disabled and any(os.environ.get(name) for name in ENDPOINTS)


class _SayOnce(logging.Handler):
    """Say once that spans are lost, where the library says it at each try."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line for the first record, and none after it; of addresses no parameters."""
        if record.name.startswith("opentelemetry.trace"):
            return  # of a header that a caller sent, which may not use up the line
        if self.level < logging.CRITICAL:
            self.setLevel(logging.CRITICAL)
            logger(sys.stderr).warning(
                "traces_not_sent", why=re.sub(r"\?\S*", "?…", record.getMessage())
            )


@cache
def _get_tracer() -> Any:
    """Start sending spans beside the work, once a process; None where nobody wants them."""
    if not _is_wanted():
        return None
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise MissingExtra.of("otel", "traces for OpenTelemetry") from None
    service = os.environ.get("OTEL_SERVICE_NAME", "clientela")
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    seconds = None if os.environ.get("OTEL_EXPORTER_OTLP_TIMEOUT") else SECONDS
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=seconds)))
    source = logging.getLogger("opentelemetry")
    source.handlers, source.propagate = [_SayOnce()], False
    return provider.get_tracer("clientela")


def _read_parent(header: str) -> Any:
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": header})


def _mark_failed(span: Any, why: str) -> None:
    from opentelemetry.trace import Status, StatusCode

    span.set_attribute("error.type", why)
    span.set_status(Status(StatusCode.ERROR))
