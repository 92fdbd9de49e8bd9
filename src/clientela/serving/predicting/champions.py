"""The champion models in memory; a promotion is seen by the next request."""

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from clientela.registry import stored_models as registry
from clientela.serving.problems import NotFoundProblem

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
        self._pointers = {kind: str(folder / kind / registry.CURRENT) for kind in KINDS if folder}

    def get(self, kind: str) -> "Champion | None":
        """Return the champion if it is in memory already: a look at the pointer's file.

        A promotion moves another file into its place, so that the pointer need not be read.
        """
        loaded = self._loaded.get(kind)
        return loaded[1] if loaded and loaded[0] == self._read_pointer(kind) else None

    def load(self, kind: str) -> "Champion":
        """Return the champion, loading it where it is not in memory.

        Raises
        ------
        NotFoundProblem
            No model of the kind is stored, or the server knows no workspace.
        PlatformError
            The stored model is damaged, or reads what this version does not have.
        """
        with self._lock:
            champion = self.get(kind)
            if champion is None:
                from clientela.serving.predicting.loading import load_champion

                folder, pointer = self._check_folder(kind), self._read_pointer(kind)
                champion = load_champion(folder, kind)
                self._loaded[kind] = (pointer, champion)
        return champion

    def prepare(self) -> None:
        """Load what there is, so that the first request need not wait."""
        for kind in KINDS:
            if self._read_pointer(kind) is not None:
                self.load(kind)

    def _read_pointer(self, kind: str) -> Pointer:
        """Return what changes with the pointer; None where there is none."""
        try:
            stat = os.stat(self._pointers[kind])
        except (OSError, KeyError):
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def _check_folder(self, kind: str) -> Path:
        if self._folder is None:
            raise NotFoundProblem(
                "this server knows no workspace, so it has no models",
                where=kind,
                do="start it with `clientela serve --workspace DIR`",
            )
        if self._read_pointer(kind) is None:
            raise NotFoundProblem(
                f"the workspace of this server holds no model of the kind '{kind}'",
                where=kind,
                do="`clientela run FILE` learns it where the data allow; see `clientela models`",
            )
        return self._folder
