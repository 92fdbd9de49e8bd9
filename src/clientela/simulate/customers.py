"""Who the customers are: group, rate, life and spend, one row a customer, all known."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clientela.simulate.groups import Floats, Group
from clientela.simulate.season import build_clock, to_calendar
from clientela.simulate.settings import RetailSettings

Ints = NDArray[np.int64]

FIRST_ID = 12_346  # of UCI Online Retail, so that examples read alike
COUNTRIES = (
    "United Kingdom",
    "Germany",
    "France",
    "EIRE",
    "Spain",
    "Netherlands",
    "Belgium",
    "Switzerland",
    "Portugal",
    "Australia",
)
# By convention: one home market and a tail, as in UCI Online Retail.
COUNTRY_SHARES = (0.88, 0.03, 0.025, 0.02, 0.01, 0.01, 0.008, 0.007, 0.006, 0.004)
UNSPECIFIED = len(COUNTRIES)


@dataclass(frozen=True)
class Customers:
    """Latent truth of every customer; times are days since the start of the simulation."""

    group: Ints
    rate_per_day: Floats
    acquired: Floats
    dropout: Floats
    last_repeat: Floats
    spend_level: Floats
    spend_shape: Floats
    lines_per_order: Floats
    return_factor: Floats
    country: Ints
    theme: Ints

    def __len__(self) -> int:
        return len(self.group)


def draw_customers(settings: RetailSettings, themes: int, rng: np.random.Generator) -> Customers:
    """Draw every customer from its latent group."""
    groups, count = settings.groups, settings.customers
    shares = np.array([group.share for group in groups])
    group = rng.choice(len(groups), size=count, p=shares / shares.sum())
    shape = _of(groups, "p")[group]
    nu = rng.gamma(_of(groups, "q")[group], 1.0 / _of(groups, "gamma")[group])
    life, repeats = _dropout(groups, group, rng)
    acquired = _draw_acquisition(settings, group, rng)
    return Customers(
        group=group,
        rate_per_day=rng.gamma(_of(groups, "r")[group], 1.0 / _of(groups, "alpha_days")[group]),
        acquired=acquired,
        dropout=acquired + life,
        last_repeat=repeats,
        spend_level=shape / nu,
        spend_shape=shape,
        lines_per_order=_of(groups, "lines_per_order")[group],
        return_factor=_of(groups, "return_factor")[group],
        country=rng.choice(len(COUNTRIES), size=count, p=COUNTRY_SHARES),
        theme=rng.integers(0, themes, count),
    )


def _of(groups: tuple[Group, ...], name: str) -> Floats:
    """Return one parameter of every group."""
    return np.array([getattr(group, name) for group in groups], dtype=np.float64)


def _dropout(
    groups: tuple[Group, ...], group: Ints, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Draw, by group, the days until dropout and the repeat purchase that is the last."""
    life, repeats = np.empty(len(group)), np.empty(len(group))
    for number, member_group in enumerate(groups):
        members = np.flatnonzero(group == number)
        life[members], repeats[members] = member_group.dropout.draw(len(members), rng)
    return life, repeats


def _draw_acquisition(settings: RetailSettings, group: Ints, rng: np.random.Generator) -> Floats:
    """Draw the moments of the first purchases: early ones more likely, busy days too."""
    moments = np.empty(len(group))
    for number, member_group in enumerate(settings.groups):
        members = np.flatnonzero(group == number)
        strength = settings.season * member_group.season_power
        clock = build_clock(settings.start, settings.days, strength)
        operational = clock[-1] * rng.random(len(members)) ** 1.8
        moments[members] = to_calendar(operational, clock)
    return moments
