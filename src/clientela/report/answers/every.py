"""All questions in the order of the report."""

from collections.abc import Callable

import msgspec
import pyarrow as pa

from clientela.i18n import LANGS, Lang
from clientela.report.answer import Answer
from clientela.report.material import Material

ANSWERS = pa.schema(
    [
        ("lang", pa.string()),
        ("position", pa.int32()),
        ("key", pa.string()),
        ("content", pa.string()),
    ]
)
QUESTIONS: tuple[Callable[[Material, Lang], Answer], ...] = ()


def answers(material: Material, lang: Lang) -> list[Answer]:
    """Answer every question in a language; what cannot be answered says so."""
    return [question(material, lang) for question in QUESTIONS]


def answers_table(material: Material) -> pa.Table:
    """Answer every question in every language, as rows of the table ``answers``."""
    rows = [
        {
            "lang": lang,
            "position": position,
            "key": answer.key,
            "content": msgspec.json.encode(answer).decode(),
        }
        for lang in LANGS
        for position, answer in enumerate(answers(material, lang), start=1)
    ]
    return pa.Table.from_pylist(rows, ANSWERS)
