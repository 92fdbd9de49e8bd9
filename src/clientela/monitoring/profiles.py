"""Profiles of a run's columns, small enough to be kept, and their drift from an earlier run's."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clientela.contract.features import FEATURES
from clientela.monitoring.check import LIMIT, MAD_TO_SIGMA, Check, State
from clientela.statistics.arrays import Doubles, doubles, is_numeric
from clientela.statistics.distance import compute_jensen_shannon, compute_psi, compute_wasserstein

BINS = 10  # by convention of PSI
LEVELS = np.linspace(0.0, 1.0, 51)
MOST_VALUES = 30  # by convention: what is rarer than the thirtieth value counts together
SCORES = ("churn_probability", "expected_revenue", "segment", "rfm_segment", "insider")
"""Scores and states whose drift is measured beside the features'."""
TEXTS = ("segment", "rfm_segment", "insider")
DRIFT_PSI = 0.5
"""The least PSI that alarms. The convention, a quarter (Siddiqi 2006), alarmed in 18 of 84 weeks of
a simulated shop without a change (``benchmarks/monitoring.py``): days since the last order and
revenue of 30 days move that far by the season alone; half was never passed there."""
AGING = ("tenure_days",)
"""Columns that grow by a day each day: they would drift in every young shop."""
LEAST_OWN_PAST = 3
"""Earlier measurements that a column needs before it alarms: young shops settle first. By
convention, as many as tell a usual value from an odd one."""


class Profile(msgspec.Struct, frozen=True, omit_defaults=True):
    """The distribution of a column.

    Parameters
    ----------
    shares : tuple of float
        Of the bins or values, then of what is beyond them, then of the missing; they add up to 1.
    edges : tuple of float
        Upper ends of the bins, that of the last bin left out.
    quantiles : tuple of float
        At 51 equidistant levels.
    values : tuple of str
        Of a column of texts, the commonest first, instead of bins.
    """

    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    values: tuple[str, ...] = ()


def profile_columns(customers: pa.Table) -> dict[str, Profile]:
    """Describe every numeric feature and every score of the customers."""
    names = [feature.name for feature in FEATURES] + list(SCORES)
    profiles = {}
    for name in names:
        if name not in customers.column_names or name in AGING or not len(customers):
            continue
        kind = customers.schema.field(name).type
        if name in TEXTS:
            profiles[name] = _profile_texts(customers[name])
        elif is_numeric(kind):
            profiles[name] = _profile_numbers(doubles(customers, name))
    return profiles


def encode_profiles(profiles: Mapping[str, Profile]) -> list[dict[str, Any]]:
    """Return the rows of the table ``profiles``."""
    return [
        {"column": name, "profile": msgspec.json.encode(profile).decode()}
        for name, profile in profiles.items()
    ]


def measure_drift(
    customers: pa.Table,
    now: Mapping[str, Profile],
    reference: Mapping[str, Profile],
    past: Mapping[str, Sequence[float]],
) -> list[dict[str, Any]]:
    """Measure how far each column moved from a reference run.

    Parameters
    ----------
    customers : pa.Table
        Today's, counted in the bins of the reference.
    now, reference : mapping
        Column to its profile.
    past : mapping
        Column to the PSI of earlier runs, each from its own reference.

    Returns
    -------
    list of dict
        ``column``, ``psi``, ``jensen_shannon``, ``wasserstein`` (of numbers), ``psi_limit`` and
        whether it ``drifted``.
    """
    rows = []
    for name in sorted(set(now) & set(reference)):
        then = reference[name]
        shares = count_shares(customers, name, then)
        psi = compute_psi(np.array(then.shares), shares)
        moved = None
        if now[name].quantiles and then.quantiles:
            moved = compute_wasserstein(np.array(then.quantiles), np.array(now[name].quantiles))
        limit = choose_limit(past.get(name, []))
        rows.append(
            {
                "column": name,
                "psi": psi,
                "jensen_shannon": compute_jensen_shannon(np.array(then.shares), shares),
                "wasserstein": moved if moved is not None and np.isfinite(moved) else None,
                "psi_limit": limit,
                "drifted": psi > limit and len(past.get(name, [])) >= LEAST_OWN_PAST,
            }
        )
    return rows


