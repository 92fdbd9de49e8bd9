"""Currency and zone of a source that names neither, guessed from its headings and values."""

import re
from collections.abc import Iterable, Mapping, Sequence

from clientela.mapping.headings import plain

PORTUGUESE = frozenset(
    {
        "cliente", "clientes", "codigo", "compra", "cupom", "data", "desconto", "descricao",
        "documento", "emissao", "fiscal", "frete", "item", "loja", "nota", "numero", "pedido",
        "preco", "produto", "quantidade", "qtd", "qtde", "receita", "telefone", "total",
        "unitario", "valor", "venda", "vendas", "vendedor", "vlr",
    }
)  # fmt: skip
OTHER_LANGUAGES = frozenset(
    {
        "fattura",
        "codice",
        "descrizione",
        "prezzo",
        "imponibile",
        "totale",
        "sconto",
        "fecha",
        "precio",
        "cantidad",
        "importe",
        "producto",
        "venta",
        "date",
        "price",
        "amount",
    }
)
BRAZIL = frozenset({"cpf", "cnpj", "cep", "uf", "cupom", "nfe", "danfe", "pix"})
PORTUGAL = frozenset(
    {"nif", "encomenda", "contribuinte", "morada", "telemovel", "iva", "utilizador", "concelho"}
)
COMMA_DECIMALS = re.compile(r"[^\d,]*\d+(\.\d{3})*,\d{1,2}[^\d,]*")
LEAST_WORDS = 2  # by convention: one Portuguese heading may be chance, or another language's
LEAST_SHARE = 0.5  # by convention: of the amounts, those with cents behind a comma
REGION_QUESTION = "are the amounts in BRL (Brazil) or EUR (Portugal)? the headings fit either"
REGION_GUESS = "currency and zone are guessed from Portuguese headings and decimal commas"
REAL, SAO_PAULO = "BRL", "America/Sao_Paulo"


def guess_region(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], mapped: Mapping[str, str]
) -> tuple[str, str, str] | None:
    """Guess Brazil from Portuguese headings and amounts with comma decimals; else None.

    Words of Portugal beside them make it a question: the euro is written alike.

    Returns
    -------
    (str, str, str) or None
        ISO 4217 code, IANA zone, and what is in doubt; empty where nothing is.

    Examples
    --------
    >>> guess_region(["Pedido", "Valor"], [("1", "10,50")], {"amount": "Valor"})
    ('BRL', 'America/Sao_Paulo', '')
    >>> guess_region(["order", "value"], [("1", "10,50")], {"amount": "value"})
    """
    tokens = {token for name in columns for token in re.findall("[a-z]+", plain(name).lower())}
    if len(tokens & PORTUGUESE) < LEAST_WORDS or tokens & OTHER_LANGUAGES:
        return None
    money = [mapped[role] for role in ("amount", "unit_price") if role in mapped]
    places = [columns.index(name) for name in money if name in columns]
    if not _has_comma_decimals(row[place] for row in rows for place in places):
        return None
    if tokens & PORTUGAL and not tokens & BRAZIL:
        return "EUR", "Europe/Lisbon", REGION_QUESTION
    return REAL, SAO_PAULO, ""


def _has_comma_decimals(values: Iterable[str | None]) -> bool:
    amounts = [value for value in values if value and re.search(r"\d", value)]
    marked = sum(1 for value in amounts if COMMA_DECIMALS.fullmatch(value.strip()))
    return bool(amounts) and marked >= LEAST_SHARE * len(amounts)
