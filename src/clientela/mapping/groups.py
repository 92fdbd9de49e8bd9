"""Group headings: rows of one cell, such as "Cliente: Ana", that name the rows below them.

Reports print a person once above the person's lines. Where the evidence is unambiguous, what such
rows name becomes a column of its own, filled down to the next heading; the heading's row then tells
nothing else and is set aside. What headings without a label name, nobody can know: it is asked.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from clientela.mapping.meanings import names_total
from clientela.sources.guard import Guard
from clientela.sources.staging import ROWS_A_GROUP, Sample, StagedSource

GROUP = "group heading"  # the column of headings without a label
LABELLED = r"^\s*(?P<label>[^:0-9]{2,40}?)\s*:\s*(?P<value>\S.*?)\s*$"
LEAST_HEADINGS = 3  # by convention: fewer rows of one cell are titles and notes


Headings = dict[str, str]
"""Labels of group headings, empty where they have none, and the column that each fills."""


def lift_headings(sample: Sample) -> tuple[Sample, Headings]:
    """Turn group headings of a sample into columns; without any it comes back as it is.

    Examples
    --------
    >>> rows = [("Cliente: 1", None, None), ("2024-01-02", "A", "5")] * 3
    >>> lifted, _ = lift_headings(Sample(("Data", "Nota", "Valor"), tuple(rows)))
    >>> lifted.columns[-1], lifted.rows[0]
    ('Cliente', ('2024-01-02', 'A', '5', '1'))
    """
    texts = [_read_heading(row) for row in sample.rows]
    headings = _find_headings(sample, texts)
    if not headings:
        return sample, headings
    latest: dict[str, str | None] = dict.fromkeys(headings.values())
    rows = []
    for row, text in zip(sample.rows, texts, strict=True):
        column, value = _split_heading(text, headings) if text else (None, "")
        if column is None:
            rows.append((*row, *latest.values()))
        else:
            latest[column] = value
    return Sample((*sample.columns, *latest), tuple(rows)), headings


def lift_staged(staged: StagedSource, headings: Headings, guard: Guard) -> StagedSource:
    """Turn the group headings of a staged source into columns, as of its sample."""
    table = pq.read_table(staged.path).sort_by("source_row")
    cells = [table[name].combine_chunks() for name in staged.columns]
    filled = sum((pc.cast(pc.is_valid(cell), pa.int8()).to_numpy() for cell in cells), start=0)
    first = pc.coalesce(*cells)
    second = pc.coalesce(*reversed(cells))
    pairs = pc.and_(pa.array(filled == 2), pc.match_substring_regex(first, r":\s*$"))
    text = pc.if_else(pairs, pc.binary_join_element_wise(first, second, " "), first)
    alone = pc.or_(pa.array(filled == 1), pairs)
    lifted = pa.repeat(False, len(table))
    for label, column in headings.items():
        parts = pc.extract_regex(text, LABELLED)
        labels, values = (pc.struct_field(parts, name) for name in ("label", "value"))
        hit = pc.equal(labels, label) if label else pc.is_valid(text)
        hit = pc.fill_null(pc.and_(alone, hit), False)
        names = values if label else text
        names = pc.if_else(hit, names, pa.scalar(None, pa.string()))
        filled_down = guard.apply(column, pc.fill_null_forward(names))
        table = table.append_column(column, filled_down)
        lifted = pc.or_(lifted, hit)
    for place, name in enumerate(staged.columns):
        bare = pc.if_else(lifted, pa.scalar(None, pa.string()), cells[place])
        table = table.set_column(table.column_names.index(name), name, bare)
    pq.write_table(table, staged.path, row_group_size=ROWS_A_GROUP)
    columns = (*staged.columns, *headings.values())
    return replace(staged, columns=columns)


def describe_headings(headings: Headings) -> str:
    """Say what was filled down."""
    names = ", ".join(headings.values())
    return f"rows of one cell name the rows below them: {names} is filled down"


def _read_heading(row: Sequence[str | None]) -> str:
    """Return the text of a row of one cell, or of a label and its value; else nothing."""
    cells = [value for value in row if value is not None]
    if len(cells) == 2 and re.search(r":\s*$", cells[0]):
        return f"{cells[0]} {cells[1]}"
    return cells[0] if len(cells) == 1 else ""


def _split_heading(text: str, headings: Headings) -> tuple[str | None, str]:
    parts = re.match(LABELLED, text)
    if "" in headings:
        return headings[""], text
    if parts and parts["label"] in headings:
        return headings[parts["label"]], parts["value"]
    return None, ""


def _find_headings(sample: Sample, texts: Sequence[str]) -> Headings:
    lines = [row for row, text in enumerate(texts) if not text]
    alone = {row: text for row, text in enumerate(texts) if text and not names_total(text)}
    if len(sample.columns) < 3 or len(alone) < LEAST_HEADINGS or not lines:
        return {}
    labels: Counter[str] = Counter()
    for text in alone.values():
        parts = re.match(LABELLED, text)
        labels.update([parts["label"]] if parts else [])
    columns = {name.casefold() for name in sample.columns}
    frequent = [label for label, count in labels.items() if count >= LEAST_HEADINGS]
    if frequent:
        return {
            label: f"{label} ({GROUP})" if label.casefold() in columns else label
            for label in frequent
        }
    places = sorted(alone)
    apart = all(later - row > 1 for row, later in pairwise(places))
    stands = {next(i for i, v in enumerate(sample.rows[p]) if v is not None) for p in places}
    distinct = len({*alone.values()}) == len(alone)
    unambiguous = apart and distinct and len(stands) == 1 and places[0] < lines[0]
    return {"": GROUP} if unambiguous else {}
