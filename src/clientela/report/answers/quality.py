"""What became of the rows that were read."""

from collections import Counter
from typing import Any

from clientela.i18n import catalogue
from clientela.report.answer import Column, Table
from clientela.report.formatter import Words
from clientela.report.report_data import Material

READ = "read"


def held(material: Material) -> list[tuple[str, int]]:
    """Give the places where this run's rows ended, the most rows first."""
    found: Counter[str] = Counter()
    for row in _account(material):
        place = str(row["rule"]).partition(":")[0]
        if place != READ:
            found[place] += row["rows"]
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))


def read_rows(material: Material) -> int:
    """Count the rows this run read."""
    return sum(row["rows"] for row in _account(material) if row["rule"] == READ)


def quality_tables(material: Material, words: Words) -> tuple[Table, ...]:
    """Give the account of this run, and what each rule of cleaning found."""
    account, rules = _account(material), _rules(material)
    columns = (
        Column(words.say("quality.rows"), True),
        Column(words.say("column.customers"), True),
        Column(words.say("quality.amount"), True),
    )
    tables = []
    if account:
        head = (Column(words.say("quality.place")), *columns)
        cells = tuple((_place(row["rule"], words), *_figures(row, words)) for row in account)
        note = words.say("quality.account_note")
        tables.append(Table("account", words.say("quality.account"), head, cells, note=note))
    if rules:
        heads = (Column(words.say("quality.rule")), Column(words.say("quality.decision")), *columns)
        found = tuple(
            (_meaning(row["rule"], words), _decision(row, words), *_figures(row, words))
            for row in rules
        )
        tables.append(
            Table("rules", words.say("quality.rules"), heads, found, folded=bool(account))
        )
    return tuple(tables)


def _account(material: Material) -> list[dict[str, Any]]:
    return [row for row in material.rows("quality") if not row["decision"]]


def _rules(material: Material) -> list[dict[str, Any]]:
    rows = [row for row in material.rows("quality") if row["decision"]]
    return sorted(rows, key=lambda row: (-row["rows"], row["rule"]))


def _place(code: str, words: Words) -> str:
    place, _, rule = code.partition(":")
    name = words.headed("place", place)
    if not rule:
        return name
    return words.say("quality.refused_by", place=name, rule=_meaning(rule, words))


def _meaning(rule: str, words: Words) -> str:
    return catalogue(words.lang).get(f"rule.{rule}", rule)


def _decision(row: dict[str, Any], words: Words) -> str:
    code = str(row["decision"])
    return catalogue(words.lang).get(f"decision.{code}", code)


def _figures(row: dict[str, Any], words: Words) -> tuple[str, str, str]:
    amount = words.money(row["amount"])
    return words.number(row["rows"]), words.number(row["customers"]), amount
