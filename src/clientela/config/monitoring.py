"""Limits of the service, and who is told when nobody looks after an alert."""

from typing import Annotated

from msgspec import Meta

from clientela.config.section import Section, Share


class Monitoring(Section, frozen=True):
    """What `clientela monitor` watches besides the data; a run's own past judges those."""

    server: Annotated[
        str | None,
        Meta(
            description="Address of `clientela serve`, whose answers are watched; its key (scope "
            "metrics) is in CLIENTELA_METRICS_KEY"
        ),
    ] = None
    run_age_hours: Annotated[
        Annotated[float, Meta(gt=0)] | None,
        Meta(description="Oldest published run; the usual time between runs if absent"),
    ] = None
    answer_seconds: Annotated[
        # By convention: beyond a second a reader's thoughts wander (Nielsen, Usability Engineering)
        float,
        Meta(gt=0, description="Within it 95 of 100 answers of a quarter of an hour begin"),
    ] = 1.0
    error_share: Annotated[
        # By convention: of a hundred answers one
        Share,
        Meta(description="Answers of a quarter of an hour that are faults of the server"),
    ] = 0.01
    busy_share: Annotated[
        # By convention: a fifth is left for a rush
        Share,
        Meta(description="Requests at once, of the connections that one address may have"),
    ] = 0.8
    escalate_hours: Annotated[
        # By convention: a day in which nobody looked after it
        float,
        Meta(
            gt=0,
            description="Hours after which an alert that nobody acknowledged is sent to the "
            "addresses of CLIENTELA_ESCALATION_URLS",
        ),
    ] = 24.0
    metrics_file: Annotated[
        str | None,
        Meta(description="Text file of each run's metrics, for node_exporter; --metrics of a run"),
    ] = None
