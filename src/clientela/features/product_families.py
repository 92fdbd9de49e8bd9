"""Product families: variants of one thing, found by their descriptions and by who buys them.

A description proposes names of families: two neighbouring words that other products carry too,
once numbers, colours, sizes and packs are left out. The baskets choose among them: a product joins
the products that are bought together with it. So the bags of one shape are a family, and all that
is printed with the same pattern is none.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from itertools import pairwise
from typing import NamedTuple

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from clientela.engine import Engine
from clientela.features.lines import bound

_VARIANTS = """
a o as os e em com sem de da do das dos para the of and in with for to by no set pack box pc pcs
piece pieces assorted asstd kit conjunto caixa pacote unidade un und peca pecas par design designs
style modelo size tamanho color colour cor small medium large mini big little tall short xs s p m
g l xl xxl pp gg xg pequeno pequena medio media grande white black red blue green yellow pink
purple orange brown grey gray ivory cream beige gold silver multicolour natural light dark branco
branca preto preta vermelho vermelha azul verde amarelo amarela rosa roxo roxa laranja marrom
cinza bege dourado dourada prata claro clara escuro escura sortido sortida colorido colorida
"""

VARIANT_WORDS = frozenset(_VARIANTS.split())
"""By convention: what tells variants of a product apart in English and Portuguese."""

SHARED_BY = 0.9
"""By convention: a word that nine in ten products of a family carry is part of its name."""

_WORDS = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_ACCENTS = str.maketrans("áàâãéêíóôõúüç", "aaaaeeiooouuc")

Phrase = tuple[str, ...]
_FAMILIES = pa.schema([("product_id", pa.string()), ("family", pa.string())])


class ProductFamilies(NamedTuple):
    """Products by family.

    Parameters
    ----------
    family_of : dict of str to str
        Product to its family; a product alone is its own.
    names : dict of str to str
        Family to what people call it.
    sizes : dict of str to int
        Products of each family.
    """

    family_of: dict[str, str]
    names: dict[str, str]
    sizes: dict[str, int]


def bind_families(engine: Engine, families: ProductFamilies) -> None:
    """Hand the engine what :func:`join_families` joins lines with."""
    family_of = families.family_of
    table = pa.table([[*family_of], [*family_of.values()]], schema=_FAMILIES)
    engine.bind("families", engine.from_arrow(table))


def join_families(sold: ir.Table) -> ir.Table:
    """Return the lines that name a product, with its ``family``; a product of none is its own."""
    named = sold.filter(sold.product_id.notnull())
    named = named.left_join(bound("families", _FAMILIES), "product_id")
    return named.mutate(family=ibis.coalesce(named.family, named.product_id))


def split_phrases(description: str) -> list[Phrase]:
    """Return the names of families that a description proposes, in its order.

    Examples
    --------
    >>> split_phrases("JUMBO BAG PINK POLKADOT")
    [('jumbo', 'bag'), ('bag', 'polkadot')]
    >>> split_phrases("Camiseta azul G"), split_phrases("12 RED"), split_phrases("HAND WARMERS OWL")
    ([('camiseta',)], [], [('hand', 'warmer'), ('warmer', 'owl')])
    """
    words = [word for word in _stem_words(description) if word not in VARIANT_WORDS]
    if len(words) == 1:
        return [(words[0],)]
    return list(pairwise(words))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def learn_families(
    names: Mapping[str, str], ties: Mapping[tuple[str, str], float], orders: Mapping[str, int]
) -> ProductFamilies:
    """Group products by a phrase of their descriptions, chosen by the baskets.

    Parameters
    ----------
    names : mapping of str to str
        Product to its description; all products of the firm.
    ties : mapping of pair of str to float
        Two products, the lesser id first, to the cosine of their orders; of frequent ones alone.
    orders : mapping of str to int
        Product to its orders: those of a phrase in most orders name the family.

    Returns
    -------
    ProductFamilies
        Products outside ``ties`` join the largest family whose phrase they carry.
    """
    phrases = {product: split_phrases(text) for product, text in names.items()}
    strength = _weigh_phrases(phrases, ties)
    members: dict[str, Phrase] = {}
    frequent = {product for pair in ties for product in pair}
    for product in frequent:
        weights = {phrase: strength[product, phrase] for phrase in phrases.get(product, ())}
        if weights and max(weights.values()) > 0:
            members[product] = max(weights, key=lambda phrase: weights[phrase])
    counts: dict[Phrase, int] = defaultdict(int)
    for phrase in members.values():
        counts[phrase] += 1
    for product, proposed in phrases.items():
        frequent_phrases = [phrase for phrase in proposed if counts.get(phrase, 0) > 1]
        if product not in frequent and frequent_phrases:
            members[product] = max(frequent_phrases, key=lambda phrase: counts[phrase])
    return _name_families(names, members, counts, orders)


def _weigh_phrases(
    phrases: Mapping[str, list[Phrase]], ties: Mapping[tuple[str, str], float]
) -> dict[tuple[str, Phrase], float]:
    """Add up, of each product and phrase, the ties with the other products of that phrase."""
    strength: dict[tuple[str, Phrase], float] = defaultdict(float)
    for (first, second), tie in ties.items():
        for phrase in set(phrases.get(first, ())) & set(phrases.get(second, ())):
            strength[first, phrase] += tie
            strength[second, phrase] += tie
    return strength


def _name_families(
    names: Mapping[str, str],
    chosen: Mapping[str, Phrase],
    counts: Mapping[Phrase, int],
    orders: Mapping[str, int],
) -> ProductFamilies:
    """Call a family by its phrase as its commonest product writes it, a single by its name."""
    families: dict[Phrase, list[str]] = defaultdict(list)
    for product, phrase in chosen.items():
        if counts[phrase] > 1:
            families[phrase].append(product)
    family_of, called, sizes = {product: product for product in names}, dict(names), {}
    for phrase, products in families.items():
        ranked = sorted(products, key=lambda product: (-orders.get(product, 0), product))
        family_of |= dict.fromkeys(products, ranked[0])
        texts = [_stem_words(names[product]) for product in products]
        shared = {word for word in texts[0] if _share_of(word, texts) >= SHARED_BY}
        called[ranked[0]] = _cut_phrase(names[ranked[0]], phrase, shared)
        sizes[ranked[0]] = len(products)
    of_family = set(family_of.values())
    return ProductFamilies(
        family_of,
        {family: called[family] for family in of_family},
        {family: sizes.get(family, 1) for family in of_family},
    )


def _share_of(word: str, texts: list[list[str]]) -> float:
    return sum(word in text for text in texts) / len(texts)


def _stem_words(description: str) -> list[str]:
    return [_stem(word) for word in _WORDS.findall(description.lower().translate(_ACCENTS))]


def _cut_phrase(description: str, phrase: Phrase, shared: Set[str] = frozenset()) -> str:
    """Return a phrase as a description writes it, with the shared words beside it.

    Examples
    --------
    >>> _cut_phrase("PLASTERS IN TIN SPACEBOY", ("plaster", "tin"))
    'PLASTERS IN TIN'
    >>> _cut_phrase("CHOCOLATE HOT WATER BOTTLE", ("hot", "water"), {"hot", "water", "bottle"})
    'HOT WATER BOTTLE'
    """
    words, stems = list(_WORDS.finditer(description)), _stem_words(description)
    for start in (position for position, stem in enumerate(stems) if stem == phrase[0]):
        ends = [position for position in range(start, len(stems)) if stems[position] == phrase[-1]]
        if not ends:
            break
        end = ends[0]
        while start > 0 and stems[start - 1] in shared:
            start -= 1
        while end + 1 < len(stems) and stems[end + 1] in shared:
            end += 1
        return description[words[start].start() : words[end].end()]
    return description.strip()


def tie_products(counts: Iterable[tuple[str, str, int]]) -> dict[tuple[str, str], float]:
    """Return the cosine of two products' orders, of every pair ordered together.

    Parameters
    ----------
    counts : iterable of (str, str, int)
        Two products and the orders with both; a product with itself gives its own orders.

    Examples
    --------
    >>> tie_products([("a", "a", 4), ("b", "b", 9), ("a", "b", 3)])
    {('a', 'b'): 0.5}
    """
    rows = list(counts)
    alone = {first: orders for first, second, orders in rows if first == second}
    return {
        (min(first, second), max(first, second)): orders / (alone[first] * alone[second]) ** 0.5
        for first, second, orders in rows
        if first != second
    }
