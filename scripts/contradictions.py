"""Print every contradiction in a published results database and its report; none is silence.

Usage: python scripts/contradictions.py [sqlite:///…/results.db | postgresql://… | FOLDER]

Sums of lists are held against the headlines, percentages against their tables, members against the
rule, forecasts against the customers' own, texts against the figures. Exits with 1 where something
disagrees with itself, with 2 where there is nothing to read.
"""

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientela.config.database_url import show_url
from clientela.contract.figures import FIGURES, NEW_DAYS
from clientela.errors import ClientelaError, StoreError
from clientela.i18n import LANGS, Lang
from clientela.report.answers.figures import OF_CUSTOMERS, TOP, write_figure
from clientela.report.formatter import make_formatter
from clientela.report.report_data import ReportData
from clientela.report.terminal.run import format_run
from clientela.store.connect import connect_to_read
from clientela.store.read import open_reader
from clientela.store.schema import metadata

Row = dict[str, Any]
Tables = Mapping[str, list[Row]]

CENT = 0.01
RELATIVE = 1e-6  # sums of doubles in another order
NUMBER = re.compile(r"\d[\d.,]*")
INSIDE = ("member", "leaving")
JUDGED_ELSEWHERE = ("programme_benefit_cost",)  # given as an order of magnitude, with its doubt
SPOKEN = ("0", "1", "10", "12", "3")  # a tenth, 12 months, 3 months: no quantities of the run
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
}
TABLES = (
    *("customers", "segments", "figures", "programme_members", "programme_conditions"),
    *("value_forecast", "programme_forecast", "programme_tests", "hypotheses", "actions"),
    *("revenue_by_month", "quality", "model_notes", "answers", "programme_size"),
    "programme_case",
)


def main() -> None:
    """Check the database named on the command line, the workspace's own if none is."""
    named = sys.argv[1] if len(sys.argv) > 1 else "clientela-data"
    url = named if "://" in named else f"sqlite:///{Path(named).resolve() / 'results.db'}"
    try:
        tables, facts = read_run(url)
    except ClientelaError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    lines = find_contradictions(tables, facts)
    print("\n".join(lines) if lines else "no contradiction")
    sys.exit(bool(lines))


def read_run(url: str) -> tuple[dict[str, list[Row]], Row]:
    """Return the tables of the published run and its facts."""
    with closing(open_reader(url)) as reader:
        run = reader.current_run()
    if run is None:
        raise StoreError("no run is published", where=show_url(url), do="clientela run FILE")
    with connect_to_read(url) as connection:
        tables = {}
        for name in TABLES:
            table = metadata.tables[name]
            rows = connection.execute(table.select().where(table.c.run_id == run.run_id))
            tables[name] = [_read_row(dict(row)) for row in rows.mappings()]
    return tables, dict(run.summary) | {"net_amount": run.net_amount, "as_of": str(run.as_of)}


def _read_row(row: Mapping[str, Any]) -> Row:
    return {name: float(v) if isinstance(v, Decimal) else v for name, v in row.items()}


def find_contradictions(tables: Tables, facts: Row) -> list[str]:
    """Return a line for each contradiction, the name of the check first."""
    return [f"{name}: {line}" for name, check in CHECKS.items() for line in check(tables, facts)]


def _agree(what: str, one: float | None, other: float | None) -> Iterator[str]:
    """Yield a line where two values of one quantity differ."""
    if one is None or other is None:
        return
    if abs(one - other) > max(CENT, RELATIVE * abs(other)):
        yield f"{what}: {one:,.4f} and {other:,.4f}"


def _figure(tables: Tables, name: str, end: str = "value") -> float | None:
    return next((row[end] for row in tables["figures"] if row["name"] == name), None)


def _sum(rows: list[Row], name: str) -> float:
    return sum(row[name] or 0.0 for row in rows)


def check_customers(tables: Tables, _: Row) -> Iterator[str]:
    """Hold the base and its segments against the customers, one by one."""
    customers, segments = tables["customers"], tables["segments"]
    yield from _agree("customers", _figure(tables, "customers"), len(customers))
    yield from _agree("revenue", _figure(tables, "revenue"), _sum(customers, "revenue"))
    counts = Counter(row["segment"] for row in customers)
    for row in segments:
        name = f"segment {row['segment']}"
        inside = [each for each in customers if each["segment"] == row["segment"]]
        yield from _agree(f"customers of {name}", row["customers"], counts[row["segment"]])
        yield from _agree(f"revenue of {name}", row["revenue"], _sum(inside, "revenue"))
        share = row["customers"] / len(customers) if customers else None
        yield from _agree(f"share of {name}", row["customers_share"], share)
    places = int(TOP * len(customers) + RELATIVE)
    for row in tables["programme_size"]:
        if round(row["customers_share"] * len(customers)) == places:
            top = _figure(tables, "top_tenth_revenue_share_365d")
            yield from _agree("revenue of the top tenth", top, row["revenue_share"])
    once = sum(row["orders"] <= 1 for row in customers) / len(customers) if customers else None
    yield from _agree("bought only once", _figure(tables, "one_order_share"), once)
    lately = [row["orders_90d"] for row in customers if row["orders_90d"]]
    again = sum(orders > 1 for orders in lately) / len(lately) if lately else None
    yield from _agree("repeat rate", _figure(tables, "repeat_rate_90d"), again)
    new = sum(row["tenure_days"] < NEW_DAYS for row in customers) if customers else None
    yield from _agree("new customers", _figure(tables, "new_customers_30d"), new)


