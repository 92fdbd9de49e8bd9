import datetime as dt
import hashlib
import io
import time
import zipfile
from pathlib import Path

import msgspec
import numpy as np
import pytest

from clientela.errors import ArtifactError
from clientela.registry import artifacts
from clientela.registry import stored_models as registry
from clientela.registry.artifacts import ARRAYS, CARD, MODEL, Artifact
from clientela.registry.card import FORMAT, Card, FeatureType, Note

SAMPLE = Artifact(
    "segments",
    {"ids": [1, 2], "unit": 0.1},
    {"centres": np.array([[1 / 3, 2.0]]), "breaks": np.array([-np.inf, 5.0])},
    Card(
        kind="segments",
        data_hash="ab",
        as_of=dt.date(2011, 12, 9),
        customers=4_334,
        features=(FeatureType("orders", "int64"),),
        parameters={"k_min": 4},
        scores={"silhouette": 0.35},
        notes=(Note("one_segment", {"customers": 3}),),
        versions={"numpy": "2.4.6"},
    ),
)


def place(folder: Path) -> Path:
    return folder / "segments" / artifacts.save(folder, SAMPLE)


def test_a_model_comes_back_as_it_was(tmp_path: Path) -> None:
    model_id = artifacts.save(tmp_path, SAMPLE)
    back = artifacts.load(tmp_path, "segments", model_id)
    assert back.payload == SAMPLE.payload
    assert msgspec.structs.replace(back.card, parts={}) == SAMPLE.card
    for name, array in SAMPLE.arrays.items():
        assert back.arrays[name].tobytes() == array.tobytes()


def test_the_same_model_has_the_same_bytes_at_another_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = place(tmp_path / "one")
    monkeypatch.setattr(time, "time", lambda: 2e9)
    second = place(tmp_path / "other")
    assert first.name == second.name
    for name in (MODEL, ARRAYS, CARD):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_another_model_has_another_id(tmp_path: Path) -> None:
    other = SAMPLE._replace(payload={"ids": [1, 3], "unit": 0.1})
    assert artifacts.save(tmp_path, SAMPLE) != artifacts.save(tmp_path, other)
    assert len(registry.list_model_ids(tmp_path, "segments")) == 2


@pytest.mark.parametrize("name", [MODEL, ARRAYS])
@pytest.mark.parametrize("damage", ["altered", "cut", "missing"])
def test_a_damaged_part_is_refused_and_saving_again_mends_it(
    tmp_path: Path, name: str, damage: str
) -> None:
    folder = place(tmp_path)
    content = (folder / name).read_bytes()
    if damage == "missing":
        (folder / name).unlink()
    else:
        changed = content[:-9] if damage == "cut" else content[:-9] + b"7" + content[-8:]
        (folder / name).write_bytes(changed)
    with pytest.raises(ArtifactError, match=name):
        artifacts.load(tmp_path, "segments", folder.name)
    place(tmp_path)
    assert artifacts.load(tmp_path, "segments", folder.name).payload == SAMPLE.payload


@pytest.mark.parametrize(
    "card", [b"", b"{", b"[]", b"null", b'{"format": 1}', b'{"format": 1, "kind": 3}']
)
def test_an_unreadable_card_is_refused(tmp_path: Path, card: bytes) -> None:
    folder = place(tmp_path)
    (folder / CARD).write_bytes(card)
    with pytest.raises(ArtifactError):
        artifacts.load(tmp_path, "segments", folder.name)


def test_a_later_format_is_refused(tmp_path: Path) -> None:
    folder = place(tmp_path)
    card = msgspec.json.decode((folder / CARD).read_bytes())
    (folder / CARD).write_bytes(msgspec.json.encode(card | {"format": FORMAT + 1}))
    with pytest.raises(ArtifactError, match=f"format {FORMAT + 1}"):
        artifacts.load(tmp_path, "segments", folder.name)


