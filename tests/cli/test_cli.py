"""The command line: help, exit codes, and one JSON object on standard output."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from clientela.cli import app, main
from tests.shop import clientela


def commands(of: object, *path: str) -> Iterator[tuple[str, ...]]:
    if not isinstance(of, TyperGroup):
        yield path
        return
    for name, each in of.commands.items():
        yield from commands(each, *path, name)


COMMANDS = tuple(commands(get_command(app)))


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_and_json(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    from clientela import __version__

    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["run", "--bogus"], ["keys"], ["export", "x"], ["experiment", "assign"]],
)
def test_a_wrong_command_ends_with_2_and_says_what_there_is(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "Traceback" not in told.err
    assert "What to do" in told.err
    assert not re.search(r"(?<!\.)\.\.(?!\.)", told.err)  # two stops; three are an omission


@pytest.mark.parametrize(
    "arguments",
    [
        ("dictionary", "-o", "no/such/folder/x.md"),
        ("run", "{file}", "-w", "{file}"),
        ("run", "", "-w", "{folder}"),
        ("run", "{file}", "-c", "{folder}"),
        ("serve", "--port", "99999"),
        ("keys", "create", "someone", "--scope", "everything"),
        ("keys", "create", " "),
    ],
    ids=" ".join,
)
def test_a_slip_is_no_stack_trace(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.csv"
    file.write_text("customer_id,trans_date,tran_amount\n1,01-Feb-17,5\n")
    given = [each.format(file=file, folder=tmp_path) for each in arguments]
    result = clientela(capsys, *given)
    assert result.code == 2, result.out + result.err
    assert "Traceback" not in result.err
    assert result.facts["do"]


def test_an_empty_quarantine_is_an_empty_list(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "quarantine.csv"
    source.write_text(
        "customer_id,trans_date,tran_amount\n" + "".join(f"{i},01-Feb-17,5\n" for i in range(1, 6))
    )
    assert clientela(capsys, "run", source, "-w", tmp_path / "w").code == 0
    exported = clientela(capsys, "export", "quarantine", "-w", tmp_path / "w", "-o", target)
    assert exported.facts["rows"] == 0
    assert target.read_text().startswith('"source"')
    for absent in ("x.csv", "x.parquet"):
        lost = clientela(
            capsys, "export", "quarantine", "-w", tmp_path / "w", "-o", tmp_path / "no" / absent
        )
        assert (lost.code, lost.facts["title"]) == (2, "The input is wrong")


@pytest.mark.parametrize(
    ("words", "code"), [(("--version",), 0), (("report",), 3), (("report", "--json"), 3)]
)
def test_a_reader_that_has_gone_is_no_stack_trace(
    words: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    line = [sys.executable, "-m", "clientela", *words]
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as run:
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.close()
        told = run.stderr.read()
    assert run.returncode == code
    assert b"Traceback" not in told
    assert b"Exception ignored" not in told
