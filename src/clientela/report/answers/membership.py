"""The questions on members: who is eligible and why, how many, what they are like."""

from typing import Any

import msgspec
import numpy as np

from clientela.report.answer import Answer, AnswerTable, Axis, Chart, Figure, Series, drop_absent
from clientela.report.answers.figures import cite, head
from clientela.report.answers.programme_rules import join_sentences, offer_lists
from clientela.report.answers.queries import (
    Rows,
    count_members,
    count_statuses,
    is_launched,
    name_segments,
    rank_member_segments,
    read_column,
    read_programme,
)
from clientela.report.formatter import Formatter
from clientela.report.report_data import ReportData

FEATURES = (
    "revenue",
    "revenue_365d",
    "orders",
    "average_order_value",
    "products",
    "days_since_last",
    "tenure_days",
    "returned_share",
)
IN_HEADLINE = ("orders", "products", "days_since_last")
SPENDING = ("revenue_365d", "revenue")
MOST_GAPS = 8  # columns of the picture; more do not fit on a phone


def answer_eligible(data: ReportData, fmt: Formatter) -> Answer:
    """Say who qualifies, by which of the policies compared, and from which segments they come."""
    question, members = fmt.say("eligible.question"), count_members(data)
    if not members:
        return Answer("eligible", question, fmt.say("programme.none"))
    origin = _find_origin(data, fmt)
    return Answer(
        "eligible",
        question,
        fmt.say("eligible.headline", **origin) if origin else fmt.say("eligible.by_policy"),
        paragraphs=drop_absent((*_explain_state(data, fmt), *_explain_policy(data, fmt))),
        charts=drop_absent((_draw_segments(data, fmt),)),
        tables=drop_absent((_list_policies(data, fmt),)),
        caveat=fmt.say("eligible.caveat"),
        downloads=offer_lists(fmt)[:1],
    )


def _name_figure(data: ReportData, question: str, fmt: Formatter) -> str:
    return fmt.say(_key_state(data, f"{question}.figure"))


