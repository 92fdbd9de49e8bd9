"""The bytes of a file: hashed as they stand on the disk, and decompressed."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

from clientela.errors import SourceError

CHUNK_BYTES = 1 << 20  # by convention: 1 MB a read
GZIP_MAGIC = b"\x1f\x8b"


class Digest(Protocol):
    """What a hash object of the standard library offers."""

    def update(self, data: bytes, /) -> None:
        """Take further bytes."""


class _HashingFile(io.RawIOBase):
    """A file that feeds a hash with every byte read from it."""

    def __init__(self, file: io.BufferedReader, digest: Digest) -> None:
        self._file = file
        self._digest = digest

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        return data


def chunks(path: Path, digest: Digest | None = None) -> Iterator[bytes]:
    """Return the content of a file, decompressed where it is gzip, in chunks.

    Parameters
    ----------
    path : Path
        The file.
    digest : hash object, optional
        Fed with the bytes as they stand on the disk.

    Raises
    ------
    SourceError
        The file cannot be opened, or is gzip that was cut off or damaged.
    """
    digest = digest or hashlib.sha256()
    try:
        with path.open("rb") as file:
            compressed = is_gzip(path)
            reader = _HashingFile(file, digest)
            content = gzip.GzipFile(fileobj=reader, mode="rb") if compressed else reader
            while chunk := content.read(CHUNK_BYTES):
                yield chunk
    except EOFError:
        raise SourceError(
            "the compressed file is truncated: it ends in the middle",
            where=str(path),
            do="copy or download it again",
        ) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise SourceError(
            f"the compressed file is damaged: {error}",
            where=str(path),
            do="copy or download it again",
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error


def read_range(path: Path, start: int, end: int) -> Iterator[bytes]:
    """Return the bytes of a part of a file, as they stand on the disk, in chunks."""
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (chunk := file.read(min(CHUNK_BYTES, end - start))):
            start += len(chunk)
            yield chunk


def find_files(path: Path, endings: Sequence[str]) -> list[Path]:
    """List a file, or those of a folder in order: none that begins with a dot or underscore."""
    if path.is_file():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*"))
        if file.name.endswith(tuple(endings))
        and file.is_file()
        and not any(part.startswith((".", "_")) for part in file.relative_to(path).parts)
    ]


def hash_file(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path, error) from error


def try_hash(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes; empty where the file is not to be read here."""
    try:
        return hash_file(path)
    except SourceError:
        return ""


def name_files(hashes: Sequence[str]) -> str:
    """Name files by the hash of each; one by its own."""
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def is_gzip(path: Path) -> bool:
    """Check whether a file is gzip, by its first bytes."""
    return first_bytes(path, 2) == GZIP_MAGIC


def first_bytes(path: Path, size: int) -> bytes:
    """Read the first bytes of a file as it stands on the disk."""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: OSError) -> SourceError:
    """Explain why the system does not let a file be read."""
    reason = (error.strerror or str(error)).lower()
    return SourceError(
        f"the file cannot be read: {reason}", where=str(path), do="check the path and its rights"
    )
