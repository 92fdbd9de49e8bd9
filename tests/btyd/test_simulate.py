"""Chances of the models hold where the model is the truth: formula and simulator agree."""

import numpy as np
import pytest

from clientela.btyd.beta_geometric import BetaGeometric
from clientela.btyd.pareto_nbd import ParetoNbd
from clientela.btyd.simulate import Simulable, simulate_purchases

GROUPS, CUSTOMERS, END = 10, 20_000, 300.0


@pytest.mark.parametrize(
    "truth",
    [
        BetaGeometric(0.5, 40.0, 0.9, 1.6),
        BetaGeometric(0.5, 40.0, 0.9, 1.6, modified=True),
        BetaGeometric(0.8, 15.0, 0.3, 1.0, k=2, modified=True),
        ParetoNbd(0.6, 30.0, 0.6, 80.0),
    ],
    ids=lambda model: model.name,
)
def test_of_those_told_to_live_with_a_chance_that_share_does(truth: Simulable) -> None:
    born = np.random.default_rng(3).random(CUSTOMERS) * END
    made = simulate_purchases(truth, born, END, seed=4)
    told, lives = truth.p_alive(made.frame(END)), made.alive(END)
    for rows in np.array_split(np.argsort(told, kind="stable"), GROUPS):
        chance = told[rows]
        error = np.sqrt((chance * (1.0 - chance)).sum()) / len(rows)
        assert abs(lives[rows].mean() - chance.mean()) <= 4.0 * error
