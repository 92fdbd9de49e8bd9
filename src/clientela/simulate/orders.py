"""Which orders are placed, when and of what value, in the order of time."""

from dataclasses import dataclass, fields

import numpy as np

from clientela.simulate.customers import Customers, Ints
from clientela.simulate.groups import Floats
from clientela.simulate.season import build_clock, seconds_of_day, to_calendar, to_operational
from clientela.simulate.settings import RetailSettings

DAY_SECONDS = 86_400  # seconds of a day
ANONYMOUS = -1  # no index of a customer


@dataclass(frozen=True)
class Orders:
    """One row an order: seconds since the start, customer or ``ANONYMOUS``, value, size, theme."""

    time: Ints
    customer: Ints
    value: Floats
    lines_mean: Floats
    theme: Ints
    country: Ints

    def __len__(self) -> int:
        return len(self.time)

    def take(self, rows: Ints | slice) -> "Orders":
        """Return some orders in the given sequence."""
        return Orders(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw_orders(
    customers: Customers, settings: RetailSettings, themes: int, rng: np.random.Generator
) -> tuple[Orders, Floats]:
    """Draw all orders, and the moment each customer dropped out.

    Returns
    -------
    Orders
        Sorted by time.
    ndarray
        Days since the start until dropout, one a customer; after the end for those alive.
    """
    owner, moment, dropout = _purchases(customers, settings, rng)
    shape = customers.spend_shape[owner]
    identified = Orders(
        time=np.floor(moment).astype(np.int64) * DAY_SECONDS + seconds_of_day(len(owner), rng),
        customer=owner,
        value=rng.gamma(shape, customers.spend_level[owner] / shape),
        lines_mean=customers.lines_per_order[owner],
        theme=_themes(customers.theme[owner], themes, rng),
        country=customers.country[owner],
    )
    everything = _with_anonymous(identified, settings.missing_customer_share, rng)
    return everything.take(np.argsort(everything.time, kind="stable")), dropout


def _purchases(
    customers: Customers, settings: RetailSettings, rng: np.random.Generator
) -> tuple[Ints, Floats, Floats]:
    """Draw each customer's purchases: the first, and Poisson repeats until dropout or the end."""
    owners, moments = [np.arange(len(customers))], [customers.acquired]
    dropout = customers.dropout.copy()
    for number, group in enumerate(settings.groups):
        members = np.flatnonzero(customers.group == number)
        clock = build_clock(settings.start, settings.days, settings.season * group.season_power)
        owner, moment = _repeats(customers, members, clock, rng)
        rank = _rank(owner)
        last = rank == customers.last_repeat[owner] - 1
        dropout[owner[last]] = moment[last]
        is_alive = rank < customers.last_repeat[owner]
        owners.append(owner[is_alive])
        moments.append(moment[is_alive])
    inside = np.minimum(np.concatenate(moments), settings.days - 1e-6)
    return np.concatenate(owners), inside, dropout


def _repeats(
    customers: Customers, members: Ints, clock: Floats, rng: np.random.Generator
) -> tuple[Ints, Floats]:
    """Draw Poisson repeat purchases in operational time, sorted by customer and moment."""
    end = float(len(clock) - 1)
    begin = to_operational(customers.acquired[members], clock)
    length = to_operational(np.minimum(customers.dropout[members], end), clock) - begin
    count = rng.poisson(customers.rate_per_day[members] * length)
    member = np.repeat(np.arange(len(members)), count)
    operational = begin[member] + length[member] * rng.random(len(member))
    sequence = np.lexsort((operational, member))
    return members[member[sequence]], to_calendar(operational[sequence], clock)


def _rank(owner: Ints) -> Ints:
    """Count the rows of each owner from 0; equal owners stand together.

    Examples
    --------
    >>> _rank(np.array([4, 4, 9, 9, 9])).tolist()
    [0, 1, 0, 1, 2]
    """
    first = np.concatenate([[True], owner[1:] != owner[:-1]])[: len(owner)]
    starts = np.flatnonzero(first)
    return np.arange(len(owner)) - np.repeat(starts, np.diff(np.append(starts, len(owner))))


def _themes(favourite: Ints, themes: int, rng: np.random.Generator) -> Ints:
    """Let most orders follow the customer's favourite theme, the others any."""
    strays = rng.random(len(favourite)) < 0.4
    return np.where(strays, rng.integers(0, themes, len(favourite)), favourite)


def _with_anonymous(identified: Orders, share: float, rng: np.random.Generator) -> Orders:
    """Add orders without a customer, each like some other order of the same day."""
    count = round(len(identified) * share / (1.0 - share))
    twins = identified.take(rng.integers(0, len(identified), count))
    day = twins.time // DAY_SECONDS * DAY_SECONDS
    return Orders(
        np.concatenate([identified.time, day + seconds_of_day(count, rng)]),
        np.concatenate([identified.customer, np.full(count, ANONYMOUS)]),
        np.concatenate([identified.value, twins.value]),
        np.concatenate([identified.lines_mean, twins.lines_mean]),
        np.concatenate([identified.theme, twins.theme]),
        np.concatenate([identified.country, np.zeros(count, dtype=np.int64)]),
    )
