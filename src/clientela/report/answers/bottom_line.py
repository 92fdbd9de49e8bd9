"""The bottom line: what is, what is urgent, and what to do on Monday, in three sentences."""

from collections.abc import Sequence

from clientela.report.answer import Answer
from clientela.report.answers.customers import is_concentrated
from clientela.report.answers.figures import LAST_MONTHS, TOP, cite, find_figure, is_unjudged
from clientela.report.answers.queries import (
    count_customers,
    count_members,
    is_launched,
    read_programme,
)
from clientela.report.formatter import Formatter, lower_first
from clientela.report.report_data import ReportData

LEAST_CHANGE = 0.005  # by convention: smaller changes are written as none


def answer_bottom_line(data: ReportData, fmt: Formatter) -> Answer:
    """Say in three sentences what is, what is urgent, and what to do on Monday.

    Each sentence follows the state of the run: no list, programme or forecast is promised that
    the run does not hold.
    """
    question = fmt.say("bottom.question")
    if not count_customers(data):
        return Answer("bottom_line", question, fmt.say("customers.nobody"), part="summary")
    texts = (_state_urgent(data, fmt), _state_monday(data, fmt))
    return Answer("bottom_line", question, _state_base(data, fmt), texts, part="summary")


def _state_base(data: ReportData, fmt: Formatter) -> str:
    """Say on whom revenue rests, and how the last period compares with the year before."""
    change = find_figure(data, "last_months_change").get("value")
    share = find_figure(data, "top_tenth_revenue_share_365d").get("value")
    sentences = []
    if share is not None:
        key = "bottom.few" if is_concentrated(data) else "bottom.many"
        top = cite(data, fmt, share="top_tenth_revenue_share_365d")
        sentences.append(fmt.say(key, top=fmt.whole_share(TOP), **top))
    if change is not None:
        turn = "same" if abs(change) < LEAST_CHANGE else "up" if change > 0 else "down"
        months = fmt.number(LAST_MONTHS)
        sentences.append(fmt.say(f"bottom.{turn}", months=months, share=fmt.share(abs(change))))
    return _join(sentences) or fmt.say("bottom.short")


def _state_urgent(data: ReportData, fmt: Formatter) -> str:
    """Say what is lost if nothing is done: customers at risk, else members about to leave."""
    loss = find_figure(data, "expected_loss_to_contact")
    if (loss.get("value") or 0.0) > 0.0:
        days = loss.get("horizon_days")
        places = {"n": "customers_to_contact", "loss": "expected_loss_to_contact"}
        key = "bottom.loss" if days is None else "bottom.loss_days"
        if is_unjudged(data, "expected_loss_to_contact"):
            key, places["spent"] = "bottom.loss_unjudged", "revenue_to_contact"
        return fmt.say(key, days=fmt.number(days), **cite(data, fmt, **places))
    if find_figure(data, "members_leaving").get("value"):
        return fmt.say("bottom.leaving", **cite(data, fmt, n="members_leaving"))
    return fmt.say("bottom.calm" if find_figure(data, "customers_scored") else "bottom.unscored")


def _state_monday(data: ReportData, fmt: Formatter) -> str:
    """Say the steps that the run's lists and the programme's state allow."""
    contacts = "contact" if find_figure(data, "customers_to_contact") else ""
    steps = [fmt.say(f"bottom.do_{step}") for step in (contacts, _name_step(data)) if step]
    if not steps:
        steps = [fmt.say("bottom.do_actions" if data.rows("actions") else "bottom.do_wait")]
    return _join(steps)


def _join(sentences: Sequence[str]) -> str:
    """Make one sentence of some, parted by semicolons."""
    first, *later = sentences or ("",)
    parts = [first, *map(lower_first, later)]
    return "; ".join([*(part.removesuffix(".") for part in parts[:-1]), parts[-1]])


def _name_step(data: ReportData) -> str:
    """Return the next step of the programme; nothing where it is refused or not worth its cost."""
    if not count_members(data):
        return ""
    if is_launched(data):
        return "candidates" if find_figure(data, "candidates").get("value") else ""
    offer = read_programme(data).get("offer") or {}
    verdicts = data.sorted_by("programme_verdict", "position")
    worth = not verdicts or verdicts[0]["code"] != "not_worth"
    return "launch" if offer and not offer.get("refused") and worth else ""
