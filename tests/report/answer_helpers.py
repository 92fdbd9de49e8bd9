"""One answer of a run's data, and data with other values in a column."""

import pyarrow as pa

from clientela.i18n import Lang
from clientela.report.answer import Answer
from clientela.report.answers import answer_questions
from clientela.report.report_data import ReportData


def answer_of(data: ReportData, key: str, lang: Lang = "en") -> Answer:
    """Return the answer to one question."""
    return next(answer for answer in answer_questions(data, lang) if answer.key == key)


def with_column(data: ReportData, name: str, column: str, values: list[object]) -> ReportData:
    """Return the data with other values in a column."""
    table = data.tables[name]
    place = table.column_names.index(column)
    changed = table.set_column(place, column, pa.array(values))
    return ReportData({**data.tables, name: changed}, data.facts)
