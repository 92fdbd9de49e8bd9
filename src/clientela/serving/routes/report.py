"""The report's answers as JSON."""

from typing import cast

from litestar.types import ASGIApp

from clientela.report.answer import Answer
from clientela.serving.auth import READ
from clientela.serving.conditional import conditional
from clientela.serving.problems import AnyRequest, NotFound
from clientela.serving.routes.context import api_of, language, read
from clientela.serving.schemas import ReportAnswer


@read("/v1/report", opt={"scope": READ})
async def report(request: AnyRequest) -> ASGIApp:
    """Give the answers of the published run."""
    lang = language(request)
    reading = await api_of(request).results.ask(lambda reader: reader.answers(lang), long=True)
    run = reading.run
    if not reading.content:
        raise NotFound(
            "the published run has no report", do="publish another with `clientela run FILE`"
        )
    answers = cast(list[Answer], [row["content"] for row in reading.content])  # encoded as it is
    content = ReportAnswer(run.run_id, run.as_of, lang, answers)
    return conditional(request, content, f"{run.run_id}-{lang}")
