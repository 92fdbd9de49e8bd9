"""What ships: licences, checksums and the bill of materials."""

import pytest

from scripts.supply import (
    LESSER,
    ROOT,
    VENDORED,
    VendoredFile,
    build_bill,
    find_refused,
    hash_file,
    list_shipped,
    read_hashes,
    read_licence,
)


@pytest.fixture(scope="module")
def licences() -> dict[str, str]:
    return {name: read_licence(name) for name in list_shipped()}


def test_nothing_under_the_gpl_ships(licences: dict[str, str]) -> None:
    assert len(licences) > 30
    assert find_refused(licences) == []
    assert find_refused(licences | {"planted": "GPL-3.0-or-later"}) == ["planted"]


def test_what_is_under_the_lgpl_is_in_an_extra() -> None:
    base = (ROOT / "pyproject.toml").read_text("utf-8").partition("[project.optional-dependencies]")
    assert not any(f'"{name}' in base[0] for name in LESSER)


@pytest.mark.parametrize("file", VENDORED, ids=lambda file: file.name)
def test_vendored_files_are_what_they_say(file: VendoredFile) -> None:
    path = ROOT / file.path
    assert hash_file(path) == file.sha256
    assert file.version in path.read_text("utf-8")
    assert (path.parent / "LICENSE.txt").is_file()


def test_every_script_of_others_is_named() -> None:
    minified = {str(path.relative_to(ROOT)) for path in (ROOT / "src").rglob("*min.js")}
    assert minified == {file.path for file in VENDORED}


def test_the_bill_names_everything(licences: dict[str, str]) -> None:
    bill = build_bill(licences)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    named = {part["name"] for part in bill["components"]}
    assert named == set(licences) | {file.name for file in VENDORED}
    assert all(part["licenses"] and part["version"] for part in bill["components"])
    locked = read_hashes()
    unhashed = [part["name"] for part in bill["components"] if "hashes" not in part]
    assert [name for name in unhashed if name in locked] == []