def check_risk(tables: Tables, _: Row) -> Iterator[str]:
    """Hold the headlines on risk against the list, and the loss against its two columns."""
    customers = tables["customers"]
    listed = [row for row in customers if row["contact_rank"] is not None]
    high = [row for row in customers if row["churn_band"] == "high"]
    spent = _sum(high, "revenue_365d")
    yield from _agree("to contact", _figure(tables, "customers_to_contact"), len(listed) or None)
    loss = _sum(listed, "expected_loss")
    yield from _agree("loss to contact", _figure(tables, "expected_loss_to_contact"), loss)
    before = _sum(listed, "revenue_365d")
    yield from _agree("spent by those to contact", _figure(tables, "revenue_to_contact"), before)
    yield from _agree("at high risk", _figure(tables, "customers_at_high_risk"), len(high))
    yield from _agree("spent at high risk", _figure(tables, "revenue_at_high_risk"), spent)
    ranks = sorted(row["contact_rank"] for row in listed)
    if ranks != list(range(1, len(ranks) + 1)):
        yield "contact ranks are not 1, 2, 3, …"
    for row in customers:
        if None in (row["expected_loss"], row["expected_revenue_if_active"]):
            continue
        left = row["expected_revenue_if_active"] - row["expected_revenue_churn_days"]
        chance = row["churn_probability"] * row["expected_revenue_if_active"]
        for other in (left, chance):
            yield from _agree(f"loss of {row['customer_id']}", row["expected_loss"], other)


def check_forecasts(tables: Tables, _: Row) -> Iterator[str]:
    """Hold each forecast against the sum of its parts, its interval and its other places."""
    groups = {name: _figure(tables, f"expected_revenue_{name}") for name in GROUPS}
    known = groups["known"]
    expected = _sum(tables["customers"], "expected_revenue") if known is not None else None
    yield from _agree("forecast of known customers and their sum", known, expected)
    for whole, parts in (("known", ("members", "rest")), ("everyone", ("known", "new"))):
        values = [value for part in parts if (value := groups[part]) is not None]
        if len(values) == len(parts):
            yield from _agree(f"{whole} and {' + '.join(parts)}", groups[whole], sum(values))
    rows = [row | {"days": 30 * row["months"]} for row in tables["programme_forecast"]]
    seen: dict[tuple[str, int], float] = {}
    for row in (*tables["value_forecast"], *rows):
        place = (row["customer_group"], row["days"])
        if row["expected"] is not None:
            yield from _agree(f"forecast of {place}", row["expected"], seen.get(place))
            seen[place] = row["expected"]
        yield from _check_interval(f"forecast of {place}", row["low"], row["expected"], row["high"])
    for row in tables["programme_forecast"]:
        if row["customer_group"] == "known":
            yield from _check_beside(row, tables["programme_forecast"])
    for row in tables["figures"]:
        yield from _check_interval(row["name"], row["low"], row["value"], row["high"])


def _check_beside(known: Row, rows: list[Row]) -> Iterator[str]:
    """Hold what members and the rest brought before against what all of them did."""
    inside = [row for row in rows if row["months"] == known["months"] and row is not known]
    for column in ("last_period", "last_year"):
        values = [value for row in inside if (value := row[column]) is not None]
        if len(values) == len(inside) > 1:
            yield from _agree(f"{column} of known and its parts", known[column], sum(values))


GROUPS = ("members", "rest", "known", "new", "everyone")


def _check_interval(
    what: str, low: float | None, value: float | None, high: float | None
) -> Iterator[str]:
    if low is not None and high is not None and value is not None and not low <= value <= high:
        yield f"{what}: {value:,.4f} lies outside {low:,.4f} to {high:,.4f}"


