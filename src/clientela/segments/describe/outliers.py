"""Customers far from the rest, and what they do to the segments."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import replace

from clientela.config import Segments
from clientela.contract.features import FEATURES
from clientela.i18n import LANGS, Lang, format_number, format_share, t
from clientela.segments.describe.feature_spread import flag_far_values
from clientela.segments.fit.candidate_spec import CandidateSpec
from clientela.segments.fit.segmentation import fit_segments
from clientela.segments.fit.spaces import DEFAULT_FEATURES
from clientela.segments.score.model import Assignment, SegmentModel
from clientela.statistics.agreement import Labels, adjusted_rand_index, contingency
from clientela.statistics.arrays import Mask, doubles, list_numeric_columns, sum_exactly

MEASURED = ("amount", "count", "units")
"""Units of features with outliers: nobody is one for the days they have been away."""

UNMOVED = 0.90
"""Adjusted Rand index from which the segments are said to stay as they are."""

_UNITS = {feature.name: feature.unit for feature in FEATURES}
Facts = dict[str, Any]


def flag_outliers(snapshot: pa.Table, features: Sequence[str] = DEFAULT_FEATURES) -> Mask:
    """Flag customers beyond 2.5 interquartile ranges from the quartiles of at least one feature.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    features : sequence of str
        Those of the space; of these the amounts and counts are looked at.
    """
    found = np.zeros(snapshot.num_rows, dtype=np.bool_)
    for name in list_outlier_features(snapshot, features):
        found |= flag_far_values(doubles(snapshot, name))
    return found


def list_outlier_features(snapshot: pa.Table, features: Sequence[str]) -> list[str]:
    """Name the features in which somebody can be an outlier.

    Examples
    --------
    >>> list_outlier_features(pa.table({"orders": [1], "days_since_last": [9]}), DEFAULT_FEATURES)
    ['orders']
    """
    known = set(list_numeric_columns(snapshot))
    return [name for name in features if name in known and _UNITS.get(name) in MEASURED]


def measure_outlier_effect(
    snapshot: pa.Table,
    model: SegmentModel,
    assignment: Assignment,
    refit: Callable[[pa.Table], SegmentModel],
) -> Facts:
    """Fit again without the outliers, and compare the segments of all others.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        The segmentation with everybody in it.
    assignment : Assignment
        Its segment for each row.
    refit : callable
        Fits a snapshot with the settings of ``model``; called once, and not where there are no
        outliers.

    Returns
    -------
    dict
        JSON-able: ``features`` looked at; ``customers``, ``customers_share`` and ``revenue_share``
        of the outliers; ``segments`` and ``segments_without``; ``ari``, the adjusted Rand index of
        both divisions of the others; ``sentence_en`` and ``sentence_pt_br``. Null where it cannot
        be computed.
    """
    names = list_outlier_features(snapshot, model.features or DEFAULT_FEATURES)
    far = flag_outliers(snapshot, names)
    facts = {"features": names, **_facts(snapshot, far), "segments": len(model.ids)}
    if far.any() and not far.all():
        rest = snapshot.filter(pa.array(~far))
        other = refit(rest)
        table = contingency(
            _positions(assignment.segment[~far]), _positions(other.assign(rest).segment)
        )
        facts |= {"segments_without": len(other.ids), "ari": round(adjusted_rand_index(table), 6)}
    return facts | {f"sentence_{lang.lower()}": _sentence(facts, lang) for lang in LANGS}


def make_refit(model: SegmentModel, settings: Segments) -> Callable[[pa.Table], SegmentModel]:
    """Give what fits a snapshot as ``model`` was fitted: the same candidate, no other, untested.

    One segment for all is no candidate: then the cheapest are tried without resampling.
    """
    scores = model.card.scores
    plain = replace(settings, bootstraps=0)
    if len(model.ids) > 1:
        (parameter, value), *_ = scores["parameters"].items()
        recipe = CandidateSpec(scores["space"], scores["algorithm"], parameter, value)
        plain = replace(plain, force=recipe.label, budget=1)

    def refit(snapshot: pa.Table) -> SegmentModel:
        return fit_segments(snapshot, plain, as_of=model.card.as_of, data_hash=model.card.data_hash)

    return refit


def _facts(snapshot: pa.Table, far: Mask) -> Facts:
    revenue = doubles(snapshot, "revenue")
    everything = sum_exactly(revenue)
    return {
        "customers": int(far.sum()),
        "customers_share": float(far.mean()) if far.size else None,
        "revenue_share": sum_exactly(revenue[far]) / everything if everything > 0 else None,
        "segments_without": None,
        "ari": None,
    }


def _positions(labels: Labels) -> Labels:
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _sentence(facts: Facts, lang: Lang) -> str:
    if not facts["customers"]:
        return t("exploration.outliers.none", lang)
    key = "one" if facts["customers"] == 1 else "other"
    who = t(
        f"exploration.outliers.{key}",
        lang,
        customers=format_number(facts["customers"], lang),
        share=format_share(facts["customers_share"], lang),
        features=", ".join(t(f"feature.{name}.label", lang) for name in facts["features"]),
    )
    return " ".join([who, *_held(facts, lang), _effect(facts, lang)])


def _held(facts: Facts, lang: Lang) -> list[str]:
    held = facts["revenue_share"]
    if held is None:
        return []
    return [t("exploration.outliers.revenue", lang, share=format_share(held, lang))]


def _effect(facts: Facts, lang: Lang) -> str:
    if facts["ari"] is None:
        return t("exploration.outliers.everyone", lang)
    return t(
        f"exploration.outliers.{_shape(facts)}",
        lang,
        ari=format_number(facts["ari"], lang, 2),
        segments=format_number(facts["segments"], lang),
        without=format_number(facts["segments_without"], lang),
    )


def _shape(facts: Facts) -> str:
    if facts["segments"] != facts["segments_without"]:
        return "moved_number"
    return "unmoved" if facts["ari"] >= UNMOVED else "moved"
