"""The segmentation: fitted once with its evidence, and fitted again only for a reason.

The same customers give the same bytes, whatever their order and the number of threads: rows are put
in the order of their ids, samples are drawn by a hash, and one thread does the arithmetic.
"""

import datetime as dt
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from sklearn import config_context
from threadpoolctl import threadpool_limits

from clientela.config import Segments
from clientela.progress import Progress
from clientela.registry.card import Card, FeatureType, versions
from clientela.segments.fit.evaluation import Evaluation
from clientela.segments.fit.out_of_time import TwoSnapshots
from clientela.segments.fit.selection import Outcome, select_candidate
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
LEAST_CUSTOMERS = 2  # one customer is no segment, whatever share of a small firm that is


def fit_segments(
    snapshot: pa.Table,
    settings: Segments,
    *,
    as_of: dt.date,
    data_hash: str,
    past: TwoSnapshots | None = None,
    progress: Progress | None = None,
) -> SegmentModel:
    """Find the segments of a snapshot's customers.

    Candidates of ``grid`` are fitted and measured within the budget, and one is
    taken by the rule of ``choice``. Where the customers are too few or too
    alike for that, fewer segments are tried, down to one for all. Ids run from 1, the segment of
    highest revenue a customer first. ``card.scores`` holds the evidence: every candidate with its
    figures and verdict; ``card.notes`` what was left out and what is to be minded.

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
    past : Past, optional
        Two earlier days with what followed; no foresight is measured without it.
    progress : Progress, optional
        Told how many candidates are done.

    Raises
    ------
    ConfigError
        A configured feature is unknown or not numeric, or ``segments.force`` names no candidate.
    MissingExtra
        The space of leaves is asked for without umap-learn.
    """
    with threadpool_limits(1), config_context(assume_finite=True, skip_parameter_validation=True):
        customers = sort_by_customer(_read(snapshot, settings))
        taken = draw_sample(customers, settings)
        whole = taken is customers
        limits = _limits(settings, len(taken))
        outcome = select_candidate(
            Evaluation(taken, limits, whole=whole, past=past, progress=progress)
        )
        return _model(outcome, customers, settings, as_of, data_hash)


def explain_refit(
    model: SegmentModel, snapshot: pa.Table, settings: Segments, *, forced: bool = False
) -> str | None:
    """Say why a stored segmentation must be fitted again, or nothing where it serves on.

    Reasons are: it is asked for; settings changed; a feature appeared, vanished or changed its
    type; or the customers gave fewer than ``k_min`` segments and their number has doubled since.
    """
    if forced:
        return "a refit was asked for"
    now, then = list_parameters(settings), model.card.parameters
    changed = sorted(key for key in now if now[key] != then.get(key))
    if changed:
        return f"settings changed: {', '.join(changed)}"
    space = model.card.scores.get("space", COMMON)
    fitted = fit_space(space, draw_sample(_read(snapshot, settings), settings), settings)
    usable = {(one.feature, one.dtype) for one in fitted.transforms}
    read = {(one.name, one.dtype) for one in model.card.features}
    if usable != read:
        return f"features changed: {', '.join(sorted({name for name, _ in usable ^ read}))}"
    return _outgrown(model, snapshot.num_rows, settings)


def list_parameters(settings: Segments) -> dict[str, Any]:
    """Give the settings that decide the fit, as the card keeps them."""
    kept: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(settings))
    kept["features"] = list(list_space_features(COMMON, settings))
    for of_others in ("rfm_preset", "picture"):
        del kept[of_others]
    return kept


def _limits(settings: Segments, customers: int) -> Segments:
    """Raise the smallest share allowed to that of as many customers as make a segment."""
    least = round(LEAST_CUSTOMERS / max(customers, LEAST_CUSTOMERS), 6)  # as shares are rounded
    return msgspec.structs.replace(settings, min_share=max(settings.min_share, least))


def _read(snapshot: pa.Table, settings: Segments) -> pa.Table:
    names = {"customer_id", *list_required_features(settings)}
    return snapshot.select([name for name in snapshot.column_names if name in names])


def _model(
    outcome: Outcome, customers: pa.Table, settings: Segments, as_of: dt.date, data_hash: str
) -> SegmentModel:
    space, division = outcome.ground.space, outcome.division
    scores, divided = outcome.scores, division is not None
    centres, owners = np.zeros((1, 0)), np.zeros(1, dtype=np.int64)
    if division is not None:
        revenue = np.nan_to_num(doubles(customers, "revenue"))
        points = space.points(customers)
        ordered = division.order_by_revenue(division.assign(points), revenue)
        order = np.lexsort((*ordered.centres.T, ordered.owners))
        centres, owners = ordered.centres[order], ordered.owners[order]
        scores = outcome.recounted(ordered, ordered.assign(points), revenue)
    segments = int(owners.max()) + 1
    return SegmentModel(
        transforms=space.transforms if divided else (),
        projection=space.projection if divided else None,
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
            features=tuple(FeatureType(one.feature, one.dtype) for one in space.transforms),
            parameters=list_parameters(settings),
            scores=scores,
            notes=space.notes + outcome.notes,
            seed=settings.seed,
            versions=versions(*PACKAGES),
        ),
    )


def _outgrown(model: SegmentModel, customers: int, settings: Segments) -> str | None:
    then, segments = model.card.customers, len(model.ids)
    if segments >= settings.k_min or customers < 2 * max(then, 1):
        return None
    return f"{then} customers gave {segments} segments only, and there are {customers} now"
