"""Who is held out: drawn at random within strata, and drawn the same again by whoever asks."""

import datetime as dt
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from clientela.errors import InputError
from clientela.statistics.arrays import Doubles
from clientela.statistics.sampling import hash_ids
from clientela.store.audience_reader import find_audience, read_members
from clientela.store.read import Reader, Row, RunReading, open_reader
from clientela.store.record import RunRecord

QUANTILES = 4  # by convention: quarters of former revenue, so that strata stay filled


CONTROL, TREATMENT = "control", "treatment"


ARM_SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("arm", pa.string()),
        ("stratum", pa.string()),
        ("before", pa.float64()),
        ("expected", pa.float64()),
        ("starts_on", pa.date32()),
    ]
)
"""``before`` and ``expected`` are the covariates of the read-out; ``starts_on`` the wave's day."""


PAGE = 10_000  # customers read at a time: by convention, some MB


GROUP_SCHEMA = pa.schema(
    [("customer_id", pa.string()), ("segment", pa.int64()), ("expected", pa.float64())]
)


ReadPage = Callable[[str | None, int, str | None], RunReading[list[Row]]]
"""Reads customers of a group after one of them, so many, of a run."""


AT_RISK = "at-risk"
"""The group of those whom the run lists as worth a contact."""
RETENTION = "retention"
"""The action that addresses them."""


PROGRAMME = {"insiders": None, "candidates": "candidate"}
"""Groups of the programme and their status; None is members and those about to leave."""


def assign_arms(
    customers: pa.Table,
    before: Doubles,
    name: str,
    seed: int,
    control_share: float,
    starts: Sequence[dt.date],
) -> pa.Table:
    """Draw the control within strata of segment and revenue.

    A keyed hash of the customer's id orders each stratum at random; the control is then taken
    evenly along it, so its share is right in each stratum to within one customer.

    Parameters
    ----------
    customers : pa.Table
        Of :data:`GROUP_SCHEMA`.
    before : array of float
        Each customer's revenue before the experiment.
    name, seed : str, int
        The experiment's name and the seed: together the key of the hash.
    control_share : float
        Share held out, between 0 and 1.
    starts : sequence of datetime.date
        The first day of each wave; waves hold customers of both arms and all strata alike.

    Returns
    -------
    pa.Table
        Of :data:`ARM_SCHEMA`, sorted by ``customer_id``.
    """
    order = np.argsort(np.asarray(customers["customer_id"].to_pylist(), dtype=np.str_))
    customers, before = customers.take(order), before[order]
    ids = customers["customer_id"].to_pylist()
    key = _key(name, seed)
    drawn, strata = hash_ids(ids, key), _strata(customers, before)
    start = np.random.default_rng(key).random()
    control = np.zeros(len(ids), dtype=np.bool_)
    control[np.lexsort((drawn, strata))] = _evenly(len(ids), control_share, start)
    arms = np.where(control, CONTROL, TREATMENT)
    wave = np.zeros(len(ids), dtype=np.int64)
    wave[np.lexsort((hash_ids(ids, key + 1), strata, arms))] = np.arange(len(ids)) % len(starts)
    columns = [ids, arms.tolist(), strata.tolist(), before, customers["expected"]]
    return pa.table([*columns, [starts[number] for number in wave.tolist()]], schema=ARM_SCHEMA)


def _key(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.blake2b(f"{seed}:{name}".encode(), digest_size=8).digest())


def _evenly(customers: int, share: float, start: float) -> npt.NDArray[np.bool_]:
    """Mark a share of places, evenly spaced from a random start.

    Examples
    --------
    >>> _evenly(4, 0.5, 0.0)
    array([False,  True, False,  True])
    """
    steps = np.floor(np.arange(customers + 1) * share + start)
    marks: npt.NDArray[np.bool_] = np.diff(steps) > 0
    return marks


def _strata(customers: pa.Table, before: Doubles) -> npt.NDArray[np.str_]:
    """Name each customer's segment and quarter of it by revenue; equal revenue stands together."""
    segment = customers["segment"].fill_null(0).to_numpy()
    quarter = np.ones(len(segment), dtype=np.int64)
    for stratum in np.unique(segment):
        members = segment == stratum
        breaks = np.quantile(before[members], np.arange(1, QUANTILES) / QUANTILES)
        quarter[members] = 1 + np.searchsorted(breaks, before[members])
    names = [f"{stratum}/{part}" for stratum, part in zip(segment, quarter, strict=True)]
    return np.asarray(names, dtype=np.str_)


