"""Where each answer stands: eight on the first page, in four groups, then the method."""

from collections.abc import Sequence
from dataclasses import dataclass

from clientela.report.answer import Answer

GROUPS: dict[str, tuple[tuple[str, ...], ...]] = {
    "customers": (("customers",), ("segments",)),
    "programme": (
        ("how_many", "eligible", "characteristics", "revenue_share", "expected"),
        ("entry", "leaving"),
        ("worth", "proof"),
    ),
    "risk": (("value",), ("churn",)),
    "actions": (("actions", "experiments"),),
}
"""Keys of the answers by group; the first of each topic stands on the first page."""


@dataclass(frozen=True)
class Topic:
    """An answer of the first page, and those that stand with its evidence."""

    answer: Answer
    more: tuple[Answer, ...] = ()


def arrange_topics(answers: Sequence[Answer]) -> dict[str, list[Topic]]:
    """Return the topics by group; answers of no group stand with the last topic."""
    of_key = {answer.key: answer for answer in answers}
    groups: dict[str, list[Topic]] = {}
    for group, topics in GROUPS.items():
        present = ([of_key.pop(key) for key in keys if key in of_key] for keys in topics)
        groups[group] = [Topic(first, tuple(more)) for first, *more in filter(None, present)]
    others = [
        answer
        for answer in of_key.values()
        if answer.part == "business" and answer.key not in METHOD
    ]
    if groups["actions"]:  # an answer without a place is no ninth one
        last = groups["actions"][-1]
        groups["actions"][-1] = Topic(last.answer, (*last.more, *others))
    else:
        groups["actions"] = [Topic(answer) for answer in others]
    return {group: topics for group, topics in groups.items() if topics}


METHOD = ("method", "hypotheses")
"""Answers on how it was done, folded at the end of the page with those on the models."""


def list_method(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers on method and models, in their order."""
    return [answer for answer in answers if answer.part == "models" or answer.key in METHOD]
