"""The question how it was done: method, metrics, quality of the data, next steps."""

from clientela.i18n import Lang
from clientela.report.answer import Answer, Axis, Chart, Figure, Series
from clientela.report.answers.columns import correlations, feature_tables
from clientela.report.answers.known import column
from clientela.report.answers.quality import held, quality_tables, read_rows
from clientela.report.formatter import Formatter, make_formatter
from clientela.report.report_data import ReportData

PEOPLE = ("age_years",)
DONE = ("data", "snapshot", "segments", "programme", "proof")


def method(material: ReportData, lang: Lang) -> Answer:
    """Tell the method, the account of the rows, the features, and what to do next."""
    words = make_formatter(material, lang)
    charts = (_places(material, words), correlations(material, words))
    return Answer(
        key="method",
        question=words.say("method.question"),
        headline=_headline(material, words),
        paragraphs=(
            *(words.say(f"method.{step}") for step in DONE),
            *_attributes(material, words),
            words.say("method.next"),
        ),
        value=_figure(material, words),
        charts=tuple(chart for chart in charts if chart),
        tables=(*quality_tables(material, words), *feature_tables(material, words)),
        caveat=words.say("method.caveat"),
    )


def _headline(material: ReportData, words: Formatter) -> str:
    kept = material.facts.get("rows_canonical")
    if kept is None:
        return words.say("method.headline_plain")
    refused = material.facts.get("rows_quarantined") or 0
    key = "method.headline" if refused else "method.headline_clean"
    return words.say(key, rows=words.number(kept), refused=words.number(refused))


def _figure(material: ReportData, words: Formatter) -> Figure | None:
    kept = material.facts.get("rows_canonical")
    if kept is None:
        return None
    return Figure(words.number(kept), words.say("method.figure"), kept)


def _attributes(material: ReportData, words: Formatter) -> tuple[str, ...]:
    """Warn where people are described without a date."""
    described = any(column(material, name).size for name in PEOPLE)
    table = material.table("customers")
    named = () if table is None else [n for n in ("gender", "region") if n in table.column_names]
    if table is not None and (described or any(table[n].null_count < len(table) for n in named)):
        return (words.say("method.undated"),)
    return ()


def _places(material: ReportData, words: Formatter) -> Chart | None:
    """Draw where the rows read ended."""
    places = [(place, rows) for place, rows in held(material) if rows]
    read = read_rows(material)
    if not places or not read:
        return None
    refused = sum(rows for place, rows in places if place == "quarantine")
    return Chart(
        key="rows",
        title=words.say("method.chart", rows=words.number(read), share=words.share(refused / read)),
        kind="bars",
        categories=tuple(words.headed("place", place) for place, _ in places),
        value=Axis(words.say("method.rows"), "number"),
        series=(Series(words.say("method.rows"), tuple(float(rows) for _, rows in places)),),
        note=words.say("method.chart_note"),
    )
