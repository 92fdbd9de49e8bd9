"""How often a claim at 95 % holds, and how often a model that is better is claimed to be.

``python benchmarks/claims.py`` simulates firms whose model is a share better than the naive rival
on the mean of all dates, and by more or less on each: a date's effect is common to its customers.
Of each firm some dates that share no day are known, and the claim is that of the product: the
interval over dates lies below 0. A hit is a claim of a model that is truly better. Exits with 1
where claims over firms of all kinds hold less often than wanted.
"""

import sys

import numpy as np
from figures import Figure, report

from clientela.statistics.dates import LEAST_DATES, compare_dates

FIRMS = 2_000
CUSTOMERS = 1_000
DATES = (LEAST_DATES, 8)
EFFECTS = (0.05, 0.10, 0.15, 0.25)  # standard deviation of a date's effect, share of the error
BETTER = 0.10
ERRORS = 1.5  # of a customer's difference, over the mean error: revenue has heavy tails
HITS, POWER = 0.90, 0.50  # wanted


def count_claims(better: np.ndarray, dates: int, effect: float, seed: int) -> np.ndarray:
    """Return which firms' models are claimed to be better, one each."""
    rng = np.random.default_rng(seed)
    shape = len(better), dates
    noise = rng.normal(0.0, ERRORS / np.sqrt(CUSTOMERS), shape)
    differences = -better[:, None] + rng.normal(0.0, effect, shape) + noise
    return np.array([compare_dates(firm).high < 0.0 for firm in differences])


def main() -> int:
    """Simulate firms of each kind and report hit rates and power."""
    rng = np.random.default_rng(0)
    mixed = rng.normal(0.0, BETTER, FIRMS)  # as many models worse as better, by a tenth
    hits, claims, figures = 0, 0, []
    for dates in DATES:
        for effect in EFFECTS:
            equal = count_claims(np.zeros(FIRMS), dates, effect, 1)
            claimed = count_claims(mixed, dates, effect, 2)
            power = count_claims(np.full(FIRMS, BETTER), dates, effect, 3)
            held = int((claimed & (mixed > 0.0)).sum())
            hits, claims = hits + held, claims + int(claimed.sum())
            of = f"{dates} dates, effect {effect:.2f}"
            goal = POWER if (dates, effect) == (8, 0.10) else None
            figures += [
                Figure("claimed where neither is better", float(equal.mean()), of),
                Figure("right, of those claimed", held / max(int(claimed.sum()), 1), of),
                Figure("claimed where better", float(power.mean()), of, goal=goal, least=True),
            ]
    total = [Figure("claims", claims), Figure("right", hits / claims, limit=HITS, least=True)]
    return report("claims", figures, total)


if __name__ == "__main__":
    sys.exit(main())