def test_a_pickle_among_the_arrays_is_refused(tmp_path: Path) -> None:
    folder = place(tmp_path)
    content = io.BytesIO()
    np.lib.format.write_array(content, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
        archive.writestr("centres.npy", content.getvalue())
    card = artifacts._card(folder)
    sums = card.parts | {ARRAYS: hashlib.sha256((folder / ARRAYS).read_bytes()).hexdigest()}
    (folder / CARD).write_bytes(msgspec.json.encode(msgspec.structs.replace(card, parts=sums)))
    with pytest.raises(ArtifactError, match="pickle"):
        artifacts.load(tmp_path, "segments", folder.name)


def test_objects_cannot_be_saved(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="pickle"):
        artifacts.save(tmp_path, SAMPLE._replace(arrays={"x": np.array([{}], dtype=object)}))
    assert registry.list_model_ids(tmp_path, "segments") == []


def test_what_a_killed_run_left_aside_is_cleared_and_never_listed(tmp_path: Path) -> None:
    left = tmp_path / "segments" / ".segments-20111209-dead.aside"
    left.mkdir(parents=True)
    (left / CARD).write_text("{}")
    model_id = artifacts.save(tmp_path, SAMPLE)
    assert not left.exists()
    assert registry.list_model_ids(tmp_path, "segments") == [model_id]


def test_the_current_model_is_the_promoted_one(tmp_path: Path) -> None:
    assert registry.current(tmp_path, "segments") is None
    model_id = artifacts.save(tmp_path, SAMPLE)
    assert registry.current(tmp_path, "segments") is None
    registry.promote(tmp_path, "segments", model_id)
    assert registry.current(tmp_path, "segments") == model_id


def test_a_model_that_is_not_stored_is_neither_promoted_nor_current(tmp_path: Path) -> None:
    model_id = artifacts.save(tmp_path, SAMPLE)
    with pytest.raises(ArtifactError, match="no stored model"):
        registry.promote(tmp_path, "segments", "segments-20111209-other")
    registry.promote(tmp_path, "segments", model_id)
    (tmp_path / "segments" / model_id / CARD).unlink()
    with pytest.raises(ArtifactError, match="not stored"):
        registry.current(tmp_path, "segments")


def test_a_header_that_promises_more_than_the_file_holds_takes_no_memory(tmp_path: Path) -> None:
    folder = place(tmp_path)
    header = io.BytesIO()
    huge = {"descr": "<f8", "fortran_order": False, "shape": (1 << 36,)}
    np.lib.format.write_array_header_1_0(header, huge)
    with zipfile.ZipFile(folder / ARRAYS, "w") as archive:
        archive.writestr("centres.npy", header.getvalue())
    card = msgspec.json.decode((folder / CARD).read_bytes(), type=Card)
    digest = hashlib.sha256((folder / ARRAYS).read_bytes()).hexdigest()
    card = msgspec.structs.replace(card, parts=card.parts | {ARRAYS: digest})
    (folder / CARD).write_bytes(msgspec.json.encode(card))
    with pytest.raises(ArtifactError, match="an array is shorter than it says"):
        artifacts.load(tmp_path, "segments", folder.name)


def test_where_there_is_a_key_unsigned_models_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned = artifacts.save(tmp_path / "before", SAMPLE)
    monkeypatch.setenv(artifacts.KEY_VARIABLE, "the firm's")
    with pytest.raises(ArtifactError, match="not signed"):
        artifacts.load(tmp_path / "before", "segments", unsigned)
    signed = artifacts.save(tmp_path, SAMPLE)
    assert signed == unsigned
    assert artifacts.load(tmp_path, "segments", signed).payload == SAMPLE.payload
    monkeypatch.setenv(artifacts.KEY_VARIABLE, "another's")
    with pytest.raises(ArtifactError, match="not signed"):
        artifacts.load(tmp_path, "segments", signed)
    monkeypatch.delenv(artifacts.KEY_VARIABLE)
    assert artifacts.load(tmp_path, "segments", signed).payload == SAMPLE.payload