def _explain_state(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    """Say that nobody is a member before the launch, and why rules cannot be proposed."""
    offer = read_programme(data).get("offer") or {}
    refusals = [
        fmt.say(
            f"eligible.refused.{code}",
            share=fmt.share(offer["returned_share"]),
            leavers=fmt.share(offer["returned_leavers_share"]),
        )
        for code in offer.get("refused", ())
        if code in ("returning", "worse")
    ]
    state = () if is_launched(data) else tuple(refusals or [fmt.say("eligible.not_launched")])
    return (_warn_of_verdict(data, fmt), *state)


def _warn_of_verdict(data: ReportData, fmt: Formatter) -> str:
    """Say before the conditions that a programme is not worth it here."""
    codes = [row["code"] for row in data.sorted_by("programme_verdict", "position")]
    if codes[:1] != ["not_worth"]:
        return ""
    because, question = fmt.say(f"worth.because.{codes[1]}"), fmt.say("worth.question")
    return fmt.say("eligible.not_worth", because=because, question=question)


def _explain_policy(data: ReportData, fmt: Formatter) -> tuple[str, ...]:
    rows = data.rows("programme_policies")
    return (fmt.say("eligible.compared", n=fmt.number(len(rows))),) if rows else ()


def _find_origin(data: ReportData, fmt: Formatter) -> dict[str, str]:
    """Return the segment that most members come from, and their share in words."""
    ranking, names = rank_member_segments(data), name_segments(data, fmt)
    if not ranking or not names:
        return {}
    first, _ = ranking[0]
    share = cite(data, fmt, share="members_first_segment_share")
    return {"name": names.get(first, str(first)), **share}


def _draw_segments(data: ReportData, fmt: Formatter) -> Chart | None:
    ranking, names = rank_member_segments(data), name_segments(data, fmt)
    if not ranking or not names:
        return None
    return fmt.bars(
        "members_by_segment",
        fmt.say("eligible.segments_title"),
        ((names.get(segment, str(segment)), float(n)) for segment, n in ranking),
        ("eligible.members_axis", "number"),
    )


def _list_policies(data: ReportData, fmt: Formatter) -> AnswerTable | None:
    return fmt.table(
        "policies",
        fmt.say("eligible.policies"),
        sorted(data.rows("programme_policies"), key=lambda row: not row["chosen"]),
        [
            ("eligible.policy", "text", lambda row: fmt.heading("policy", row["policy"])),
            ("eligible.members", "number", "members"),
            ("column.customers_share", "share", "members_share"),
            ("column.revenue_share_365d", "share", "revenue_share"),
            ("eligible.later_share", "share", "later_revenue_share"),
            ("column.verdict", "text", "reason"),
        ],
        strong="chosen",
        note=fmt.say("eligible.policies_note"),
    )


def answer_how_many(data: ReportData, fmt: Formatter) -> Answer:
    """Count members, those about to leave and candidates, today and in the months before."""
    question, members = fmt.say("how_many.question"), count_members(data)
    if not members:
        return Answer("how_many", question, fmt.say("programme.none"))
    leaving = count_statuses(data).get("leaving", 0)
    return Answer(
        "how_many",
        question,
        fmt.say(
            "how_many.headline" if is_launched(data) else "how_many.launch",
            as_of=fmt.date(data.as_of),
            **cite(data, fmt, share="members_share"),
        ),
        paragraphs=drop_absent(
            (fmt.count("how_many.leaving", leaving) if leaving else "", _count_tiers(data, fmt))
        ),
        value=head(data, fmt, "members", _name_figure(data, "how_many", fmt)),
        charts=drop_absent((_draw_months(data, fmt),)),
        caveat=fmt.say("how_many.caveat"),
        downloads=offer_lists(fmt),
    )


def _count_tiers(data: ReportData, fmt: Formatter) -> str:
    """Say how many members each tier has, and how many were warned; empty without tiers."""
    rows = [row for row in data.sorted_by("programme_case", "position") if row["option"] == "tier"]
    if not rows:
        return ""
    counts = ", ".join(f"{row['tier']} {fmt.number(row['members'])}" for row in rows)
    if not is_launched(data):
        return fmt.say("how_many.tiers_launch", tiers=counts)
    warned = sum(row["tier_ends_on"] is not None for row in data.rows("programme_members"))
    return fmt.say("how_many.tiers", tiers=counts, warned=fmt.number(warned))


def _draw_months(data: ReportData, fmt: Formatter) -> Chart | None:
    rows = data.sorted_by("programme_months", "as_of")
    if len(rows) < 2:
        return None
    first, last = rows[0]["members"], rows[-1]["members"]
    change = "same" if first == last else "more" if last > first else "fewer"
    ends = {"first": fmt.number(first), "last": fmt.number(last)}
    chart = fmt.bars(
        "members_by_month",
        fmt.say(f"how_many.{change}", since=fmt.date(rows[0]["as_of"]), **ends),
        ((fmt.date(row["as_of"]), row["members"]) for row in rows),
        ("how_many.members", "number"),
        "how_many.note",
        "columns",
    )
    if is_launched(data) or last <= count_members(data):
        return chart
    return msgspec.structs.replace(chart, note=f"{chart.note} {fmt.say('how_many.note_more')}")


def answer_characteristics(data: ReportData, fmt: Formatter) -> Answer:
    """Compare members with the rest, and every segment outside with the members."""
    question = fmt.say("characteristics.question")
    medians = _compare_medians(data)
    if not count_members(data) or not medians:
        return Answer("characteristics", question, fmt.say("programme.none"))
    facts = [
        fmt.say(
            f"characteristics.{feature}",
            value=fmt.value(feature, medians[feature][0]),
            rest=fmt.value(feature, medians[feature][1]),
        )
        for feature in IN_HEADLINE
        if feature in medians
    ]
    return Answer(
        "characteristics",
        question,
        fmt.say(_key_state(data, "characteristics.headline"), facts=join_sentences(facts, fmt)),
        paragraphs=drop_absent((fmt.say("characteristics.median"),)),
        value=_state_spending(data, medians, fmt),
        charts=drop_absent((_draw_gaps(data, fmt),)),
        tables=drop_absent((_list_medians(data, medians, fmt),)),
        caveat=fmt.say(_key_state(data, "characteristics.caveat")),
    )


def _compare_medians(data: ReportData) -> dict[str, tuple[float, float]]:
    """Return each feature's median among members and among the rest."""
    columns = {
        name: [read_column(data, name, insiders=insiders) for insiders in (True, False)]
        for name in FEATURES
    }
    return {
        name: (float(np.median(members)), float(np.median(others_median)))
        for name, (members, others_median) in columns.items()
        if members.size and others_median.size
    }


def _state_spending(
    data: ReportData, medians: dict[str, tuple[float, float]], fmt: Formatter
) -> Figure | None:
    feature = next((name for name in SPENDING if name in medians), None)
    if feature is None:
        return None
    label = fmt.say(f"characteristics.figure_{feature}")
    return head(data, fmt, f"members_median_{feature}", label)


def _key_state(data: ReportData, key: str) -> str:
    """Return the key of a text on members, or of that on the launch list before the launch."""
    return key if is_launched(data) else f"{key}_launch"


def _list_medians(
    data: ReportData, medians: dict[str, tuple[float, float]], fmt: Formatter
) -> AnswerTable | None:
    rows = [
        {
            "feature": feature,
            "members": fmt.value(feature, members),
            "rest": fmt.value(feature, others_median),
            "times": members / others_median if others_median > 0 else None,
        }
        for feature, (members, others_median) in medians.items()
    ]
    return fmt.table(
        "characteristics",
        fmt.say(_key_state(data, "characteristics.table")),
        rows,
        [
            ("column.feature", "feature", "feature"),
            ("eligible.members_axis", "figure", "members"),
            ("characteristics.rest", "figure", "rest"),
            ("characteristics.times", "decimal", "times"),
        ],
    )


def _draw_gaps(data: ReportData, fmt: Formatter) -> Chart | None:
    rows = data.sorted_by("segment_gaps", "segment", "position")
    names = name_segments(data, fmt)
    features = list(dict.fromkeys(row["feature"] for row in rows))[:MOST_GAPS]
    ratios = {(row["segment"], row["feature"]): row["ratio"] for row in rows}
    segments = [segment for segment in names if any(row["segment"] == segment for row in rows)]
    if not segments:
        return None
    return Chart(
        key="segment_gaps",
        title=_name_nearest(rows, names, fmt),
        kind="heat",
        categories=tuple(fmt.feature(feature) for feature in features),
        value=Axis(fmt.say("characteristics.ratio"), "share"),
        series=tuple(
            Series(names[segment], tuple(ratios.get((segment, name)) for name in features))
            for segment in segments
        ),
        centre=1.0,
        note=fmt.say("characteristics.gaps_note"),
    )


def _name_nearest(rows: Rows, names: dict[int, str], fmt: Formatter) -> str:
    """Name the segment nearest to the members in what it spends."""
    spending: list[dict[str, Any]] = [
        row for row in rows if row["feature"] in SPENDING and row["ratio"] is not None
    ]
    if not spending:
        return fmt.say("characteristics.gaps_plain")
    nearest = max(spending, key=lambda row: row["ratio"])
    name = names.get(nearest["segment"], str(nearest["segment"]))
    return fmt.say("characteristics.gaps_title", name=name, share=fmt.share(nearest["ratio"]))
