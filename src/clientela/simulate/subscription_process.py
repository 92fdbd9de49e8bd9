"""Who subscribes, what they do month by month, and when they leave: the truth.

The hazard of a month depends on nothing but what the files of the months before show: the decline
of the activity, the time since signup, the services, age and region. What is hidden is why the
activity declines.
"""

from dataclasses import dataclass

import numpy as np

from clientela.simulate.customers import Ints
from clientela.simulate.groups import Floats
from clientela.simulate.subscription_settings import MONTH_DAYS, SubscriptionSettings

SERVICES = ("Mobile", "Broadband", "Television", "Fixed line", "Cloud")
SERVICE_SHARES = (0.34, 0.28, 0.18, 0.12, 0.08)  # by convention: one main service, some small ones
SERVICE_PRICES = np.array([25.0, 45.0, 35.0, 15.0, 60.0])
SERVICE_EFFECTS = np.array([0.50, -0.35, 0.20, -0.60, 0.0])
GENDERS = ("Female", "Male", "Other")
GENDER_SHARES = (0.50, 0.48, 0.02)  # by convention: halves, and some unsaid
REGIONS = ("North", "South", "East", "West", "Centre")
REGION_SHARES = (0.15, 0.30, 0.25, 0.20, 0.10)  # by convention: regions of unequal size
REGION_EFFECTS = np.array([0.15, -0.10, 0.0, 0.10, -0.15])

DECLINE_EFFECT = 2.6
"""Of the logarithm of usual over recent purchases a month, which stays within (-1, 2)."""
NEW_EFFECT, NEW_MONTHS = 1.1, 6.0  # by convention: log-odds of the new, and how fast they fade
YOUNG_EFFECT, OLD_EFFECT = 0.25, -0.20  # by convention: small, so that models must look for it
BREADTH_EFFECT = -0.8
"""Of the share of purchases that are not of the main service."""
# By convention: chances a month to cool and to recover, the factor of a month, the lowest level.
COOLING, COOLED, RECOVERY, COLDEST = 0.05, 0.62, 0.06, 0.12
RECENT_MONTHS, USUAL_MONTHS = 3, 6  # by convention: a quarter beside the half-year before it


@dataclass(frozen=True)
class Subscribers:
    """What each customer is; days count from the start of the files and may lie before it."""

    age: Ints
    gender: Ints
    region: Ints
    service: Ints
    breadth: Floats
    signup_day: Ints
    charge_day: Ints
    rate_per_month: Floats
    price_level: Floats

    def __len__(self) -> int:
        return len(self.age)


@dataclass(frozen=True)
class Course:
    """What happened to each customer.

    Parameters
    ----------
    hazard : ndarray, shape (customers, months)
        Probability of leaving in the month of those under contract when it begins, else NaN.
    usage, charges : ndarray, shape (customers, months)
        How many purchases there were, and whether the month was charged (0 or 1).
    exit_day : ndarray
        Days since the start; infinite where the customer stays.
    starts : ndarray, shape (months + 1,)
        First day of each month.
    """

    hazard: Floats
    usage: Ints
    charges: Ints
    exit_day: Floats
    starts: Ints


def draw_subscribers(settings: SubscriptionSettings, rng: np.random.Generator) -> Subscribers:
    """Draw what each customer is."""
    count = settings.customers
    before = rng.random(count) < settings.before_share
    early = -rng.integers(1, 730, count)
    fresh = np.floor(rng.random(count) ** 0.9 * (settings.days - 1)).astype(np.int64)
    return Subscribers(
        age=np.clip(np.rint(rng.normal(43.0, 15.0, count)), 18, 92).astype(np.int64),
        gender=rng.choice(len(GENDERS), size=count, p=GENDER_SHARES),
        region=rng.choice(len(REGIONS), size=count, p=REGION_SHARES),
        service=rng.choice(len(SERVICES), size=count, p=SERVICE_SHARES),
        breadth=rng.beta(1.5, 3.5, count),
        signup_day=np.where(before, early, fresh),
        charge_day=rng.integers(0, 28, count),
        rate_per_month=rng.gamma(3.0, settings.purchases_per_month / 3.0, count),
        price_level=rng.lognormal(0.0, 0.3, count),
    )


