"""What became of the rows that were read."""

from collections import Counter
from typing import Any

from clientela.i18n import load_catalogue
from clientela.report.answer import AnswerColumn, AnswerTable
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

READ = "read"


def held(material: ReportData) -> list[tuple[str, int]]:
    """Give the places where this run's rows ended, the most rows first."""
    found: Counter[str] = Counter()
    for row in _account(material):
        place = str(row["rule"]).partition(":")[0]
        if place != READ:
            found[place] += row["rows"]
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def read_rows(material: ReportData) -> int:
    """Count the rows this run read."""
    return sum(row["rows"] for row in _account(material) if row["rule"] == READ)


def quality_tables(material: ReportData, words: Formatter) -> tuple[AnswerTable, ...]:
    """Give the account of this run, and what each rule of cleaning found."""
    account, rules = _account(material), _rules(material)
    columns = (
        AnswerColumn(words.say("quality.rows"), True),
        AnswerColumn(words.say("column.customers"), True),
        AnswerColumn(words.say("quality.amount"), True),
    )
    tables = []
    if account:
        head = (AnswerColumn(words.say("quality.place")), *columns)
        cells = tuple((_place(row["rule"], words), *_figures(row, words)) for row in account)
        note = words.say("quality.account_note")
        tables.append(AnswerTable("account", words.say("quality.account"), head, cells, note=note))
    if rules:
        heads = (
            AnswerColumn(words.say("quality.rule")),
            AnswerColumn(words.say("quality.decision")),
            *columns,
        )
        found = tuple(
            (_meaning(row["rule"], words), _decision(row, words), *_figures(row, words))
            for row in rules
        )
        tables.append(
            AnswerTable("rules", words.say("quality.rules"), heads, found, folded=bool(account))
        )
    return tuple(tables)


def _account(material: ReportData) -> list[dict[str, Any]]:
    return [row for row in material.rows("quality") if not row["decision"]]


def _rules(material: ReportData) -> list[dict[str, Any]]:
    rows = [row for row in material.rows("quality") if row["decision"]]
    return sorted(rows, key=lambda row: (-row["rows"], row["rule"]))


def _place(code: str, words: Formatter) -> str:
    place, _, rule = code.partition(":")
    name = words.headed("place", place)
    if not rule:
        return name
    return words.say("quality.refused_by", place=name, rule=_meaning(rule, words))


def _meaning(rule: str, words: Formatter) -> str:
    return load_catalogue(words.lang).get(f"rule.{rule}", rule)


def _decision(row: dict[str, Any], words: Formatter) -> str:
    code = str(row["decision"])
    return load_catalogue(words.lang).get(f"decision.{code}", code)


def _figures(row: dict[str, Any], words: Formatter) -> tuple[str, str, str]:
    amount = words.money(row["amount"])
    return words.number(row["rows"]), words.number(row["customers"]), amount
