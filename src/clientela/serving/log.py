"""Lines of the server's log: of requests, with their ids, and of uvicorn, in our format.

No line holds a path or the message of a fault of ours, which name customers: operations, types of
errors and places in the code do instead.
"""

import logging
import secrets
import sys
import traceback
from collections.abc import Iterator
from typing import Any

from clientela.contract.access import Caller
from clientela.serving.meter import UNKNOWN
from clientela.telemetry import logger

MOST_CAUSES, MOST_FRAMES = 20, 50  # by convention: what a person reads of one fault


def bind_request(scope: Any) -> Any:
    """Return a logger whose lines name the request, what it asks for, and who asks."""
    caller: Caller | None = scope.get("auth")
    return logger(sys.stderr).bind(
        request_id=get_request_id(scope),
        operation=name_operation(scope),
        user=caller.caller_id if caller is not None else None,
    )


def get_request_id(scope: Any) -> str:
    """Return the id of a request, made when it is first asked for; the answer carries it."""
    if "request_id" not in scope:
        scope["request_id"] = secrets.token_hex(8)
    return str(scope["request_id"])


def name_operation(scope: Any) -> str:
    """Name the route of a request, which no customer stands in."""
    if "operation" not in scope:
        handler = scope.get("route_handler")
        scope["operation"] = handler.handler_name if handler is not None else UNKNOWN
    return str(scope["operation"])


def trace_fault(error: BaseException) -> str:
    """Write where an error came from: types and places, no message, no value.

    Examples
    --------
    >>> try:
    ...     {}["ana@example.com"]
    ... except KeyError as error:
    ...     "ana" in trace_fault(error), "KeyError" in trace_fault(error)
    (False, True)
    """
    return "\n".join(_list_faults(error))


def _list_faults(error: BaseException) -> Iterator[str]:
    chain: list[BaseException] = []
    before: BaseException | None = error
    # a fault of too deep a stack comes with hundreds of causes, or with a ring of them
    while before is not None and before not in chain and len(chain) < MOST_CAUSES:
        chain.append(before)
        before = before.__cause__ or before.__context__
    for fault in reversed(chain):
        for frame in traceback.extract_tb(fault.__traceback__, -MOST_FRAMES):
            yield f"{frame.filename}:{frame.lineno} {frame.name}"
        yield type(fault).__name__


class ServerLines(logging.Handler):
    """Write what uvicorn logs as lines of ours."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; of an error where it came from."""
        facts: dict[str, Any] = {"source": record.name}
        if record.exc_info and record.exc_info[1] is not None:
            facts["trace"] = trace_fault(record.exc_info[1])
            event = "server_failed"  # its message is the error's
        else:
            event = record.getMessage()
        write = logger(sys.stderr)
        (write.error if record.levelno >= logging.ERROR else write.warning)(event, **facts)


def take_server_lines() -> None:
    """Let uvicorn and asyncio log through us."""
    for name in ("uvicorn", "asyncio"):
        source = logging.getLogger(name)
        source.handlers, source.propagate = [ServerLines()], False
        source.setLevel(logging.WARNING)
