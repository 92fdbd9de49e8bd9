"""Who waits for one of a few slots takes turns with the others."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from clientela.errors import StoreError

TURN_SECONDS = 60.0  # by convention: proxies have given up by then, so that nobody is refused


class FairQueue:
    """Slots for questions; who waits takes turns, each client at most one turn a round."""

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, client: str) -> AsyncIterator[None]:
        """Wait for a slot and hold it.

        Raises
        ------
        StoreError
            Its turn did not come for a minute.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(client)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, client: str) -> None:
        loop = asyncio.get_running_loop()
        slot = loop.create_future()
        self._waiting.setdefault(client, deque()).append(slot)
        # by time, not by number: how many wait says nothing of how long
        alarm = loop.call_later(TURN_SECONDS, _give_up, slot)
        try:
            await slot
        except asyncio.CancelledError:
            if slot.done() and not slot.cancelled() and slot.exception() is None:
                self._pass_on()
            raise
        finally:
            alarm.cancel()

    def _pass_on(self) -> None:
        """Give the slot to the first client in the round, who then stands last."""
        while self._waiting:
            client, places = self._waiting.popitem(last=False)
            slot = places.popleft()
            if places:
                self._waiting[client] = places
            if not slot.done():
                slot.set_result(None)
                return
        self._free += 1


def _give_up(slot: asyncio.Future[None]) -> None:
    if not slot.done():
        error = StoreError("too many filters wait for an answer", do="try again in some seconds")
        slot.set_exception(error)
