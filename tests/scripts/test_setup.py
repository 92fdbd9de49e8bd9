"""The environment is set up anew when what it depends on changes, and only then."""

from pathlib import Path

import pytest

from scripts import setup


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text(name, "utf-8")
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "STAMP", tmp_path / ".venv" / "stamp")
    monkeypatch.setattr(setup, "make_venv", lambda: None)
    return tmp_path


@pytest.fixture
def installs(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(setup, "pip", lambda *arguments: asked.append(arguments))
    return asked


def test_a_second_time_does_nothing(checkout: Path, installs: list[tuple[str, ...]]) -> None:
    setup.main()
    assert [arguments[-1] for arguments in installs] == [
        str(checkout / "requirements.lock"),
        str(checkout),
    ]
    setup.main()
    assert len(installs) == 2


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock"])
def test_a_change_sets_up_anew(name: str, checkout: Path, installs: list[tuple[str, ...]]) -> None:
    setup.main()
    (checkout / name).write_text("changed", "utf-8")
    setup.main()
    assert len(installs) == 4


def test_a_failed_install_is_tried_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: str) -> None:
        raise SystemExit("pip failed")

    monkeypatch.setattr(setup, "pip", fail)
    with pytest.raises(SystemExit, match="pip failed"):
        setup.main()
    assert not setup.STAMP.exists()


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.version_info", (3, 10, 1))
    with pytest.raises(SystemExit, match=r"needs Python 3\.11"):
        setup.main()


def test_hashes_hold_on_the_platform_they_are_of(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (checkout / ".venv").mkdir(exist_ok=True)
    monkeypatch.setattr(setup, "VENV", checkout / ".venv")
    lock = checkout / "requirements.lock"
    text = "# Files of: {}. Elsewhere not.\nrich==15.0 --hash=sha256:00\n"
    lock.write_text(text.format(setup.PLATFORM), "utf-8")
    assert setup.choose_lock(lock) == lock
    lock.write_text(text.format("cpython-9.9 moon-base"), "utf-8")
    assert setup.choose_lock(lock).read_text("utf-8").splitlines()[1] == "rich==15.0"
