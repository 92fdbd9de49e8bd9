"""The champion's word on gathered rows."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import pyarrow as pa

from clientela.i18n import Lang
from clientela.scoring.churn import ChurnModel
from clientela.scoring.naming import segment_name
from clientela.scoring.reasons import Reason, sentence
from clientela.scoring.segments import SegmentModel
from clientela.serving.predicting.answers import ChurnPrediction, ChurnReason, SegmentPrediction
from clientela.serving.predicting.asked import Id
from clientela.serving.predicting.champions import Champion
from clientela.serving.predicting.features import schema_of
from clientela.serving.predicting.gathering import Gathered
from clientela.store.read import Row

GONE = "gone"


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
    scores = _scores(cast(ChurnModel, champion.model), found.table(schema_of(champion.features)))
    answers = []
    for place, each in enumerate(ids):
        score = scores.get(place, {})
        answers.append(
            ChurnPrediction(
                each,
                found.days.get(place),
                score.get("churn_probability"),
                score.get("churn_band"),
                [_reason(one, lang, currency) for one in score.get("churn_reasons") or ()],
                found.errors.get(place),
            )
        )
    return answers


def segment_predictions(
    ids: Sequence[Id | None], found: Gathered, champion: Champion, lang: Lang
) -> list[SegmentPrediction]:
    """Say of every item which segment its customer belongs to."""
    model = cast(SegmentModel, champion.model)
    keys = dict(zip(model.ids, model.names, strict=False))
    placed = _placed(model, found.table(schema_of(champion.features)))
    answers = []
    for place, each in enumerate(ids):
        segment, confidence = placed.get(place, (None, None))
        key = None if segment is None else keys.get(segment)
        name = None if key is None else segment_name(key, lang)
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


def _scores(model: ChurnModel, rows: pa.Table) -> dict[int, Mapping[str, Any]]:
    if not rows.num_rows:
        return {}
    return {int(each["customer_id"]): each for each in model.score(rows).to_pylist()}


def _placed(model: SegmentModel, rows: pa.Table) -> dict[int, tuple[int, float]]:
    if not rows.num_rows:
        return {}
    found = model.assign(rows)
    places = [int(each) for each in rows["customer_id"].to_pylist()]
    pairs = zip(found.segment.tolist(), found.confidence.tolist(), strict=True)
    return dict(zip(places, pairs, strict=True))


def _reason(told: Mapping[str, Any], lang: Lang, currency: str | None) -> ChurnReason:
    reason = Reason(told["feature"], told["value"] or "", told["effect"])
    return ChurnReason(*reason, sentence(reason, lang, currency))
