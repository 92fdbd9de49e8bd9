"""The command writes the report of the published run, or says what to do."""

import json
import re
import shutil
from pathlib import Path

import pytest

from clientela.cli import main
from clientela.pipeline.reporting import build_answers
from clientela.report.answers import QUESTIONS
from clientela.report.page.printing import BROWSERS
from clientela.store.publish import publish
from tests.report.variants import whole
from tests.store.runs import everything, record


def url_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'results.db'}"


@pytest.fixture
def published(tmp_path: Path) -> str:
    material = whole()
    tables = everything(4, segment=1) | build_answers(material.tables, material.facts)
    publish(url_of(tmp_path), record(1), tables)
    return url_of(tmp_path)


@pytest.mark.parametrize(("lang", "question"), [("en", "Who are"), ("pt_BR", "Quem são")])
def test_it_writes_one_file(published: str, tmp_path: Path, lang: str, question: str) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--store", published, "--lang", lang, "--out", str(out)]) == 0
    html = out.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert question in html
    assert html.count('class="row"') == 8


def test_it_tells_programs_what_it_wrote(
    published: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "report.html"
    assert main(["report", "--store", published, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"written": str(out), "run_id": record(1).run_id, "answers": len(QUESTIONS)}


def test_a_run_without_report_says_run_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = {k: v for k, v in everything(4, segment=1).items() if k != "answers"}
    publish(url_of(tmp_path), record(1), tables)
    out = tmp_path / "report.html"
    assert main(["report", "--store", url_of(tmp_path), "--out", str(out)]) == 2
    assert "clientela run' again" in capsys.readouterr().err
    assert not out.exists()


def test_without_a_run_there_is_no_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--workspace", str(tmp_path), "--out", str(tmp_path / "r.html")]) == 3
    assert "clientela run" in capsys.readouterr().err


def test_it_prints_a_summary_of_two_pages(published: str, tmp_path: Path) -> None:
    out = tmp_path / "summary.html"
    if not any(map(shutil.which, BROWSERS)):
        pytest.skip("Chromium is not installed")
    assert main(["report", "--store", published, "--summary", "--pdf", "--out", str(out)]) == 0
    pages = re.findall(rb"/Type /Page\b", out.with_suffix(".pdf").read_bytes())
    assert 1 <= len(pages) <= 2


def test_without_chromium_it_says_what_to_install(
    published: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    out = tmp_path / "report.html"
    assert main(["report", "--store", published, "--pdf", "--out", str(out)]) == 3
    assert "install Chromium" in capsys.readouterr().err
    assert out.exists()
