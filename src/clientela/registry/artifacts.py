"""Stored models: JSON and arrays with a card, never a pickle, and moved into place whole.

::

    models/segments/
    ├── current                     the id that scores
    └── segments-20111209-5f3a…/    one folder a model, named by its day and content
        ├── model.json
        ├── arrays.npz
        ├── card.json               with the SHA-256 of the other two
    └── signature               of the card, HMAC-SHA-256 under CLIENTELA_MODEL_KEY, if it is set

The same model gives the same bytes, so it also gives the same id.
"""

import hashlib
import hmac
import io
import math
import os
import shutil
import zipfile
from pathlib import Path
from typing import IO, Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from clientela.config.database_url import read_secret
from clientela.errors import ArtifactError
from clientela.registry.card import FORMAT, Card

KEY_VARIABLE = "CLIENTELA_MODEL_KEY"
SIGNATURE = "signature"
MODEL, ARRAYS, CARD = "model.json", "arrays.npz", "card.json"
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment a zip can hold


class Artifact(NamedTuple):
    """A model taken apart: JSON-able numbers and texts, arrays, and the card."""

    kind: str
    payload: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]]
    card: Card


def save(folder: Path, artifact: Artifact) -> str:
    """Store a model beside the others of its kind and give its id; ``current`` does not change.

    Parameters
    ----------
    folder : Path
        The workspace's folder of models.
    artifact : Artifact
        What to store.
    """
    parts = _parts(artifact)
    model_id = _model_id(artifact, parts)
    parts |= _sign(parts[CARD], read_secret(KEY_VARIABLE))
    model_folder = folder / artifact.kind / model_id
    if not _holds(model_folder, parts):
        _move_in(parts, model_folder)
    return model_id


def load(folder: Path, kind: str, model_id: str) -> Artifact:
    """Read a stored model after checking its parts against the card.

    Raises
    ------
    ArtifactError
        A part is missing, altered or of a later format, or the card is not signed with the key.
    """
    model_folder = folder / kind / model_id
    _check_signature(model_folder)
    card = _card(model_folder)
    content = {name: _read_part(model_folder, name, card) for name in (MODEL, ARRAYS)}
    try:
        payload = msgspec.json.decode(content[MODEL], type=dict[str, Any])
        arrays = _unpack(content[ARRAYS])
    except (msgspec.DecodeError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise _damage_error(model_folder, f"cannot be read: {error}") from None
    return Artifact(kind, payload, arrays, card)


def remove(folder: Path, kind: str, model_id: str) -> None:
    """Remove a stored model that nothing names any more."""
    shutil.rmtree(folder / kind / model_id)


def _parts(artifact: Artifact) -> dict[str, bytes]:
    parts = {MODEL: _json(artifact.payload), ARRAYS: _pack(artifact.arrays)}
    sums = {name: hashlib.sha256(content).hexdigest() for name, content in parts.items()}
    return parts | {CARD: _json(msgspec.structs.replace(artifact.card, parts=sums))}


def sign_again(model_folder: Path, old: str, new: str) -> bool:
    """Sign a stored model under a new key; returns whether it was signed under one of the two.

    Raises
    ------
    ArtifactError
        Its card cannot be read.
    """
    card, path = _read(model_folder / CARD), model_folder / SIGNATURE
    signature = path.read_bytes() if path.is_file() else b""
    wanted = _sign(card, new)[SIGNATURE]
    if hmac.compare_digest(signature, wanted):
        return True
    if not old or not hmac.compare_digest(signature, _sign(card, old)[SIGNATURE]):
        return False
    aside = model_folder / f".{SIGNATURE}.aside"
    _write(aside, wanted)
    aside.replace(path)
    return True


def _sign(card: bytes, key: str) -> dict[str, bytes]:
    """Return the signature of a card as a further part; none without a key."""
    digest = hmac.new(key.encode(), card, hashlib.sha256).hexdigest()
    return {SIGNATURE: digest.encode()} if key else {}


def _check_signature(model_folder: Path) -> None:
    """Refuse a model that was not signed with the key, where there is one."""
    wanted = _sign(_read(model_folder / CARD), read_secret(KEY_VARIABLE)).get(SIGNATURE)
    if wanted is None:
        return
    path = model_folder / SIGNATURE
    if not path.is_file() or not hmac.compare_digest(path.read_bytes(), wanted):
        raise _damage_error(model_folder, f"is not signed with the key of {KEY_VARIABLE}")


def _model_id(artifact: Artifact, parts: dict[str, bytes]) -> str:
    digest = hashlib.sha256(b"".join(parts.values())).hexdigest()
    return f"{artifact.kind}-{artifact.card.as_of:%Y%m%d}-{digest[:12]}"


def _json(content: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(content, order="sorted"), indent=2) + b"\n"


def _pack(arrays: dict[str, npt.NDArray[Any]]) -> bytes:
    """Write an npz whose bytes depend on the arrays alone, not on the hour."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(arrays):
            content = io.BytesIO()
            array = np.ascontiguousarray(arrays[name])
            np.lib.format.write_array(content, array, allow_pickle=False)
            # Texts of trees, of which the value model holds one a past day, shrink to a quarter
            info = zipfile.ZipInfo(f"{name}.npy", EPOCH)
            archive.writestr(info, content.getvalue(), zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _unpack(content: bytes) -> dict[str, npt.NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part in archive.infolist():
            with archive.open(part) as array:
                _check_size(array, part.file_size)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def _check_size(array: IO[bytes], size: int) -> None:
    """Raise if a header promises more than the file holds: memory is taken by the header."""
    np.lib.format.read_magic(array)
    shape, _, dtype = np.lib.format.read_array_header_1_0(array)
    if math.prod(shape) * dtype.itemsize > size:
        raise ValueError("an array is shorter than it says")


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as target:
        target.write(content)
        target.flush()
        os.fsync(target.fileno())


def _holds(model_folder: Path, parts: dict[str, bytes]) -> bool:
    files = {name: model_folder / name for name in parts}
    return all(file.is_file() and file.read_bytes() == parts[name] for name, file in files.items())


def _move_in(parts: dict[str, bytes], model_folder: Path) -> None:
    for left_over in (model_folder, *model_folder.parent.glob(".*.aside")):
        shutil.rmtree(left_over, ignore_errors=True)
    aside = model_folder.with_name(f".{model_folder.name}.aside")
    aside.mkdir(parents=True)
    for name, content in parts.items():
        _write(aside / name, content)
    aside.replace(model_folder)


def _card(model_folder: Path) -> Card:
    content = _read(model_folder / CARD)
    try:
        version = msgspec.json.decode(content, type=dict[str, Any]).get("format")
        if version != FORMAT:
            raise _damage_error(
                model_folder, f"has format {version}, and this version reads {FORMAT}"
            )
        return msgspec.json.decode(content, type=Card)
    except msgspec.DecodeError as error:
        raise _damage_error(model_folder, f"has an unreadable card: {error}") from None


def _read_part(model_folder: Path, name: str, card: Card) -> bytes:
    content = _read(model_folder / name)
    if hashlib.sha256(content).hexdigest() != card.parts.get(name):
        raise _damage_error(
            model_folder, f"has a damaged part {name}: it is not what the card describes"
        )
    return content


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise _damage_error(file.parent, f"lacks {file.name}: {error.strerror}") from None


def _damage_error(model_folder: Path, what: str) -> ArtifactError:
    return ArtifactError(
        f"the stored model {model_folder.name} {what}",
        where=str(model_folder),
        do="run again with --refit",
    )
