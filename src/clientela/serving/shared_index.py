"""One index of a run for all workers of a server: files that each maps, instead of a copy in each.

The files name customers by their ids and stand in a temporary folder that its owner alone reads.
The first worker that wants a run writes them, the others map them. They go with the server; what a
killed one left goes when the next one starts.
"""

import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clientela.serving.lookup_cache import SegmentIndex

PREFIX = "clientela-index-"


@contextmanager
def open_folder() -> Iterator[Path]:
    """Make the folder of a server, and remove those that no server holds any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        _remove_unused(folder)
    with (
        tempfile.TemporaryDirectory(prefix=PREFIX) as name,
        Path(name, "held").open("w") as held,
    ):
        fcntl.flock(held, fcntl.LOCK_SH)  # let go by the system where this process is killed
        yield Path(name)


def _remove_unused(folder: Path) -> None:
    """Remove a folder of ours that nobody holds; what others put there is not even opened."""
    with suppress(OSError):
        if folder.lstat().st_uid == os.getuid():
            with (folder / "held").open() as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)


def share_index(folder: Path, key: str, build: Callable[[], SegmentIndex]) -> SegmentIndex:
    """Map the index of a state of the database, built if no worker has done so.

    Parameters
    ----------
    key : str
        Names the state. Files of another one are removed; who maps them still, keeps them.
    """
    target = folder / hashlib.sha256(key.encode()).hexdigest()[:32]
    with (folder / "building").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            for earlier in folder.iterdir():
                if earlier.is_dir():
                    shutil.rmtree(earlier)
            draft = folder / "draft"
            draft.mkdir()
            build().save(draft)
            draft.rename(target)
        return SegmentIndex.open(target)
