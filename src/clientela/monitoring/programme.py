"""Segments and programme: sudden flows, and what must always hold of the ledger."""

from collections.abc import Iterable, Sequence

from clientela.monitoring.check import Check, State, judge_level
from clientela.store.programme import Membership, ProgrammeLedger

SMALLEST_SHARE_SIGMA = 0.01  # by convention: six of them are six points


def check_moves(moved: float | None, past: Sequence[float]) -> list[Check]:
    """Judge the share of customers who changed segment by that of earlier runs."""
    if moved is None:
        return []
    level = judge_level(
        "programme",
        "moved_share",
        moved,
        past,
        unit="share",
        floor=SMALLEST_SHARE_SIGMA,
        one_sided=True,
    )
    return [level]


def check_members(ledger: ProgrammeLedger) -> list[Check]:
    """Judge the last review by those before it, and the whole ledger by what must hold of it."""
    if not ledger.reviews:
        return []
    shares = [
        (review.warned + review.left) / review.members if review.members else 0.0
        for review in ledger.reviews[1:]
    ]
    checks = [_check_invariants(ledger)]
    if shares:
        level = judge_level(
            "programme",
            "leaving_share",
            shares[-1],
            shares[:-1],
            unit="share",
            floor=SMALLEST_SHARE_SIGMA,
            one_sided=True,
        )
        checks.append(level)
    return checks


def _check_invariants(ledger: ProgrammeLedger) -> Check:
    broken = [*_list_broken(ledger.records), *_list_uncounted(ledger)]
    versions = {rule.version for rule in ledger.rules}
    if any(record.rule_version not in versions for record in ledger.records):
        broken.append("rule_version")
    state: State = "alarm" if broken else "ok"
    count = float(len(broken))
    detail = ", ".join(dict.fromkeys(broken))
    return Check("programme", "ledger", state, "count", count, 0.0, None, 0.0, detail)


def _list_broken(records: Iterable[Membership]) -> Iterable[str]:
    """Name the dates that stand in the wrong order: a warning before the entry, for example."""
    for record in records:
        days = {
            "warned_on": record.warned_on,
            "leaves_on": record.leaves_on,
            "left_on": record.left_on,
        }
        for name, day in days.items():
            if day is not None and day < record.entered_on:
                yield f"{name} < entered_on"
        if record.entered_on > record.recorded_on:
            yield "entered_on > recorded_on"


def _list_uncounted(ledger: ProgrammeLedger) -> Iterable[str]:
    """Compare members with the count of the last review; erased people may be missing."""
    review = ledger.reviews[-1]
    if len(ledger.members_at(review.reviewed_on)) > review.members:
        yield "members"
