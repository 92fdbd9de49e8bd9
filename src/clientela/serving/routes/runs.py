"""The published run."""

from litestar.types import ASGIApp

from clientela.serving.auth import READ
from clientela.serving.conditional import conditional
from clientela.serving.problems import AnyRequest
from clientela.serving.routes.context import api_of, read
from clientela.serving.schemas import RunAnswer


@read("/v1/runs/current", opt={"scope": READ})
async def current_run(request: AnyRequest) -> ASGIApp:
    """Give the record of the published run."""
    run = await api_of(request).results.run()
    content = RunAnswer(**{name: getattr(run, name) for name in RunAnswer.__struct_fields__})
    return conditional(request, content, run.run_id)