def draw_course(
    people: Subscribers, settings: SubscriptionSettings, rng: np.random.Generator
) -> Course:
    """Live through the months: activity cools or recovers, and some leave."""
    starts = np.array([(month - settings.start).days for month in settings.months])
    count, months = len(people), len(starts) - 1
    hazard, usage = np.full((count, months), np.nan), np.zeros((count, months), np.int64)
    charges = np.zeros((count, months), np.int64)
    total, warmth = np.zeros((count, months + 1), np.int64), np.ones(count)
    exit_day = np.full(count, np.inf)
    for month in range(months):
        at_risk = (people.signup_day < starts[month]) & np.isinf(exit_day)
        level = _level(people, total, starts, month)
        chance = 1.0 - np.exp(-settings.leaving_per_month * np.exp(level))
        hazard[at_risk, month] = chance[at_risk]
        leaves = at_risk & (rng.random(count) < chance)
        length = starts[month + 1] - starts[month]
        exit_day[leaves] = starts[month] + np.floor(rng.random(count)[leaves] * length)
        first, last = exposure(people.signup_day, exit_day, starts, month)
        mean = people.rate_per_month * warmth * (last - first) / MONTH_DAYS
        joined = (people.signup_day >= starts[month]) & (people.signup_day < starts[month + 1])
        usage[:, month] = rng.poisson(mean) + joined
        due = starts[month] + people.charge_day
        charges[:, month] = settings.charged & (first <= due) & (due < last)
        total[:, month + 1] = total[:, month] + usage[:, month] + charges[:, month]
        warmth = _cool_activity(warmth, rng)
    return Course(hazard, usage, charges, exit_day, starts)


def exposure(
    signup_day: Ints | Floats, exit_day: Floats, starts: Ints, month: Ints | int
) -> tuple[Floats, Floats]:
    """Compute the part of a month, in days since the start, in which purchases can fall."""
    first = np.maximum(signup_day, starts[month]).astype(np.float64)
    last = np.minimum(exit_day, starts[np.asarray(month) + 1])
    return first, np.maximum(last, first)


def _cool_activity(warmth: Floats, rng: np.random.Generator) -> Floats:
    """Let activity begin to cool, cool on, or come back."""
    cools = (warmth < 1.0) | (rng.random(len(warmth)) < COOLING)
    colder = np.where(cools, np.maximum(warmth * COOLED, COLDEST), warmth)
    return np.where(rng.random(len(warmth)) < RECOVERY, 1.0, colder)


def _level(people: Subscribers, total: Ints, starts: Ints, month: int) -> Floats:
    """Compute the logarithm of the hazard against that of average behaviour."""
    tenure_months = np.maximum(starts[month] - people.signup_day, 0) / MONTH_DAYS
    return np.asarray(
        DECLINE_EFFECT * _decline(people, total, starts, month)
        + NEW_EFFECT * np.exp(-tenure_months / NEW_MONTHS)
        + SERVICE_EFFECTS[people.service]
        + BREADTH_EFFECT * (people.breadth - 0.3)
        + np.where(people.age < 30, YOUNG_EFFECT, np.where(people.age > 60, OLD_EFFECT, 0.0))
        + REGION_EFFECTS[people.region]
    )


def _decline(people: Subscribers, total: Ints, starts: Ints, month: int) -> Floats:
    """Compare the purchases a month of before with those of the last three; 0 where none can."""
    begun = np.searchsorted(starts, np.maximum(people.signup_day, 0), side="right") - 1
    rows = np.arange(len(people))
    middle = max(month - RECENT_MONTHS, 0)
    first = np.minimum(np.maximum(begun, middle - USUAL_MONTHS), middle)
    usual = (total[:, middle] - total[rows, first]) / np.maximum(middle - first, 1)
    recent = (total[:, month] - total[:, middle]) / max(month - middle, 1)
    decline = np.log((usual + 0.2) / (recent + 0.2))
    return np.where(middle > first, np.clip(decline, -1.0, 2.0), 0.0)
