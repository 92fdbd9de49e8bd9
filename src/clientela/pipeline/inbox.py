"""A folder of new files: taken in the order they came, moved when they are in, refused by name."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from clientela.config.system import DONE, REFUSED
from clientela.errors import InputError
from clientela.pipeline.reading import RunRequest

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
"""Endings that programs give to files they still write, by their own conventions."""

Run = Callable[[RunRequest], dict[str, Any]]


def list_inbox(folder: Path) -> list[Path]:
    """Return the files that are there whole, the oldest first; hidden ones are no exports.

    Raises
    ------
    InputError
        There is no such folder.
    """
    if not folder.is_dir():
        raise InputError(
            "there is no such inbox", where=str(folder), do="make the folder, or correct --inbox"
        )
    files = [
        path
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith(".") and path.suffix not in UNFINISHED
    ]
    return sorted(files, key=lambda path: (path.stat().st_mtime_ns, path.name))


def run_inbox(folder: Path, request: RunRequest, run: Run, now: dt.datetime) -> dict[str, Any]:
    """Run with all files of an inbox; those that cannot be read are set aside, the others go in.

    A file that went in stands in ``done``, with the moment before its name, after the run was
    published; a run that dies leaves it where it was, and rows that are held already change
    nothing. A refused file stands in ``refused`` beside its problem, ``NAME.problem.json``.

    Parameters
    ----------
    run : callable
        The whole job.

    Returns
    -------
    dict
        What the run gives, with ``inbox``: the names ``taken`` and those ``refused`` with why.

    Raises
    ------
    InputError
        What is wrong is not one file's fault, or nothing could be taken at all.
    """
    files, refused = list_inbox(folder), []
    while True:
        sources = request.sources + tuple(map(str, files))
        try:
            facts = run(dataclasses.replace(request, sources=sources))
            break
        except InputError as error:
            blamed = [path for path in files if path.name in error.where]
            if len(blamed) != 1:
                raise
            files.remove(blamed[0])
            _set_aside(blamed[0], error)
            refused.append({"file": blamed[0].name, "problem": str(error)})
            if not files:
                raise
    stamp = now.strftime("%Y%m%dT%H%M%S")
    for path in files:
        _move(path, folder / DONE / f"{stamp}-{path.name}")
    return facts | {"inbox": {"taken": [path.name for path in files], "refused": refused}}


def _set_aside(path: Path, error: InputError) -> None:
    target = path.parent / REFUSED / path.name
    _move(path, target)
    problem = msgspec.json.format(msgspec.json.encode(error.problem()))
    target.with_name(f"{path.name}.problem.json").write_bytes(problem)


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    shutil.move(path, target)
