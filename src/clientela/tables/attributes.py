"""Attributes of customers that no column of ours holds: texts of any source, typed as a whole."""

import io
import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from clientela.tables.spelling import corrections

NOTHING = ("", "nan", "na", "n/a", "null", "none", "?", "-", "nd", "n/d")
POINT = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
COMMA = r"^[-+]?\d{1,3}(\.?\d{3})*,\d+$|^[-+]?\d+$"
DATE = r"^\d{4}-\d{1,2}-\d{1,2}([T ].*)?$|^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}( .*)?$"
MOSTLY = 0.98
"""Share of a column's values that decides what it holds; the others are unreadable."""
MOST_CATEGORIES = 100  # by convention: more different texts are no categories


def typed_attributes(lines: pa.Array | pa.ChunkedArray) -> tuple[pa.Table, dict[str, str]]:
    """Type the attributes that stand as JSON objects of texts, one a customer.

    Returns
    -------
    pa.Table
        One column an attribute, in the order of the names, row by row of the texts: doubles, or
        texts without spelling variants; null where nothing readable stood.
    dict
        Why others are no attributes: 'empty', 'constant', 'date', or 'free_text' where a text has
        more than 100 values.

    Examples
    --------
    >>> table, _ = typed_attributes(pa.array(['{"plan": "A", "fee": "1.5"}', '{"fee": "2"}']))
    >>> table.to_pylist()
    [{'fee': 1.5}, {'fee': 2.0}]
    """
    return typed_texts(texts_of(lines))


def texts_of(lines: pa.Array | pa.ChunkedArray) -> pa.Table:
    """Spread JSON objects of texts over columns, in the order of their names."""
    objects = pc.fill_null(lines, "{}")
    names = _names(objects)
    if not names:
        return pa.table({"": pa.nulls(len(objects))}).select([])
    combined = "\n".join(objects.to_pylist()).encode()
    schema = pa.schema([(name, pa.string()) for name in names])
    return pajson.read_json(
        io.BytesIO(combined),
        read_options=pajson.ReadOptions(use_threads=False, block_size=len(combined) + 1),
        parse_options=pajson.ParseOptions(explicit_schema=schema),
    ).select(names)


def _names(lines: pa.Array | pa.ChunkedArray) -> list[str]:
    """Name the keys; one look at each distinct shape of line, told by its text without values."""
    shapes = pc.unique(pc.replace_substring_regex(lines, r': ("([^"\\]|\\.)*"|null)', ": null"))
    return sorted({name for shape in shapes.to_pylist() for name in json.loads(shape)})


def typed_texts(texts: pa.Table) -> tuple[pa.Table, dict[str, str]]:
    """Type columns of texts, as :func:`typed_attributes`."""
    columns: dict[str, pa.ChunkedArray] = {}
    left_out: dict[str, str] = {}
    for name in texts.column_names:
        entries = drop_blanks(texts[name])
        reason = _find_misfit(entries)
        if reason:
            left_out[name] = reason
        else:
            columns[name] = _type_column(entries)
    return pa.table(columns), left_out


def drop_blanks(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Drop blanks around the texts, and words that say that nothing is known."""
    bare = pc.utf8_trim_whitespace(column)
    nothing = pc.is_in(pc.utf8_lower(bare), value_set=pa.array(NOTHING))
    return pc.if_else(nothing, pa.scalar(None, pa.string()), bare)


def _find_misfit(entries: pa.ChunkedArray) -> str:
    """Say why a column is no attribute; empty where it is one."""
    values = pc.unique(entries.drop_null())
    if len(values) < 2:
        return "constant" if len(values) else "empty"
    if _share(values, DATE) >= MOSTLY:
        return "date"
    is_text = max(_share(values, POINT), _share(values, COMMA)) < MOSTLY
    return "free_text" if is_text and len(values) > MOST_CATEGORIES else ""


def _share(values: pa.Array, pattern: str) -> float:
    return float(pc.mean(pc.cast(pc.match_substring_regex(values, pattern), pa.float64())).as_py())


def _type_column(entries: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return numbers where nearly all values are, else texts in one spelling each."""
    values = pc.unique(entries.drop_null())
    if _share(values, POINT) >= MOSTLY:
        return _numbers(entries, POINT)
    if _share(values, COMMA) >= MOSTLY:
        return _numbers(_with_point(entries), POINT)
    counted = entries.drop_null().value_counts()
    counts = dict(zip(*(counted.field(n).to_pylist() for n in ("values", "counts")), strict=True))
    changes = corrections(counts)
    spelt = pa.array([changes.get(value, value) for value in values.to_pylist()], pa.string())
    return spelt.take(pc.index_in(entries, value_set=values).combine_chunks())


def _with_point(entries: pa.ChunkedArray) -> pa.ChunkedArray:
    bare = pc.replace_substring(entries, ".", "")
    return pc.replace_substring(bare, ",", ".")


def _numbers(entries: pa.ChunkedArray, pattern: str) -> pa.ChunkedArray:
    readable = pc.match_substring_regex(entries, pattern)
    return pc.cast(pc.if_else(readable, entries, pa.scalar(None, pa.string())), pa.float64())
