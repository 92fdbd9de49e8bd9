"""Where each answer stands: eight on the first page, in four groups, then the method."""

from collections.abc import Sequence

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


def arrange_topics(answers: Sequence[Answer]) -> dict[str, list[list[Answer]]]:
    """Return the topics by group; answers of no group stand with the last topic.

    A topic is an answer of the first page, and those that stand with its evidence.
    """
    of_key = {answer.key: answer for answer in answers}
    groups: dict[str, list[list[Answer]]] = {}
    for group, topics in GROUPS.items():
        present = ([of_key.pop(key) for key in keys if key in of_key] for keys in topics)
        groups[group] = list(filter(None, present))
    others = [
        answer
        for answer in of_key.values()
        if answer.part == "business" and answer.key not in METHOD
    ]
    if groups["actions"]:  # an answer without a place is no ninth one
        groups["actions"][-1] += others
    else:
        groups["actions"] = [[answer] for answer in others]
    return {group: topics for group, topics in groups.items() if topics}


METHOD = ("method", "hypotheses")
"""Answers on how it was done, folded at the end of the page with those on the models."""


def list_method(answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers on method and models, in their order."""
    return [answer for answer in answers if answer.part == "models" or answer.key in METHOD]
