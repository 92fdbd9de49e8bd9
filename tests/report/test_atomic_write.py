"""Files that are whole or as they were."""

from pathlib import Path

import pytest

from clientela.files.atomic_write import aside


def test_what_fails_on_the_way_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")

    def write() -> None:
        with aside(target) as place:
            place.write_text("half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write()
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert target.read_text() == "old"


def test_what_is_written_takes_the_place(tmp_path: Path) -> None:
    target = tmp_path / "report.html"
    target.write_text("old")
    with aside(target) as place:
        place.write_text("new")
        assert target.read_text() == "old"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]
