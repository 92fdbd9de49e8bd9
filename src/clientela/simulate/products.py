"""The catalogue: long-tailed popularity, themes whose products are bought together, and bundles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clientela.simulate.groups import Floats

Ints = NDArray[np.int64]

THEMES = (
    "RETROSPOT", "BABUSHKA", "SCANDINAVIAN", "REGENCY", "SPACEBOY", "DOLLY GIRL", "GINGHAM",
    "PAISLEY", "VINTAGE", "ENGLISH ROSE", "STRAWBERRY", "WOODLAND", "CIRCUS", "NAUTICAL", "OWL",
    "BUTTERFLY", "POPPY", "HEART", "STAR", "DAISY", "DINOSAUR", "ROBOT", "FAIRY", "ALPHABET",
    "CHERRY", "LAVENDER", "ZINC", "IVORY", "BAROQUE", "TOADSTOOL", "PEACOCK", "SAFARI", "SNOWFLAKE",
    "REINDEER", "JUBILEE", "HERB", "BAKELITE", "FELTCRAFT", "DOILY", "POLKADOT",
)  # fmt: skip
OBJECTS = (
    "CAKE STAND", "LUNCH BAG", "T-LIGHT HOLDER", "MUG", "TEA TOWEL", "PHOTO FRAME", "DOORMAT",
    "WALL CLOCK", "JUMBO BAG", "PENCIL CASE", "PLATE", "BOWL", "GIFT WRAP", "NOTEBOOK", "CUSHION",
    "LANTERN", "TRINKET BOX", "COOKIE JAR", "BUNTING", "APRON", "LUNCH BOX", "WATER BOTTLE",
    "CANDLE", "HOOK", "DRAWER KNOB",
)  # fmt: skip
COLOURS = (
    "RED", "BLUE", "PINK", "GREEN", "WHITE", "BLACK", "SILVER", "GOLD", "CREAM", "LILAC", "ORANGE",
    "TURQUOISE", "YELLOW", "BROWN", "GREY", "PURPLE",
)  # fmt: skip
# By convention: price points of a gift shop, as in UCI Online Retail.
PRICES_CENTS = (42, 55, 85, 125, 145, 165, 195, 210, 255, 295, 375, 425, 495, 595, 795, 995, 1495)
# By convention: weights of the price points, most of them small.
PRICE_SHARES = (5, 5, 12, 12, 6, 12, 8, 8, 7, 7, 5, 4, 4, 2, 1, 1, 1)
AFFINITY = 0.55
"""Share of an order's lines that come from the order's theme."""


@dataclass(frozen=True)
class Products:
    """The catalogue, sorted by theme; ``companion`` is -1 where a product has none.

    ``cumulative`` is the running total of popularity, so that one uniform number picks a product,
    and one between two entries of ``theme_edges`` picks a product of that theme.
    """

    codes: tuple[str, ...]
    descriptions: tuple[str, ...]
    theme: Ints
    price_cents: Ints
    cumulative: Floats
    theme_edges: Floats
    companion: Ints
    companion_probability: Floats

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def themes(self) -> int:
        """How many themes the catalogue has."""
        return len(self.theme_edges) - 1


def draw_products(count: int, rng: np.random.Generator) -> Products:
    """Draw a catalogue of so many products.

    Examples
    --------
    >>> catalogue = draw_products(100, np.random.default_rng(0))
    >>> len(set(catalogue.codes)), len(set(catalogue.descriptions))
    (100, 100)
    """
    theme = np.sort(np.arange(count) % len(THEMES))
    popularity = np.divide(1.0, rng.permutation(count) + 5.0, dtype=np.float64)
    cumulative = np.cumsum(popularity) / popularity.sum()
    edges = np.searchsorted(theme, np.arange(theme[-1] + 2))
    companion, probability = _bundles(theme, popularity, rng)
    return Products(
        codes=_codes(count),
        descriptions=_descriptions(theme),
        theme=theme,
        price_cents=rng.choice(
            PRICES_CENTS, size=count, p=np.array(PRICE_SHARES) / sum(PRICE_SHARES)
        ),
        cumulative=cumulative,
        theme_edges=np.concatenate([[0.0], cumulative])[edges],
        companion=companion,
        companion_probability=probability,
    )


def _codes(count: int) -> tuple[str, ...]:
    """Make codes like ``20712`` and ``20713B``, as the wholesaler's are."""
    letters = ("", "", "", "A", "B", "P")
    return tuple(f"{20_712 + number}{letters[number % len(letters)]}" for number in range(count))


def _descriptions(theme: Ints) -> tuple[str, ...]:
    """Name each product after its theme, its colour and what it is."""
    first = np.searchsorted(theme, theme)
    rank = np.arange(len(theme)) - first
    return tuple(
        f"{COLOURS[number // len(OBJECTS) % len(COLOURS)]} {THEMES[of]} "
        f"{OBJECTS[number % len(OBJECTS)]}"
        for of, number in zip(theme.tolist(), rank.tolist(), strict=True)
    )


def _bundles(theme: Ints, popularity: Floats, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Draw a companion for one product in ten, bought along with a known probability."""
    companion = np.full(len(theme), -1)
    heads = np.argsort(-popularity)[: len(theme) // 10]
    first, size = np.searchsorted(theme, theme[heads]), np.bincount(theme)[theme[heads]]
    offset = np.where(size > 1, rng.integers(1, np.maximum(size, 2)), 0)
    companion[heads] = np.where(offset > 0, first + (heads - first + offset) % size, -1)
    return companion, rng.uniform(0.3, 0.6, len(theme))


def pick(products: Products, theme: Ints, rng: np.random.Generator) -> Ints:
    """Pick a product for each line, of the line's theme or of the whole catalogue."""
    inside = rng.random(len(theme)) < AFFINITY
    low = np.where(inside, products.theme_edges[theme], 0.0)
    high = np.where(inside, products.theme_edges[theme + 1], 1.0)
    level = low + rng.random(len(theme)) * (high - low)
    product = np.searchsorted(products.cumulative, level, side="right")
    return np.asarray(np.minimum(product, len(products) - 1), dtype=np.int64)


def with_companions(
    order: Ints, product: Ints, products: Products, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Add the companions bought along, and keep each product once an order."""
    added = rng.random(len(order)) < products.companion_probability[product]
    added &= products.companion[product] >= 0
    orders = np.concatenate([order, order[added]])
    bought = np.concatenate([product, products.companion[product[added]]])
    keys = np.unique(orders * len(products) + bought)
    return keys // len(products), keys % len(products)


def bundles_of(products: Products) -> list[dict[str, str | float]]:
    """List the bundles for the record of the truth."""
    heads = np.flatnonzero(products.companion >= 0)
    return [
        {
            "product": products.codes[head],
            "companion": products.codes[products.companion[head]],
            "probability": round(float(products.companion_probability[head]), 4),
        }
        for head in heads
    ]
