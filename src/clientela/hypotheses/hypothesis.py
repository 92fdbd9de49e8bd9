"""A hypothesis as a file states it."""

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from clientela.errors import ConfigError

Comparison = Literal["ratio_of_means", "share_of_total", "probability_of_more"]
Measure = Literal[
    "products",
    "revenue",
    "orders",
    "bought_again",
    "returned_share",
    "strongest_month_share",
    "recency",
]

_COUNTS: tuple[Measure, ...] = ("products", "revenue", "orders", "bought_again")
COMPARABLE: dict[Comparison, tuple[Measure, ...]] = {
    "ratio_of_means": (*_COUNTS, "returned_share", "strongest_month_share"),
    "share_of_total": _COUNTS,
    "probability_of_more": (*_COUNTS, "recency"),
}
"""What each comparison can be made of; ``recency`` has no mean worth dividing."""

_HELP = "state each as [[hypothesis]] with the keys of ours in docs/guide/experiments.md"


class Hypothesis(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A claim about the members, to be tested on later days.

    Parameters
    ----------
    key : str
        Its name in the table of results.
    text_en, text_pt_br : str
        The claim as people say it.
    compare : str
        ``ratio_of_means``: members' mean over that of the rest; ``share_of_total``: the members'
        part of the whole; ``probability_of_more``: how likely a member has more than one of the
        rest.
    measure : str
        What is compared.
    relation : '>=' or '<='
        How the comparison must stand to the threshold.
    threshold : float
        A ratio, share or probability.
    """

    key: Annotated[str, Meta(min_length=1)]
    text_en: Annotated[str, Meta(min_length=1)]
    text_pt_br: Annotated[str, Meta(min_length=1)]
    compare: Comparison
    measure: Measure
    relation: Literal[">=", "<="]
    threshold: Annotated[float, Meta(gt=0.0)]


class HypothesesFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of hypotheses."""

    hypothesis: Annotated[tuple[Hypothesis, ...], Meta(min_length=1)]


def load_hypotheses(path: Path | None) -> tuple[Hypothesis, ...]:
    """Read the hypotheses of a file, or ours where there is none.

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, or states a hypothesis that cannot be tested.
    """
    where = "ours.toml" if path is None else str(path)
    file = resources.files(__package__).joinpath("ours.toml") if path is None else path
    try:
        hypotheses = msgspec.toml.decode(file.read_text("utf-8"), type=HypothesesFile).hypothesis
    except OSError as error:
        raise ConfigError(
            f"the hypotheses cannot be read: {error.strerror}",
            where=where,
            do="check programme.hypotheses",
        ) from None
    except (UnicodeDecodeError, msgspec.DecodeError) as error:  # a ValidationError is one too
        raise ConfigError(f"not a file of hypotheses: {error}", where=where, do=_HELP) from None
    _check_hypotheses(hypotheses, where)
    return hypotheses


def _check_hypotheses(hypotheses: tuple[Hypothesis, ...], where: str) -> None:
    keys = [hypothesis.key for hypothesis in hypotheses]
    repeats = sorted({key for key in keys if keys.count(key) > 1})
    if repeats:
        raise ConfigError(f"the key {repeats[0]!r} stands twice", where=where, do="rename one")
    for hypothesis in hypotheses:
        measures = COMPARABLE[hypothesis.compare]
        if hypothesis.measure not in measures:
            raise ConfigError(
                f"{hypothesis.key}: {hypothesis.compare} cannot compare {hypothesis.measure}",
                where=where,
                do=f"compare one of {', '.join(measures)}",
            )
