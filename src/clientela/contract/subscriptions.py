"""How often people are told of an audience or a view, and of which numbers."""

from typing import Literal, TypeAlias, get_args

Every: TypeAlias = Literal["day", "week", "month", "alert"]
Measure: TypeAlias = Literal["customers", "entered", "left"]
Bound: TypeAlias = Literal["at_least", "at_most"]
Wording: TypeAlias = Literal["en", "pt_BR"]
EVERY: tuple[Every, ...] = get_args(Every)
MEASURES: tuple[Measure, ...] = get_args(Measure)
BOUNDS: tuple[Bound, ...] = get_args(Bound)
