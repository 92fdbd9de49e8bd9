"""Where runs are logged besides the results."""

from typing import Annotated

from msgspec import Meta

from clientela.config.section import Section


class Tracking(Section, frozen=True):
    """An MLflow server that every run is logged to; needs the extra mlflow."""

    mlflow_uri: Annotated[
        str | None,
        Meta(description="http(s)://… or sqlite:///…; MLFLOW_TRACKING_URI, or none, if absent"),
    ] = None
    experiment: Annotated[str, Meta(min_length=1, description="MLflow's experiment")] = "clientela"
