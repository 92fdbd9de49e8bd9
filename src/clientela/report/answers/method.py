"""The question how it was done: method, account of the rows, features, next steps."""

from collections import Counter
from typing import Any

from clientela.i18n import load_catalogue
from clientela.report.answer import Answer, AnswerTable, Axis, Chart, Series, drop_absent
from clientela.report.answers.figures import cite, find_figure, find_total, head
from clientela.report.answers.queries import (
    Rows,
    find_champion,
    format_metric,
    list_candidates,
    read_column,
)
from clientela.report.formatter import Formatter, TableColumn, fold
from clientela.report.report_data import ReportData, parse_json

STEPS = ("data", "snapshot", "segments", "programme", "proof")
READ = "read"
USED = "segments"
FEES = "fees_amount"  # the firm's, and no habit of the customers
LEAST_UNIDENTIFIED_SHARE = 0.01  # of revenue; by convention: below it ids are no matter
MOST_CLAIMS = 10  # by convention: "our last ten such sentences"
COUNTS: tuple[TableColumn, ...] = (
    ("quality.rows", "number", "rows"),
    ("column.customers", "number", "customers"),
    ("quality.amount", "money", "amount"),
)


def answer_method(data: ReportData, fmt: Formatter) -> Answer:
    """Describe the method, the account of the rows, the features, and what to do next."""
    features = data.sorted_by("exploration", "position")
    return Answer(
        "method",
        fmt.say("method.question"),
        _write_headline(data, fmt),
        paragraphs=drop_absent(
            (
                *(fmt.say(f"method.{step}") for step in STEPS),
                fmt.say("method.undated") if _has_attributes(data) else "",
                state_claims(data, fmt),
                fmt.say("method.next"),
                *_list_improvements(data, features, fmt),
            )
        ),
        value=head(data, fmt, "rows_canonical", fmt.say("method.figure")),
        charts=drop_absent((_draw_places(data, fmt), _draw_correlations(features, fmt))),
        tables=drop_absent(
            (
                list_claims(data, fmt),
                _list_account(data, fmt),
                _list_rules(data, fmt),
                _list_features(features, fmt),
                _list_omissions(features, fmt),
                _list_decisions(data, fmt),
            )
        ),
        caveat=fmt.say("method.caveat"),
    )


def _write_headline(data: ReportData, fmt: Formatter) -> str:
    if not find_figure(data, "rows_canonical"):
        return fmt.say("method.headline_plain")
    refused = find_figure(data, "rows_quarantined").get("value")
    key = "method.headline" if refused else "method.headline_clean"
    return fmt.say(key, **cite(data, fmt, rows="rows_canonical", refused="rows_quarantined"))


def _list_improvements(data: ReportData, features: Rows, fmt: Formatter) -> list[str]:
    """Say what would improve these answers, each step from the run's own evidence."""
    steps = []
    if (find_figure(data, "unidentified_share").get("value") or 0.0) >= LEAST_UNIDENTIFIED_SHARE:
        steps.append(fmt.say("method.next_ids", **cite(data, fmt, share="unidentified_share")))
    total = find_total(data)
    if total and not total["judged"]:
        steps.append(fmt.say("method.next_history", days=fmt.number(total["horizon_days"])))
    families = {row["model"]: row["family"] for row in list_candidates(data, "churn")}
    if "learned" in families.values() and families.get(find_champion(data, "churn")) != "learned":
        steps.append(fmt.say("method.next_columns"))
    own = [
        row
        for row in features
        if row["role"] != USED and row["information"] is not None and row["feature"] != FEES
    ]
    if own:
        newest = min(own, key=lambda row: (row["information"], row["feature"]))
        steps.append(fmt.say("method.next_feature", feature=fmt.feature(newest["feature"])))
    return steps


def _has_attributes(data: ReportData) -> bool:
    """Return whether people are described without a date."""
    table = data.table("customers")
    if table is None:
        return False
    names = [name for name in ("gender", "region") if name in table.column_names]
    described = any(table[name].null_count < len(table) for name in names)
    return described or bool(read_column(data, "age_years").size)


def _select_account(data: ReportData) -> Rows:
    return [row for row in data.rows("quality") if not row["decision"]]


def _draw_places(data: ReportData, fmt: Formatter) -> Chart | None:
    """Draw where the rows read ended."""
    counts: Counter[str] = Counter()
    for row in _select_account(data):
        counts[str(row["rule"]).partition(":")[0]] += row["rows"]
    read = counts.pop(READ, 0)
    places = sorted(
        ((code, rows) for code, rows in counts.items() if rows),
        key=lambda pair: (-pair[1], pair[0]),
    )
    if not places or not read:
        return None
    refused = fmt.number(counts["quarantine"])
    return fmt.bars(
        "rows",
        fmt.say("method.chart", rows=fmt.number(read), refused=refused),
        ((fmt.heading("place", code), float(rows)) for code, rows in places),
        ("method.rows", "number"),
        "method.chart_note",
    )


def _describe_rule(rule: str, fmt: Formatter) -> str:
    return load_catalogue(fmt.lang).get(f"rule.{rule}", rule)


