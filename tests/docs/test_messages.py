"""Every message that a user of the command line meets has a Portuguese one."""

import ast
import inspect
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from clientela.cli import app, main
from clientela.i18n import LANGS, load_messages, t, translate
from clientela.store import failures
from tests.conftest import ROOT

SOURCE = ROOT / "src" / "clientela"
PACKAGES = (
    *("mapping", "sources", "tables", "config", "cli", "store", "pipeline", "registry"),
    *("experiments", "engine", "privacy", "insiders", "report", "value", "files", "monitoring"),
)
RAISED = {
    *("DecisionNeeded", "LimitExceeded", "Locked", "DiskFull", "StoreTooNew", "StoreRefused"),
    *("ObjectStoreRefused", "WorkspaceDamaged", "KeyChanged"),
}
INNER = {"ValueError", "KeyError", "TypeError"}  # of our own faults, which no user meets


def write_template(node: ast.expr) -> str:
    """Write a message as its template: literals, with a placeholder for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
        return "".join(map(str, parts))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return write_template(node.left) + write_template(node.right)
    return "{}"


def find_messages() -> Iterator[str]:
    """Find what errors say and advise, and the questions of a proof."""
    files = [path for package in PACKAGES for path in sorted((SOURCE / package).rglob("*.py"))]
    for node in [n for path in files for n in ast.walk(ast.parse(path.read_text("utf-8")))]:
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        owner = getattr(getattr(node.func, "value", None), "attr", "")
        error = name in RAISED or (name.endswith("Error") and name not in INNER)
        if error or (name, owner) == ("append", "questions"):
            advice = [keyword.value for keyword in node.keywords if keyword.arg == "do"]
            for argument in [*node.args[:1], *advice]:
                if re.sub(r"\{\}|\W", "", write_template(argument)):
                    yield write_template(argument)


@pytest.mark.slow
def test_every_message_has_a_portuguese_one() -> None:
    counted = {re.sub(r"\{\d\}", "{}", english) for english in load_messages("pt_BR")}
    assert sorted(set(find_messages()) - counted) == []


def test_what_databases_say_has_a_portuguese_one() -> None:
    tables = (failures._SQLITE_ADVICE, failures._POSTGRES_ADVICE)
    advice = {sentence for table in tables for sentence in table.values()}
    refusal = "PostgreSQL cannot be reached: connection refused"
    assert not {text for text in (*advice, refusal) if translate(text, "pt_BR") == text}


def test_messages_keep_their_placeholders() -> None:
    for english, other in load_messages("pt_BR").items():
        fields = [{f for _, f, _, _ in string.Formatter().parse(t) if f} for t in (english, other)]
        assert fields[0] == fields[1], english


def test_what_fills_a_message_stays() -> None:
    question = "is amount already off revenue? no arithmetic says it"
    assert translate(f"it is in doubt how the source is to be read:\n- {question}", "pt_BR") == (
        "não está claro como ler o arquivo:\n"
        "- amount já foi descontado de revenue? nenhuma conta diz"
    )


@pytest.mark.parametrize(
    ("english", "other"),
    [
        (
            "48,082 transactions, 1,234,567 rows in the quarantine",
            "48.082 transações, 1.234.567 linhas na quarentena",
        ),
        ("79.5 GB free, the workspace takes 0.1", "79,5 GB livres; a pasta de trabalho ocupa 0,1"),
        ("yes: the net is 1,899.50", "sim: o líquido é 1.899,50"),
        ("there is no encoding '1,234'", "não há codificação '1,234'"),
        ("there is no encoding 'a/1,234.csv'", "não há codificação 'a/1,234.csv'"),
        ("write it like 12.5", "escreva como 12.5"),
        ("1,080 files: there", "1.080 arquivos: there"),
    ],
)
def test_numbers_are_written_as_the_language_has_them(english: str, other: str) -> None:
    """What people type, as it stands in quotes, in paths and in settings, stays."""
    assert translate(english, "pt_BR") == other


def test_the_place_of_an_error_is_in_the_language_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "sales.csv"
    source.write_text("a;b\n1;2\n")
    words = ["run", str(source), "-w", str(tmp_path / "w"), "--lang", "pt_BR", "--json"]
    assert main(words) == 2
    problem = json.loads(capsys.readouterr().out)
    assert problem["where"] == f"{source}: colunas encontradas: a, b"
    assert problem["detail"].endswith(
        "de vendas; faltam: customer_id; ordered_local; amount, ou unit_price ao lado de quantity"
    )


@pytest.mark.parametrize("words", [["--lang", "pt_BR"], []])
def test_errors_are_in_the_language_of_the_user(
    words: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8" if words else "pt_BR.UTF-8")
    assert main(["run", str(tmp_path / "x.csv"), "--json", "-w", str(tmp_path / "w"), *words]) == 2
    problem = json.loads(capsys.readouterr().out)
    assert problem["type"] == "urn:clientela:problem:source"
    assert problem["detail"] == "não há esse arquivo"
    assert problem["do"] == "confira o caminho"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["webhooks", "snd"], "não há o comando 'snd' (seria 'send'?). O que fazer: veja {0} "),
        (["retrain", "--nwo"], "não há a opção --nwo (opções parecidas: --now)"),
        (["backfill"], "falta a opção '--from'. O que fazer: veja {0} --help."),
        (["models", "hold"], "falta o argumento 'kind'. O que fazer: veja {0} --help."),
        (["serve", "--port", "x"], "o valor de '--port' não serve: tem de ser um número inteiro."),
        (["programme"], "falta um comando. O que fazer: escolha um destes\nUso: {0} "),
    ],
)
def test_a_wrong_command_is_refused_in_one_language(
    words: list[str],
    error: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    command = {"webhooks": "clientela webhooks", "models": "clientela models hold"}
    assert main(words) == 2
    place = command.get(words[0], f"clientela {words[0]}")
    assert capsys.readouterr().err.startswith(f"Erro: {error.format(place)}")


def read_help() -> dict[str, str]:
    return dict(json.loads((SOURCE / "locales" / "help_pt_BR.json").read_text("utf-8")))


def list_help(command: Any) -> Iterator[str]:
    """List what a command, its options and those below it say of themselves."""
    for told in (command, *command.params):
        if getattr(told, "help", None):
            yield inspect.cleandoc(told.help)
    for inner in getattr(command, "commands", {}).values():
        yield from list_help(inner)


def test_the_help_of_every_command_has_a_portuguese_one() -> None:
    texts = set(list_help(typer.main.get_command(app)))
    assert sorted(texts ^ set(read_help())) == []


@pytest.mark.parametrize(
    "words", [["--help"], ["run", "--help"], ["keys"], ["users", "add", "--help"]]
)
def test_help_is_in_one_language(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "pt_BR.UTF-8")
    main(words)
    said = "".join(capsys.readouterr())
    assert "Uso: clientela" in said
    assert not re.search(r"Usage|Options|Commands|Arguments|default|required|\bthe\b", said)


def test_sentences_begin_with_a_capital_and_contract_their_articles() -> None:
    for lang in LANGS:
        for key in ("challenger", "not_exportable", "challenger.ahead", "not_exportable.ahead"):
            text = t(f"churn.verdict.{key}", lang, champion="a model", gain="0.01")
            assert not re.search(r"\. [a-z]", text)
    values = {"dates": 2, "model": "m", "value": "22%", "naive": "o ritmo", "other": "19%"}
    assert " de o " not in t("value.mean.few", "pt_BR", **values)


def test_a_forecast_without_a_season_claims_no_short_history() -> None:
    # Long histories without a season that holds have none in their forecast either.
    assert "year" not in t("forecast.season.unknown", "en")
    assert "um ano" not in t("forecast.season.unknown", "pt_BR")


def test_who_has_not_run_yet_is_told_in_portuguese(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "-w", str(tmp_path), "--lang", "pt_BR"]) == 3
    said = capsys.readouterr().err
    assert "ainda não há banco de resultados" in said
    assert "publique um com 'clientela run ARQUIVO'" in said
