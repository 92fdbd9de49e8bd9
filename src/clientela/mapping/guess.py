"""Guess which columns of an unknown source are ours, by their names and their content.

The names are English and Portuguese. A guess is never read by: the user corrects it first.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from clientela.mapping.headings import bare, words
from clientela.mapping.presets import Role

Values = Sequence[str]

SYNONYMS: dict[Role, dict[str, tuple[str, ...]]] = {
    "transactions": {
        "customer_id": (
            "customer_id", "id_cliente", "codigo_cliente", "cliente", "cpf", "cnpj", "customer",
            "client_id", "client", "user_id", "user", "usuario", "member_id", "member",
            "account_id", "account", "conta", "cuenta", "subscriber", "assinante", "suscriptor",
            "socio", "matricula", "paciente", "aluno", "alumno", "cardholder",
            "buyer_id", "comprador",
            "consumidor", "household", "household_id", "guest_id", "shopper_id",
            "id_client", "customer_key", "shopper", "patron", "patient", "hospede", "huesped",
            "fidelidade", "fidelidad", "fidelite", "loyalty", "kundenkarte", "treuekarte",
            "documento", "dni", "rut", "nit",
            "kunde", "kundennummer", "tiers", "debitor", "acheteur",
            "email", "correo", "phone", "telefone", "celular",
        ),
        "ordered_local": (
            "ordered_local", "ordered_at", "data_hora", "data_compra", "data_pedido", "data_venda",
            "data_emissao", "data_transacao", "order_date", "invoice_date", "purchase_date",
            "transaction_date", "trans_date", "sale_date", "close_date", "closed_at",
            "data_fechamento", "fecha_cierre", "abschlussdatum", "created_at",
            "timestamp", "datetime",
            "fecha_compra", "fecha_pedido", "fecha_venta", "date", "data", "fecha", "emissao",
            "booked_at", "booked", "sold_at", "sold_on", "sold", "purchased_at", "paid_at",
            "dia", "day", "datum", "belegdatum", "rechnungsdatum", "bestelldatum",
        ),
        "unit_price": ("unit_price", "preco_unitario", "valor_unitario", "price", "preco"),
        "amount": (
            "amount", "valor_total", "total_price", "total_amount", "line_total", "revenue",
            "receita", "faturamento", "tran_amount", "payment_value", "sales", "valor", "total",
            "value",
        ),
        "quantity": ("quantity", "quantidade", "units", "unidades", "quantite", "menge"),
        "order_id": (
            "order_id", "id_pedido", "numero_pedido", "pedido", "nota_fiscal", "numero_nota",
            "nota", "nf", "cupom", "invoice_no", "invoice_id", "invoice", "order_number", "order",
            "transaction_id", "id_venda", "venda", "compra_id", "receipt", "charge_id",
            "payment_id", "basket", "basket_id", "ticket", "factura", "orden", "folio", "boleta",
            "comprobante", "bill", "booking", "reservation", "reserva", "document", "documento",
            "txn", "transacao", "transaccion",
            "transaction",
            "rechnung", "rechnungsnummer", "bestellung", "auftrag", "belegnummer", "beleg",
            "facture", "commande", "ordine", "fattura", "venta", "compra",
        ),
        "product_id": (
            "product_id", "id_produto", "codigo_produto", "stock_code", "sku", "ean", "item_id",
            "codigo_item", "codigo", "item", "produto", "product", "artikel", "article",
            "articulo", "articolo", "prodotto", "produit", "referencia", "anuncio",
        ),
        "description": (
            "description", "descricao", "descricao_produto", "nome_produto", "product_name",
            "item_name", "produto", "product",
        ),
        "currency": ("currency", "moeda", "currency_code", "moneda", "divisa", "devise", "wahrung"),
        "country": ("country", "pais"),
        "channel": ("channel", "canal", "canal_venda", "sales_channel"),
        "service": ("service", "servico", "plano", "plan"),
        "category": ("category", "categoria", "departamento", "department", "secao"),
    },
    "customers": {
        "customer_id": (
            "customer_id", "id_cliente", "codigo_cliente", "cliente", "cpf", "cnpj", "customer",
            "client_id", "user_id", "id",
        ),
        "signup_date": (
            "signup_date", "data_cadastro", "cadastro", "cliente_desde", "customer_since",
            "registered_at", "registration_date", "created_at",
        ),
        "birth_date": ("birth_date", "data_nascimento", "nascimento", "birthday", "dob"),
        "age": ("age", "idade"),
        "gender": ("gender", "genero", "sexo", "sex"),
        "region": ("region", "regiao", "estado", "uf", "state", "cidade", "city"),
        "churned": ("churned", "churn", "cancelado", "cancelou"),
        "churned_at": ("churned_at", "churn_date", "data_cancelamento", "cancelled_at"),
    },
}  # fmt: skip

MONEY = (
    "desconto", "descricao", "discount", "frete", "freight", "shipping", "imposto", "tax", "taxes",
    "custo", "cost", "profit", "lucro", "nascimento",
)  # fmt: skip
DATED = ("data", "date", "timestamp")
KINDS = ("categoria", "category")
# Words by which a column of transactions is something else, however much of its name fits.
UNLIKE: dict[str, frozenset[str]] = {
    "customer_id": frozenset({"nome", "name", "tipo", "type", *DATED}),
    "ordered_local": frozenset(
        {
            "nascimento",
            "birth",
            "vencimento",
            "due",
            "entrega",
            "delivery",
            "cadastro",
            "signup",
            "delivered",
            "ship",
            "shipped",
            "shipping",
            "estimated",
            "limit",
            "updated",
            "atualizacao",
            "actualizacion",
            "approved",
            "aprovacao",
            "cancelled",
            "canceled",
            "cancelamento",
            "envio",
            "prevista",
            "expected",
            "expiry",
            "fim",
            "fin",
            "final",
            "ende",
            "termino",
            "until",
            "ate",
            "validade",
            "renewal",
            "renovacao",
            "nacimiento",
            "event",
            "evento",
            "start",
            "end",
            "inicio",
            "registro",
            "fulfilled",
        }
    ),
    "unit_price": frozenset(MONEY),
    "amount": frozenset({*MONEY, "unitario"}),
    "order_id": frozenset({"valor", "total", "amount", "status", "tipo", "type", *DATED}),
    "product_id": frozenset(
        {"descricao", "description", "nome", "name", "filial", "loja", "store", "vendedor", *KINDS}
    ),
    "description": frozenset(KINDS),
}

NAMES = frozenset({"nome", "name", "nombre", "nom"})
LOGINS = frozenset({"usuario", "user", "username", "login", "utilisateur", "benutzer"})
DOCUMENTS = frozenset({"cpf", "cnpj", "dni", "rut", "nit", "nif", "ruc", "rfc", "ssn", "gstin"})
OF_PEOPLE = frozenset(
    {"cliente", "customer", "client", "comprador", "buyer", "consumidor", "destinatario", "contato",
     "documento", "numero", "number"}
)  # fmt: skip
# Who buys, where firms do, and as often the firm that sells: no more than a name says.
FIRMS = frozenset({"company", "empresa", "organization", "organisation", "firma", "contact"})
IDS_ALONE = frozenset({"numero", "number", "id", "codigo"})
IDS = ("customer_id", "order_id", "product_id")
DATES = ("ordered_local", "signup_date", "birth_date", "churned_at")
NUMBERS = ("unit_price", "amount", "quantity")
AGE = re.compile(r"\d{1,3}([.,]0+)?")
MARKED_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*"
    r"|\d{1,2}[-/. ]\w{3,9}\.?[-/. ]\d{2,4}.*",
)
DATE = re.compile(MARKED_DATE.pattern + r"|(19|20)\d{6}")
NUMBER = re.compile(r"\(?[-+]?(R\$|[£$€])?[-+]?[\d.,]+-?\)?")


def guess(
    columns: Sequence[str], rows: Sequence[Sequence[str | None]], role: Role
) -> dict[str, str]:
    """Guess a mapping: our column -> the source's.

    Examples
    --------
    >>> guess(
    ...     ["Pedido", "Cliente", "Data", "Valor"],
    ...     [("1", "7", "01/02/2023", "2,5")],
    ...     "transactions",
    ... )
    {'customer_id': 'Cliente', 'ordered_local': 'Data', 'amount': 'Valor', 'order_id': 'Pedido'}
    """
    mapping: dict[str, str] = {}
    for borne in (_matches_whole, _by_words, _in_part):
        for ours, names in SYNONYMS[role].items():
            free = _fitting(ours, mapping, columns, rows, role)
            best = _by_name(names, free, borne)
            if best is not None:
                mapping.setdefault(ours, best)
    if role == "transactions":
        _by_content(mapping, columns, rows)
        _take_lone_price(mapping)
    return mapping


def score_heading(ours: str, column: str) -> float | None:
    """Score how well a heading names a column of transactions; None where it names another thing.

    3 for the whole name, 2 for its words, 1 for a part, 0 for noise; less for vaguer synonyms.

    Examples
    --------
    >>> score_heading("customer_id", "Customer ID"), score_heading("customer_id", "x")
    (3.0, 0.0)
    """
    heading = words(column)
    if ours == "customer_id" and heading & NAMES:
        return _score_name(heading - NAMES, column)
    if heading & UNLIKE.get(ours, frozenset()):
        return None
    if ours == "order_id" and heading and heading <= IDS_ALONE:
        return 0.5  # the row's own number, and so the order's where no other column is
    if ours == "customer_id" and heading & DOCUMENTS and heading <= DOCUMENTS | OF_PEOPLE:
        return 2.9  # a document names a person more surely than an address does
    names = SYNONYMS["transactions"].get(ours, ())
    for base, bears in ((3.0, _matches_whole), (2.0, _by_words), (1.0, _in_part)):
        ranks = [rank for rank, name in enumerate(names) if bears(name, column)]
        if ranks:
            return base - 0.02 * ranks[0]
    return 0.3 if ours == "customer_id" and heading & FIRMS else 0.0


def names_product(column: str) -> bool:
    """Tell whether a whole heading names a product, or describes one.

    A part of it is not enough: a product's price bears its name too.

    Examples
    --------
    >>> names_product("Código do Produto"), names_product("Product Price")
    (True, False)
    """
    scores = (score_heading(role, column) for role in ("product_id", "description"))
    return any((score or 0) >= 2 for score in scores)


def _score_name(others: frozenset[str], column: str) -> float | None:
    """Score a heading with "name": a user's is an id, a customer's the last resort."""
    if others & LOGINS:
        return 2.0
    person = any(_by_words(word, column) for word in SYNONYMS["transactions"]["customer_id"])
    return (
        0.3 if person or others <= {"billing", "contato", "contact", "full", "completo"} else None
    )


def _fitting(
    ours: str,
    mapping: Mapping[str, str],
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    role: Role,
) -> list[str]:
    """List the columns still free that neither their words nor their content exclude."""
    unlike = UNLIKE.get(ours, frozenset()) if role == "transactions" else frozenset()
    free = [c for c in columns if c not in mapping.values() and not words(c) & unlike]
    return [c for c in free if _content_fits(ours, _values(c, columns, rows))]


def looks_like(pattern: re.Pattern[str], values: Values) -> bool:
    """Tell whether most values have a form; without values, that they may have it."""
    hits = sum(1 for value in values if pattern.fullmatch("".join(value.split()) or "-"))
    return hits >= 0.8 * len(values)


def _content_fits(ours: str, values: Values) -> bool:
    if ours in DATES:
        return looks_like(DATE, values)
    if ours in NUMBERS:
        return looks_like(NUMBER, values)
    if ours == "age":
        return looks_like(AGE, values)
    return ours not in IDS or not (values and looks_like(MARKED_DATE, values))


def _values(column: str, columns: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Values:
    index = list(columns).index(column)
    return [value for row in rows if (value := row[index]) is not None]


def _matches_whole(name: str, column: str) -> bool:
    return words(column) == words(name) or bare(column) == bare(name)


def _by_words(name: str, column: str) -> bool:
    return words(name) <= words(column)


def _in_part(name: str, column: str) -> bool:
    return len(bare(name)) > 3 and bare(name) in bare(column)


def _by_name(
    names: Sequence[str], columns: Sequence[str], borne: Callable[[str, str], bool]
) -> str | None:
    """Find the column that bears the first name that any bears."""
    return next((c for name in names for c in columns if borne(name, c)), None)


def _by_content(
    mapping: dict[str, str], columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> None:
    """Take the first date, and the first number with decimals, where no name told them."""
    days = _fitting("ordered_local", mapping, columns, rows, "transactions")
    dates = [c for c in days if _values(c, columns, rows)]
    if "ordered_local" not in mapping and dates:
        mapping["ordered_local"] = dates[0]
    free = _fitting("amount", mapping, columns, rows, "transactions")
    money = [c for c in free if c not in dates and _looks_like_money(_values(c, columns, rows))]
    if not {"amount", "unit_price"} & mapping.keys() and money:
        mapping["amount"] = money[0]


def _take_lone_price(mapping: dict[str, str]) -> None:
    """Use a price that stands without quantity and amount as what the line costs."""
    if not {"amount", "quantity"} & mapping.keys() and "unit_price" in mapping:
        mapping["amount"] = mapping.pop("unit_price")


def _looks_like_money(values: Values) -> bool:
    marked = [value for value in values if re.search(r"[.,]\d{2}\b", value)]
    return bool(marked) and looks_like(NUMBER, values)
