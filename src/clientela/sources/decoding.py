"""Text of any encoding to UTF-8, strictly, through Python's codecs.

What no one named is tried in order over the whole file: UTF-8, then windows-1252, then Latin-1,
which reads every byte. A byte order mark settles it.
"""

import codecs
from collections.abc import Iterable, Iterator

from clientela.errors import ConfigError, SourceError
from clientela.sources.counting import line_ends

GUESSES = ("utf-8", "windows-1252", "latin-1")
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Undecodable(Exception):
    """A file holds bytes that its supposed encoding does not know."""

    def __init__(self, encoding: str, byte: int, line: int) -> None:
        super().__init__(encoding, byte, line)
        self.encoding = encoding
        self.byte = byte
        self.line = line

    def explain(self, where: str) -> SourceError:
        """Return the error that shows where the encoding fails."""
        return SourceError(
            f"byte 0x{self.byte:02X} on line {self.line:,} is not {self.encoding}",
            where=where,
            do='correct source.encoding, such as "utf-8" or "windows-1252", or leave it out',
        )


def encodings(first: bytes, configured: str | None) -> tuple[str, ...]:
    r"""Return the encodings to try, in order.

    Raises
    ------
    ConfigError
        The given one is none that Python knows.

    Examples
    --------
    >>> encodings(b"\xff\xfea\0", None), encodings(b"a,b", "cp1252")
    (('utf-16',), ('cp1252',))
    """
    if configured is None:
        marked = [name for mark, name in MARKS if first.startswith(mark)]
        return (marked[0],) if marked else GUESSES
    try:
        name = codecs.lookup(configured).name
    except LookupError:
        raise ConfigError(
            f"there is no encoding '{configured}'",
            where="source.encoding",
            do='name one that Python knows, such as "utf-8" or "windows-1252"',
        ) from None
    if name == "utf-8" and first.startswith(codecs.BOM_UTF8):
        return ("utf-8-sig",)
    return (configured,)


def to_utf8(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Transcode chunks of text.

    Raises
    ------
    Undecodable
        A byte does not belong to the encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    as_it_is = encoding == "utf-8"
    line = 1
    for chunk in chunks:
        pending = decoder.getstate()[0]
        if as_it_is and not pending and chunk.isascii():
            yield chunk
        else:
            text = _decode_chunk(decoder, chunk, line)
            yield chunk if as_it_is else text.encode()
        line += line_ends(chunk)
    yield _decode_chunk(decoder, b"", line, final=True).encode()[:0]


def _decode_chunk(
    decoder: codecs.IncrementalDecoder, chunk: bytes, line: int, final: bool = False
) -> str:
    try:
        return decoder.decode(chunk, final)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        raise Undecodable(
            error.encoding, error.object[error.start], line + line_ends(before)
        ) from None
