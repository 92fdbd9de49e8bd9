"""Which stored models there are, and which one scores."""

from pathlib import Path

from clientela.errors import ArtifactError
from clientela.scoring.artifacts import CARD

CURRENT = "current"


def stored(folder: Path, kind: str) -> list[str]:
    """List the ids of the stored models of a kind, the oldest day first."""
    return sorted(card.parent.name for card in (folder / kind).glob(f"{kind}-*/{CARD}"))


def current(folder: Path, kind: str) -> str | None:
    """Give the id of the model that scores, or nothing before the first one.

    Raises
    ------
    ArtifactError
        The pointer names a model that is not there.
    """
    pointer = folder / kind / CURRENT
    if not pointer.exists():
        return None
    model_id = pointer.read_text("utf-8").strip()
    if model_id not in stored(folder, kind):
        raise ArtifactError(
            f"the current model {model_id!r} is not stored",
            where=str(pointer),
            do="run again with --refit",
        )
    return model_id


def promote(folder: Path, kind: str, model_id: str) -> None:
    """Let a stored model score from now on, in one step.

    Raises
    ------
    ArtifactError
        There is no such model.
    """
    if model_id not in stored(folder, kind):
        raise ArtifactError(
            f"there is no stored model {model_id!r}",
            where=str(folder / kind),
            do=f"choose one of {', '.join(stored(folder, kind)) or 'none yet'}",
        )
    aside = folder / kind / f".{CURRENT}.aside"
    aside.write_text(model_id + "\n", "utf-8")
    aside.replace(folder / kind / CURRENT)
