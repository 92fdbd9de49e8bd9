"""The operations that predict, as data, with their examples."""

from clientela.serving.operation import LANG, Operation
from clientela.serving.predicting.answers import ChurnPredictions, SegmentPredictions
from clientela.serving.predicting.request import Predictions

LINES = [
    {
        "order_id": "536365",
        "ordered_local": "2011-11-02T08:26:00",
        "product_id": "85123A",
        "quantity": 6,
        "unit_price": 2.55,
    },
    {
        "order_id": "C536400",
        "ordered_local": "2011-11-20T10:00:00",
        "kind": "return",
        "quantity": -1,
        "amount": -2.55,
        "returns_order_id": "536365",
    },
]
ASKED = {
    "items": [
        {"id": "17850"},
        {"id": "new", "transactions": LINES, "customer": {"region": "SP"}},
        {"features": {"orders": 4, "days_since_last": 12}},
    ]
}
HEAD = {
    "model_as_of": "2011-12-09",
    "run_id": "20111210T093000-5f3a",
    "as_of": "2011-12-09",
}
MISSING = {
    "code": "missing_feature",
    "detail": "the model reads 1 features that are not there: tenure_days",
    "where": "features",
    "do": "send each of them; null where it is not known",
}
REASON = {
    "feature": "days_since_last",
    "value": "372",
    "effect": 1.84,
    "text": "Days since last order: 372 days (raises the risk)",
}
CHURN = {
    "id": "17850",
    "as_of": "2011-12-09",
    "churn_probability": 0.87,
    "churn_band": "high",
    "reasons": [REASON],
    "error": None,
}
SEGMENT = {
    "id": "17850",
    "as_of": "2011-12-09",
    "segment": 2,
    "segment_name": "Loyal",
    "segment_confidence": 0.83,
    "error": None,
}
ABOUT = (
    "By known id, by features, or from all transactions of a customer so far, of which the server "
    "makes the features itself; up to 1,000 items, of all forms. What is wrong with one item is "
    "told beside the answers to the others. The model is the champion of the server's workspace."
)

PREDICTIONS = (
    Operation(
        path="/v1/churn/predictions",
        tag="Predictions",
        name="predictChurn",
        method="post",
        summary="Predict who leaves, and why",
        description=f"Probability, band and reasons in the order asked. {ABOUT}",
        parameters=(LANG,),
        body=(Predictions, ASKED),
        answer=ChurnPredictions,
        example={
            "model_id": "churn-20111209-8d1f3c5a7b90",
            **HEAD,
            "results": [
                CHURN,
                CHURN | {"id": "new", "churn_probability": 0.21, "churn_band": "low"},
                dict.fromkeys(CHURN) | {"reasons": [], "error": MISSING},
            ],
        },
        refusals=(400, 404, 413, 415),
    ),
    Operation(
        path="/v1/segments/predictions",
        tag="Predictions",
        name="predictSegments",
        method="post",
        summary="Predict segments",
        description=f"Segment and confidence in the order asked. {ABOUT}",
        parameters=(LANG,),
        body=(Predictions, ASKED),
        answer=SegmentPredictions,
        example={
            "model_id": "segments-20111209-27cc8796b621",
            **HEAD,
            "results": [
                SEGMENT,
                SEGMENT | {"id": "new"},
                dict.fromkeys(SEGMENT) | {"error": MISSING},
            ],
        },
        refusals=(400, 404, 413, 415),
    ),
)
