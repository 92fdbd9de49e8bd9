"""Files that are whole: written beside their place and moved into it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OWNER_ONLY = 0o077  # what is written names customers, so nobody else on the machine reads it


@contextmanager
def owner_only() -> Iterator[None]:
    """Give what is written its owner's rights alone; of the whole process, until the block ends."""
    before = os.umask(OWNER_ONLY)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def aside(target: Path) -> Iterator[Path]:
    """Return the place to write to; what stands at the target stays until all is written.

    Examples
    --------
    >>> with aside(Path("no/such/folder/a.csv")) as path:
    ...     path.touch()
    Traceback (most recent call last):
    ...
    FileNotFoundError: [Errno 2] No such file or directory: 'no/such/folder/a.csv'
    """
    path = target.with_name(f".{target.name}.tmp")
    try:
        yield path
        path.replace(target)
    except OSError as error:
        if error.filename == str(path):
            error.filename = str(target)  # the name that the user gave
        raise
    finally:
        path.unlink(missing_ok=True)
