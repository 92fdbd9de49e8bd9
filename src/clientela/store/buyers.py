"""How many customers bought each family of products, each of them once.

In SQL, six million pairs of product and customer take a second of CPU to count without doubles; as
marks on one array of customers, some thirty milliseconds.
"""

from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.int32]


def count_buyers(
    families: Mapping[str, Sequence[str]],
    pairs: Mapping[str, int],
    bought: Rows,
    listed: Rows,
    customers: int,
) -> dict[str, int]:
    """Count by family who of some customers bought any of its products.

    Parameters
    ----------
    families : mapping
        Products of each family.
    pairs : mapping
        How many customers bought each product.
    bought : array
        Rows of customers, product by product in the order of their ids.
    listed : array
        Rows of the customers who count.
    customers : int
        How many rows there are.

    Examples
    --------
    >>> bought = np.array([0, 2, 1, 2], np.int32)  # of A by 0 and 2, of B by 1 and 2
    >>> pairs, listed = {"B": 2, "A": 2}, np.array([1, 2], np.int32)
    >>> count_buyers({"both": ["A", "B"], "A": ["A"], "none": ["C"]}, pairs, bought, listed, 3)
    {'both': 2, 'A': 1, 'none': 0}
    """
    products = sorted(pairs, key=str.encode)
    ends = dict(zip(products, accumulate(pairs[name] for name in products), strict=True))
    is_listed = np.zeros(customers, bool)
    is_listed[listed] = True
    kept, marks, counts = is_listed[bought], np.zeros(customers, bool), {}
    for family, members in families.items():
        places = [slice(ends[name] - pairs[name], ends[name]) for name in members if name in ends]
        if len(places) == 1:  # nobody stands twice in one product
            counts[family] = int(np.count_nonzero(kept[places[0]]))
            continue
        for place in places:
            marks[bought[place][kept[place]]] = True
        counts[family] = int(np.count_nonzero(marks))
        marks[:] = False
    return counts
