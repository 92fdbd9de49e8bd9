"""How a division is made: a space, an algorithm and one parameter, written as one word."""

from collections.abc import Iterable
from dataclasses import dataclass

from clientela.errors import ConfigError
from clientela.segments.fit.algorithms import ALGORITHMS, Algorithm
from clientela.segments.fit.spaces import SPACES

FORM = "space/algorithm/parameter=value"


@dataclass(frozen=True)
class Recipe:
    """A candidate before it is fitted.

    Parameters
    ----------
    space, algorithm : str
        Names in their registries.
    parameter : str
        Name of the algorithm's parameter.
    value : float
        Its value; a whole number for ``k``.

    Examples
    --------
    >>> Recipe("log", "kmeans", "k", 4).label
    'log/kmeans/k=4'
    """

    space: str
    algorithm: str
    parameter: str
    value: float

    @property
    def label(self) -> str:
        """The recipe as ``segments.force`` names it."""
        return f"{self.space}/{self.algorithm}/{self.parameter}={self.value:g}"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameter by its name."""
        return {self.parameter: self.value}

    @property
    def how(self) -> Algorithm:
        """The algorithm."""
        return ALGORITHMS[self.algorithm]

    @property
    def groups_asked(self) -> int:
        """The groups it must find at least to be a division."""
        return int(self.value) if self.parameter == "k" else 2


def parse(text: str) -> Recipe:
    """Read a recipe as it is written in the configuration.

    Raises
    ------
    ConfigError
        It names no space, algorithm or parameter there is, or an impossible value.

    Examples
    --------
    >>> parse("minmax/kmeans/k=3")
    Recipe(space='minmax', algorithm='kmeans', parameter='k', value=3)
    """
    space, _, rest = text.partition("/")
    algorithm, _, given = rest.partition("/")
    parameter, _, value = given.partition("=")
    if space not in SPACES:
        raise _unknown(text, "space", SPACES)
    if algorithm not in ALGORITHMS:
        raise _unknown(text, "algorithm", ALGORITHMS)
    if parameter not in ALGORITHMS[algorithm].accepts:
        raise _unknown(text, f"parameter of {algorithm}", ALGORITHMS[algorithm].accepts)
    return Recipe(space, algorithm, parameter, _value(text, parameter, value))


def _value(text: str, parameter: str, written: str) -> float:
    try:
        value = int(written) if parameter == "k" else float(written)
    except ValueError:
        value = -1
    possible = value >= 2 if parameter == "k" else 0 < value < (1e9 if parameter == "eps" else 1)
    if not possible:
        raise _refused(f"{text!r} has an impossible value of {parameter}", f"write it as {FORM}")
    return value


def _unknown(text: str, what: str, among: Iterable[str]) -> ConfigError:
    names = ", ".join(sorted(among))
    return _refused(f"{text!r} names no known {what}", f"write it as {FORM}; {what}: {names}")


def _refused(what: str, do: str) -> ConfigError:
    return ConfigError(what, where="segments.force", do=do)
