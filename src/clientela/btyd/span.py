"""Lengths of time with their unit, so that 39 weeks are never taken for 39 days."""

from dataclasses import dataclass
from typing import Literal

TimeUnit = Literal["days", "weeks"]
DAYS_IN: dict[TimeUnit, float] = {"days": 1.0, "weeks": 7.0}


@dataclass(frozen=True)
class Span:
    """A length of time.

    Examples
    --------
    >>> Span.weeks(39).to("days"), Span.days(273).to("weeks")
    (273.0, 39.0)
    >>> Span.weeks(39) == Span.days(39)
    False
    """

    length: float
    unit: TimeUnit

    def __post_init__(self) -> None:
        if not 0.0 <= self.length < float("inf"):
            raise ValueError(f"a span of {self.length} {self.unit} has no length")

    @classmethod
    def days(cls, length: float) -> "Span":
        """Give a span in days."""
        return cls(float(length), "days")

    @classmethod
    def weeks(cls, length: float) -> "Span":
        """Give a span in weeks."""
        return cls(float(length), "weeks")

    def to(self, unit: TimeUnit) -> float:
        """Give the length in a unit."""
        return self.length * DAYS_IN[self.unit] / DAYS_IN[unit]
