"""The words of a column's name, in English and Portuguese, whatever their spelling."""

import re
import unicodedata
from functools import lru_cache

from clientela.mapping.presets import fold_name

FULL = {
    "amt": "amount", "brt": "bruto", "cant": "cantidad", "dcto": "desconto", "descto": "desconto",
    "disc": "discount", "fch": "fecha", "liq": "liquido", "pct": "percent", "perc": "percent",
    "porc": "percent", "prc": "price",
    "mov": "movimento", "tp": "tipo", "tpo": "tipo",
    "canc": "cancelado", "dev": "devolvido", "doc": "documento",
    "cf": "cfop", "cfo": "cfop",
    "cat": "categoria", "cd": "codigo", "cli": "cliente", "cod": "codigo", "cust": "customer",
    "desc": "descricao", "descr": "descricao", "dt": "data", "n": "numero", "nasc": "nascimento",
    "no": "numero", "nr": "numero", "nro": "numero", "num": "numero", "ped": "pedido",
    "prod": "produto", "qt": "quantidade", "qtd": "quantidade", "qtde": "quantidade",
    "qty": "quantity", "quant": "quantidade", "tot": "total", "unit": "unitario",
    "val": "valor", "vl": "valor", "vlr": "valor", "vr": "valor",
}  # fmt: skip
# Words of numbers that are ids, whatever else a heading says: a salesperson's id is no sales.
IDS = frozenset({"id", "codigo", "code", "key", "uuid"})
NUMBERED = frozenset({"numero", "number"})
STORES = frozenset(
    {"store", "stores", "shop", "branch", "outlet", "loja", "lojas", "filial", "unidade",
     "estabelecimento", "tienda", "sucursal", "almacen", "pdv", "franquia", "franquicia",
     "filiale", "magasin", "boutique", "negozio"}
)  # fmt: skip
# What counts receipts within a store.
TILLS = frozenset(
    {"serie", "series", "caixa", "caja", "register", "till", "terminal", "pos", "ecf", "sat",
     "kasse", "caisse", "cassa"}
)  # fmt: skip
HEADINGS = 4096  # by convention: the synonyms and the headings of the widest files, asked often
IDLE = frozenset({"brl", "da", "das", "de", "do", "dos", "e", "of", "r", "the"})


def plain(name: str) -> str:
    """Take the accents off a name.

    Examples
    --------
    >>> plain("Código")
    'Codigo'
    """
    parts = unicodedata.normalize("NFKD", name)
    return "".join(char for char in parts if not unicodedata.combining(char))


@lru_cache(maxsize=HEADINGS)
def bare(name: str) -> str:
    """Reduce a name to letters and digits without accents, in one piece.

    Examples
    --------
    >>> bare("Nº do Pedido")
    'nodopedido'
    """
    return fold_name(plain(name))


@lru_cache(maxsize=HEADINGS)
def words(name: str) -> frozenset[str]:
    """Split a name into its words, written out, without those that tell nothing.

    Examples
    --------
    >>> sorted(words("Vlr. Unit. (R$)")), sorted(words("CustomerID")), sorted(words("DT_VENDA"))
    (['unitario', 'valor'], ['customer', 'id'], ['data', 'venda'])
    """
    column = re.sub(r"^[A-Z][0-9]_", "", plain(name))  # a table's prefix, as in D2_TOTAL
    parted = re.sub(r"([a-z])([A-Z])", r"\1 \2", column).lower()
    full_words = [FULL.get(word, word) for word in re.findall(r"[a-z0-9]+", parted)]
    return frozenset(full_words) - IDLE
