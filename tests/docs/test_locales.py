"""Both languages say the same things, and every text that is asked for exists."""

import ast
import json
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from clientela.contract.features import FEATURES
from clientela.contract.tables import CUSTOMERS, QUARANTINE, TRANSACTIONS
from clientela.i18n import LANGS
from clientela.store.schema import metadata
from clientela.tables.rules import RULES
from tests.conftest import ROOT

LOCALES = ROOT / "src" / "clientela" / "locales"
TOPICS = sorted(path.name for path in (LOCALES / LANGS[0]).glob("*.json"))


def read(path: Path) -> dict[str, str]:
    pairs = json.loads(path.read_text("utf-8"), object_pairs_hook=list)
    texts = dict(pairs)
    assert len(texts) == len(pairs), f"a key stands twice in {path.name}"
    return texts


def everything(lang: str) -> dict[str, str]:
    files = [read(path) for path in sorted((LOCALES / lang).glob("*.json"))]
    texts = {key: text for file in files for key, text in file.items()}
    assert len(texts) == sum(map(len, files)), "a key stands in two topics"
    return texts


def placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}


def test_all_languages_have_the_same_topics() -> None:
    for lang in LANGS:
        assert sorted(path.name for path in (LOCALES / lang).glob("*.json")) == TOPICS


@pytest.mark.parametrize("topic", TOPICS)
def test_languages_have_equal_keys_and_placeholders(topic: str) -> None:
    first, *others = (read(LOCALES / lang / topic) for lang in LANGS)
    for other in others:
        assert list(first) == list(other)
        for key, text in first.items():
            assert placeholders(text) == placeholders(other[key]), key


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_is_empty_or_ragged(lang: str) -> None:
    for key, text in everything(lang).items():
        assert text.strip() == text != "", key


def literal_keys() -> Iterator[str]:
    """Find the keys that calls of ``t`` name outright."""
    for path in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "t" and node.args:
                key = node.args[0]
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value


def keys_of_things() -> Iterator[str]:
    """Give the keys of rules, features and columns, which name theirs themselves."""
    yield from (rule.meaning_key for rule in RULES)
    yield from (feature.meaning_key for feature in FEATURES)
    yield from (f"{feature.meaning_key}.label" for feature in FEATURES)
    yield from (column.meaning_key for column in (*TRANSACTIONS, *CUSTOMERS, *QUARANTINE))
    for table in metadata.tables.values():
        yield from (column.info["meaning"] for column in table.columns)


@pytest.mark.slow
@pytest.mark.parametrize("lang", LANGS)
def test_every_text_that_is_asked_for_exists(lang: str) -> None:
    wanted = {*literal_keys(), *keys_of_things()}
    assert len(wanted) > 100
    assert wanted - set(everything(lang)) == set()
