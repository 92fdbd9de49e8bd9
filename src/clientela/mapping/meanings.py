"""Meaning of a row: what the values of status and type columns say, in three languages.

A state of the order that undoes it (cancelled, refunded) makes the row no sale; a document of its
own that takes goods back (refund, devolução) makes it a return. What no list knows is a question.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from clientela.config.data import Meaning
from clientela.mapping.headings import plain, words

# Stems, as words begin; of several that a value holds the first group in this order decides.
PARTLY = ("partial", "partly", "parcial")
UNDONE = (
    "cancel", "void", "fail", "falh", "fallid", "declin", "reject", "rejeit", "recus", "rechaz",
    "denied", "negad", "deneg", "expir", "vencid", "abandon", "pending", "pendente", "pendiente",
    "await", "aguard", "esperand", "hold", "unpaid", "draft", "rascunho", "borrador", "incomplet",
    "quote", "orcament", "presupuest", "cotiza", "cotac", "refunded", "reembolsad", "estornad",
    "devolvid", "devuelt", "returned", "chargeback", "charged back", "contestad", "disput",
    "trash", "delet", "excluid", "eliminad", "anulad", "annul", "revers", "error", "erro",
    "inutilizad", "remessa", "transferenc", "test", "fraud", "blocked", "bloquead", "requires",
    "not paid", "nao pag", "no pagad", "sin pag", "nao aprov", "not approv", "no aprob",
    "nao confirm", "not confirm", "no confirm", "nao autoriz", "not authoriz", "storn", "refus",
    "rembours", "impay", "echou", "en attente", "abgebroch", "ausstehend", "erstattet",
    "zuruckgesendet", "rimborsat", "fallit", "in attesa", "withdraw", "payout", "saque", "repasse",
    "uncollect", "incobr", "inadimpl", "lost", "closedlost", "perdid", "verloren", "perdu", "perso",
)  # fmt: skip
TAKEN_BACK = (
    "refund", "return", "devol", "estorno", "reembolso", "credit note", "credit memo",
    "nota de credito", "nota credito", "creditnote", "reversal", "retour", "avoir", "gutschrift",
    "ruckgabe", "ruckerstattung", "remboursement", "erstattung", "reso", "rimborso",
    "nota di credito",
)  # fmt: skip
# What a visitor does before a purchase, or instead of one.
VISITED = (
    "view",
    "click",
    "cart",
    "add",
    "remov",
    "search",
    "wish",
    "checkout",
    "session",
    "impress",
    "visit",
    "visualiz",
    "carrinho",
    "carrito",
    "busca",
    "login",
)
DONE = (
    "paid", "pago", "paga", "pagad", "captur", "complet", "conclu", "finaliz", "ship", "enviad",
    "deliver", "entreg", "fulfil", "unfulfil", "process", "approv", "aprov", "aprobad", "confirm",
    "success", "succeed", "sucesso", "exito", "sold", "sale", "sales", "venda", "venta", "vendid",
    "invoic", "fatur", "factur", "payment", "pagamento", "purchase", "compra", "order", "pedido",
    "charge", "closed", "fechad", "cerrad", "open", "abert", "abiert", "settled", "liquidad",
    "received", "recebid", "recibid", "normal", r"ok\b", "accept", "aceit", "aceptad", "ready",
    "pronto", "separac", "transit", "transport", "caminho", "camino", "dispatch", "despach",
    "autorizad", "emitid", "em preparac", "preparando", "picked", "packed", "retirad", "collected",
    "done", "valid", "regular", "efetivad", "realizad", "efectuad", "baixad", "quitad", "cobrad",
    "in bearbeitung", "en cours", "in lavorazione", "won", "closedwon", "ganho", "ganad",
    "gewonnen", "gagne", "vinto",
    "atendid", "accredit", "acreditad", "verificad", "paye", "livre", "expedie", "regle",
    "acquitt", "termine", "vente", "bezahlt",
    "geliefert", "versandt", "versendet", "abgeschlossen", "verkauf", "erledigt", "consegnat",
    "spedit", "evas", "pagat", "vendit", "rechnung", "fattur",
    r"(?:pacote|paquete|package) (?:de|of) [0-9]",
)  # fmt: skip
# Words that make up the label of a total in English, Portuguese and Spanish; a label that goes on
# with another word may be a name, and counts only where the row lacks an id or a date.
TOTAL = r"(?:total|totals|totais|totales|totalizador|soma|suma|sum|somat[óo]ri[oa]|resumo)"
TOTAL_WORDS = (
    rf"(?i)^\W*(?:(?:sub|grand|overall|running|monthly|daily)[ -]?{TOTAL}\b.*"
    rf"|{TOTAL}(?:\W|[0-9])*(?:(?:geral|general|final|do|da|de|del|dos|of|for|por|m[êe]s|dia|day"
    r"|month|year|ano|a[ñn]o)\b.*|q[1-4])?)$"
)
TOTAL_NAMES = rf"(?i)^\W*{TOTAL}\b"
# Stems that speak of a sale undone and of hardly anything else: one such value makes a column of
# few values a column of states, whatever its heading.
PLAINLY_UNDONE = (
    "cancel", "annul", "anulad", "voided", "refunded", "reembols", "estorn", "devol", "devuel",
    "storn", "rembours", "rimbors", "chargeback", "returned", "credit note", "credit memo",
    "nota de credito", "gutschrift", r"avoir\b", "ruckerstattung", "nota di credito",
)  # fmt: skip
MOST_STATES = 12  # by convention: lists of states are short, those of articles are long
YES = frozenset({"1", "true", "t", "yes", "y", "sim", "s", "si", "sí", "verdadeiro", "x"})
NO = frozenset({"0", "false", "f", "no", "n", "nao", "não", "falso"})

# Deals that were won, and papers that ask for money: what else stands beside them is no sale yet.
WON = ("won", "closed won", "closedwon", "ganho", "ganad", "gewonnen", "gagne", "vint")
BILLED = (
    "invoice", "fatura", "factura", "facture", "rechnung", "fattura", "sales receipt",
    "nota fiscal", "nf e", "sale", "venda", "venta", "vente", "verkauf", "purchase",
)  # fmt: skip
PAYMENTS = (
    "payment", "pagamento", "pago", "cobro", "recebimento", "recibo de pag", "receipt", "paiement",
    "reglement", "zahlung", "incasso", "deposit", "journal",
)  # fmt: skip
LINES_OF = frozenset({"line", "item", "linha", "linea", "zeile", "ligne", "riga"})
STATES = frozenset(
    {
        "status",
        "situacao",
        "situacion",
        "estado",
        "estatus",
        "state",
        "stage",
        "etapa",
        "fase",
        "estagio",
        "phase",
        "statut",
        "etat",
        "zustand",
        "stato",
    }
)
EVENTS = frozenset({"event", "evento", "action", "acao", "accion"})
KINDS = frozenset(
    {"type", "tipo", "natureza", "naturaleza", "operacao", "operacion", "operation", "kind",
     "movimento", "movimiento", "movement", "documento", "document", "especie", "belegart",
     "vorgangsart", "buchungsart", "dokumentart", "nature", "comprobante", *EVENTS}
)  # fmt: skip
# Words beside "type" that keep it one of the row, and not of a product, a person or a payment.
OF_ROWS = frozenset(
    {"transaction", "transacao", "transaccion", "txn", "record", "registro", "row", "linha",
     "lancamento", "asiento", "entry", "doc", "nota", "comprobante", "line"}
)  # fmt: skip
# What lines of an order charge beside goods, where a column says what each line is.
CHARGES = (
    "shipping", "freight", "frete", "envio", "porte", "versand", "livraison", "spedizion",
    "delivery", "handling", "commission", "comiss", "comision", r"fees?\b", "tarifa",
    r"tax(?:es)?\b", "imposto", "impuesto", "tip", "gorjeta", "propina",
)  # fmt: skip
GOODS = (
    r"line ?item",
    "item",
    r"principal\b",
    "product",
    "produto",
    "goods",
    "artikel",
    "article",
    "articulo",
)
# Documents as accounts abbreviate them: invoices, and credit notes that take them back.
BILL_CODES = frozenset(
    {"fc", "fac", "fact", "ft", "fa", "fv", "re", "rg", "inv", "nf", "nfe", "tf"}
)
CREDIT_CODES = frozenset({"nc", "ncr", "nce", "ncc", "gs", "gu", "av", "cn", "crn", "cm"})
# What a column of two values says that adds one kind of row and takes the other off.
SIGNS: tuple[frozenset[str], ...] = tuple(
    map(frozenset, (("+", "-"), ("c", "d"), ("cr", "dr"), ("s", "h"), ("d", "h"), ("e", "s")))
)
# What a column of types may name instead: a document, a payment or a kind of person.
DOCUMENTS = (
    r"nf\b", r"nfc?e", r"nfse", r"nfc?\b", "cupom", r"cf\b", r"sat\b", "recib", "receipt", "ticket",
    "bolet", "product", "produto", "servic",
)  # fmt: skip
OTHER_TYPES = (
    "cash", "card", "credit", "debit", "cartao", "tarjeta", "dinheiro", "efectivo", "pix", "cheque",
    "visa", "master", "amex", "paypal", "wallet", "upi", "voucher", "gift", "transfer", r"pf\b",
    r"pj\b", "fisic", "juridic", "consumer", "corporate", "retail", "wholesale", "online",
    "store", "loja", "tienda", "delivery", "pickup", "dine", "takeaway", "member",
)  # fmt: skip
# Brazil's codes of fiscal operations (CFOP, Convênio s/nº of 1970): sales go out, returns of
# sales come in, and what else moves goods is no sale; the rest is asked.
CFOP_SALE = r"[567](?:1[0-2]\d|40[1-5]|65[1-6]|933)"
CFOP_RETURN = r"[123](?:20\d|41[01]|66[0-2])"
CFOP_OTHER = r"[123]\d{3}|[567](?:15|2\d|41|55|90|91|92)\d"
# Words by which a status is one of a person, a shipment or an article and not of the money.
ELSEWHERE = frozenset(
    {"marital", "civil", "customer", "cliente", "member", "account", "conta", "loyalty", "stock",
     "estoque", "product", "produto", "tax", "region", "uf", "address", "endereco"}
)  # fmt: skip
ON_THE_WAY = frozenset(
    {"fulfillment", "fulfilment", "shipping", "shipment", "delivery", "envio", "entrega",
     "expedicao", "rastreio", "tracking", "logistica"}
)  # fmt: skip
# Words by which a date is one of payment; a row without it may not be paid yet.
PAID = frozenset(
    {"paid", "payment", "pagamento", "pago", "pagado", "recebimento", "paiement", "paye", "zahlung",
     "bezahlt", "incasso", "settled", "quitacao", "baixa"}
)  # fmt: skip
# Headings of flags, each alone or beside a word for the row: trials are no sales, and what was
# not captured is none; what was not paid may be a sale on credit.
TRIALS = frozenset({"test", "teste", "prueba", "sandbox", "demo"})
SETTLING = frozenset({"livemode", "live", "captured", "capturado", "approved", "aprovado"})
PAID_FLAGS = frozenset({"paid", "pago", "paga", "pagado", "bezahlt", "paye", "pagato"})
FLAGGED = frozenset(
    {"is", "mode", "order", "pedido", "venda", "venta", "sale", "transaction", "payment", "flag"}
)
UNDOING = (
    *("cancel", "void", "estorn", "devol", "devuel", "return", "refund", "reembols", "anul"),
    "delet",
)
ANY = "*"
MOST_MEANINGS = 40  # by convention: a column of more values is no list of states


def meaning_of(value: str, column: str = "", *, refunds: bool = False) -> Meaning:
    """Return what a value of a status or type column says of its row.

    What is refunded in part is a sale where another column tells the ``refunds``.

    Examples
    --------
    >>> [meaning_of(value) for value in ("Venda", "Devolução de venda", "Venda cancelada")]
    ['sale', 'return', 'no sale']
    >>> meaning_of("unavailable"), meaning_of("pending"), meaning_of("pending", "Shipping Status")
    ('ask', 'no sale', 'sale')
    """
    text = _simplify(value)
    if not text:
        return "sale"
    if "cfop" in words(column):
        return _read_cfop(text.replace(" ", ""))
    if text in YES | NO and (flag := _read_flag(column, text in YES)):
        return flag
    if begins(text, PARTLY):
        return "ask" if begins(text, (*TAKEN_BACK, *UNDONE)) and not refunds else "sale"
    if words(column) & ON_THE_WAY:
        return "no sale" if begins(text, ("cancel", "return", "devol")) else "sale"
    if begins(text, (*UNDONE, *VISITED) if words(column) & EVENTS else UNDONE):
        return "no sale"
    if begins(text, TAKEN_BACK):
        return "return"
    done = (*DONE, *DOCUMENTS) if words(column) & KINDS else DONE
    return "sale" if begins(text, done) else "ask"


def find_meanings(column: str, values: Sequence[str]) -> dict[str, Meaning]:
    """Decide whether a column says what a row means, and what each of its values says.

    Parameters
    ----------
    column : str
        The source's heading; a status, a type, or noise.
    values : sequence of str
        The distinct values of a sample.

    Returns
    -------
    dict
        Value -> meaning; empty where the column is something else.

    Examples
    --------
    >>> find_meanings("Status", ["paid", "refunded"])
    {'paid': 'sale', 'refunded': 'no sale'}
    >>> find_meanings("Payment type", ["Visa", "Pix"])
    {}
    """
    heading = words(column)
    if not values or len(values) > MOST_MEANINGS or heading & ELSEWHERE:
        return {}
    means: dict[str, Meaning] = {value: meaning_of(value, column) for value in values}
    if is_flag(column, values):
        return means
    if told := _read_signs(values) or _read_charges(means, heading):
        return means | told
    means |= _read_beside(means, heading)
    return means if _tells_meanings(column, means) else {}


def _tells_meanings(column: str, means: Mapping[str, Meaning]) -> bool:
    """Tell whether a column, by its heading or its values, is one of states or types of rows."""
    heading, values = words(column), list(means)
    certain = [meaning for meaning in means.values() if meaning != "ask"]
    undone = [meaning for meaning in certain if meaning != "sale"]
    if _flags(column):
        return len(certain) == len(means) and len(values) <= 2
    if heading & ON_THE_WAY:
        return bool(heading & STATES and undone)
    if heading & STATES:
        vague = heading & {"estado", "state"} and len(certain) < 0.5 * len(means)
        return not (vague or (len(values) < 2 and not certain))
    if "cfop" in heading:
        return bool(certain)
    if heading & KINDS:
        return bool(undone) or len(certain) == len(means) or _tells_rows(heading, values)
    plainly = [v for v in values if begins(_simplify(v), PLAINLY_UNDONE)]
    proved = bool(undone) and len(certain) >= 0.9 * len(means) and len(means) > 1
    return proved or (bool(plainly) and 1 < len(means) <= MOST_STATES)


def is_flag(column: str, values: Iterable[str]) -> bool:
    """Tell whether a column says by yes and no that rows were undone, are tests, or were paid."""
    distinct = {value.strip().lower() for value in values}
    return bool(distinct) and distinct <= YES | NO and _read_flag(column, True) is not None


def _tells_rows(heading: frozenset[str], values: Sequence[str]) -> bool:
    """Tell whether a column of types is one of rows, and not of products, payments or people."""
    texts = [" ".join(sorted(words(value))) for value in values]
    others = any(begins(text, OTHER_TYPES) for text in texts)
    return heading <= KINDS | OF_ROWS and 1 < len(values) <= MOST_STATES and not others


def _read_signs(values: Sequence[str]) -> dict[str, Meaning]:
    """Read plus and minus that stand in a column of their own."""
    if {value.strip() for value in values} != {"+", "-"}:
        return {}
    return {value: "return" if value.strip() == "-" else "sale" for value in values}


def _read_beside(means: Mapping[str, Meaning], heading: frozenset[str]) -> dict[str, Meaning]:
    """Read values by those beside them: open deals beside won ones, payments beside invoices."""
    texts = {value: _simplify(value) for value in means}
    if heading & STATES and any(begins(text, WON) for text in texts.values()):
        return {value: "no sale" for value, text in texts.items() if not begins(text, WON)}
    if heading & KINDS and (codes := _read_codes(texts)):
        return codes
    billed = [value for value, text in texts.items() if begins(text, BILLED)]
    if not heading & KINDS or not billed:
        return {}
    # A document told line by line, as "Sale Line", may stand once more as a whole.
    parted = [text.split() for text in texts.values() if LINES_OF & {*text.split()}]
    stems = {" ".join(word for word in text if word not in LINES_OF) for text in parted}
    return {
        value: "ask"
        for value, text in texts.items()
        if text in stems
        or (value not in billed and means[value] == "sale" and begins(text, PAYMENTS))
    }


def _read_codes(texts: Mapping[str, str]) -> dict[str, Meaning]:
    """Read documents by their abbreviations, where an invoice's is among them."""
    codes = {value: text.split(" ")[0] for value, text in texts.items()}
    if not BILL_CODES & {*codes.values()}:
        return {}
    means: dict[str, Meaning] = {}
    for value, code in codes.items():
        if code in BILL_CODES | CREDIT_CODES:
            means[value] = "sale" if code in BILL_CODES else "return"
    return means


