"""What a command that fails says, and its exit code."""

import errno
import sys
import traceback
from typing import Any

import typer

from clientela.errors import ClientelaError, DiskFull, InputError, PlatformError

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EROFS, errno.EIO)
PATHS = (FileNotFoundError, NotADirectoryError, IsADirectoryError, FileExistsError)
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
        return _of_usage(error)
    return _of_system(error) if isinstance(error, OSError) else None


def _of_system(error: OSError) -> ClientelaError | None:
    """Tell a full disk, a path that cannot be, and a system that refuses."""
    where = str(error.filename or "")
    if error.errno in FULL:
        return DiskFull("no space left on the disk", where=where, do="free it, run again")
    if where and isinstance(error, PATHS):
        return InputError(
            f"the path cannot be used: {error.strerror}", where=where, do="check the path"
        )
    if isinstance(error, PermissionError) or error.errno in REFUSED:
        return PlatformError(
            f"the system refuses: {error.strerror}", where=where, do="see who owns the path"
        )
    return None


def encoded(facts: dict[str, Any]) -> str:
    """Write facts as one JSON object."""
    import msgspec

    return msgspec.json.encode(facts, enc_hook=str).decode()


def _of_usage(error: Any) -> InputError:
    told = str(error.format_message()).rstrip().removesuffix(".")
    if told.startswith("Usage:"):
        return InputError("a command is missing", do="choose one of\n" + told)
    return InputError(told, do="see clientela COMMAND --help")
