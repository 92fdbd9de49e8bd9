"""Ctrl-C and SIGTERM: work is undone, one sentence says so, and the exit code names the signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from clientela.errors import PlatformError, Termination, UserInterrupt

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interruption(BaseException):
    """A signal that ends the command.

    No KeyboardInterrupt, which the library of the command line would take for its own and end
    without a word.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def describe(self) -> PlatformError:
        """Return the error to report, with the exit code of the signal."""
        do = "run the command again; what it had not finished is undone"
        if self.number == signal.SIGINT:
            return UserInterrupt("interrupted by Ctrl-C", do=do)
        return Termination("ended by SIGTERM", do=do)


@contextmanager
def raise_at_signals() -> Iterator[None]:
    """Raise :class:`Interruption` where a signal comes, so that everything open is closed."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may handle signals
        return
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)  # one that waited comes now
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second one must not end the tidying up of the first.
    for signal_number in SIGNALS:
        signal.signal(signal_number, signal.SIG_IGN)
    raise Interruption(number)
