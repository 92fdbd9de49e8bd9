"""Simulated data with known truth: retail in the layout of UCI Online Retail, and subscriptions.

One file a concept: the latent ``groups``, what each of their ``customers`` is like, the ``season``
that bends time, the ``orders`` placed, the ``products`` and their affinities, the ``lines`` of an
order, ``fees``, ``returns``, the planted ``dirt``, and the files the whole is ``write``-n to.
Subscriptions have their own: ``subscription_settings``, ``subscription_process``,
``subscription_dirt`` and ``subscription``.
"""

from clientela.simulate.groups import RETAIL_GROUPS, BetaGeometricDropout, ExponentialDropout, Group
from clientela.simulate.retail import simulate_retail
from clientela.simulate.settings import RetailSettings
from clientela.simulate.subscription import simulate_subscription
from clientela.simulate.subscription_settings import SubscriptionSettings
from clientela.simulate.truth import Simulation

__all__ = [
    "RETAIL_GROUPS",
    "BetaGeometricDropout",
    "ExponentialDropout",
    "Group",
    "RetailSettings",
    "Simulation",
    "SubscriptionSettings",
    "simulate_retail",
    "simulate_subscription",
]
