"""Every error Clientela raises on purpose.

::

    ClientelaError             exit 1   our fault
    ├── InputError             exit 2   the input or the command is wrong
    │   ├── ConfigError                 clientela.toml
    │   ├── SourceError                 a file, table or query that cannot be read
    │   ├── MappingError                columns that cannot be understood
    │   ├── DecisionNeeded              the data fits two readings; the user decides
    │   ├── LimitExceeded               too many rows or too much money refused
    │   └── ArtifactError               a model file that is damaged or of other features
    └── PlatformError          exit 3   the environment; ``retry`` says whether it is worth one
        ├── UserInterrupt  exit 130     Ctrl-C
        ├── Termination    exit 143     SIGTERM
        ├── WorkspaceDamaged            a file lost or changed; trying again cannot help
        ├── Locked                      another run holds the workspace
        ├── DiskFull
        ├── StoreError                  the results database
        │   ├── StoreRefused            its URL, user or rights; trying again cannot help
        │   └── StoreTooNew             written by a later version
        ├── ObjectStoreError            S3
        │   └── ObjectStoreRefused      credentials or bucket; trying again cannot help
        └── MissingExtra                an optional part that is not installed
"""

from collections.abc import Callable
from typing import Any, ClassVar


class ClientelaError(Exception):
    """A failure told in three parts: what happened, where, and what to do next.

    Parameters
    ----------
    what : str
        What is wrong, in one sentence.
    where : str
        The file, line, key or table concerned; empty where there is none.
    do : str
        The next step for the reader; empty where there is none.

    Examples
    --------
    >>> print(SourceError("the file is empty", where="sales.csv", do="give a file with rows"))
    the file is empty (sales.csv). What to do: give a file with rows.
    >>> print(InputError("which segment?", do="give its number"))
    which segment? What to do: give its number.
    """

    exit_code: ClassVar[int] = 1
    retry: ClassVar[bool] = False
    slug: ClassVar[str] = "internal"
    title = "Internal error"
    step = "What to do"

    def __init_subclass__(
        cls,
        *,
        slug: str = "",
        title: str = "",
        exit_code: int | None = None,
        retry: bool | None = None,
    ) -> None:
        """Take from the class statement what is a kind's own; the rest is its parent's."""
        super().__init_subclass__()
        cls.slug, cls.title = slug or cls.slug, title or cls.title
        cls.exit_code = cls.exit_code if exit_code is None else exit_code
        cls.retry = cls.retry if retry is None else retry

    def __init__(self, what: str, *, where: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.do = do

    def __str__(self) -> str:
        location = f" ({self.where})" if self.where else ""
        step = f" {self.step}: {self.do}." if self.do else ""
        sentence = f"{self.what}{location}"
        return f"{sentence}{'' if sentence.endswith('?') else '.'}{step}"

    def translate(self, say: Callable[[str], str]) -> None:
        """Say what happened, where and what to do in another language; the slug stays."""
        self.what, self.title, self.do = say(self.what), say(self.title), say(self.do)
        self.where, self.step = say(self.where), say(self.step)

    def problem(self) -> dict[str, Any]:
        """Return the error as an RFC 9457 problem, the shape the API and ``--json`` share."""
        facts = {"where": self.where, "do": self.do}
        return {
            "type": f"urn:clientela:problem:{self.slug}",
            "title": self.title,
            "detail": self.what,
            "exit_code": self.exit_code,
            "retry": self.retry,
            **{key: value for key, value in facts.items() if value},
        }


class InputError(ClientelaError, exit_code=2, slug="input", title="The input is wrong"):
    """The input or the command is wrong."""


class ConfigError(InputError, slug="configuration", title="The configuration is wrong"):
    """A key of ``clientela.toml`` is unknown or holds an impossible value."""


class SourceError(InputError, slug="source", title="The source cannot be read"):
    """A file, table or query cannot be read whole."""


class MappingError(InputError, slug="mapping", title="The columns are not understood"):
    """The columns of a source cannot be understood."""


class DecisionNeeded(InputError, slug="decision-needed", title="A decision is needed"):
    """The data fits two readings, and guessing would be wrong half of the time."""


class LimitExceeded(InputError, slug="limit-exceeded", title="Too much would be refused"):
    """More rows or money would be refused than the configuration allows."""


class ArtifactError(InputError, slug="artifact", title="The model cannot be used"):
    """A stored model is damaged, or was made for other features."""


class PlatformError(
    ClientelaError, exit_code=3, retry=True, slug="environment", title="The environment failed"
):
    """The environment failed; ``retry`` says whether the same command may work later."""


class UserInterrupt(
    PlatformError, exit_code=130, slug="interrupted", title="The command was interrupted"
):
    """Ctrl-C ended the command; the exit code is that of shells, 128 and the signal's number."""


class Termination(
    PlatformError, exit_code=143, slug="terminated", title="The command was told to end"
):
    """SIGTERM ended the command."""


class WorkspaceDamaged(
    PlatformError, retry=False, slug="workspace-damaged", title="The workspace is damaged"
):
    """A file of the workspace is lost or not as it was written; trying again cannot help."""


class KeyChanged(PlatformError, retry=False, slug="key-changed", title="The key was changed"):
    """Ids would be replaced under another key than those stored; trying again cannot help."""


class Locked(PlatformError, slug="locked", title="The workspace is busy"):
    """Another run holds the workspace."""


class DiskFull(PlatformError, slug="disk-full", title="The disk is full"):
    """There is no room left to write."""


class StoreError(PlatformError, slug="store", title="The results database failed"):
    """The results database cannot be reached or used."""


class StoreRefused(
    StoreError, retry=False, slug="store-refused", title="The results database refuses"
):
    """The URL, the user or a right is wrong; trying again cannot help."""


class StoreTooNew(
    StoreError,
    retry=False,
    slug="store-too-new",
    title="The results database is of a later version",
):
    """The results database was written by a later version of Clientela."""


class ObjectStoreError(PlatformError, slug="object-store", title="S3 failed"):
    """S3 cannot be reached or fails."""


class ObjectStoreRefused(
    ObjectStoreError, retry=False, slug="object-store-refused", title="S3 refuses"
):
    """S3 refuses the credentials, or has no such bucket; trying again cannot help."""


class MissingExtra(
    PlatformError, retry=False, slug="missing-extra", title="An optional part is missing"
):
    """An optional part is asked for and is not installed."""

    @classmethod
    def of(cls, extra: str, purpose: str) -> "MissingExtra":
        """Name the extra and how to install it."""
        return cls(f"{purpose} needs the extra '{extra}'", do=f"pip install 'clientela[{extra}]'")
