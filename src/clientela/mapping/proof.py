"""Proof: what a sample shows of its columns, with reasons and open questions."""

from dataclasses import dataclass, field

from clientela.config.data import Meaning


@dataclass
class Proof:
    """What a sample shows of its columns.

    ``columns`` maps our roles to the source's columns, ``values`` and the others are as in
    :class:`clientela.config.Source`; ``reasons`` says why by role, ``questions`` what is in doubt,
    and ``answers`` are lines of a configuration that answer them, with their figures.
    """

    columns: dict[str, str]
    values: dict[str, dict[str, Meaning]] = field(default_factory=dict)
    fill_down: tuple[str, ...] = ()
    per_order: tuple[str, ...] = ()
    order_within: tuple[str, ...] = ()
    currency: str | None = None
    timezone: str | None = None
    minor_units: bool | None = None
    answers: list[str] = field(default_factory=list)
    reasons: dict[str, list[str]] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
