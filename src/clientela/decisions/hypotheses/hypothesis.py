"""A hypothesis as a file states it."""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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


def load(path: Path | None) -> tuple[Hypothesis, ...]:
    """Read the hypotheses of a file, or ours where there is none.

    Raises
    ------
    ConfigError
        The file cannot be read, is no TOML, or states a hypothesis that cannot be tested.
    """
    raise NotImplementedError
