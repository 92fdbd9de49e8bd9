"""What a person sees while long work runs: a bar on a terminal, plain lines elsewhere."""

import io
from functools import partial

import pytest

from clientela.i18n import translate_facts
from clientela.progress import STAGES, Progress


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def no_log_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENTELA_LOG", raising=False)


def test_a_terminal_shows_how_far_the_run_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    progress = Progress("r1", stream)
    with progress.stage("value"):
        pass
    assert "value         " in stream.getvalue()
    assert f"{STAGES.index('value') + 1}/{len(STAGES)}" in stream.getvalue()
    assert "event=stage" not in stream.getvalue()


def test_the_bar_speaks_the_language_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    stream = Terminal()
    progress = Progress("r1", stream, partial(translate_facts, lang="pt_BR"))
    for name in STAGES:
        with progress.stage(name):
            pass
    assert all(word in stream.getvalue() for word in ("leitura", "publicação", "monitoramento"))
    assert "stage" not in stream.getvalue()


def test_elsewhere_a_stage_is_a_plain_line() -> None:
    stream = io.StringIO()
    progress = Progress("r1", stream)
    with progress.stage("value"):
        pass
    (line,) = stream.getvalue().splitlines()
    assert "event=stage run_id=r1 stage=value" in line
    assert "\x1b" not in line
    assert progress.seconds["value"] >= 0
