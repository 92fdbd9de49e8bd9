"""Tables are appended to by the rules that made them, and who is refused is told why."""

import msgspec
import pytest

from clientela.config import Settings, parse_settings
from clientela.errors import InputError
from clientela.tables.agreement import check_rules
from clientela.tables.manifest import File, Manifest

MADE = Manifest(files=(File(table="transactions", path="x.parquet", rows=1),))


def test_other_settings_and_another_version_are_told_apart() -> None:
    manifest = check_rules(Manifest(), Settings())
    manifest = msgspec.structs.replace(manifest, files=MADE.files)
    assert check_rules(manifest, Settings()) == manifest
    changed = parse_settings({"cleaning": {"rules": {"repeated_line": "quarantine"}}})
    with pytest.raises(InputError, match="settings of cleaning"):
        check_rules(manifest, changed)
    of_earlier_version = msgspec.structs.replace(manifest, cleaning="0", rules="0")
    for settings in (Settings(), changed):
        with pytest.raises(InputError, match="earlier version of Clientela") as error:
            check_rules(of_earlier_version, settings)
        assert "--replace" in error.value.do


def test_new_rules_that_change_no_decision_are_no_reason() -> None:
    """A manifest of before it named its rules goes on where its fingerprint still holds."""
    manifest = check_rules(Manifest(), Settings())
    unnamed = msgspec.structs.replace(manifest, rules="", files=MADE.files)
    assert check_rules(unnamed, Settings()).rules == manifest.rules
