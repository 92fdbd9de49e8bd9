"""The customers of a group, as the published run knows them."""

from collections.abc import Iterator, Set
from dataclasses import dataclass

import pyarrow as pa

from clientela.errors import InputError
from clientela.store.read import open_reader
from clientela.store.reader import Reader
from clientela.store.record import RunRecord

PAGE = 10_000
GROUPS = pa.schema([("customer_id", pa.string()), ("segment", pa.int64())])
PROGRAMME = {"insiders": None, "candidates": "candidate"}
"""Groups of the programme and their status; None is members and those about to leave."""


@dataclass(frozen=True)
class Group:
    """A group of a run.

    Parameters
    ----------
    run : RunRecord
        The published run.
    customers : pa.Table
        Of :data:`GROUPS`.
    """

    run: RunRecord
    customers: pa.Table


def group_of(url: str, name: str) -> Group:
    """Read a group from the results database.

    Parameters
    ----------
    name : str
        ``insiders``, ``candidates`` or ``segment:ID``.

    Raises
    ------
    InputError
        There is no such group, or nobody belongs to it.
    StoreError
        The database cannot be used, or holds no run.
    """
    reader = open_reader(url)
    try:
        segment = None if name in PROGRAMME else _segment(reader, name)
        run = reader.segments().run
        everyone = _everyone(reader, run.run_id)
        if segment is None:
            chosen = _chosen(reader, run.run_id, PROGRAMME[name])
            rows = [row for row in everyone if row[0] in chosen]
        else:
            rows = [row for row in everyone if row[1] == segment]
    finally:
        reader.close()
    if not rows:
        raise InputError(f"nobody belongs to the group '{name}'", do="choose another group")
    ids, segments = zip(*rows, strict=True)
    return Group(run, pa.table([ids, segments], schema=GROUPS))


def _segment(reader: Reader, name: str) -> int:
    known = [str(row["segment"]) for row in reader.segments().content]
    kind, _, number = name.partition(":")
    if kind != "segment" or number not in known:
        listed = ", ".join([*PROGRAMME, *(f"segment:{each}" for each in known)])
        raise InputError(f"there is no group '{name}'", where="--group", do=f"choose {listed}")
    return int(number)


def _everyone(reader: Reader, run_id: str) -> Iterator[tuple[str, int | None]]:
    after = ""
    while page := reader.segmented(run_id, after, PAGE):
        yield from ((row.customer_id, row.segment) for row in page)
        after = page[-1].customer_id


def _chosen(reader: Reader, run_id: str, status: str | None) -> Set[str]:
    found: set[str] = set()
    after: str | None = None
    while page := reader.members(status, after, PAGE, None if after is None else run_id).content:
        after = str(page[-1]["customer_id"])
        found |= {str(row["customer_id"]) for row in page}
    return found