def choose_limit(past: Sequence[float]) -> float:
    """Return the PSI that alarms: what the column usually moved and six deviations, or more.

    Examples
    --------
    >>> choose_limit([]), round(choose_limit([0.1, 0.2, 0.3]), 2)
    (0.5, 1.09)
    """
    if not past:
        return DRIFT_PSI
    middle = float(np.median(past))
    spread = MAD_TO_SIGMA * float(np.median(np.abs(np.asarray(past) - middle)))
    return max(DRIFT_PSI, middle + LIMIT * spread)


def check_drift(rows: list[dict[str, Any]]) -> Check:
    """Judge the drift of all columns as one cause.

    Without an earlier run it is not measured; what moved without a past of its own is not judged.
    """
    if not rows:
        return Check("drift", "drift", "learning")
    drifted = sorted((row for row in rows if row["drifted"]), key=lambda row: -row["psi"])
    names = ", ".join(row["column"] for row in drifted[:5])  # by convention: what a line holds
    worst = max(rows, key=lambda row: row["psi"] / row["psi_limit"])
    moved = worst["psi"] > worst["psi_limit"]
    state: State = "alarm" if drifted else "learning" if moved else "ok"
    return Check("drift", "drift", state, "", worst["psi"], None, None, worst["psi_limit"], names)


def count_shares(customers: pa.Table, name: str, profile: Profile) -> Doubles:
    """Return today's shares over the bins or values of a profile, as its ``shares`` are ordered."""
    rows = max(len(customers), 1)
    if profile.values:
        texts = customers[name].cast(pa.string())
        positions = pc.index_in(texts, value_set=pa.array(profile.values)).to_numpy()
        missing = texts.null_count
        counts = np.bincount(
            positions[~np.isnan(positions)].astype(np.intp), minlength=len(profile.values)
        )
        shares: Doubles = np.r_[counts, len(texts) - counts.sum() - missing, missing] / rows
        return shares
    values = doubles(customers, name)
    present = values[~np.isnan(values)]
    bins = np.searchsorted(np.array(profile.edges), present, side="left")
    counts = np.bincount(bins, minlength=len(profile.edges) + 1)
    beyond_edges = 0  # the last bin has no upper end
    binned: Doubles = np.r_[counts, beyond_edges, len(values) - len(present)] / rows
    return binned


def _profile_numbers(values: Doubles) -> Profile:
    present = values[~np.isnan(values)]
    if not len(present):
        return Profile(shares=(0.0, 0.0, 1.0))
    edges = np.unique(np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    edges = edges[edges < present.max()]
    counts = np.bincount(np.searchsorted(edges, present, side="left"), minlength=len(edges) + 1)
    shares = np.r_[counts, 0, len(values) - len(present)] / len(values)
    quantiles = np.quantile(present, LEVELS, method="inverted_cdf")
    return Profile(
        tuple(map(float, shares)), tuple(map(float, edges)), tuple(map(float, quantiles))
    )


def _profile_texts(column: pa.ChunkedArray) -> Profile:
    texts = column.cast(pa.string())
    pairs = texts.drop_null().value_counts().to_pylist()
    pairs.sort(key=lambda pair: (-pair["counts"], pair["values"]))
    commonest = pairs[:MOST_VALUES]
    counts = [pair["counts"] for pair in commonest]
    missing = texts.null_count
    counts += [len(texts) - sum(counts) - missing, missing]
    values = tuple(pair["values"] for pair in commonest)
    return Profile(tuple(count / len(texts) for count in counts), values=values)
