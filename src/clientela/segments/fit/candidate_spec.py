"""How a division is made: a space, an algorithm and one parameter, written as one word."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest

from clientela.errors import ConfigError
from clientela.segments.fit.algorithms import ALGORITHMS, Algorithm
from clientela.segments.fit.spaces import SPACES

FORM = "space/algorithm/parameter=value"


@dataclass(frozen=True)
class CandidateSpec:
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
    >>> CandidateSpec("log", "kmeans", "k", 4).label
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


def parse_candidate(text: str) -> CandidateSpec:
    """Read a recipe as it is written in the configuration.

    Raises
    ------
    ConfigError
        It names no space, algorithm or parameter there is, or an impossible value.

    Examples
    --------
    >>> parse_candidate("minmax/kmeans/k=3")
    CandidateSpec(space='minmax', algorithm='kmeans', parameter='k', value=3)
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
    return CandidateSpec(space, algorithm, parameter, _value(text, parameter, value))


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


def list_candidates(
    spaces: Sequence[str], algorithms: Sequence[str], numbers: Sequence[int]
) -> list[CandidateSpec]:
    """List all candidates in the order they are tried.

    Parameters
    ----------
    spaces, algorithms : sequence of str
        Names in their registries, the most important first.
    numbers : sequence of int
        Numbers of segments asked for.

    Examples
    --------
    >>> [one.label for one in list_candidates(["log", "rank"], ["kmeans", "ward"], [4, 5])][:4]
    ['log/kmeans/k=4', 'log/kmeans/k=5', 'rank/kmeans/k=4', 'log/ward/k=4']
    """
    spaces, algorithms = list(dict.fromkeys(spaces)), list(dict.fromkeys(algorithms))
    first, space, algorithm = (spaces[0], algorithms[0]), spaces[0], algorithms[0]
    cross = [(one, algorithm) for one in spaces[1:]] + [(space, one) for one in algorithms[1:]]
    rest = [pair for pair in product(spaces, algorithms) if pair not in (first, *cross)]
    grids = [[_grid(*pair, numbers) for pair in pairs] for pairs in ([first], cross, rest)]
    return [recipe for grid in grids for recipe in _in_turns(grid)]


def list_smaller_candidates(
    algorithms: Sequence[str], space: str, least: int
) -> list[CandidateSpec]:
    """List divisions into fewer segments than asked for, for want of enough different customers."""
    counting = [one for one in algorithms if not ALGORITHMS[one].grid] or ["kmeans"]
    return [CandidateSpec(space, counting[0], "k", k) for k in range(2, least)]


def _grid(space: str, algorithm: str, numbers: Sequence[int]) -> list[CandidateSpec]:
    how = ALGORITHMS[algorithm]
    return [CandidateSpec(space, algorithm, how.accepts[0], value) for value in how.grid or numbers]


def _in_turns(grids: Sequence[Sequence[CandidateSpec]]) -> Iterator[CandidateSpec]:
    for turn in zip_longest(*grids):
        yield from (recipe for recipe in turn if recipe is not None)
