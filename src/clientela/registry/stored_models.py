"""Which stored models there are, which one scores, and which ones did before.

Beside the models of a kind stand some small texts::

    models/churn/
    ├── current         the champion: the model that scores; empty where none does any more
    ├── challenger      a model that is compared with it, if any
    ├── history         every champion so far, one a line, the current one last
    └── chosen          the champion that a person chose, if one did

Each is replaced in one step. Who changes them holds the workspace's lock; who reads them, such as
the server, needs none.
"""

from pathlib import Path
from typing import Literal

from clientela.errors import ArtifactError
from clientela.registry.artifacts import CARD

CURRENT, CHALLENGER, HISTORY, CHOSEN = "current", "challenger", "history", "chosen"
Role = Literal["champion", "challenger", "former", "stored"]


def kinds(folder: Path) -> list[str]:
    """List the kinds of which a model is stored."""
    subfolders = folder.iterdir() if folder.is_dir() else ()
    return sorted(
        subfolder.name for subfolder in subfolders if list_model_ids(folder, subfolder.name)
    )


def list_model_ids(folder: Path, kind: str) -> list[str]:
    """List the ids of the stored models of a kind, the oldest day first."""
    return sorted(card.parent.name for card in (folder / kind).glob(f"{kind}-*/{CARD}"))


def kind_of(folder: Path, model_id: str) -> str:
    """Return the kind of a stored model.

    Raises
    ------
    ArtifactError
        There is no such model.
    """
    matching_kinds = [kind for kind in kinds(folder) if model_id in list_model_ids(folder, kind)]
    if not matching_kinds:
        raise ArtifactError(
            f"there is no stored model {model_id!r}",
            where=str(folder),
            do="see those there are with 'clientela models list'",
        )
    return matching_kinds[0]


def current(folder: Path, kind: str) -> str | None:
    """Return the id of the model that scores, or nothing before the first one.

    Raises
    ------
    ArtifactError
        The pointer names a model that is not there.
    """
    pointer = folder / kind / CURRENT
    if not pointer.exists():
        return None
    model_id = " ".join(_lines(pointer))
    if not model_id:
        return None  # retired
    if model_id not in list_model_ids(folder, kind):
        raise ArtifactError(
            f"the current model {model_id!r} is not stored",
            where=str(pointer),
            do="run again with --refit",
        )
    return model_id


def check_pointer(folder: Path, kind: str, scored: str | None = None) -> None:
    """Raise if a model of a kind has scored, and what names it is gone: that is no beginning.

    Parameters
    ----------
    scored : str, optional
        The model that scored the published run.

    Raises
    ------
    ArtifactError
        It is; the last model that scored is named.
    """
    pointer, past = folder / kind / CURRENT, _lines(folder / kind / HISTORY)
    if scored and not (folder / kind).exists():
        raise ArtifactError(
            f"the model {scored!r}, which scored the published run, is gone with all of its kind",
            where=str(folder / kind),
            do="restore the models from a backup, or learn anew with --refit",
        )
    if past and not pointer.exists():
        raise ArtifactError(
            f"nothing says any more that the model {past[-1]!r} scores",
            where=str(pointer),
            do=f"bring it back: clientela models promote {past[-1]}; or learn anew with --refit",
        )


def challenger(folder: Path, kind: str) -> str | None:
    """Return the id of the model that is compared with the one that scores; none without one."""
    named = _lines(folder / kind / CHALLENGER)
    return named[0] if named and named[0] in list_model_ids(folder, kind) else None


def history(folder: Path, kind: str) -> list[str]:
    """List the champions so far, the first one first and the current one last."""
    return _lines(folder / kind / HISTORY) or _lines(folder / kind / CURRENT)


def role(folder: Path, kind: str, model_id: str) -> Role:
    """Say what a stored model is: champion, challenger, a former champion or merely stored."""
    if _lines(folder / kind / CURRENT) == [model_id]:
        return "champion"
    if challenger(folder, kind) == model_id:
        return "challenger"
    return "former" if model_id in history(folder, kind) else "stored"