def _read_charges(means: Mapping[str, Meaning], heading: frozenset[str]) -> dict[str, Meaning]:
    """Read what a line of an order is: goods, or freight, tax and the like beside them."""
    texts = {value: _simplify(value) for value in means}
    goods = {value for value, text in texts.items() if begins(text, GOODS)}
    charges = {value for value, text in texts.items() if begins(text, CHARGES)} - goods
    # Settlements part each sale into what was paid for goods and what is charged beside.
    parted = len(means) <= MOST_STATES and goods | charges == {*means}
    if not ((heading & KINDS or parted) and goods and charges):
        return {}
    return {v: "sale" if v in goods else "no sale" for v in means if v in goods | charges}


def _simplify(value: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", plain(value).lower()))


def _read_cfop(code: str) -> Meaning:
    if re.fullmatch(CFOP_SALE, code):
        return "sale"
    if re.fullmatch(CFOP_RETURN, code):
        return "return"
    return "no sale" if re.fullmatch(CFOP_OTHER, code) else "ask"


def names_total(text: str) -> bool:
    """Tell whether a text of a sample labels a total.

    Examples
    --------
    >>> [names_total(text) for text in ("Subtotal 12/2024", "TOTAL GERAL", "Totalflex Ltda")]
    [True, True, False]
    """
    return re.search(TOTAL_WORDS, text.strip()) is not None


def returns_money(value: str) -> bool:
    """Tell whether a state says that money went back, which is what a refund's own may say."""
    return begins(_simplify(value), (*TAKEN_BACK, "reembols", "estornad", "devuelt"))


def _flags(column: str) -> bool:
    return begins(" ".join(words(column)), UNDOING)


def _read_flag(column: str, is_set: bool) -> Meaning | None:
    """Read a flag that a row was undone, is a test, or was only then a sale; None for others."""
    heading = words(column) - {"is"}
    if _flags(column) or (heading & TRIALS and heading <= TRIALS | FLAGGED):
        return "no sale" if is_set else "sale"
    if heading & SETTLING and heading <= SETTLING | FLAGGED:
        return "sale" if is_set else "no sale"
    if heading & PAID_FLAGS and heading <= PAID_FLAGS | FLAGGED:
        return "sale" if is_set else "ask"
    return None


def begins(text: str, stems: Sequence[str]) -> bool:
    """Tell whether any word of a text begins with one of some stems."""
    return any(re.search(rf"\b{stem}", text) for stem in stems)
