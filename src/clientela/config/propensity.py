"""Who will do something: nothing is learnt unless it is asked for here."""

from typing import Annotated

from msgspec import Meta

from clientela.config.churn import ChurnName
from clientela.config.section import Section

INSIDER = "insider"
CATEGORY = "category:"


class Propensity(Section, frozen=True):
    """Propensities asked for; each target costs about what churn does."""

    insider: Annotated[
        bool, Meta(description="Whether to predict who will meet the conditions to enter")
    ] = False
    categories: Annotated[
        tuple[str, ...], Meta(description="Categories of the file whose next buyers are predicted")
    ] = ()
    horizon_days: Annotated[
        int, Meta(ge=7, description="Days ahead within which it has to happen")
    ] = 90
    models: Annotated[
        tuple[ChurnName, ...],
        Meta(min_length=1, description="Models compared beside naive rules, as for churn"),
    ] = ("logistic", "spline_logistic", "lightgbm")
    trials: Annotated[int, Meta(ge=0, description="Settings tried in all, on earlier dates")] = 8
    max_dates: Annotated[
        int, Meta(ge=3, description="Most past snapshots learnt from and judged on")
    ] = 12
    resamples: Annotated[
        int, Meta(ge=100, description="Resamples of customers behind every interval")
    ] = 1_000
    seed: Annotated[int, Meta(ge=0, description="Seed of every random draw")] = 42

    @property
    def targets(self) -> tuple[str, ...]:
        """Name what is predicted: ``insider``, and ``category:NAME`` for each category."""
        entry = (INSIDER,) if self.insider else ()
        return entry + tuple(f"{CATEGORY}{name}" for name in self.categories)
