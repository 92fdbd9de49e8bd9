"""Ids of customers in paths, which may hold a slash: a CNPJ does.

Servers decode a path before it is routed, so that ``A%2FB`` is two segments. The id is encoded
again as one segment before, and read once where it is asked for: whatever it holds, it reaches no
other route.
"""

import re
from urllib.parse import quote, unquote

OF_PERSONS = ("orders", "standing", "history", "data")
"""What is asked of a person beside themselves, each with a right of its own."""
_ID = re.compile(
    rf"(/+v1/+customers/)(.+)()|(/+v1/+persons/)(.+)(/(?:{'|'.join(OF_PERSONS)})/*)", re.DOTALL
)
LOSSLESS = "surrogatepass"


def fold_id(path: str, root: str = "") -> str:
    """Write the id of a customer in a decoded path as one segment; other paths stay as they are.

    Parameters
    ----------
    root : str
        Where the API hangs below.

    Examples
    --------
    >>> fold_id("/v1/persons/12.345/0001-90/orders"), fold_id("/v1/customers/A%2FB")
    ('/v1/persons/12.345%2F0001-90/orders', '/v1/customers/A%252FB')
    """
    start = len(root) if root and path.startswith(root) else 0
    parts = _split(path, start)
    if parts is None:
        return path
    before, written, after = parts
    return path[:start] + before + quote(written, safe="", errors=LOSSLESS) + after


def unfold_id(path: str) -> str:
    """Write a path as it was asked for.

    Examples
    --------
    >>> unfold_id("/v1/persons/12.345%2F0001-90/orders"), unfold_id("/v1/customers/A%252FB")
    ('/v1/persons/12.345/0001-90/orders', '/v1/customers/A%2FB')
    """
    parts = _split(path, 0)
    return path if parts is None else parts[0] + read_path_id(parts[1]) + parts[2]


def _split(path: str, start: int) -> tuple[str, str, str] | None:
    """Split a path into what stands before an id, the id, and what stands behind it."""
    match = _ID.fullmatch(path, start)
    if match is None:
        return None
    before, written, after = (match[place] or match[place + 3] or "" for place in (1, 2, 3))
    return before, written, after


def read_path_id(segment: str) -> str:
    """Read the id of a customer from its segment.

    Examples
    --------
    >>> read_path_id("12.345%2F0001-90"), read_path_id("/A%252FB")
    ('12.345/0001-90', 'A%2FB')
    """
    return unquote(segment.removeprefix("/"), errors=LOSSLESS)
