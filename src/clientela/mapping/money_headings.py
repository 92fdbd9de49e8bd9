"""Headings of numbers: which class of figure a column's words name, in seven languages."""

from collections.abc import Sequence

from clientela.mapping.headings import IDS, NUMBERED
from clientela.mapping.profile import ColumnProfile

# What goods cost the firm; the other words of that class are prices that nobody paid.
COSTS = frozenset(
    {"cost", "costs", "custo", "custos", "costo", "costos", "cogs", "cmv", "cout", "kosten",
     "einkaufspreis", "cpv", "cpp"}
)  # fmt: skip
PIECE = frozenset({"unitario", "unit", "each", "medio", "average", "per"})
WHOLE = frozenset({"total", "line", "linha"})
CLASSES: dict[str, frozenset[str]] = {
    "refunded": frozenset(
        {"refund", "refunded", "refunds", "reembolso", "reembolsos", "reembolsado", "estorno",
         "estornado", "devolvido", "devuelto", "chargeback", "returned", "returns", "devolucoes",
         "devoluciones", "devuelta", "devueltas", "devueltos", "devolvida", "devolvidas",
         "devolvidos", "reembolsada", "estornada", "retornada", "retours", "erstattung",
         "remboursement"}
    ),
    "discount": frozenset(
        {"discount", "discounts", "desconto", "descontos", "descuento", "descuentos", "rebate",
         "abatimento", "markdown", "promo", "promotion", "coupon", "cupom", "cupon", "voucher",
         "dto", "remise", "rabais", "rabatt", "sconto"}
    ),
    "shipping": frozenset(
        {"shipping", "freight", "frete", "envio", "entrega", "delivery", "postage", "flete",
         "portes", "port", "livraison", "porto", "transport", "transporte", "trasporto", "handling",
         "frakt", "verzending", "versand", "versandkosten", "spedizione"}
    ),
    "tax": frozenset(
        {"tax", "taxes", "imposto", "impostos", "impuesto", "impuestos", "iva", "vat", "icms",
         "ipi", "gst", "tva", "taxe", "mwst", "ust", "steuer", "igv", "tip", "tips", "gratuity",
         "gorjeta", "propina", "iss", "pis", "cofins", "btw", "moms", "igst", "cgst", "sgst"}
    ),
    "other": frozenset(
        {"profit", "lucro", "margin", "margem", "margen", "fee", "fees", "tarifa", "taxa",
         "cargo", "cargos", "comissao", "commission", "comision", "balance", "saldo",
         "points", "pontos", "puntos", "pts", "cashback", "giftcard", "gift", "vale", "gutschein",
         "age", "idade", "edad", "zip", "cep", "lat", "lng", "latitude", "longitude", "phone",
         "telefone", "telefono", "parcela", "parcelas",
         "installment", "installments", "cuota", "cuotas", "compare", "weight",
         "weighted", "ponderado", "forecast", "previsto", "expected", "probability",
         "peso", "stock", "estoque", "nascimento", "score", "rating", "rank", "year", "ano",
         "month", "mes"}
    ),
    "quantity": frozenset(
        {"quantity", "quantidade", "units", "unidades", "pieces", "pecas", "pcs", "cantidad",
         "unid", "und", "count", "volume", "itens", "qtty", "quantite", "quantita", "menge",
         "anzahl", "stuck", "kg"}
    ),
    # Prices that were not paid, unless no other is told.
    "cost": frozenset(
        {*COSTS, "list", "lista", "tabela", "original", "regular", "msrp",
         "catalogo", "catalog"}
    ),
    "price": frozenset(
        {"price", "preco", "precio", "rate", "unitario", "unit", "each", "prix", "preis",
         "einzelpreis", "stuckpreis", "prezzo"}
    ),
    "net": frozenset({"net", "liquido", "liquida", "neto", "neta", "netto"}),
    "gross": frozenset({"gross", "bruto", "bruta", "brut", "brutto", "lordo"}),
    "amount": frozenset(
        {"amount", "valor", "total", "sales", "revenue", "receita", "ingreso", "ingresos",
         "faturamento", "importe", "monto", "subtotal", "value", "spent", "gmv", "turnover",
         "spend", "gasto", "venda", "vendas", "venta", "ventas", "paid", "pago", "pagado", "sum",
         "price_total",
         "base", "montant", "betrag", "gesamt", "gesamtpreis", "gesamtbetrag", "summe", "umsatz",
         "importo", "totale"}
    ),
}  # fmt: skip
# Words by which an amount is the whole of what was paid, and may hold more than the goods.
TOTALS = frozenset(
    {"total", "grand", "gesamt", "gesamtbetrag", "summe", "totale", "paid", "pago", "pagado",
     "paye", "charged", "cobrado", "valor", "importe", "monto", "montant"}
)  # fmt: skip
# Words that say whether an amount holds a discount, tax or freight, and is none itself.
WITH = frozenset({"with", "after", "inc", "incl", "including", "com", "apos", "con", "mit", "ttc"})
WITHOUT = frozenset(
    {"without", "before", "ex", "exc", "excl", "excluding", "sem", "antes", "sin", "ohne", "ht"}
)
# Words of headings whose numbers name something; such numbers are no quantity.
NAMING = frozenset(
    {"id", "codigo", "code", "key", "numero", "number", "vendedor", "seller", "salesperson", "rep",
     "store", "loja", "filial", "tienda", "branch", "terminal", "caixa", "cashier", "operador",
     "register", "mesa", "table", "canal", "channel", "grupo", "group", "cluster"}
)  # fmt: skip
INSTALMENTS = frozenset({"parcela", "parcelas", "installment", "installments", "cuota", "cuotas"})
# Words that count lines or rows and no money, where no other word says more.
COUNTERS = frozenset({"row", "index", "sequential", "item", "line", "linha", "seq", "percent"})


