"""Who asked for what, into the access log: look-ups in batches, the rest before its answer.

A look-up costs less than writing it down, so look-ups are written together, off the path of
requests; a server that is killed may lose those of its last second, and the log then says so: a
start without a stop. Refusals, lists, new transactions and erasures are written first, and an
answer that cannot be written down is not given.
"""

import asyncio
import datetime as dt
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from litestar.concurrency import sync_to_thread
from litestar.types import Message, Scope, Send

from clientela.errors import ClientelaError, StoreError
from clientela.serving.budgets import Budgets
from clientela.serving.log import name_operation
from clientela.serving.problems import AnyRequest, build_problem, get_status
from clientela.store.access_log import START, STOP, Access, AccessLog, LogRow
from clientela.store.filters import BOUGHT, Filter, hide_ids, list_conditions
from clientela.telemetry import logger

if TYPE_CHECKING:  # it loads with the first file
    import pyarrow as pa

BATCH_SECONDS = 1.0  # what a kill may lose, and how often other workers' look-ups are counted
# Look-ups that wait while the log cannot be written, by convention: a minute's at a busy hour
MOST_WAITING = 100_000
AT_ONCE = frozenset({"lists", "contacts", "transactions", "personal_data", "erase", "log", "keys"})
REFUSALS = frozenset({401, 403, 429})

OpenLog = Callable[[], AccessLog]


class Recorder:
    """What a server writes down.

    Parameters
    ----------
    open_log : callable, optional
        Opens the log; without it nothing is written.
    budgets : Budgets
        Told what other workers spent, and what was spent before a restart.
    """

    def __init__(self, open_log: OpenLog | None, budgets: Budgets) -> None:
        self._open_log, self._budgets = open_log, budgets
        self._log: AccessLog | None = None
        self._waiting: deque[Access] = deque()
        self._lock = threading.Lock()  # one writer at a time, or rows would change places
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Open the log and begin to write.

        Raises
        ------
        StoreError
            The log cannot be opened: a server that may not write it serves nobody.
        """
        if self._open_log is None:
            return
        self._log = await sync_to_thread(self._open_log)
        self._note(START)
        await sync_to_thread(self._write)
        self._task = asyncio.create_task(self._write_batches())

    @property
    def waiting(self) -> int:
        """How many look-ups are still to be written."""
        return len(self._waiting)

    @property
    def hash_person(self) -> Callable[[str], str] | None:
        """What gives a person their name in the log; None where there is none."""
        return None if self._log is None else self._log.hash_person

    async def stop(self) -> None:
        """Write what waits."""
        if self._log is None or self._task is None:
            return
        self._task.cancel()
        self._note(STOP)
        await sync_to_thread(self._write)
        self._log.close()

    async def read(
        self, actor: str | None, since: dt.datetime | None, limit: int
    ) -> list[LogRow] | None:
        """Return the latest rows, those that waited included; None where there is no log."""
        if self._log is None:
            return None
        await sync_to_thread(self._write)
        return await sync_to_thread(partial(self._log.read, actor=actor, since=since, limit=limit))

    def record_answers(self, scope: Scope, send: Send, right: str, at_once: bool) -> Send:
        """Return what sends an answer, and writes it down."""
        if self._log is None:
            return send

        refused = False

        async def send_recorded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                status = message["status"]
                self._waiting.append(_describe(scope, status))
                now = at_once or status in REFUSALS or right in AT_ONCE
                refused = not await self._can_answer(now)
                if refused:
                    await _send_refusal(scope, send)
            if not refused:
                await send(message)

        return send_recorded

    async def _can_answer(self, at_once: bool) -> bool:
        """Write what waits, if that cannot wait; False where an answer would go unrecorded."""
        if not at_once:
            return len(self._waiting) <= MOST_WAITING
        try:
            await sync_to_thread(self._write)
        except ClientelaError as error:
            logger(sys.stderr).error("access_log_not_written", why=str(error))
            return False
        return True

    async def record_refusal(self, scope: Scope, error: ClientelaError) -> None:
        """Write down a request that was refused before its handler."""
        if self._log is not None:
            self._waiting.append(_describe(scope, get_status(error)))
            await self._can_answer(at_once=True)  # nobody was shown: the refusal stands either way

    async def _write_batches(self) -> None:
        cut_on: dt.date | None = None
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            try:
                await sync_to_thread(self._write)
            except ClientelaError as error:  # they wait; too many of them end the service
                logger(sys.stderr).error("access_log_not_written", why=str(error))
            now = dt.datetime.now(dt.UTC)
            if now.date() != cut_on:
                cut_on = now.date()
                await sync_to_thread(partial(self._cut_old, now))

    def _cut_old(self, now: dt.datetime) -> None:
        """End rows whose time is over, once a day; a log that was changed is kept as it is."""
        try:
            removed = self._log.cut_old(now) if self._log is not None else 0
        except ClientelaError as error:
            logger(sys.stderr).error("access_log_not_cut", why=str(error))
            return
        if removed:
            logger(sys.stderr).info("access_log_cut", rows=removed)

    def _write(self) -> None:
        with self._lock:
            waiting = list(self._waiting)
            if not waiting or self._log is None:
                return
            spent = self._budgets.take_spent()
            try:
                totals = self._log.append(waiting, spent)
            except BaseException:
                self._budgets.give_back(spent)
                raise
            for _ in waiting:
                self._waiting.popleft()
            self._budgets.learn(totals)

    def _note(self, operation: str) -> None:
        now = dt.datetime.now(dt.UTC)
        self._waiting.append(Access(now, "", operation, (), {}, 0, ""))


async def _send_refusal(scope: Scope, send: Send) -> None:
    """Answer 503 in place of what could not be written down."""
    error = StoreError(
        "the access log cannot be written", do="try again; the server's log says why"
    )
    body = msgspec.json.encode(build_problem(error, scope["path"]))
    headers = [(b"content-type", b"application/problem+json"), (b"retry-after", b"5")]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def note_list(request: AnyRequest, persons: Sequence[str] = (), **detail: object) -> None:
    """Note for the log which list an answer shows: the persons of a page, the part of a file."""
    scope: Any = request.scope
    scope["persons"], scope["listed"] = persons, detail


def note_filtered(
    request: AnyRequest, tree: Filter | None, sort: str | None, ids: "pa.Array", run_id: str
) -> None:
    """Note for the log the file of a filter, from which who stood in it can be rebuilt.

    One by what was bought cannot, once the run is over; one by ids would name people in the log.
    Their persons are written down instead, hashed.
    """
    columns = [] if tree is None else [part.column for part in list_conditions(tree)]
    persons = [] if {BOUGHT, "customer_id"}.isdisjoint(columns) else ids.to_pylist()
    shown = None if tree is None else hide_ids(tree)
    part = msgspec.json.encode((shown, sort)).decode()
    note_list(request, persons, run_id=run_id, part=part)


def _describe(scope: Any, status: int) -> Access:
    client = scope.get("client")
    caller = scope.get("auth")
    shown = status < 400
    return Access(
        dt.datetime.now(dt.UTC),
        caller.caller_id if caller is not None else scope.get("refused", ""),
        name_operation(scope),
        scope.get("persons", ()) if shown else (),
        scope.get("listed", {}) if shown else {},
        status,
        client[0] if client else "",
    )
