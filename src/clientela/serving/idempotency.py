"""``Idempotency-Key``: a request that creates something, sent again, creates it once."""

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated

from litestar.params import HeaderParameter

from clientela.contract.access import Caller
from clientela.errors import StoreError
from clientela.serving.problems import (
    AnyRequest,
    ConflictProblem,
    RequestError,
    UnprocessableProblem,
)
from clientela.serving.results import Results, get_results
from clientela.store.idempotency import LEASE, claim_key, find_request, renew_key, settle_key

LONGEST_KEY = 255  # by convention, as of other services
RENEWALS = 4  # in the time of a lease, by convention: three may fail
KeyHeader = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Names the request: sent again with the same body within 24 hours, it is "
        "done once",
        schema_extra={"maxLength": LONGEST_KEY},
    ),
]


def check_key(key: str | None) -> None:
    """Raise if a key is empty or too long.

    Raises
    ------
    RequestError
        It is.
    """
    if key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise RequestError(
            f"an Idempotency-Key has 1 to {LONGEST_KEY} characters", where="Idempotency-Key"
        )


async def create_once(
    request: AnyRequest, key: str | None, body: bytes, create: Callable[[], Awaitable[str]]
) -> tuple[str, bool]:
    """Create something, unless this very request did already.

    Parameters
    ----------
    create : callable
        Creates it and returns its id.

    Returns
    -------
    str, bool
        The id, and whether it was there before.

    Raises
    ------
    UnprocessableProblem
        The key came before with another request.
    ConflictProblem
        The request with this key is not done yet.
    """
    check_key(key)
    if key is None:
        return await create(), False
    results, now = get_results(request), dt.datetime.now(dt.UTC)
    caller: Caller | None = request.scope.get("auth")
    who = "local" if caller is None else caller.caller_id
    content = request.scope["path"].encode() + b"\n" + body
    earlier = await results.change(find_request, who, key, content, now)
    is_same, existing = earlier or (True, None)
    if not is_same:
        raise UnprocessableProblem(
            "this Idempotency-Key came before with another request",
            where="Idempotency-Key",
            do="send a key of its own with each request, the same when it is sent again",
        )
    if existing is not None:
        return existing, True
    if earlier is not None or not await results.change(claim_key, who, key, content, now):
        raise ConflictProblem(
            "the request with this Idempotency-Key is not done yet",
            where="Idempotency-Key",
            do="send it again in a moment",
        )
    claim = _Claim(results, who, key, now)
    renewal = asyncio.create_task(claim.renew())
    resource: str | None = None
    try:
        resource = await create()
    finally:
        claim.is_over.set()
        try:
            await renewal  # not cancelled: a renewal under way says since when the key is ours
        finally:
            await results.change(settle_key, who, key, claim.since, resource)
    return resource, False


class _Claim:
    """A key that a request holds while it runs, however long; a killed server's is soon free."""

    def __init__(self, results: Results, who: str, key: str, since: dt.datetime) -> None:
        self._results, self._who, self._key, self.since = results, who, key, since
        self.is_over = asyncio.Event()

    async def renew(self) -> None:
        """Keep the key until the request is over, or another one has taken it over."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.is_over.wait(), LEASE.total_seconds() / RENEWALS)
                return
            now = dt.datetime.now(dt.UTC)
            with suppress(StoreError):  # the next renewal may come through
                change = self._results.change
                if not await change(renew_key, self._who, self._key, self.since, now):
                    return
                self.since = now
