"""What tests ask of the answers of a material."""

import pyarrow as pa

from clientela.i18n import Lang
from clientela.report.answer import Answer
from clientela.report.answers import answers
from clientela.report.report_data import Material


def answer_of(material: Material, key: str, lang: Lang = "en") -> Answer:
    """Give the answer to one question."""
    return next(answer for answer in answers(material, lang) if answer.key == key)


def with_column(material: Material, name: str, column: str, values: list[object]) -> Material:
    """Give the material with other values in a column."""
    table = material.tables[name]
    place = table.column_names.index(column)
    changed = table.set_column(place, column, pa.array(values))
    return Material({**material.tables, name: changed}, material.facts)
