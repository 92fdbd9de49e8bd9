"""Whether the process lives, and whether it can answer: for supervisors and load balancers."""

from clientela import __version__
from clientela.serving.problems import AnyRequest
from clientela.serving.response import Answer
from clientela.serving.routes.context import api_of, read
from clientela.serving.schemas import Health, Ready


@read("/health")
async def health() -> Answer:
    """Say that the process lives."""
    return Answer(Health("ok", __version__))


@read("/ready")
async def ready(request: AnyRequest) -> Answer:
    """Say that the results can be read; 503 where not."""
    run = await api_of(request).results.run()
    return Answer(Ready("ok", run.run_id, run.as_of))
