"""Customer ids as clients write them."""

from clientela.tables.ids import normalise_id


def known_as(asked: str | int | float) -> str:
    """Give the spelling of an id in the results; the empty one, which nobody has, for no id.

    Examples
    --------
    >>> known_as(17850.0), known_as(" 17850 "), known_as("none")
    ('17850', '17850', '')
    """
    if isinstance(asked, str) and asked.isascii() and asked.isdigit():
        return asked  # its own spelling already, and what most requests hold
    return normalise_id(asked) or ""
