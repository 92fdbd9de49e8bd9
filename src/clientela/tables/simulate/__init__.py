"""Simulated retail data with known truth, in the layout of UCI Online Retail.

One file a concept: the latent ``groups``, what each of their ``customers`` is like, the ``season``
that bends time, the ``orders`` placed, the ``products`` and their affinities, the ``lines`` of an
order, ``fees``, ``returns``, the planted ``dirt``, and the files the whole is ``write``-n to.
"""

from clientela.tables.simulate.groups import (
    RETAIL_GROUPS,
    BetaGeometricDropout,
    ExponentialDropout,
    Group,
)
from clientela.tables.simulate.retail import Simulated, simulate_retail
from clientela.tables.simulate.settings import RetailSettings

__all__ = [
    "RETAIL_GROUPS",
    "BetaGeometricDropout",
    "ExponentialDropout",
    "Group",
    "RetailSettings",
    "Simulated",
    "simulate_retail",
]
