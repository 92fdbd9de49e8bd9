"""Help in the user's language: what commands and options say of themselves, and the frame."""

import inspect
import json
import re
from functools import partial
from importlib import resources
from typing import Any

from clientela.i18n import Lang

# What Typer writes around our texts, at the place where it stands
FRAME = {
    r"^Usage: ": "Uso: ",
    r"\[OPTIONS\]": "[OPÇÕES]",
    r"COMMAND \[ARGS\]\.\.\.": "COMANDO [ARGUMENTOS]...",
    r"^Options:$": "Opções:",
    r"^Arguments:$": "Argumentos:",
    r"^Commands:$": "Comandos:",
    r"Show this message and exit\.": "Mostra esta ajuda e termina.",
    r"\[default:": "[padrão:",
    r"\[required\]": "[obrigatório]",
    r"; required\]": "; obrigatório]",
}


def translate_help(command: Any, lang: Lang) -> None:
    """Let a command, and those below it, say its help in a language.

    Parameters
    ----------
    command : click command
        As Typer makes it anew for every call.
    """
    if lang != "en":
        text = (resources.files("clientela.locales") / f"help_{lang}.json").read_text("utf-8")
        _translate_command(command, json.loads(text))


def _translate_command(command: Any, texts: dict[str, str]) -> None:
    if command.help:
        command.help = texts.get(inspect.cleandoc(command.help), command.help)
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = texts.get(parameter.help, parameter.help)
    command.get_help = partial(_write_help, command.get_help)
    for inner in getattr(command, "commands", {}).values():
        _translate_command(inner, texts)


def _write_help(write: Any, context: Any) -> str:
    text = str(write(context))
    for pattern, other in FRAME.items():
        text = re.sub(pattern, other, text, flags=re.MULTILINE)
    return text
