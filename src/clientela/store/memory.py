"""What was read of a database, until anything is written to it."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from clientela.store.session import Session

T = TypeVar("T")


class Memory:
    """Answers that hold as long as nobody writes; where only asking tells, each is asked anew.

    Parameters
    ----------
    session : Session
        Tells whether anything was written.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._answers: dict[Hashable, tuple[int, Any]] = {}

    def recall(self, key: Hashable, read: Callable[[], T | None]) -> T | None:
        """Return what was read under a key, read anew where anything was written since.

        The version is asked for before the content, so that what is written in between is read
        again. Nothing is kept of what is not there: who guesses keys would fill the memory.
        """
        version = self._session.read_version()
        if version is None:
            return read()
        known, answer = self._answers.get(key, (None, None))
        if known == version:
            return answer
        answer = read()
        if answer is not None:
            self._answers[key] = version, answer
        return answer
