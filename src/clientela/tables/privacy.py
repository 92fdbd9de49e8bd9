"""Privacy at the door: columns dropped and ids replaced before anything is stored."""

from dataclasses import dataclass

from clientela.config import Privacy
from clientela.tables.mapping import Mapping


@dataclass(frozen=True)
class Guard:
    """What a reader must do to every batch before it touches the disk.

    ``drop`` holds columns of the source; ``id_column`` is replaced by its pseudonym under ``key``.
    """

    drop: frozenset[str] = frozenset()
    id_column: str | None = None
    key: bytes | None = None


def guard(settings: Privacy, mapping: Mapping) -> Guard:
    """Give the guard of a source whose columns are understood.

    Raises
    ------
    ConfigError
        Ids shall be replaced and the environment holds no key.
    MappingError
        A column to drop is one that the mapping needs.
    """
    raise NotImplementedError
