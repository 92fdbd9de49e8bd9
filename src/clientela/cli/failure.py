"""What a command that fails says, and its exit code."""

import errno
import sys
import traceback
from typing import Any

import typer

from clientela.errors import ClientelaError, DiskFull, InputError, PlatformError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
UsageError: Any = typer.BadParameter.__base__


def failed(error: BaseException, as_json: bool) -> int:
    """Tell an error on standard error, or as a problem on standard output, and give its code."""
    known = translated(error)
    if known is None:
        traceback.print_exception(error)
        known = ClientelaError(f"{type(error).__name__}: {error}", do="please report this")
    if as_json:
        sys.stdout.write(encoded(known.problem()) + "\n")
    else:
        sys.stderr.write(f"Error: {known}\n")
    return known.exit_code


def translated(error: BaseException) -> ClientelaError | None:
    """Turn what users and machines do wrong into our own errors; None is our own fault."""
    if isinstance(error, ClientelaError):
        return error
    if isinstance(error, typer.Abort | KeyboardInterrupt):
        return PlatformError("interrupted", do="run the command again")
    if isinstance(error, UsageError):
        return InputError(error.format_message(), do="see clientela COMMAND --help")
    if isinstance(error, OSError) and error.errno in FULL:
        return DiskFull("no space left on the disk", where=_place(error), do="free it, run again")
    if isinstance(error, PermissionError):
        return PlatformError("permission denied", where=_place(error), do="see who owns it")
    return None


def encoded(facts: dict[str, Any]) -> str:
    """Write facts as one JSON object."""
    import msgspec

    return msgspec.json.encode(facts, enc_hook=str).decode()


def _place(error: OSError) -> str:
    return str(error.filename or "")
