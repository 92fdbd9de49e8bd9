"""The purchase models: their parameters, and whether the data could tell them."""

from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.formatter import Formatter, capitalize
from clientela.report.report_data import ReportData

DECIMALS = 3


def btyd_table(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """List every fit's parameters with their standard errors, and its log-likelihood."""
    rows = material.rows("btyd_fits")
    if not rows:
        return ()
    columns = (
        AnswerColumn(words.say("models.model")),
        AnswerColumn(words.say("btyd.parameter")),
        AnswerColumn(words.say("btyd.value"), True),
        AnswerColumn(words.say("btyd.error"), True),
        AnswerColumn(words.say("btyd.identified")),
    )
    cells = tuple(
        (
            capitalize(words.model(row["model"])),
            words.label("parameter", row["parameter"]),
            words.number(row["value"], DECIMALS),
            words.number(row["standard_error"], DECIMALS),
            words.say(f"btyd.{'yes' if row['identified'] else 'no'}"),
        )
        for row in rows
    )
    strong = tuple(place for place, row in enumerate(rows) if row["chosen"])
    said = dict.fromkeys(text for row in rows if (text := words.of(row, "note")))
    note = " ".join((words.say("btyd.note"), *said))
    return (AnswerTable("btyd", words.say("btyd.table"), columns, cells, strong, note),)
