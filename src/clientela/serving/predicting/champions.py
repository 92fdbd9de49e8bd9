"""The models that score now, held in memory; a promotion is seen by the next request."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from clientela.registry import stored_models as registry
from clientela.serving.problems import NotFound

if TYPE_CHECKING:  # what loads a model is loaded with the first one
    from clientela.serving.predicting.loading import Champion

CHURN, SEGMENTS = KINDS = ("churn", "segments")
Pointer = tuple[int, int, int] | None


class Champions:
    """The champion of each kind.

    Parameters
    ----------
    folder : Path or None
        The models of a workspace; None where the server knows results alone.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._loaded: dict[str, tuple[Pointer, Champion]] = {}
        self._places = {kind: str(folder / kind / registry.CURRENT) for kind in KINDS if folder}

    def held(self, kind: str) -> "Champion | None":
        """Give the champion if it is in memory already: a look at the pointer's file.

        A promotion moves another file into its place, so that the pointer need not be read.
        """
        loaded = self._loaded.get(kind)
        return loaded[1] if loaded and loaded[0] == self._pointer(kind) else None

    def load(self, kind: str) -> "Champion":
        """Give the champion, loading it where it is not in memory.

        Raises
        ------
        NotFound
            No model of the kind is stored, or the server knows no workspace.
        PlatformError
            The stored model is damaged, or reads what this version does not have.
        """
        with self._lock:
            found = self.held(kind)
            if found is None:
                from clientela.serving.predicting.loading import loaded

                folder, pointer = self._see(kind), self._pointer(kind)
                found = loaded(folder, kind)
                self._loaded[kind] = (pointer, found)
        return found

    def prepare(self) -> None:
        """Load what there is, so that the first request need not wait."""
        for kind in KINDS:
            if self._pointer(kind) is not None:
                self.load(kind)

    def _pointer(self, kind: str) -> Pointer:
        """Tell one state of the pointer from another; None where there is none."""
        try:
            found = os.stat(self._places[kind])
        except (OSError, KeyError):
            return None
        return found.st_ino, found.st_mtime_ns, found.st_size

    def _see(self, kind: str) -> Path:
        if self._folder is None:
            raise NotFound(
                "this server knows no workspace, so it has no models",
                where=kind,
                do="start it with `clientela serve --workspace DIR`",
            )
        if self._pointer(kind) is None:
            raise NotFound(
                f"the workspace of this server holds no model of the kind '{kind}'",
                where=kind,
                do="`clientela run FILE` learns it where the data allow; see `clientela models`",
            )
        return self._folder
