"""Text in columns of a fixed width, as ERPs and mainframes print it: where its columns begin."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

MOST_LINES = 400  # by convention: gutters that so many lines keep are no chance
LEAST_LINES = 5  # below the names; by convention, as for a header below titles
LEAST_COLUMNS = 3  # a person, a day and an amount
MOST_TITLES = 20  # lines above the names; by convention
KEEPS = 0.98  # of the lines leave a gutter blank; a total's label may run across; by convention
MARKS = b",;\t|"
NUMBER = re.compile(r"[-+]?[\d.,:/-]+")
RULE = re.compile(r"[-=_+ ]+")


def find_cuts(head: bytes, at_end: bool) -> tuple[int, ...]:
    r"""Find where the columns of a text begin; none where no gutters keep them apart.

    Gutters are letters' places that are blank in nearly all lines, with a name above each column.

    Examples
    --------
    >>> lines = [
    ...     b"CLIENTE   DATA       VALOR",
    ...     *[b"ANA LIMA  2024-01-0%d   9,50" % n for n in range(1, 8)],
    ... ]
    >>> find_cuts(b"\n".join(lines), True)
    (0, 10, 21)
    """
    text = head.decode("utf-8", "ignore")
    lines = [line.rstrip() for line in text.split("\n")[: None if at_end else -1]][:MOST_LINES]
    lines = [line for line in lines if line.strip() and not RULE.fullmatch(line)]
    for above, names in enumerate(lines[:MOST_TITLES]):
        below = [line.expandtabs() for line in lines[above + 1 :]]
        if len(below) < LEAST_LINES or any(mark in names for mark in MARKS.decode()):
            return ()
        if any(NUMBER.fullmatch(word) for word in names.split()):
            continue  # a title with a page or a period, or rows without names above them
        if cuts := _find_columns(names, below):
            return cuts
    return ()


def _find_columns(names: str, lines: list[str]) -> tuple[int, ...]:
    """Return where columns begin that both the names and the lines leave apart."""
    width = max(map(len, [names, *lines]))
    filled = Counter(
        column for line in lines for column, letter in enumerate(line) if letter != " "
    )
    blank = [
        filled[column] <= (1 - KEEPS) * len(lines) and names[column : column + 1] in ("", " ")
        for column in range(width)
    ]
    starts = [p for p in range(width) if not blank[p] and (p == 0 or blank[p - 1])]
    ends = [p + 1 for p in range(width) if not blank[p] and (p + 1 == width or blank[p + 1])]
    starts, ends = _join_parts(names, filled, starts, ends)
    if len(starts) < LEAST_COLUMNS or len(names.split()) < len(starts):
        return ()
    if len(re.split(r" {2,}", names.strip())) < 2 and len(names.split()) != len(starts):
        return ()  # a sentence whose words stand above words by chance
    cuts = [0]
    for start, end in zip(starts[1:], ends, strict=False):
        flush = sum(line[start : start + 1] not in ("", " ") for line in lines)
        cuts.append(start if flush >= KEEPS * len(lines) else end + (start - end + 1) // 2)
    return tuple(cuts)


def _join_parts(
    names: str, filled: Counter[int], starts: list[int], ends: list[int]
) -> tuple[list[int], list[int]]:
    """Join what gutters part by chance: a column has a name above it, and figures below that."""
    joined: list[tuple[int, int]] = []
    for start, end in zip(starts, ends, strict=True):
        is_filled = any(filled[column] for column in range(start, end))
        if joined:
            first, last = joined[-1]
            lacks = not any(filled[column] for column in range(first, last))
            if lacks or not names[start:end].strip() or (not is_filled and start == last + 1):
                joined[-1] = first, end
                continue
        joined.append((start, end))
    return [start for start, _ in joined], [end for _, end in joined]


def cut_lines(chunks: Iterable[bytes], cuts: tuple[int, ...]) -> Iterator[bytes]:
    r"""Make a tab of every place where a column begins; a line that runs across one stays whole.

    Rules of dashes are left out.

    Examples
    --------
    >>> b"".join(cut_lines([b"ana  9\n---- -\nb", b"ia 10\nseveral words\n"], (0, 4)))
    b'ana\t9\nbia\t10\nseveral words\n'
    """
    tail = b""
    for chunk in chunks:
        complete, end, tail = (tail + chunk).rpartition(b"\n")
        yield _cut(complete + end, cuts)
    yield _cut(tail, cuts)


def _cut(lines: bytes, cuts: tuple[int, ...]) -> bytes:
    parts = []
    for line in lines.decode().splitlines(keepends=True):
        text = line.rstrip("\r\n").expandtabs()
        if text.strip() and RULE.fullmatch(text):
            continue
        is_cut = any(cut and " " not in text[cut - 1 : cut + 1] and len(text) > cut for cut in cuts)
        ends = [*cuts[1:], None]
        fields = [text[start:end].strip() for start, end in zip(cuts, ends, strict=True)]
        parts.append(text if is_cut or not text.strip() else "\t".join(fields))
        parts.append(line[len(line.rstrip("\r\n")) :])
    return "".join(parts).encode()
