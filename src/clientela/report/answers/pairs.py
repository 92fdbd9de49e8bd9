"""Products that go together, segment by segment."""

from typing import Any

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.formatter import Formatter
from clientela.report.report_data import parse_json

MOST = 12


def pair_table(
    rows: list[dict[str, Any]], names: dict[int, str], words: Formatter
) -> tuple[AnswerTable, ...]:
    """List the pairs behind the offers, the strongest lift first."""
    pairs = [
        (row["segment"], pair)
        for row in rows
        for pair in (parse_json(row.get("detail")) or {}).get("pairs", ())
    ]
    if not pairs:
        return ()
    ordered = sorted(pairs, key=lambda each: (-each[1]["lift"], each[0], each[1]["first"]))
    columns = (
        AnswerColumn(words.say("column.segment")),
        AnswerColumn(words.say("pairs.first")),
        AnswerColumn(words.say("pairs.second")),
        AnswerColumn(words.say("pairs.orders"), True),
        AnswerColumn(words.say("pairs.support"), True),
        AnswerColumn(words.say("pairs.confidence"), True),
        AnswerColumn(words.say("pairs.lift"), True),
    )
    cells = tuple(
        (
            names.get(segment, str(segment)),
            str(pair.get("first_name") or pair["first"]),
            str(pair.get("second_name") or pair["second"]),
            words.number(pair["orders"]),
            words.share(pair["support"]),
            words.share(pair["confidence"]),
            words.number(pair["lift"], 1),
        )
        for segment, pair in ordered[:MOST]
    )
    note = words.say("pairs.note")
    return (AnswerTable("pairs", words.say("pairs.table"), columns, cells, note=note),)
