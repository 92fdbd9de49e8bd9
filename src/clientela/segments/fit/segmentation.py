"""Segmentation: fitted once with its evidence, and fitted again only for a reason.

The same customers give the same bytes, whatever their order and the number of threads: rows are put
in the order of their ids, samples are drawn by a hash, and one thread does the arithmetic.
"""

import datetime as dt
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.config import Segments
from clientela.progress import Progress
from clientela.registry.card import Card, FeatureType, versions
from clientela.segments.fit.evaluation import Evaluation
from clientela.segments.fit.out_of_time import SnapshotPair
from clientela.segments.fit.selection import CandidateSelection
from clientela.segments.fit.space_sample import (
    draw_sample,
    fit_space,
    list_required_features,
    list_space_features,
)
from clientela.segments.fit.spaces import COMMON
from clientela.segments.score.model import KIND, SegmentModel
from clientela.statistics.arrays import doubles, sort_by_customer

__all__ = ["explain_refit", "fit_segments", "list_parameters", "list_required_features"]

PACKAGES = ("clientela", "numpy", "scikit-learn")

LEAST_CUSTOMERS = 2
"""One customer is no segment, whatever share of a small firm that is."""


def fit_segments(
    snapshot: pa.Table,
    settings: Segments,
    *,
    as_of: dt.date,
    data_hash: str,
    past: SnapshotPair | None = None,
    progress: Progress | None = None,
) -> SegmentModel:
    """Find the segments of a snapshot's customers.

    Candidates of ``candidate_spec`` are fitted and measured within the budget, and one is taken by
    the rule of ``choice``. Where the customers are too few or too alike for that, fewer segments
    are tried, down to one for all. Ids run from 1, the segment of highest revenue a customer first.
    ``card.scores`` holds the evidence: every candidate with its figures and verdict; ``card.notes``
    what was left out and what is to be minded.

    Parameters
    ----------
    snapshot : pa.Table
        ``customer_id`` and the features of :func:`list_required_features`, one row a customer.
    settings : Segments
        What to try, within which limits.
    as_of : datetime.date
        The day of the snapshot.
    data_hash : str
        Hash of the canonical tables behind it.
    past : pair of pa.Table, optional
        Of :func:`clientela.segments.fit.out_of_time.read_snapshot_pair`; no foresight is measured
        without it.
    progress : Progress, optional
        Where the number of finished candidates is shown.

    Raises
    ------
    ConfigError
        A configured feature is unknown or not numeric, or ``segments.force`` names no candidate.
    MissingExtra
        A space that UMAP draws is configured without umap-learn.
    """
    from sklearn import config_context

    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        customers = sort_by_customer(_select_columns(snapshot, settings))
        sample = draw_sample(customers, settings)
        # the least share, rounded as shares are, keeps single customers from being segments
        least_share = round(LEAST_CUSTOMERS / max(len(sample), LEAST_CUSTOMERS), 6)
        limits = msgspec.structs.replace(settings, min_share=max(settings.min_share, least_share))
        selection = CandidateSelection(
            Evaluation(sample, limits, everyone=sample is customers, past=past, progress=progress)
        )
        selection.select()
        return _build_model(selection, customers, settings, as_of, data_hash)


def explain_refit(
    model: SegmentModel, snapshot: pa.Table, settings: Segments, *, forced: bool = False
) -> str | None:
    """Explain why a stored segmentation must be fitted again; None where it serves on.

    Reasons are: it is asked for; settings changed; a feature appeared, vanished or changed its
    type; or the customers gave fewer than ``k_min`` segments and their number has doubled since.
    """
    if forced:
        return "a refit was asked for"
    now, then = list_parameters(settings), model.card.parameters
    changes = sorted(key for key in now if now[key] != then.get(key))
    if changes:
        return f"settings changed: {', '.join(changes)}"
    space_name = model.card.scores.get("space", COMMON)
    sample = draw_sample(_select_columns(snapshot, settings), settings)
    transforms = fit_space(space_name, sample, settings).transforms
    usable = {(transform.feature, transform.dtype) for transform in transforms}
    read = {(feature.name, feature.dtype) for feature in model.card.features}
    if usable != read:
        return f"features changed: {', '.join(sorted({name for name, _ in usable ^ read}))}"
    before, customers, segments = model.card.customers, snapshot.num_rows, len(model.ids)
    if segments >= settings.k_min or customers < 2 * max(before, 1):
        return None
    return f"{before} customers gave {segments} segments only, and there are {customers} now"


def list_parameters(settings: Segments) -> dict[str, Any]:
    """Return the settings that decide the fit, as the card keeps them."""
    parameters: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    parameters["features"] = list(list_space_features(COMMON, settings))
    for unrelated in ("rfm_preset", "rfm_cuts", "rfm_levels", "picture"):
        del parameters[unrelated]
    return parameters


def _select_columns(snapshot: pa.Table, settings: Segments) -> pa.Table:
    names = {"customer_id", *list_required_features(settings)}
    return snapshot.select([name for name in snapshot.column_names if name in names])


def _build_model(
    selection: CandidateSelection,
    customers: pa.Table,
    settings: Segments,
    as_of: dt.date,
    data_hash: str,
) -> SegmentModel:
    space, scores = selection.space, selection.scores
    clustering = selection.winner.clustering if selection.winner else None
    centres, owners = np.zeros((1, 0)), np.zeros(1, dtype=np.int64)
    if clustering is not None:
        revenue = np.nan_to_num(doubles(customers, "revenue"))
        points = space.place(customers)
        clustering = clustering.order_by_revenue(clustering.assign(points), revenue)
        order = np.lexsort((*clustering.centres.T, clustering.owners))
        centres, owners = clustering.centres[order], clustering.owners[order]
        scores = selection.count_everyone(clustering, clustering.assign(points), revenue)
    segments = int(owners.max()) + 1
    return SegmentModel(
        transforms=space.transforms if clustering else (),
        projection=space.projection if clustering else None,
        centres=centres,
        owners=() if len(owners) == segments else tuple(owners.tolist()),
        ids=tuple(range(1, segments + 1)),
        names=(),
        highest_id=segments,
        card=Card(
            kind=KIND,
            data_hash=data_hash,
            as_of=as_of,
            customers=customers.num_rows,
            features=tuple(FeatureType(axis.feature, axis.dtype) for axis in space.transforms),
            parameters=list_parameters(settings),
            scores=scores,
            notes=space.notes + selection.notes,
            seed=settings.seed,
            versions=versions(*PACKAGES),
        ),
    )
