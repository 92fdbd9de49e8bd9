"""The purchase models: their parameters, and whether the data could tell them."""

from clientela.report.answer import Column, Table
from clientela.report.formatter import Words, capital
from clientela.report.report_data import Material

DECIMALS = 3


def btyd_table(material: Material, words: Words) -> tuple[Table, ...]:
    """List every fit's parameters with their standard errors, and its log-likelihood."""
    rows = material.rows("btyd_fits")
    if not rows:
        return ()
    columns = (
        Column(words.say("models.model")),
        Column(words.say("btyd.parameter")),
        Column(words.say("btyd.value"), True),
        Column(words.say("btyd.error"), True),
        Column(words.say("btyd.identified")),
    )
    cells = tuple(
        (
            capital(words.model(row["model"])),
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
    return (Table("btyd", words.say("btyd.table"), columns, cells, strong, note),)
