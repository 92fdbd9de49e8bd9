"""Customers simulated from a model of purchases, with what nobody sees: who dropped out when."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.frame import Frame, TimeUnit
from clientela.btyd.nbd import Nbd
from clientela.btyd.pareto_nbd import ParetoNbd
from clientela.statistics.arrays import Doubles

Simulable = BetaGeometric | ParetoNbd | Nbd


@dataclass(frozen=True, eq=False)
class SimulatedPurchases:
    """Purchases after the first, and the truth.

    Parameters
    ----------
    born : array of shape (customers,)
        When each bought first, counted from the beginning of the data.
    customer, at : arrays of shape (purchases,)
        Position of the customer in ``born``, and when, counted from the beginning of the data.
    dropped : array of shape (customers,)
        When each dropped out, counted likewise; infinite for those who did not by the end.
    unit : {"days", "weeks"}
        Unit of all times.
    """

    born: Doubles
    customer: npt.NDArray[np.intp]
    at: Doubles
    dropped: Doubles
    unit: TimeUnit

    def frame(self, until: float) -> Frame:
        """Return those born by then as known then."""
        born_by_then = self.born <= until
        bought_by_then = self.at <= until
        x = np.bincount(self.customer[bought_by_then], minlength=len(self.born)).astype(np.float64)
        last = self.born.copy()
        np.maximum.at(last, self.customer[bought_by_then], self.at[bought_by_then])
        money = np.zeros(int(born_by_then.sum()))
        T = until - self.born[born_by_then]
        t_x = np.minimum((last - self.born)[born_by_then], T)
        return Frame(x[born_by_then], t_x, T, money, self.unit)

    def between(self, start: float, end: float) -> Doubles:
        """Count the purchases in (start, end] of those born by the start."""
        inside = (self.at > start) & (self.at <= end)
        counts = np.bincount(self.customer[inside], minlength=len(self.born))
        return counts[self.born <= start].astype(np.float64)

    def alive(self, at: float) -> npt.NDArray[np.bool_]:
        """Return who, of those born by then, had not dropped out."""
        living: npt.NDArray[np.bool_] = (self.dropped > at)[self.born <= at]
        return living


def simulate_purchases(
    model: Simulable, born: Doubles, end: float, seed: int
) -> SimulatedPurchases:
    """Draw customers and their purchases up to the end.

    Parameters
    ----------
    model : BetaGeometric, ParetoNbd or Nbd
        The truth; its unit is that of all times.
    born : array of shape (customers,)
        When each buys first, counted from the beginning of the data.
    end : float
        When observation ends, counted likewise.
    seed : int
        Seed of the draw.
    """
    rng = np.random.default_rng([seed, 20])
    rate = np.maximum(rng.gamma(model.r, 1.0 / model.alpha, len(born)), 1e-300)
    chance, dropped = _leaving(model, born, rng)
    stages = 1 if isinstance(model, ParetoNbd) else model.k
    who, now = np.flatnonzero(dropped > born), born[dropped > born]
    customers, times = [who[:0]], [now[:0]]
    while len(who):
        now = now + rng.gamma(stages, 1.0, len(who)) / rate[who]
        buys = (now <= end) & (now < dropped[who])
        who, now = who[buys], now[buys]
        customers.append(who)
        times.append(now)
        leaves = rng.random(len(who)) < chance[who]
        dropped[who[leaves]] = now[leaves]
        who, now = who[~leaves], now[~leaves]
    return SimulatedPurchases(
        born, np.concatenate(customers), np.concatenate(times), dropped, model.unit
    )


def _leaving(model: Simulable, born: Doubles, rng: np.random.Generator) -> tuple[Doubles, Doubles]:
    """Draw each customer's chance to leave with a purchase, and when he leaves unless he buys."""
    customers, never = len(born), np.full(len(born), np.inf)
    if isinstance(model, Nbd):
        return np.zeros(customers), never
    if isinstance(model, ParetoNbd):
        dying = np.maximum(rng.gamma(model.s, 1.0 / model.beta, customers), 1e-300)
        return np.zeros(customers), born + rng.exponential(1.0, customers) / dying
    chance = rng.beta(model.a, model.b, customers)
    at_once = model.modified & (rng.random(customers) < chance)
    return chance, np.where(at_once, born, never)
