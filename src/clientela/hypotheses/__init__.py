"""Claims about the members as data, each tested on days after those that chose them.

Start at :mod:`clientela.hypotheses.table`.
"""

from clientela.hypotheses.hypothesis import Hypothesis, load_hypotheses
from clientela.hypotheses.table import HYPOTHESES, test_hypotheses

__all__ = ["HYPOTHESES", "Hypothesis", "load_hypotheses", "test_hypotheses"]
