"""The segmentation: fitted once with its evidence, and fitted again only for a reason.

The same customers give the same bytes, whatever their order and the number of threads: rows are put
in the order of their ids, samples are drawn by a hash, and one thread does the arithmetic.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from threadpoolctl import threadpool_limits

from clientela.config import Segments
from clientela.models.choice import Candidate, choose
from clientela.models.foresight import Past
from clientela.models.spaces import DEFAULT_FEATURES, SPACES, Space
from clientela.models.stability import over_seeds
from clientela.models.trial import Trial
from clientela.progress import Progress
from clientela.scoring.card import Card, FeatureType, Note, versions
from clientela.scoring.columns import Doubles, by_customer, doubles
from clientela.scoring.sampling import sample
from clientela.scoring.segments import KIND, SegmentModel

SPACE, ALGORITHM = "log", "kmeans"
SEEDS = 4
PACKAGES = ("clientela", "numpy", "scikit-learn")
Scores = dict[str, Any]


def fit(
    snapshot: pa.Table,
    settings: Segments,
    *,
    as_of: dt.date,
    data_hash: str,
    past: Past | None = None,
    progress: Progress | None = None,
) -> SegmentModel:
    """Find the segments of a snapshot's customers.

    Every number of segments from ``k_min`` to ``k_max`` is fitted and measured, and one is taken by
    the rule of :mod:`clientela.models.choice`. Where the customers are too few or too alike for
    that, fewer segments are tried, down to one for all. Ids run from 1, the segment of highest
    revenue a customer first. ``card.scores`` holds the evidence: every candidate with its figures
    and verdict; ``card.notes`` what was left out and why.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer: ``customer_id``, ``revenue`` and the features of the space.
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
        A configured feature is unknown or not numeric.
    """
    with threadpool_limits(1):
        customers = by_customer(_read(snapshot, settings))
        taken = _sampled(customers, settings)
        space = SPACES[SPACE](taken, _names(settings))
        centres, scores, notes = _divide(_trial(space, customers, taken, settings))
    transforms = space.transforms if len(centres) > 1 else ()
    return SegmentModel(
        transforms=transforms,
        centres=centres,
        ids=tuple(range(1, len(centres) + 1)),
        names=(),
        card=Card(
            kind=KIND,
            data_hash=data_hash,
            as_of=as_of,
            customers=customers.num_rows,
            features=tuple(FeatureType(one.feature, one.dtype) for one in space.transforms),
            parameters=parameters(settings),
            scores=scores,
            notes=space.notes + notes,
            seed=settings.seed,
            versions=versions(*PACKAGES),
        ),
    )


def needs_refit(
    model: SegmentModel, snapshot: pa.Table, settings: Segments, *, forced: bool = False
) -> str | None:
    """Say why a stored segmentation must be fitted again, or nothing where it serves on.

    Reasons are: it is asked for; settings changed; a feature appeared, vanished or changed its
    type; or the customers gave fewer than ``k_min`` segments and their number has doubled since.
    """
    if forced:
        return "a refit was asked for"
    now = parameters(settings)
    changed = sorted(key for key in now if now[key] != model.card.parameters.get(key))
    if changed:
        return f"settings changed: {', '.join(changed)}"
    taken = _sampled(_read(snapshot, settings), settings)
    usable = {(one.feature, one.dtype) for one in SPACES[SPACE](taken, _names(settings)).transforms}
    fitted = {(one.name, one.dtype) for one in model.card.features}
    if usable != fitted:
        return f"features changed: {', '.join(sorted({name for name, _ in usable ^ fitted}))}"
    return _outgrown(model, snapshot.num_rows, settings)


def wanted(settings: Segments) -> tuple[str, ...]:
    """Name the features that a fit reads, revenue among them."""
    return tuple(sorted({"revenue", *_names(settings)}))


def parameters(settings: Segments) -> dict[str, Any]:
    """Give the settings that decide the fit, as the card keeps them."""
    kept = msgspec.structs.asdict(settings) | {"features": list(_names(settings))}
    del kept["rfm_preset"]
    return kept | {"space": SPACE, "algorithm": ALGORITHM}


def _names(settings: Segments) -> tuple[str, ...]:
    return settings.features or DEFAULT_FEATURES


def _read(snapshot: pa.Table, settings: Segments) -> pa.Table:
    wanted = {"customer_id", "revenue", *_names(settings)}
    return snapshot.select([name for name in snapshot.column_names if name in wanted])


def _sampled(customers: pa.Table, settings: Segments) -> pa.Table:
    if customers.num_rows <= settings.sample_rows:
        return customers
    ids = customers.column("customer_id").to_pylist()
    return customers.take(sample(ids, settings.sample_rows, settings.seed))


def _trial(space: Space, customers: pa.Table, taken: pa.Table, settings: Segments) -> Trial:
    everyone = space.points(customers)
    return Trial(
        space=SPACE,
        algorithm=ALGORITHM,
        points=everyone if taken is customers else space.points(taken),
        everyone=everyone,
        revenue=doubles(customers, "revenue"),
        settings=settings,
    )


def _divide(trial: Trial) -> tuple[Doubles, Scores, tuple[Note, ...]]:
    """Try the numbers asked for, then fewer, then one segment for all."""
    evidence: list[Scores] = []
    most = trial.most_segments()
    for numbers in _bands(trial.settings):
        tried = [k for k in numbers if k <= most]
        evidence += [_skipped(trial, k, most) for k in numbers if k > most]
        centres = [trial.centres(k) for k in tried]
        candidates = trial.candidates(centres)
        winner, verdicts = choose(candidates, trial.settings)
        evidence += [_evidence(*pair) for pair in zip(candidates, verdicts, strict=True)]
        if winner is not None:
            chosen = centres[tried.index(winner.k)]
            return chosen, _scores(trial, winner, chosen, evidence), _remarks(winner, trial)
    alone = {"candidates": evidence, "segments": 1}
    note = Note("one_segment", {"customers": len(trial.everyone)})
    return np.zeros((1, 0)), alone, (note,)


def _bands(settings: Segments) -> Iterator[range]:
    yield range(settings.k_min, settings.k_max + 1)
    yield range(2, settings.k_min)


def _skipped(trial: Trial, k: int, most: int) -> Scores:
    verdict = Note("too_few", {"segments": k, "most": max(most, 1)})
    return {"space": trial.space, "algorithm": trial.algorithm, "k": k} | _as_json(verdict)


def _evidence(candidate: Candidate, verdict: Note) -> Scores:
    return asdict(candidate) | {
        "stability": candidate.stability._asdict() if candidate.stability else None,
        **_as_json(verdict),
    }


def _as_json(verdict: Note) -> Scores:
    return {"verdict": {"code": verdict.code, "values": verdict.values}}


def _scores(trial: Trial, winner: Candidate, chosen: Doubles, evidence: list[Scores]) -> Scores:
    seeds = over_seeds(trial.points, chosen, trial.fit, SEEDS, trial.settings.seed)
    return {
        "segments": winner.k,
        "silhouette": winner.silhouette,
        "bootstrap_ari": winner.stability.ari if winner.stability else None,
        "seed_ari": seeds,
        "sampled_customers": len(trial.points),
        "candidates": evidence,
    }


def _remarks(winner: Candidate, trial: Trial) -> tuple[Note, ...]:
    if winner.k >= trial.settings.k_min:
        return ()
    return (Note("fewer_segments", {"segments": winner.k, "wanted": trial.settings.k_min}),)


def _outgrown(model: SegmentModel, customers: int, settings: Segments) -> str | None:
    then, segments = model.card.customers, len(model.ids)
    if segments >= settings.k_min or customers < 2 * max(then, 1):
        return None
    return f"{then} customers gave {segments} segments only, and there are {customers} now"