@dataclass(frozen=True)
class ExperimentGroup:
    """A group of a run.

    Parameters
    ----------
    run : RunRecord
        The published run.
    customers : pa.Table
        Of :data:`GROUP_SCHEMA`.
    buyers_share : float or None
        Of an action's group: the share of people of the same start who bought in the past period,
        of which the group's own days say nothing.
    share_days : int
        Days of that period.
    """

    run: RunRecord
    customers: pa.Table
    buyers_share: float | None = None
    share_days: int = 1


def load_group(url: str, name: str) -> ExperimentGroup:
    """Read a group from the results database.

    Parameters
    ----------
    name : str
        ``insiders``, ``candidates``, ``at-risk``, ``segment:ID``, ``action:ID`` or
        ``audience:ID``.

    Raises
    ------
    InputError
        There is no such group, or nobody belongs to it.
    StoreError
        The database cannot be used, or holds no run.
    """
    with closing(open_reader(url)) as reader:
        read_page, base = _choose_pages(reader, name), _read_base(reader, name)
        run = reader.table("segments").run
        suppressed = reader.read_suppressed()
        expected = _read_expected(read_page, run.run_id)
        rows = [
            (*row, expected[row[0]])
            for row in _read_customers(reader, run.run_id)
            if row[0] in expected and row[0] not in suppressed
        ]
    if not rows:
        raise InputError(f"nobody belongs to the group '{name}'", do="choose another group")
    return ExperimentGroup(run, pa.table(list(zip(*rows, strict=True)), schema=GROUP_SCHEMA), *base)


def _choose_pages(reader: Reader, name: str) -> ReadPage:
    """Return what reads a group page by page.

    Raises
    ------
    InputError
        There is no such group.
    """
    if name in PROGRAMME:
        return partial(reader.read_list, "members", PROGRAMME[name])
    if name == AT_RISK:
        return partial(reader.read_list, AT_RISK, None)
    kind, _, part = name.partition(":")
    if kind == "action":
        reader.check_action(part)
        return partial(reader.read_list, "action", part)
    if kind == "audience":
        return partial(read_members, reader, find_audience(reader, part))
    segments = [str(row["segment"]) for row in reader.table("segments").content]
    if kind == "segment" and part in segments:
        return partial(reader.read_list, "customers", int(part))
    listed = [
        *PROGRAMME,
        AT_RISK,
        *(f"segment:{segment}" for segment in segments),
        "action:ID",
        "audience:ID",
    ]
    raise InputError(
        f"there is no group '{name}'", where="--group", do=f"choose {', '.join(listed)}"
    )


def _read_base(reader: Reader, name: str) -> tuple[float | None, int]:
    """Return the share of buyers among the peers of an action, and its days; None for others.

    Those at risk are the audience of an action too: their own last days say nothing either.
    """
    action_id = RETENTION if name == AT_RISK else name.removeprefix("action:")
    rows = reader.table("actions").content if name == AT_RISK or action_id != name else []
    action = next((row for row in rows if row["action_id"] == action_id), {})
    return cast(float | None, action.get("buyers_share")), cast(int, action.get("horizon_days", 1))


def _read_customers(reader: Reader, run_id: str) -> Iterator[tuple[str, int | None]]:
    after = ""
    while page := reader.read_segments(run_id, after, PAGE):
        yield from ((row.customer_id, row.segment) for row in page)
        after = page[-1].customer_id


def _read_expected(read_page: ReadPage, run_id: str) -> dict[str, float | None]:
    """Read the ids of a group with the revenue expected of each."""
    expected: dict[str, float | None] = {}
    after: str | None = None
    while page := read_page(after, PAGE, None if after is None else run_id).content:
        after = str(page[-1]["customer_id"])
        for row in page:
            expected[str(row["customer_id"])] = cast(float | None, row["expected_revenue"])
    return expected
