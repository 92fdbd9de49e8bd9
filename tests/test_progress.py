"""What a person sees while long work runs: a bar on a terminal, plain lines elsewhere."""

import io

import pytest

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
    assert "value      " in stream.getvalue()
    assert f"{STAGES.index('value') + 1}/{len(STAGES)}" in stream.getvalue()
    assert "event=stage" not in stream.getvalue()


def test_elsewhere_a_stage_is_a_plain_line() -> None:
    stream = io.StringIO()
    progress = Progress("r1", stream)
    with progress.stage("value"):
        pass
    (line,) = stream.getvalue().splitlines()
    assert "event=stage run_id=r1 stage=value" in line
    assert "\x1b" not in line
    assert progress.seconds["value"] >= 0