def check_programme(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold members against the rule, the customers and the headlines."""
    statuses = {row["customer_id"]: row["status"] for row in tables["programme_members"]}
    members = {name for name, status in statuses.items() if status in INSIDE}
    counts = Counter(statuses.values())
    yield from _agree("members", _figure(tables, "members"), len(members) if statuses else None)
    held = Counter(row["tier"] for row in tables["programme_members"] if row["status"] in INSIDE)
    for row in (row for row in tables["programme_case"] if row["option"] == "tier"):
        yield from _agree(f"members of tier {row['tier']}", row["members"], held[row["tier"]])
    yield from _check_benefits(tables["programme_case"])
    candidates = counts["candidate"] if statuses else None
    yield from _agree("candidates", _figure(tables, "candidates"), candidates)
    customers = {row["customer_id"]: row for row in tables["customers"]}
    for name, row in customers.items():
        if row["insider"] != statuses.get(name):
            yield f"status of {name}: {row['insider']} and {statuses.get(name)}"
    inside = [row for name, row in customers.items() if name in members]
    total = _sum(list(customers.values()), "revenue_365d")
    share = _sum(inside, "revenue_365d") / total if total > 0 and statuses else None
    yield from _agree("members' revenue", _figure(tables, "members_revenue_share"), share)
    if customers and statuses:
        share = len(members) / len(customers)
        yield from _agree("members' share", _figure(tables, "members_share"), share)
    if (facts.get("programme") or {}).get("state") == "not_launched":
        yield from _check_launch_list(tables, customers, members)


def _check_benefits(case: list[Row]) -> Iterator[str]:
    """Hold what all members get against what their tiers get."""
    rule = next((row["benefit_cost"] for row in case if row["option"] == "rules"), None)
    tiers = [row["benefit_cost"] for row in case if row["option"] == "tier"]
    if tiers and rule is not None and None not in tiers:
        yield from _agree("benefit of all tiers", rule, sum(tiers))


def _check_launch_list(
    tables: Tables, customers: dict[str, Row], members: set[str]
) -> Iterator[str]:
    """Hold the launch list against the entry rule, customer by customer."""
    rules = [row for row in tables["programme_conditions"] if row["kind"] == "entry"]
    if any(row["since"] for row in tables["programme_members"]):
        yield "not launched, but members have a day of entry"
    if not rules or any(rule["feature"] is None for rule in rules):
        return
    for name, row in customers.items():
        meets = all(
            row[rule["feature"]] is not None
            and COMPARE[rule["operator"]](row[rule["feature"]], rule["value"])
            for rule in rules
        )
        if meets != (name in members):
            yield f"{name} {'meets' if meets else 'does not meet'} the entry rule"


def check_rows(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold the account of the rows and the months against the net amount of the run."""
    net = float(facts["net_amount"])
    months = _sum(tables["revenue_by_month"], "net") if tables["revenue_by_month"] else None
    fees = _sum(tables["revenue_by_month"], "fees")
    if months is not None:
        yield from _agree("months and net amount", months + fees, net)
    account = [row for row in tables["quality"] if not row["decision"]]
    places: Counter[str] = Counter()
    for row in account:
        places[row["rule"].partition(":")[0]] += row["rows"]
    read = places.pop("read", 0)
    if account:
        yield from _agree("rows read and where they are", read, sum(places.values()))


def check_evidence(tables: Tables, _: Row) -> Iterator[str]:
    """Hold counts of rules, hypotheses and audiences against their tables."""
    beaten = sum(bool(row["better"]) for row in tables["programme_tests"])
    yield from _agree("rules beaten", _figure(tables, "naive_rules_beaten"), beaten)
    holds = sum(row["verdict"] == "holds" for row in tables["hypotheses"])
    yield from _agree("hypotheses that hold", _figure(tables, "hypotheses_confirmed"), holds)
    audiences: Counter[str] = Counter()
    for row in tables["customers"]:
        audiences.update(_parse(row.get("actions")) or ())
    for row in tables["actions"]:
        action = row["action_id"]
        yield from _agree(f"audience of {action}", row["audience"], audiences[action])


def _parse(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str | bytes) and value else value


def check_figures(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold the figures against one another: one meaning, one name, one value."""
    for column in ("name", "meaning_en", "meaning_pt_br"):
        for text, count in Counter(row[column] for row in tables["figures"]).items():
            if count > 1:
                yield f"{count} figures of one {column}: {text}"
    yield from _check_texts(tables, facts)


def check_states(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold what page, actions and terminal state against what past dates can judge."""
    states = {row["name"]: row["judged"] for row in tables["figures"]}
    days = {row["name"]: row["horizon_days"] for row in tables["figures"]}
    for name in OF_CUSTOMERS:
        if days.get(name) != days.get("expected_revenue_known"):
            continue
        if name in states and states[name] != states.get("expected_revenue_known"):
            yield f"{name} and the forecast of known customers are not judged alike"
    # a count of few digits stands in many texts by chance
    amounts = [name for name in states if FIGURES[name] == "amount"]
    unjudged = [name for name in amounts if states[name] is False]
    data = _open_figures(tables, facts)
    for lang in LANGS:
        fmt, texts = make_formatter(data, lang), _list_texts(tables, facts, lang)
        for name in unjudged:
            number = write_figure(data, fmt, name)
            for text in texts if name not in JUDGED_ELSEWHERE else ():
                if number in text:
                    yield f"{name} cannot be judged, yet {number} is stated ({lang}): {text[:160]}"


def _open_figures(tables: Tables, facts: Row) -> ReportData:
    figures = pa.Table.from_pylist(tables["figures"]) if tables["figures"] else pa.table({})
    return ReportData({"figures": figures}, facts)


def _list_texts(tables: Tables, facts: Row, lang: Lang) -> list[str]:
    """Return the sentences that state what is expected: page, actions, terminal."""
    texts = [row[f"text_{lang.lower()}"] for row in tables["actions"]]
    for row in (row for row in tables["answers"] if row["lang"] == lang):
        answer = _parse(row["content"])
        spoken = answer["key"] in ("bottom_line", "churn")
        texts += [answer["headline"], *(answer["paragraphs"] if spoken else ())]
    return [*texts, *_list_findings(facts, lang)]


def _list_findings(facts: Row, lang: Lang) -> list[str]:
    """Return the lines that say what a run found, as the terminal has them."""
    parts = format_run(facts, lang, place="").split("\n\n")
    return [line for line in parts[-1].splitlines() if "clientela " not in line]


def check_terminal(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold the numbers of the run's last lines against the figures."""
    for lang in LANGS:
        known = _list_numbers(tables, facts, lang)
        for line in _list_findings(facts, lang):
            if strange := _cut(line) - known:
                yield f"the terminal ({lang}) names {sorted(strange)}: {line}"


def _check_texts(tables: Tables, facts: Row) -> Iterator[str]:
    """Hold the numbers of headlines against figures, rules, names and the day of the run."""
    data = ReportData({}, facts)
    for lang in LANGS:
        known = _list_numbers(tables, facts, lang)
        labels: dict[str, str] = {}
        for row in (row for row in tables["answers"] if row["lang"] == lang):
            answer = _parse(row["content"])
            if answer["part"] == "models":
                continue
            texts = [answer["headline"], *answer["paragraphs"][: 2 * (answer["part"] == "summary")]]
            for text in texts:
                if strange := _cut(text) - known:
                    yield f"{answer['key']} ({lang}) names {sorted(strange)}: {text}"
            value = answer["value"] or {}
            if labels.setdefault(value.get("label", ""), value.get("text", "")) != value.get(
                "text", ""
            ):
                yield f"two values of “{value['label']}” ({data.as_of})"


def _list_numbers(tables: Tables, facts: Row, lang: Lang) -> set[str]:
    """Return every number that a headline may hold."""
    data = _open_figures(tables, facts)
    fmt = make_formatter(data, lang)
    texts = [fmt.date(data.as_of)]
    for row in tables["figures"]:
        ends = [end for end in ("value", "low", "high") if row[end] is not None]
        texts += [write_figure(data, fmt, row["name"], end) for end in ends]
        texts += [fmt.number(row["value"]), fmt.number(row["horizon_days"])]
        if row["unit"] == "share":
            texts.append(fmt.share(abs(row["value"])))
    for name in ("programme_conditions", "segments", "actions", "model_notes"):
        texts += [str(value) for row in tables[name] for value in row.values()]
    grace = (row.get("grace_days") for row in tables["programme_conditions"])
    texts += [fmt.number(days) for days in grace if days]
    medians = [row for row in tables["answers"] if row["lang"] == lang]
    for row in medians:  # medians of the table that stands below the headline
        answer = _parse(row["content"])
        if answer["key"] in ("characteristics", "hypotheses"):
            texts += [cell for table in answer["tables"] for line in table["rows"] for cell in line]
    return set().union(*map(_cut, texts)) | set(SPOKEN)


def _cut(text: str) -> set[str]:
    return {number.rstrip(".,") for number in NUMBER.findall(text)}


CHECKS: dict[str, Callable[[Tables, Row], Iterator[str]]] = {
    "customers": check_customers,
    "risk": check_risk,
    "forecasts": check_forecasts,
    "programme": check_programme,
    "rows": check_rows,
    "evidence": check_evidence,
    "figures": check_figures,
    "states": check_states,
    "terminal": check_terminal,
}
"""Each check by its name: from the tables and facts of a run to its contradictions."""


if __name__ == "__main__":
    main()
