"""Clientela: who your customers are, which are worth most, and who is about to leave.

>>> import clientela as cl
>>> cl.read  # doctest: +ELLIPSIS
<function read at ...>

Everything heavy is loaded when it is first used; ``import clientela`` costs next to nothing.
"""

from importlib import import_module
from typing import Any

__version__ = "0.2.0"
__all__ = ["Sales", "Table", "btyd", "read", "rfm", "simulate"]


def __getattr__(name: str) -> Any:
    """Load what is asked for when it is first asked for."""
    if name in ("btyd", "simulate"):
        return import_module(f"clientela.{name}")
    if name in __all__:
        return getattr(import_module("clientela.api"), name)
    raise AttributeError(f"module 'clientela' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names before they are loaded."""
    return sorted([*globals(), *__all__])
