"""Errors of commands: message, problem and exit code."""

import errno
import os
import re
import sys
import traceback
from typing import Any, TextIO

import typer

from clientela.errors import ClientelaError, DiskFull, InputError, PlatformError
from clientela.i18n import Lang, translate

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EROFS, errno.EIO)
PATHS = (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError)
UsageError: Any = typer.BadParameter.__base__


def report_failure(error: BaseException, as_json: bool, lang: Lang) -> int:
    """Write an error to standard error, or as a problem to standard output; return its code."""
    problem = translate_error(error)
    if problem is None:
        traceback.print_exception(error)
        problem = ClientelaError(f"{type(error).__name__}: {error}", do="please report this")
    problem.translate(lambda message: translate(message, lang))
    if as_json:
        write_line(sys.stdout, encode_facts(problem.problem()))
    else:
        write_line(sys.stderr, f"{translate('Error', lang)}: {problem}")
    return problem.exit_code


def write_line(stream: TextIO, text: str) -> None:
    """Write what a command says; that its reader has gone, as ``head`` does, changes nothing."""
    try:
        stream.write(text + "\n")
        stream.flush()
    except BrokenPipeError:
        # Else the interpreter would try again at its end, and say that it could not.
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def translate_error(error: BaseException) -> ClientelaError | None:
    """Translate faults of users and machines to our own errors; None is our own fault."""
    if isinstance(error, ClientelaError):
        return error
    if isinstance(error, typer.Abort):
        return PlatformError("the input ended", do="run the command again")
    if isinstance(error, UsageError):
        return _translate_usage_error(error)
    return _translate_system_error(error) if isinstance(error, OSError) else None


def _translate_system_error(error: OSError) -> ClientelaError | None:
    """Tell apart a full disk, a path that cannot be used and a system that refuses."""
    where = str(error.filename or "")
    if error.errno in FULL:
        return DiskFull("no space left on the disk", where=where, do="free it, run again")
    if where and isinstance(error, PATHS):
        return InputError(
            f"the path cannot be used: {error.strerror}", where=where, do="check the path"
        )
    if isinstance(error, PermissionError) or error.errno in REFUSED:
        return PlatformError(
            f"the system refuses: {error.strerror}", where=where, do="check the owner of the path"
        )
    return None


def encode_facts(facts: dict[str, Any]) -> str:
    """Write facts as one JSON object."""
    import msgspec

    return msgspec.json.encode(facts, enc_hook=str).decode()


def _translate_usage_error(error: Any) -> InputError:
    message = str(error.format_message()).rstrip().removesuffix(".")
    if message.startswith(("Usage:", "Uso:")):
        return InputError("a command is missing", do="\n".join(("choose one of", message)))
    message = message.replace("Value error, ", "")
    message = re.sub(r"\. Did you mean (.*\?)$", r" (did you mean \1)", message)
    command = error.ctx.command_path if error.ctx else "clientela"
    return InputError(message, do=f"see {command} --help")
