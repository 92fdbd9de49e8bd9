"""Who is about to leave, and when the model that says so is learnt again."""

from typing import Annotated, Literal

from msgspec import Meta

from clientela.config.section import Section

ChurnName = Literal[
    "logistic",
    "spline_logistic",
    "knn",
    "tree",
    "random_forest",
    "extra_trees",
    "lightgbm",
    "hist_gradient_boosting",
    "xgboost",
    "catboost",
]


class Churn(Section, frozen=True):
    """Who is about to leave: what leaving means, and the models compared."""

    kind: Annotated[
        Literal["auto", "contractual", "non_contractual", "off"],
        Meta(description="Contractual where the customers carry a churn column, unless said"),
    ] = "auto"
    horizon_days: Annotated[
        Annotated[int, Meta(ge=7)] | None,
        Meta(description="Days without a purchase that mean gone; from the firm's gaps if absent"),
    ] = None
    active_days: Annotated[
        Annotated[int, Meta(ge=7)] | None,
        Meta(description="Days since the last purchase of whom is asked about; twice the horizon"),
    ] = None
    models: Annotated[
        tuple[ChurnName, ...],
        Meta(
            description="Models compared beside naive rules, in a run those that may serve;"
            " xgboost and catboost are extras"
        ),
    ] = (
        "logistic",
        "spline_logistic",
        "knn",
        "tree",
        "random_forest",
        "extra_trees",
        "lightgbm",
        "hist_gradient_boosting",
    )
    trials: Annotated[
        int, Meta(ge=0, description="Settings tried in all, on earlier snapshots or inner folds")
    ] = 24
    max_dates: Annotated[
        int, Meta(ge=3, description="Most past snapshots learnt from and judged on")
    ] = 24
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 1_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42


Cause = Literal["schedule", "drift", "decay", "data"]


class Retrain(Section, frozen=True):
    """What replaces the churn model of customers who leave without a word."""

    by: Annotated[
        Literal["age", "evidence"],
        Meta(
            description="age: each run learns it again after 30 days; evidence: it stays until "
            "clientela retrain finds one that wins on later dates, or its own limits broken"
        ),
    ] = "age"
    causes: Annotated[
        tuple[Cause, ...],
        Meta(
            description="Why a challenger is learnt: schedule (every_days), drift and decay (what "
            "the published run's checks alarm of), data (growth)"
        ),
    ] = ("schedule", "drift", "decay", "data")
    every_days: Annotated[
        int, Meta(ge=1, description="Days from one challenger to the next by schedule")
    ] = 30
    growth: Annotated[
        float, Meta(gt=0.0, description="More customers than learnt from that are new data")
    ] = 0.2
