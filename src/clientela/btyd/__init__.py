"""Buy Till You Die models: one file a model, fitted by maximum likelihood.

>>> from clientela import btyd
>>> btyd.BetaGeoFitter()
<BetaGeoFitter: not fitted>
"""

from importlib import import_module
from typing import Any

FITTERS = ("BetaGeoFitter", "GammaGammaFitter", "ModifiedBetaGeoFitter", "ParetoNBDFitter")


def __getattr__(name: str) -> Any:
    """Load the fitters when they are first asked for."""
    if name in FITTERS:
        return getattr(import_module("clientela.btyd.fitters"), name)
    raise AttributeError(f"module 'clientela.btyd' has no attribute {name!r}")