def promote(folder: Path, kind: str, model_id: str) -> None:
    """Let a stored model score from now on, in one step; the one before can be gone back to.

    Raises
    ------
    ArtifactError
        There is no such model.
    """
    _require_model(folder, kind, model_id)
    past = history(folder, kind)
    if _lines(folder / kind / CURRENT) == [model_id]:
        return
    if challenger(folder, kind) == model_id:
        (folder / kind / CHALLENGER).unlink()
    _write(folder / kind / HISTORY, [*past, model_id])
    _write(folder / kind / CURRENT, [model_id])


def renew_champion(folder: Path, kind: str, model_id: str) -> None:
    """Let a stored model stand in for the champion, as the same champion of another day.

    Raises
    ------
    ArtifactError
        There is no such model.
    """
    _require_model(folder, kind, model_id)
    if is_personal_choice(folder, kind):  # of both, so that a kill in between loses no choice
        _write(folder / kind / CHOSEN, [*_lines(folder / kind / CURRENT), model_id])
    _write(folder / kind / HISTORY, [*history(folder, kind)[:-1], model_id])
    _write(folder / kind / CURRENT, [model_id])


def settle(folder: Path, kind: str) -> None:
    """Let the history end with the current champion, where a change of both was killed midway."""
    past, here = history(folder, kind), _lines(folder / kind / CURRENT)
    if here and here[0] in past and past[-1:] != here:
        _write(folder / kind / HISTORY, past[: _last_index(past, here[0]) + 1])


def choose(folder: Path, kind: str) -> None:
    """Note that a person wants the current champion; another one makes the note void."""
    _write(folder / kind / CHOSEN, _lines(folder / kind / CURRENT))


def release(folder: Path, kind: str) -> None:
    """Note that nobody wants the current champion in particular any more."""
    (folder / kind / CHOSEN).unlink(missing_ok=True)


def is_personal_choice(folder: Path, kind: str) -> bool:
    """Check whether a person wanted the current champion."""
    here = _lines(folder / kind / CURRENT)
    return bool(here) and here[0] in _lines(folder / kind / CHOSEN)


def retire(folder: Path, kind: str) -> None:
    """Let no model of a kind score any more; all stay stored."""
    if (folder / kind / CURRENT).exists():
        _write(folder / kind / CURRENT, [])


def challenge(folder: Path, kind: str, model_id: str) -> None:
    """Name a stored model that is to be compared with the one that scores.

    Raises
    ------
    ArtifactError
        There is no such model.
    """
    _require_model(folder, kind, model_id)
    _write(folder / kind / CHALLENGER, [model_id])


def rollback(folder: Path, kind: str) -> str:
    """Let the champion before the current one score again, and give its id.

    Raises
    ------
    ArtifactError
        No earlier champion is stored.
    """
    before = list_earlier(folder, kind)
    _write(folder / kind / CURRENT, [before[-1]])
    _write(folder / kind / HISTORY, before)
    return before[-1]


def list_earlier(folder: Path, kind: str) -> list[str]:
    """Return the champions before the current one, the last one still stored.

    Raises
    ------
    ArtifactError
        None of them is.
    """
    past, here = history(folder, kind), _lines(folder / kind / CURRENT)
    before = past[: _last_index(past, here[0])] if here else past
    available_ids = set(list_model_ids(folder, kind)) - set(here)
    while before and before[-1] not in available_ids:
        before.pop()
    if not before:
        raise ArtifactError(
            f"there is no earlier model of the kind {kind!r} to go back to",
            where=str(folder / kind),
            do="choose one with 'clientela models promote ID'",
        )
    return before


def _last_index(past: list[str], model_id: str) -> int:
    """Return the last place of a model in the history; its end where it is not in it."""
    places = [index for index, champion_id in enumerate(past) if champion_id == model_id]
    return places[-1] if places else len(past)


def _require_model(folder: Path, kind: str, model_id: str) -> None:
    if model_id not in list_model_ids(folder, kind):
        raise ArtifactError(
            f"there is no stored model {model_id!r}",
            where=str(folder / kind),
            do="see those there are with 'clientela models list'",
        )


def _lines(file: Path) -> list[str]:
    """Read the words of a pointer; bytes that are no text name no model, and are told as such."""
    return file.read_text("utf-8", errors="replace").split() if file.exists() else []


def _write(file: Path, ids: list[str]) -> None:
    aside = file.with_name(f".{file.name}.aside")
    aside.write_text("".join(f"{model_id}\n" for model_id in ids), "utf-8")
    aside.replace(file)
