"""Outliers: customers far from everybody else, and what they do to the segments."""

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
from clientela.segments.score.model import SegmentModel
from clientela.statistics.agreement import Labels, adjusted_rand_index, contingency
from clientela.statistics.arrays import Mask, doubles, list_numeric_columns, sum_exactly

OUTLIER_UNITS = ("amount", "count", "units")
"""Units of features with outliers: nobody is one for the days they have been away."""

UNMOVED_ARI = 0.90
"""Adjusted Rand index from which the segments are said to stay as they are.

Excellent agreement by Steinley (2004), doi:10.1037/1082-989X.9.3.386.
"""

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
    outlying = np.zeros(snapshot.num_rows, dtype=np.bool_)
    for name in list_outlier_features(snapshot, features):
        outlying |= flag_far_values(doubles(snapshot, name))
    return outlying


def drop_outliers(snapshot: pa.Table) -> pa.Table:
    """Return the customers who are no outliers; everybody where all would be."""
    usual = snapshot.filter(pa.array(~flag_outliers(snapshot)))
    return usual if usual.num_rows else snapshot


def list_outlier_features(snapshot: pa.Table, features: Sequence[str]) -> list[str]:
    """List the features in which somebody can be an outlier.

    Examples
    --------
    >>> list_outlier_features(pa.table({"orders": [1], "days_since_last": [9]}), DEFAULT_FEATURES)
    ['orders']
    """
    numeric = set(list_numeric_columns(snapshot))
    return [name for name in features if name in numeric and _UNITS.get(name) in OUTLIER_UNITS]


def measure_outlier_effect(
    snapshot: pa.Table,
    model: SegmentModel,
    segment: Labels,
    refit: Callable[[pa.Table], SegmentModel],
    *,
    dropped: bool = False,
    former: Facts | None = None,
) -> Facts:
    """Fit again without the outliers, and compare the segments of everybody else.

    Where the segmentation was fitted without them, it is fitted again with them.

    Parameters
    ----------
    snapshot : pa.Table
        One row a customer.
    model : SegmentModel
        The segmentation in use.
    segment : array of int
        Its segment for each row.
    refit : callable
        Fits a snapshot with the settings of ``model``; called once, and not where there are no
        outliers.
    dropped : bool
        Whether ``model`` was fitted without them.
    former : dict, optional
        What was found when the same model was last described: nothing is fitted then.

    Returns
    -------
    dict
        JSON-able: ``features`` looked at; ``customers``, ``customers_share`` and ``revenue_share``
        of the outliers; ``segments`` and ``segments_without``; ``ari``, the adjusted Rand index of
        both segmentations of everybody else; ``sentence_en`` and ``sentence_pt_br``. Null where it
        cannot be computed.
    """
    names = list_outlier_features(snapshot, model.features or DEFAULT_FEATURES)
    outlying, revenue = flag_outliers(snapshot, names), doubles(snapshot, "revenue")
    total = sum_exactly(revenue)
    facts: Facts = {
        "features": names,
        "customers": int(outlying.sum()),
        "customers_share": float(outlying.mean()) if outlying.size else None,
        "revenue_share": sum_exactly(revenue[outlying]) / total if total > 0 else None,
        "segments": len(model.ids),
        "segments_without": None,
        "ari": None,
    }
    if former is not None:
        facts |= {name: former[name] for name in ("segments", "segments_without", "ari")}
    elif outlying.any() and not outlying.all():
        usual = snapshot.filter(pa.array(~outlying))
        refitted = refit(snapshot if dropped else usual)
        table = contingency(
            _number_labels(segment[~outlying]),
            _number_labels(refitted.assign(usual)[0]),
        )
        counts = (
            (len(refitted.ids), len(model.ids)) if dropped else (len(model.ids), len(refitted.ids))
        )
        facts["segments"], facts["segments_without"] = counts
        facts["ari"] = round(adjusted_rand_index(table), 6)
    return facts | {
        f"sentence_{lang.lower()}": _write_sentence(facts, lang, dropped) for lang in LANGS
    }


def make_refit(model: SegmentModel, settings: Segments) -> Callable[[pa.Table], SegmentModel]:
    """Return what fits a snapshot as ``model`` was fitted: the same candidate alone, untested.

    One segment for all is no candidate: then the cheapest are tried without resampling.
    """
    scores = model.card.scores
    plain = replace(settings, bootstraps=0)
    if len(model.ids) > 1:
        (parameter, value), *_ = scores["parameters"].items()
        spec = CandidateSpec(scores["space"], scores["algorithm"], parameter, value)
        plain = replace(plain, force=spec.label, budget=1)

    def refit(snapshot: pa.Table) -> SegmentModel:
        return fit_segments(snapshot, plain, as_of=model.card.as_of, data_hash=model.card.data_hash)

    return refit


def _number_labels(segment: Labels) -> Labels:
    return np.unique(segment, return_inverse=True)[1].astype(np.int64)


def _write_sentence(facts: Facts, lang: Lang, dropped: bool) -> str:
    if not facts["customers"]:
        return t("exploration.outliers.none", lang)
    form = "one" if facts["customers"] == 1 else "other"
    sentences = [
        t(
            f"exploration.outliers.{form}",
            lang,
            customers=format_number(facts["customers"], lang),
            share=format_share(facts["customers_share"], lang),
            features=", ".join(t(f"feature.{name}.label", lang) for name in facts["features"]),
        )
    ]
    if facts["revenue_share"] is not None:
        revenue_share = format_share(facts["revenue_share"], lang)
        sentences.append(t("exploration.outliers.revenue", lang, share=revenue_share))
    return " ".join([*sentences, _write_effect(facts, lang, dropped)])


def _write_effect(facts: Facts, lang: Lang, dropped: bool) -> str:
    if facts["ari"] is None:
        return t("exploration.outliers.everyone", lang)
    effect = "unmoved" if facts["ari"] >= UNMOVED_ARI else "moved"
    if facts["segments"] != facts["segments_without"]:
        effect = "moved_number"
    if dropped:
        effect = "dropped"
    return t(
        f"exploration.outliers.{effect}",
        lang,
        ari=format_number(facts["ari"], lang, 2),
        segments=format_number(facts["segments"], lang),
        without=format_number(facts["segments_without"], lang),
    )
