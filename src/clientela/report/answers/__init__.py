"""The questions of the report, in the order of the page.

A question is added here and answered in a module of its group.
"""

from collections.abc import Callable

import msgspec
import pyarrow as pa

from clientela.i18n import LANGS, Lang
from clientela.report.answer import Answer
from clientela.report.answers.actions import answer_actions
from clientela.report.answers.bottom_line import answer_bottom_line
from clientela.report.answers.business_case import answer_worth
from clientela.report.answers.churn import answer_churn
from clientela.report.answers.customers import answer_customers
from clientela.report.answers.experiments import answer_experiments
from clientela.report.answers.hypotheses import answer_hypotheses
from clientela.report.answers.membership import (
    answer_characteristics,
    answer_eligible,
    answer_how_many,
)
from clientela.report.answers.method import answer_method
from clientela.report.answers.model_report import report_churn, report_segments, report_value
from clientela.report.answers.programme_revenue import answer_forecast, answer_revenue_share
from clientela.report.answers.programme_rules import answer_entry, answer_leaving
from clientela.report.answers.proof import answer_proof
from clientela.report.answers.propensity import answer_propensity
from clientela.report.answers.segments import answer_segments
from clientela.report.answers.value import answer_value
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

ANSWERS = pa.schema(
    [
        ("lang", pa.string()),
        ("position", pa.int32()),
        ("key", pa.string()),
        ("content", pa.string()),
    ]
)
"""Columns of ``answers``; ``content`` is an Answer as JSON."""

QUESTIONS: dict[str, Callable[[ReportData, Formatter], Answer]] = {
    "bottom_line": answer_bottom_line,
    "customers": answer_customers,
    "segments": answer_segments,
    "value": answer_value,
    "churn": answer_churn,
    "eligible": answer_eligible,
    "how_many": answer_how_many,
    "characteristics": answer_characteristics,
    "revenue_share": answer_revenue_share,
    "expected": answer_forecast,
    "entry": answer_entry,
    "leaving": answer_leaving,
    "proof": answer_proof,
    "worth": answer_worth,
    "actions": answer_actions,
    "experiments": answer_experiments,
    "propensity": answer_propensity,
    "hypotheses": answer_hypotheses,
    "method": answer_method,
    "model_churn": report_churn,
    "model_value": report_value,
    "model_segments": report_segments,
}
"""The key of each question and what answers it, in the order of the page."""


def answer_questions(data: ReportData, lang: Lang) -> list[Answer]:
    """Answer every question in a language; what cannot be answered says so."""
    fmt = make_formatter(data, lang)
    return [answer(data, fmt) for answer in QUESTIONS.values()]


def build_answers_table(data: ReportData) -> pa.Table:
    """Answer every question in every language, as rows of the table ``answers``."""
    rows = [
        {
            "lang": lang,
            "position": position,
            "key": answer.key,
            "content": msgspec.json.encode(answer).decode(),
        }
        for lang in LANGS
        for position, answer in enumerate(answer_questions(data, lang), start=1)
    ]
    return pa.Table.from_pylist(rows, ANSWERS)
