"""The segments of the published run."""

import msgspec
from litestar.types import ASGIApp

from clientela.i18n import Lang
from clientela.serving.auth import READ
from clientela.serving.conditional import conditional
from clientela.serving.problems import AnyRequest
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.schemas import Segment, SegmentsAnswer
from clientela.store.read import Row


@read("/v1/segments", opt={"scope": READ})
async def segments(request: AnyRequest) -> ASGIApp:
    """Give all segments with sizes, revenue and profiles."""
    reading = await api_of(request).results.ask(lambda reader: reader.segments())
    run, chosen = reading.run, language(request)
    content = SegmentsAnswer(
        run.run_id, run.as_of, run.currency, [_segment(row, chosen) for row in reading.content]
    )
    return conditional(request, content, f"{run.run_id}-{chosen}")


def _segment(row: Row, lang: Lang) -> Segment:
    texts = {name: row[f"{name}_{lang.lower()}"] for name in ("name", "description")}
    return msgspec.convert(row | texts, Segment)
