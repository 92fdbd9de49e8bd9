"""Products that go together, segment by segment."""

from typing import Any

from clientela.report.answer import Column, Table
from clientela.report.formatter import Words
from clientela.report.report_data import parsed

MOST = 12


def pair_table(
    rows: list[dict[str, Any]], names: dict[int, str], words: Words
) -> tuple[Table, ...]:
    """List the pairs behind the offers, the strongest lift first."""
    pairs = [
        (row["segment"], pair)
        for row in rows
        for pair in (parsed(row.get("detail")) or {}).get("pairs", ())
    ]
    if not pairs:
        return ()
    ordered = sorted(pairs, key=lambda each: (-each[1]["lift"], each[0], each[1]["first"]))
    columns = (
        Column(words.say("column.segment")),
        Column(words.say("pairs.first")),
        Column(words.say("pairs.second")),
        Column(words.say("pairs.orders"), True),
        Column(words.say("pairs.support"), True),
        Column(words.say("pairs.confidence"), True),
        Column(words.say("pairs.lift"), True),
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
    return (Table("pairs", words.say("pairs.table"), columns, cells, note=note),)
