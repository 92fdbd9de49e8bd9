"""The champion's word on gathered rows."""

from collections.abc import Sequence
from functools import lru_cache
from typing import cast

from clientela.churn.score.model import BANDS, ChurnModel, score_rows
from clientela.churn.score.reasons import FeatureEffect, write_reason
from clientela.i18n import Lang
from clientela.segments.score.model import SegmentModel, translate_segment_name
from clientela.segments.score.rows import assign_rows
from clientela.serving.predicting.answers import ChurnPrediction, ChurnReason, SegmentPrediction
from clientela.serving.predicting.feature_rows import Gathered
from clientela.serving.predicting.loading import Champion
from clientela.serving.predicting.request import Id
from clientela.store.read import Row

GONE = "gone"
REASONS = 20_000  # sentences kept, of some hundred bytes each
LONGEST = 100  # characters of a value whose sentence is kept


def churn_predictions(
    ids: Sequence[Id | None],
    found: Gathered,
    champion: Champion,
    lang: Lang,
    currency: str | None,
) -> list[ChurnPrediction]:
    """Say of every item how likely its customer is to leave.

    Parameters
    ----------
    ids : sequence
        The id of each item as asked.
    found : Gathered
        Rows and errors.
    champion : Champion
        A churn model.
    lang : "en" or "pt_BR"
        Language of the reasons.
    currency : str or None
        Of amounts among the reasons.
    """
    scores = _score_churn(cast(ChurnModel, champion.model), found)
    answers = []
    for index, item_id in enumerate(ids):
        day, error = found.days.get(index), found.errors.get(index)
        if index not in scores:
            answers.append(ChurnPrediction(item_id, day, None, None, [], error))
            continue
        probability, band, reasons = scores[index]
        texts = [_reason(*reason, lang, currency) for reason in reasons]
        answers.append(ChurnPrediction(item_id, day, probability, BANDS[band], texts, error))
    return answers


def segment_predictions(
    ids: Sequence[Id | None], found: Gathered, champion: Champion, lang: Lang
) -> list[SegmentPrediction]:
    """Say of every item which segment its customer belongs to."""
    model = cast(SegmentModel, champion.model)
    keys = dict(zip(model.ids, model.names, strict=False))
    placed = _placed(model, found)
    answers = []
    for place, each in enumerate(ids):
        segment, confidence = placed.get(place, (None, None))
        key = None if segment is None else keys.get(segment)
        name = None if key is None else translate_segment_name(key, lang)
        day, error = found.days.get(place), found.errors.get(place)
        answers.append(SegmentPrediction(each, day, segment, name, confidence, error))
    return answers


def already_gone(row: Row | str | None) -> bool:
    """Tell whether the run knows that a customer left: a fact, which no model foretells.

    Who is gone by silence alone is scored by the model itself, and has reasons.
    """
    return (
        isinstance(row, dict)
        and row.get("churn_band") == GONE
        and row.get("churn_probability") == 1.0
        and not row.get("churn_reasons")
    )


def _score_churn(
    model: ChurnModel, found: Gathered
) -> dict[int, tuple[float, int, list[FeatureEffect]]]:
    if not found.rows:
        return {}
    scores, reasons = score_rows(model, list(found.rows.values()))
    columns = zip(scores.probability.tolist(), scores.band.tolist(), reasons, strict=True)
    return dict(zip(found.rows, columns, strict=True))


def _placed(model: SegmentModel, found: Gathered) -> dict[int, tuple[int, float]]:
    if not found.rows:
        return {}
    given = assign_rows(model, list(found.rows.values()))
    pairs = zip(given.segment.tolist(), given.confidence.tolist(), strict=True)
    return dict(zip(found.rows, pairs, strict=True))


@lru_cache(maxsize=REASONS)
def _said(feature: str, value: str, raises: bool, lang: Lang, currency: str | None) -> str:
    """Say a reason; values have three digits, so that the same ones come again."""
    return write_reason(FeatureEffect(feature, value, 1.0 if raises else -1.0), lang, currency)


def _reason(
    feature: str, value: str, effect: float, lang: Lang, currency: str | None
) -> ChurnReason:
    say = _said if len(value) <= LONGEST else _said.__wrapped__
    return ChurnReason(feature, value, effect, say(feature, value, effect > 0, lang, currency))