def _list_account(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    def name_place(row: dict[str, Any]) -> str:
        code, _, rule = row["rule"].partition(":")
        name = fmt.heading("place", code)
        if not rule:
            return name
        return fmt.say("quality.refused_by", place=name, rule=_describe_rule(rule, fmt))

    return fmt.table(
        "account",
        fmt.say("quality.account"),
        _select_account(data),
        [("quality.place", "text", name_place), *COUNTS],
        note=fmt.say("quality.account_note"),
    )


def _list_decisions(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "decisions",
        fmt.say("method.decisions"),
        data.facts.get("decisions", ()),
        [("method.decided_on", "date", "as_of"), ("quality.decision", "text", "sentence")],
        note=fmt.say("method.decisions_note"),
    )


def _list_rules(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    def name_decision(row: dict[str, Any]) -> str:
        code = str(row["decision"])
        return load_catalogue(fmt.lang).get(f"decision.{code}", code)

    rows = [row for row in data.rows("quality") if row["decision"]]
    return fold(
        fmt.table(
            "rules",
            fmt.say("quality.rules"),
            sorted(rows, key=lambda row: (-row["rows"], row["rule"])),
            [
                ("quality.rule", "text", lambda row: _describe_rule(row["rule"], fmt)),
                ("quality.decision", "text", name_decision),
                *COUNTS,
            ],
        ),
        bool(_select_account(data)),
    )


def _draw_correlations(features: Rows, fmt: Formatter) -> Chart | None:
    """Draw how the features of the segments go together, in ranks."""
    correlations = {
        row["feature"]: parse_json(row["correlations"]) or {}
        for row in features
        if row["role"] == USED
    }
    names = list(correlations)
    pairs = [
        (abs(correlations[name][other]), name, other)
        for code, name in enumerate(names)
        for other in names[code + 1 :]
        if correlations[name].get(other) is not None
    ]
    if not pairs:
        return None
    value, name, other = max(pairs)
    return Chart(
        key="correlations",
        title=fmt.say(
            "features.correlations",
            one=fmt.feature(name),
            other=fmt.feature(other),
            value=fmt.number(value, 2),
        ),
        kind="heat",
        categories=tuple(fmt.feature(name) for name in names),
        value=Axis(fmt.say("features.spearman"), "decimal"),
        series=tuple(
            Series(
                fmt.feature(name),
                tuple(1.0 if name == other else correlations[name].get(other) for other in names),
            )
            for name in names
        ),
        centre=0.0,
        note=fmt.say("features.correlations_note"),
    )


def _list_features(features: Rows, fmt: Formatter) -> AnswerTable | None:
    """List the features used, with their spread."""

    def quantile(name: str) -> TableColumn:
        return (f"features.{name}", "figure", lambda row: fmt.value(row["feature"], row[name]))

    return fmt.table(
        "features",
        fmt.say("features.used"),
        [row for row in features if row["role"] == USED],
        [
            ("column.feature", "feature", "feature"),
            *(quantile(name) for name in ("q05", "median", "q95")),
            ("features.skewness", "decimal", "skewness"),
            ("features.outliers", "number", "outliers"),
            ("features.information", "share", "information"),
        ],
        note=fmt.say("features.note"),
    )


def _list_omissions(features: Rows, fmt: Formatter) -> AnswerTable | None:
    """List the features left out, with the reason."""
    return fold(
        fmt.table(
            "features_left",
            fmt.say("features.left"),
            [row for row in features if row["role"] != USED],
            [
                ("column.feature", "feature", "feature"),
                ("features.information", "share", "information"),
                ("features.why", "text", "reason"),
            ],
        )
    )


def state_claims(data: ReportData, fmt: Formatter) -> str:
    """Say how many of the latest claims held, or when the first can be checked."""
    claims = data.rows("claims")
    checked = [row for row in claims if row["held"] is not None]
    if not claims:
        return ""
    if not checked:
        day = fmt.date(min(row["due_on"] for row in claims))
        return fmt.count("claims.open", len(claims), day=day)
    last = sorted(checked, key=lambda row: (row["judged_on"], row["subject"]))[-MOST_CLAIMS:]
    level = sum(row["level"] for row in last) / len(last)
    true_count = fmt.number(sum(row["held"] for row in last))
    return fmt.count("claims.held", len(last), held=true_count, level=fmt.share(level))


def list_claims(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    """List the claims, the latest first, with what came of them."""

    def write_claim(row: dict[str, Any]) -> str:
        if row["claim"] == "total":
            return fmt.say(
                f"claims.total_{row['subject']}",
                low=fmt.money(row["low"]),
                high=fmt.money(row["high"]),
                until=fmt.date(row["due_on"]),
            )
        return fmt.say(
            "claims.beats",
            model=fmt.model(row["model"]),
            baseline=fmt.model(row["baseline"]),
            metric=fmt.label("metric", row["metric"]),
            purpose=fmt.label("purpose", row["subject"]),
        )

    def write_outcome(row: dict[str, Any]) -> str:
        if row["claim"] == "total":
            return fmt.money(row["came"])
        return format_metric(row["metric"], row["came"], fmt)

    def write_held(row: dict[str, Any]) -> str:
        key = "open" if row["held"] is None else "yes" if row["held"] else "no"
        return fmt.say(f"claims.{key}")

    rows = sorted(data.rows("claims"), key=lambda row: (row["claimed_on"], row["subject"]))
    return fold(
        fmt.table(
            "claims",
            fmt.say("claims.table"),
            rows[::-1],
            [
                ("claims.claimed_on", "date", "claimed_on"),
                ("claims.claim", "text", write_claim),
                ("claims.level", "share", "level"),
                ("claims.came", "figure", write_outcome),
                ("claims.is_held", "text", write_held),
            ],
            note=fmt.say("claims.note"),
        )
    )
