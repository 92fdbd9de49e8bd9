import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import clientela.segments.fit
from clientela.i18n import LANGS, Lang, load_catalogue
from clientela.segments.describe.candidates import METRICS, tabulate_metrics, write_note
from tests.segments.crowd import fitted, grouped


def codes() -> Iterator[str]:
    """Find the codes of all notes that models make."""
    for path in Path(str(clientela.segments.fit.__file__)).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Note":
                code = node.args[0]
                assert isinstance(code, ast.Constant)
                yield str(code.value)


@pytest.mark.parametrize("lang", LANGS)
def test_every_note_has_its_sentence_and_every_sentence_its_note(lang: Lang) -> None:
    texts = {key for key in load_catalogue(lang) if key.startswith("segmentation.")}
    assert texts == {f"segmentation.{code}" for code in codes()}


@pytest.mark.parametrize("lang", LANGS)
def test_every_verdict_of_a_fit_can_be_written(lang: Lang) -> None:
    few, _ = grouped(each=6)
    for snapshot in (grouped(each=60)[0], few, few.slice(0, 2)):
        card = fitted(snapshot).card
        for candidate in card.scores["candidates"]:
            verdict = candidate["verdict"]
            assert "{" not in write_note(verdict["code"], verdict["values"], lang)
        for note in card.notes:
            assert "{" not in write_note(note.code, note.values, lang)


def test_numbers_are_written_as_readers_write_them() -> None:
    values = {"silhouette": 0.3525}
    assert "(0.352)" in write_note("chosen", values, "en")
    assert "(0,352)" in write_note("chosen", values, "pt_BR")


def test_figures_become_rows_of_the_results_database() -> None:
    card = fitted(grouped(each=60)[0]).card
    table = tabulate_metrics(card)
    rows = table.to_pylist()
    assert table.schema == METRICS
    assert [row["value"] for row in rows if row["name"] == "silhouette"] == [
        candidate["silhouette"] for candidate in card.scores["candidates"]
    ]
    stable = [row for row in rows if row["name"] == "bootstrap_ari"]
    assert all(row["low"] <= row["value"] for row in stable)
    assert rows[-1]["name"] == "seed_ari"


def test_a_single_segment_has_no_figures_but_its_verdicts() -> None:
    rows = tabulate_metrics(fitted(grouped(each=1)[0]).card).to_pylist()
    assert {row["value"] for row in rows} == {None}
    assert "segments need more customers" in rows[0]["detail"]
