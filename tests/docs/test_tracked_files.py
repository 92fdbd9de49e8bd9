"""What git tracks holds no addresses of package indexes, no machine's paths, and nothing huge."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Written in pieces, so that this file passes its own test.
INDEX_HOSTS = ("pypi" + ".org", "python" + "hosted", "registry" + ".npmjs", "conda" + ".anaconda")
MACHINE_PATHS = re.compile(r"(?<![\w.~:/-])/(?:work|root|tmp|home|Users|mnt)/" + r"[\w.]")
MERGE_MARKER = re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE)
LARGEST_BYTES = 1_500_000


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the user has
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is no git checkout")
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return [path for path in paths if path.exists()]


@pytest.fixture(scope="module")
def texts(tracked: list[Path]) -> dict[Path, str]:
    ours = [path for path in tracked if "static" not in path.parts]
    return {path: path.read_text("utf-8", errors="ignore") for path in ours}


def test_there_are_files(texts: dict[Path, str]) -> None:
    assert ROOT / "requirements.lock" in texts


@pytest.mark.parametrize("host", INDEX_HOSTS)
def test_no_line_names_a_package_index(host: str, texts: dict[Path, str]) -> None:
    assert [path for path, text in texts.items() if host in text.lower()] == []


def test_no_line_holds_a_machine_path(texts: dict[Path, str]) -> None:
    found = {
        path.name: hit.group()
        for path, text in texts.items()
        if (hit := MACHINE_PATHS.search(text))
    }
    assert found == {}


def test_no_merge_marker_is_left(texts: dict[Path, str]) -> None:
    assert [path for path, text in texts.items() if MERGE_MARKER.search(text)] == []


def test_nothing_is_huge(tracked: list[Path]) -> None:
    assert [path for path in tracked if path.stat().st_size > LARGEST_BYTES] == []


def test_the_lock_pins_versions_and_checksums_alone(texts: dict[Path, str]) -> None:
    lines = texts[ROOT / "requirements.lock"].splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert len(pins) > 50
    form = r"[\w.-]+==[\w.!+-]+ --hash=sha256:[0-9a-f]{64}"
    assert [line for line in pins if not re.fullmatch(form, line)] == []
