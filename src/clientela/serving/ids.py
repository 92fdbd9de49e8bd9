"""Customer ids as clients write them."""

from collections.abc import Sequence

from clientela.sources.ids import normalise_id


def known_as(asked: str | int | float) -> str:
    """Give the spelling of an id in the results; the empty one, which nobody has, for no id.

    Examples
    --------
    >>> known_as(17850.0), known_as(" 17850 "), known_as("none")
    ('17850', '17850', '')
    """
    return normalise_id(asked) or ""


def all_known_as(asked: Sequence[str | int | float]) -> Sequence[str]:
    """Give the spellings of many ids; those of digits alone, the most usual, are their own.

    Examples
    --------
    >>> all_known_as(["17850", "13047"]), all_known_as(["17850", 13047.0])
    (['17850', '13047'], ['17850', '13047'])
    """
    texts = [each for each in asked if isinstance(each, str)]
    digits = "".join(texts)
    if len(texts) == len(asked) and digits.isascii() and digits.isdigit():
        return texts
    return [known_as(each) for each in asked]
