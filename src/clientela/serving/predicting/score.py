"""Score feature rows with the champion model."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, cast

from clientela.churn.score.model import ChurnModel, score_rows
from clientela.churn.score.reasons import FeatureEffect, write_reason
from clientela.contract.results import CHURN_BANDS
from clientela.i18n import Lang
from clientela.segments.score.model import SegmentModel, translate_segment_name
from clientela.serving.predicting.champions import CHURN, SEGMENTS
from clientela.serving.predicting.feature_rows import FeatureRows, build_feature_rows
from clientela.serving.predicting.loading import Champion
from clientela.serving.predicting.request import PredictionRequest
from clientela.serving.predicting.schemas import ChurnPrediction, ChurnReason, SegmentPrediction
from clientela.store.read import Row

GONE = "gone"
# Sentences in memory, of some hundred bytes each: 2 MB
CACHE_SENTENCES = 20_000
# Characters of a value whose sentence is cached, so that long texts do not fill the memory
LONGEST_VALUE = 100


def predict_churn(
    request: PredictionRequest,
    champion: Champion,
    as_of: dt.date,
    currency: str | None,
    published: Mapping[int, Row | str],
    lang: Lang,
) -> list[ChurnPrediction]:
    """Predict of every item how likely its customer is to leave.

    Parameters
    ----------
    request : PredictionRequest
        The items.
    champion : Champion
        A churn model.
    as_of : date
        The last day of the published run.
    currency : str or None
        Of the run's amounts.
    published : mapping
        Index to the published row of a stored id, or to why there is none.
    lang : "en" or "pt_BR"
        Language of the reasons.
    """
    table = build_feature_rows(request, champion, as_of, currency, published)
    scores = _score(cast(ChurnModel, champion.model), table)
    predictions = []
    for index, item_id in enumerate(request.ids):
        day, error = table.days.get(index), table.errors.get(index)
        if _has_left(published.get(index)):
            prediction = ChurnPrediction(item_id, day, 1.0, GONE, [], None)
        elif index in scores:
            probability, band, reasons = scores[index]
            texts = [_describe_reason(reason, lang, currency) for reason in reasons]
            prediction = ChurnPrediction(item_id, day, probability, CHURN_BANDS[band], texts, error)
        else:
            prediction = ChurnPrediction(item_id, day, None, None, [], error)
        predictions.append(prediction)
    return predictions


def predict_segments(
    request: PredictionRequest,
    champion: Champion,
    as_of: dt.date,
    currency: str | None,
    published: Mapping[int, Row | str],
    lang: Lang,
) -> list[SegmentPrediction]:
    """Predict of every item its customer's segment; parameters as of :func:`predict_churn`."""
    table = build_feature_rows(request, champion, as_of, currency, published)
    model = cast(SegmentModel, champion.model)
    keys = dict(zip(model.ids, model.names, strict=False))
    segments = _assign(model, table)
    predictions = []
    for index, item_id in enumerate(request.ids):
        segment, confidence = segments.get(index, (None, None))
        key = None if segment is None else keys.get(segment)
        name = None if key is None else translate_segment_name(key, lang)
        day, error = table.days.get(index), table.errors.get(index)
        predictions.append(SegmentPrediction(item_id, day, segment, name, confidence, error))
    return predictions


PREDICTORS: Mapping[str, Callable[..., list[Any]]] = {
    CHURN: predict_churn,
    SEGMENTS: predict_segments,
}


def _has_left(row: Row | str | None) -> bool:
    """Return whether the run knows that a customer left: a fact, which no model predicts.

    Customers gone by silence alone are scored by the model itself, and have reasons.
    """
    return (
        isinstance(row, dict)
        and row.get("churn_band") == GONE
        and row.get("churn_probability") == 1.0
        and not row.get("churn_reasons")
    )


def _score(
    model: ChurnModel, table: FeatureRows
) -> dict[int, tuple[float, int, list[FeatureEffect]]]:
    if not table.rows:
        return {}
    probability, band, reasons = score_rows(model, list(table.rows.values()))
    columns = zip(probability.tolist(), band.tolist(), reasons, strict=True)
    return dict(zip(table.rows, columns, strict=True))


def _assign(model: SegmentModel, table: FeatureRows) -> dict[int, tuple[int, float]]:
    if not table.rows:
        return {}
    segment, confidence = model.assign_rows(list(table.rows.values()))
    pairs = zip(segment.tolist(), confidence.tolist(), strict=True)
    return dict(zip(table.rows, pairs, strict=True))


@lru_cache(maxsize=CACHE_SENTENCES)
def _write_sentence(feature: str, value: str, usual: str, lang: Lang, currency: str | None) -> str:
    """Write a reason; values have three digits, so that the same ones come again."""
    return write_reason(FeatureEffect(feature, value, 1.0, usual), lang, currency)


def _describe_reason(reason: FeatureEffect, lang: Lang, currency: str | None) -> ChurnReason:
    feature, value, effect, usual = reason
    short = len(value) <= LONGEST_VALUE
    write = _write_sentence if short else _write_sentence.__wrapped__
    return ChurnReason(feature, value, effect, write(feature, value, usual, lang, currency))
