"""Candidate specs: a space, an algorithm and one parameter, written as one word; and their grid.

The grid is ordered so that a small budget still sees every kind. The first algorithm in the first
space is tried over its whole grid. Then the other spaces with the first algorithm and the other
algorithms in the first space take turns, one value of their grids at a time; then all other pairs
of space and algorithm do the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest

from clientela.errors import ConfigError
from clientela.segments.fit.algorithms import ALGORITHMS, Algorithm
from clientela.segments.fit.spaces import SPACES

FORM = "space/algorithm/parameter=value"


@dataclass(frozen=True)
class CandidateSpec:
    """A candidate segmentation before it is fitted.

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
        """The spec as ``segments.force`` names it."""
        return f"{self.space}/{self.algorithm}/{self.parameter}={self.value:g}"

    @property
    def parameters(self) -> dict[str, float]:
        """The parameter by its name."""
        return {self.parameter: self.value}

    @property
    def clusterer(self) -> Algorithm:
        """The algorithm itself."""
        return ALGORITHMS[self.algorithm]

    @property
    def least_segments(self) -> int:
        """The groups it must find at least to divide the customers."""
        return int(self.value) if self.parameter == "k" else 2


def parse_candidate(text: str) -> CandidateSpec:
    """Read a spec as it is written in the configuration.

    Raises
    ------
    ConfigError
        It names no space, algorithm or parameter there is, or an impossible value.

    Examples
    --------
    >>> parse_candidate("minmax/kmeans/k=3")
    CandidateSpec(space='minmax', algorithm='kmeans', parameter='k', value=3)
    """
    space, _, rest_of_text = text.partition("/")
    algorithm, _, assignment = rest_of_text.partition("/")
    parameter, _, value = assignment.partition("=")
    _check_name(text, "space", space, SPACES)
    _check_name(text, "algorithm", algorithm, ALGORITHMS)
    _check_name(text, f"parameter of {algorithm}", parameter, ALGORITHMS[algorithm].accepts)
    return CandidateSpec(space, algorithm, parameter, _parse_value(text, parameter, value))


def _check_name(text: str, kind: str, name: str, names: Iterable[str]) -> None:
    if name not in names:
        raise ConfigError(
            f"{text!r} names no known {kind}",
            where="segments.force",
            do=f"write it as {FORM}; {kind}: {', '.join(sorted(names))}",
        )


def _parse_value(text: str, parameter: str, digits: str) -> float:
    try:
        value = int(digits) if parameter == "k" else float(digits)
    except ValueError:
        value = -1
    possible = value >= 2 if parameter == "k" else 0 < value < (1e9 if parameter == "eps" else 1)
    if not possible:
        raise ConfigError(
            f"{text!r} has an impossible value of {parameter}",
            where="segments.force",
            do=f"write it as {FORM}",
        )
    return value


def list_candidates(
    spaces: Sequence[str], algorithms: Sequence[str], numbers: Sequence[int]
) -> list[CandidateSpec]:
    """List all candidates in the order they are tried.

    Parameters
    ----------
    spaces, algorithms : sequence of str
        Names in their registries, the most important first.
    numbers : sequence of int
        Numbers of segments of the configuration.

    Examples
    --------
    >>> grid = list_candidates(["log", "rank"], ["kmeans", "ward"], [4, 5])
    >>> [spec.label for spec in grid][:4]
    ['log/kmeans/k=4', 'log/kmeans/k=5', 'rank/kmeans/k=4', 'log/ward/k=4']
    """
    pairs = list(product(dict.fromkeys(spaces), dict.fromkeys(algorithms)))
    space, algorithm = pairs[0]
    cross = [pair for pair in pairs[1:] if pair[1] == algorithm]
    cross += [pair for pair in pairs[1:] if pair[0] == space]
    remainder = [pair for pair in pairs[1:] if pair not in cross]
    return [
        spec
        for stage in (pairs[:1], cross, remainder)
        for spec in _take_turns([_list_values(*pair, numbers) for pair in stage])
    ]


def list_smaller_candidates(
    algorithms: Sequence[str], space: str, least: int
) -> list[CandidateSpec]:
    """List candidates of fewer than ``least`` segments, for want of enough different customers."""
    counting = [name for name in algorithms if not ALGORITHMS[name].grid] or ["kmeans"]
    return [CandidateSpec(space, counting[0], "k", k) for k in range(2, least)]


def _list_values(space: str, algorithm: str, numbers: Sequence[int]) -> list[CandidateSpec]:
    clusterer = ALGORITHMS[algorithm]
    parameter = clusterer.accepts[0]
    return [
        CandidateSpec(space, algorithm, parameter, value) for value in clusterer.grid or numbers
    ]


def _take_turns(grids: Sequence[Sequence[CandidateSpec]]) -> Iterator[CandidateSpec]:
    for turn in zip_longest(*grids):
        yield from (spec for spec in turn if spec is not None)
