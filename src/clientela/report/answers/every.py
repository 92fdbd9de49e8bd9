"""All questions in the order of the report."""

from collections.abc import Callable

import msgspec
import pyarrow as pa

from clientela.i18n import LANGS, Lang
from clientela.report.answer import Answer
from clientela.report.answers.characteristics import characteristics
from clientela.report.answers.churn import churn
from clientela.report.answers.customers import who_they_are
from clientela.report.answers.eligible import eligible
from clientela.report.answers.entry import entry
from clientela.report.answers.expected import expected
from clientela.report.answers.how_many import how_many
from clientela.report.answers.hypotheses import hypotheses
from clientela.report.answers.leaving_programme import leaving
from clientela.report.answers.method import method
from clientela.report.answers.models.report import churn_model, segments_model, value_model
from clientela.report.answers.proof import proof
from clientela.report.answers.raise_revenue import raise_revenue
from clientela.report.answers.revenue_share import revenue_share
from clientela.report.answers.segments import segments
from clientela.report.answers.value import value
from clientela.report.report_data import ReportData

ANSWERS = pa.schema(
    [
        ("lang", pa.string()),
        ("position", pa.int32()),
        ("key", pa.string()),
        ("content", pa.string()),
    ]
)
"""Columns of ``answer_questions``; ``content`` is an Answer as JSON."""

QUESTIONS: tuple[Callable[[ReportData, Lang], Answer], ...] = (
    who_they_are,
    segments,
    value,
    churn,
    eligible,
    how_many,
    characteristics,
    revenue_share,
    expected,
    entry,
    leaving,
    proof,
    raise_revenue,
    hypotheses,
    method,
    churn_model,
    value_model,
    segments_model,
)


def answer_questions(material: ReportData, lang: Lang) -> list[Answer]:
    """Answer every question in a language; what cannot be answered says so."""
    return [question(material, lang) for question in QUESTIONS]


def build_answers_table(material: ReportData) -> pa.Table:
    """Answer every question in every language, as rows of the table ``answer_questions``."""
    rows = [
        {
            "lang": lang,
            "position": position,
            "key": answer.key,
            "content": msgspec.json.encode(answer).decode(),
        }
        for lang in LANGS
        for position, answer in enumerate(answer_questions(material, lang), start=1)
    ]
    return pa.Table.from_pylist(rows, ANSWERS)