def classify(profile: ColumnProfile) -> str:
    """Name the class of a heading of numbers; ``id`` where they name things, empty for noise."""
    named = [name for name, stems in CLASSES.items() if profile.words & stems]
    if profile.words & IDS or (not named and profile.words & NAMING):
        return "id"
    if named == ["amount"] and profile.words & NUMBERED:
        return "id"
    if "gross" in named and not profile.words & CLASSES["other"] - INSTALMENTS:
        named = [name for name in named if name != "other"]  # what an instalment was, before fees
    if named[:1] in (["refunded"], ["discount"], ["shipping"], ["tax"], ["other"]):
        return _classify_extra(profile, named)
    if "price" in named or "cost" in named:
        return _classify_price(profile, named)
    if "amount" in named and len(named) > 1:
        counted = named if profile.is_whole else [n for n in named if n != "quantity"]
        return next(name for name in ("net", "gross", "quantity", "amount") if name in counted)
    if named:
        return named[0]
    return "other" if profile.words & COUNTERS else ""


def _classify_price(profile: ColumnProfile, named: Sequence[str]) -> str:
    """Name the class of a heading of prices: by the piece, of a line, or one not paid."""
    total_words = {"total", "subtotal", "net", "liquido", "neto", "line", "linha"} & profile.words
    if total_words and not {"unitario", "unit", "each", "per"} & profile.words:
        return "amount"
    return "cost" if "cost" in named else "price"


def _classify_extra(profile: ColumnProfile, named: Sequence[str]) -> str:
    """Name the class of a heading that speaks of refund, discount, freight, tax or fees."""
    if named[0] == "refunded" and "quantity" in named:
        return "other"  # units that came back are no money
    if profile.words & NUMBERED or _names_coupons(profile):
        return "other"
    if named[0] == "discount" and "price" in named:
        return "price"  # the price after a discount, or the discount of a piece: values decide
    if named[0] in ("discount", "shipping", "tax") and profile.words & (WITH | WITHOUT):
        return "gross" if named[0] == "discount" and profile.words & WITHOUT else "amount"
    return named[0]


def _names_coupons(profile: ColumnProfile) -> bool:
    """Tell whether a column numbers coupons, or receipts, as Portuguese calls both."""
    alone = profile.words <= {"coupon", "cupom", "cupon", "voucher", "fiscal"}
    # By convention: discounts come in fewer sizes than receipts in numbers.
    several = len(profile.distinct) > min(0.2 * len(profile.values), 30)
    return alone and profile.is_whole and several


def tells_percent(profile: ColumnProfile) -> bool:
    """Tell whether a column holds percentages, by its heading or its values."""
    named = profile.words & {"percent", "percentual", "porcentaje", "percentage", "pourcent"}
    signs = sum("%" in value for value in profile.distinct)
    return bool(named) or "%" in profile.name or 2 * signs > len(profile.distinct)
