"""Answers of a run's data, and data with other values in a column."""

from functools import cache

import pyarrow as pa

from clientela.i18n import Lang
from clientela.report.answer import Answer
from clientela.report.answers import QUESTIONS, answer_questions
from clientela.report.formatter import make_formatter
from clientela.report.report_data import ReportData
from tests.report.variants import VARIANTS


def answer_of(data: ReportData, key: str, lang: Lang = "en") -> Answer:
    """Return the answer to one question."""
    return QUESTIONS[key](data, make_formatter(data, lang))


@cache
def answers_of(name: str, lang: Lang) -> list[Answer]:
    """Return every answer of a variant's data, given once in a process."""
    return answer_questions(VARIANTS[name](), lang)


def with_column(data: ReportData, name: str, column: str, values: list[object]) -> ReportData:
    """Return the data with other values in a column."""
    table = data.tables[name]
    place = table.column_names.index(column)
    changed = table.set_column(place, column, pa.array(values))
    return ReportData({**data.tables, name: changed}, data.facts)
