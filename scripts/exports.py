"""Exports of one simulated shop in the layouts of shops, marketplaces and ERPs, truth known.

Run ``python -m scripts.exports`` to print how ``clientela init`` reads each of them: which columns
are right, wrong, missed, or asked about. ``docs/reference/exports.md`` holds the same table.
"""

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from clientela.mapping.proof import Proof
from clientela.mapping.prove import prove

Line = dict[str, Any]
GOODS = {"Caneca": 25.0, "Toalha": 59.9, "Vaso": 100.0, "Prato": 39.5, "Vela": 14.9, "Bule": 79.0}
PEOPLE = ("who", "cpf", "email", "name")
DATES = ("iso", "dmy", "mdy")
ORDERS = 160


@dataclass(frozen=True)
class Export:
    """A layout: ``heading=field`` pairs; a star marks what an order's first line tells alone."""

    title: str
    columns: str
    decimal: str = "."
    states: tuple[str, str] = ("paid", "cancelled")
    one_line: bool = False
    pairs: tuple[tuple[str, str], ...] = field(init=False)

    def __post_init__(self) -> None:
        """Split the columns."""
        pairs = tuple(tuple(pair.strip().split("=")) for pair in self.columns.split(","))
        object.__setattr__(self, "pairs", pairs)

    def has(self, *fields: str) -> bool:
        """Tell whether the layout shows any of some fields."""
        return any(name.rstrip("*") in fields for _, name in self.pairs)

    def field_of(self, column: str) -> str:
        """Return the field that a column shows."""
        return dict(self.pairs)[column].rstrip("*")


PT = ("Faturado", "Cancelado")
EXPORTS = (
    Export("Shopify", "Name=no, Email=email, Financial Status=state*, Currency=currency*, "
           "Subtotal=order_net*, Shipping=freight*, Total=order_total*, "
           "Discount Amount=order_off*, "
           "Created at=iso, Lineitem quantity=qty, Lineitem name=product, Lineitem price=price"),
    Export("WooCommerce", "Order Number=no, Order Status=state, Order Date=iso, "
           "Order Total=order_total, Order Shipping=freight, Billing Email=email, "
           "Item Name=product, Item Quantity=qty, Item Cost=price"),
    Export("Magento", "increment_id=no, created_at=iso, status=state, customer_email=email, "
           "sku=product, qty_ordered=qty, price=price, row_total=gross, subtotal=order_gross, "
           "discount_amount=order_off, shipping_amount=freight, grand_total=order_total"),
    Export("PrestaShop", "id_order=no, id_customer=who, state_name=state, total_paid=order_total, "
           "total_shipping=freight, date_add=iso, product_name=product, product_quantity=qty, "
           "unit_price_tax_incl=price", states=("Livré", "Annulé")),
    Export("BigCommerce", "Order ID=no, Order Status=state, Order Date=dmy, Order Time=time, "
           "Subtotal (ex tax)=order_gross, Shipping Cost=freight, Coupon Value=order_off, "
           "Order Total (ex tax)=order_total, Customer ID=who", one_line=True),
    Export("Nuvemshop", "Número do Pedido=no, E-mail=email, Data=dmy*, Status do Pedido=state*, "
           "Subtotal=order_gross*, Desconto=order_off*, Valor do Frete=freight*, "
           "Total=order_total*, Nome do Produto=product, Valor do Produto=price, "
           "Quantidade Comprada=qty", states=("Aberta", "Cancelada")),
    Export("Tray", "Código do Pedido=no, Data=dmy, Hora=time, Status=state, CPF=cpf, E-mail=email, "
           "Valor dos Produtos=order_gross, Valor do Frete=freight, Valor Total=order_total",
           ",", ("FINALIZADO", "CANCELADO"), True),
    Export("VTEX", "Order=no, Creation Date=iso, Client Document=cpf, Email=email, Status=state, "
           "SKU Selling Price=price, Quantity_SKU=qty, SKU Total Price=gross, SKU Name=product, "
           "Shipping Value=freight, Total Value=order_total", states=PT),
    Export("Bling", "ID=no, Data=dmy, Situação=state, Nome do contato=name, CPF/CNPJ=cpf, "
           "Descrição=product, Quantidade=qty, Valor unitário=price, Preço total=gross, "
           "Desconto Pedido=order_off, Frete pedido=freight, Total pedido=order_total",
           ",", ("Atendido", "Cancelado")),
    Export("Tiny", "Número do pedido=no, Data=dmy, CPF/CNPJ=cpf, Situação=state, "
           "Descrição=product, Quantidade=qty, Valor unitário=price, Desconto item=off, "
           "Valor total item=net, Valor do frete=freight", ",", ("Entregue", "Cancelado")),
    Export("Omie", "Situação=state, Nota Fiscal=no, Data de Emissão=dmy, "
           "Cliente (Nome Fantasia)=name, CNPJ/CPF=cpf, Produto=product, Quantidade=qty, "
           "Valor Unitário=price, Total de Mercadoria=gross, Valor do ICMS=tax",
           ",", ("Autorizada", "Cancelada")),
    Export("Amazon", "amazon-order-id=no, purchase-date=iso, order-status=state, "
           "buyer-email=email, product-name=product, quantity=qty, currency=currency, "
           "item-price=gross, item-promotion-discount=off", states=("Shipped", "Cancelled")),
    Export("Shopee", "ID do pedido=no, Status do pedido=state, Data de criação do pedido=iso, "
           "Nome do Produto=product, Preço acordado=price, Quantidade=qty, "
           "Subtotal do produto=gross, Nome de usuário (comprador)=who, Valor Total=order_total, "
           "Taxa de envio pagas pelo comprador=freight", states=("Concluído", "Cancelado")),
    Export("Mercado Livre", "N.º de venda=no, Data da venda=dmy, Estado=state, Unidades=qty, "
           "Receita por produtos (BRL)=gross, Tarifa de venda e impostos (BRL)=fee, "
           "Total (BRL)=payout, Título do anúncio=product, Comprador=name, CPF=cpf",
           states=("Entregue", "Venda cancelada"), one_line=True),
    Export("Magalu", "Pedido=no, Data da compra=dmy, Status=state, CPF do cliente=cpf, "
           "Produto=product, Qtd=qty, Preço unitário=price, Desconto do item=off, "
           "Total do item=net, Frete do pedido=freight", ",", ("Entregue", "Cancelado")),
    Export("iFood", "Nº PEDIDO=no, DATA=dmy, STATUS=state, ID CLIENTE=who, "
           "VALOR DOS ITENS=order_gross, TAXA DE ENTREGA=freight, DESCONTO=order_off, "
           "TOTAL PAGO=order_total", ",", ("CONCLUIDO", "CANCELADO"), True),
    Export("Square items", "Date=mdy, Time=time, Item=product, Qty=qty, Gross Sales=gross, "
           "Discounts=off, Net Sales=net, Tax=tax, Transaction ID=no, Customer ID=who"),
    Export("Stripe", "id=no, Created (UTC)=iso, Amount=gross, Currency=currency, Fee=cost, "
           "Status=state, Customer ID=who", states=("Paid", "Failed"), one_line=True),
    Export("Toast", "Order #=no, Order Date=mdy, Guest ID=who, Menu Item=product, "
           "Gross Price=gross, Discount=off, Net Price=net, Qty=qty, Tax=tax"),
    Export("SAP", "VBELN=no, FKDAT=iso, KUNAG=who, ARKTX=product, FKIMG=qty, NETWR=gross"),
    Export("Dynamics", "Document No.=no, Sell-to Customer No.=who, Posting Date=mdy, "
           "Description=product, Quantity=qty, Unit Price=price, Line Discount Amount=off, "
           "Amount=net"),
    Export("QuickBooks", "Date=mdy, Num=no, Customer=name, Product/Service=product, Qty=qty, "
           "Sales Price=price, Amount=gross"),
    Export("PagSeguro", "Transação=no, Data=dmy, Status=state, Valor bruto=gross, "
           "Valor da taxa=cost, Valor líquido=payout, E-mail do comprador=email",
           ",", ("Aprovada", "Cancelada"), True),
    Export("ERP in Spanish", "Nº Factura=no, Fecha=dmy, Código Cliente=who, Descripción=product, "
           "Cantidad=qty, Precio=price, Dto.=off, Base Imponible=net, IVA=tax, Total=taxed", ","),
    Export("ERP in German", "Belegnummer=no, Belegdatum=dmy, Kundennummer=who, Artikel=product, "
           "Menge=qty, Einzelpreis=price, Gesamtpreis=gross, Status=state",
           ",", ("Bezahlt", "Storniert")),
    Export("ERP in French", "N° facture=no, Date=dmy, Code client=who, Article=product, "
           "Quantité=qty, Prix unitaire=price, Montant=gross, Statut=state",
           ",", ("Payée", "Annulée")),
    Export("Salesperson beside the customer", "Pedido=no, Cód. Vendedor=seller, Cód. Cliente=who, "
           "Data=dmy, Valor=gross, Comissão=cost", ",", one_line=True),
    Export("Cost beside price", "order=no, client=who, date=iso, product=product, units=qty, "
           "unit_cost=unit_cost, unit_price=price"),
    Export("Ta-Feng", "TRANSACTION_DT=mdy, CUSTOMER_ID=who, AGE_GROUP=place, PRODUCT_ID=product, "
           "AMOUNT=qty, ASSET=cost, SALES_PRICE=gross"),
    Export("AdventureWorks", "SalesOrderID=no, OrderDate=iso, CustomerID=who, "
           "SalesPersonID=seller, ProductID=product, OrderQty=qty, UnitPrice=price, "
           "UnitPriceDiscount=share, LineTotal=net, SubTotal=order_net, Freight=freight, "
           "TotalDue=order_total"),
    Export("Percent of discount", "NF=no, Emissão=dmy, CPF=cpf, Descrição=product, Qtde=qty, "
           "Vlr unit=price, Desc%=percent, Vlr líquido=net", ","),
    Export("Subscription invoices", "Invoice ID=no, Customer Email=email, Plan Name=product, "
           "Invoice Date=iso, Amount Due=net, Amount Remaining=nothing, Amount Paid=net, "
           "Currency=currency", one_line=True),
    Export("Numbers of states", "order_no=no, order_date=iso, customer_no=who, sku=product, "
           "qty=qty, price=price, line_total=gross, order_status=state", states=("1", "9")),
    Export("Accounts and states", "Document=no, Issued On=iso, Account=who, Plan=product, "
           "Amount=gross, State=state", states=("Paid", "Void"), one_line=True),
    Export("Fees on top", "booking=no, event date=later, booked at=iso, email=email, tickets=qty, "
           "ticket price=price, booking fee=cost, total charged=charged", one_line=True),
    Export("Protheus", "F2_DOC=no, F2_EMISSAO=iso, A1_COD=who, A1_NOME=name, D2_COD=product, "
           "D2_QUANT=qty, D2_PRCVEN=price, D2_TOTAL=gross, D2_VALICM=tax", ","),
    Export("French invoices with tax", "N° commande=no, Date=dmy, E-mail client=email, "
           "Désignation=product, Qté=qty, PU HT=price, Montant HT=gross, TVA=tax, "
           "Montant TTC=taxed", ","),
    Export("Flag of cancellation", "Doc=no, Data=dmy, Cliente=cpf, Valor=gross, Canc=state",
           ",", ("N", "S"), True),
    Export("Cost of goods by the line", "order=no, date=iso, client=who, sku=product, units=qty, "
           "sales=gross, cogs=cost", one_line=True),
    Export("Headings of noise", "f1=no, f2=who, f3=iso, f4=product, f5=qty, f6=price, f7=gross"),
    Export("Noise with a discount", "a=no, b=who, c=iso, d=product, e=qty, f=price, g=gross, "
           "h=off, i=net"),
    Export("Noise without an amount", "a=no, b=who, c=iso, d=product, e=qty, f=price"),
)  # fmt: skip


def draw_lines(export: Export, seed: int = 7) -> list[Line]:
    """Draw the lines of a shop, with what the layout shows and nothing that it hides."""
    draw = random.Random(seed)  # noqa: S311
    moment = dt.datetime(2023, 1, 2, 9)  # noqa: DTZ001
    lines: list[Line] = []
    for number in range(ORDERS):
        moment += dt.timedelta(hours=draw.randrange(5, 80), minutes=draw.randrange(60))
        person = draw.randrange(45) if draw.random() < 0.7 else draw.randrange(15)
        names = draw.sample(sorted(GOODS), 1 if export.one_line else draw.choice([1, 1, 2, 3]))
        undone = export.has("state") and draw.random() < 0.08
        sold = [_draw_line(draw, name, export) for name in names]
        gross = round(sum(line["gross"] for line in sold), 2)
        off = round(gross * 0.1, 2) if export.has("order_off") and draw.random() < 0.3 else 0.0
        freight = draw.choice([0.0, 12.5, 15.9]) if export.has("freight") else 0.0
        order_net = round(sum(line["net"] for line in sold) - off, 2)
        order = {
            "no": 1000 + number, "who": f"K{person:03}", "cpf": f"{10_000_000_000 + person}",
            "email": f"cliente{person}@example.com", "name": f"Ana {chr(65 + person % 26)}{person}",
            "iso": f"{moment:%Y-%m-%d %H:%M:%S}", "dmy": f"{moment:%d/%m/%Y}",
            "mdy": f"{moment:%m/%d/%Y}", "time": f"{moment:%H:%M:%S}",
            "state": export.states[undone], "undone": undone, "currency": "BRL",
            "order_gross": gross, "order_off": off, "freight": freight, "order_net": order_net,
            "order_total": round(order_net + freight, 2), "seller": number % 7 + 1,
            "later": f"{moment + dt.timedelta(days=20):%Y-%m-%d}", "place": number % 4,
        }  # fmt: skip
        lines += [{**order, **line, "first": not place} for place, line in enumerate(sold)]
    return lines


def _draw_line(draw: random.Random, name: str, export: Export) -> Line:
    units, price = draw.choice([1, 1, 2, 3, 4]), GOODS[name]
    gross = round(units * price, 2)
    discounted = export.has("off", "net") and draw.random() < 0.3
    off = round(gross * draw.choice([0.05, 0.1, 0.15]), 2) if discounted else 0.0
    net = round(gross - off, 2)
    fee = round(0.12 * net, 2)
    return {
        "product": name, "qty": units, "price": price, "gross": gross, "off": off, "net": net,
        "tax": round(0.2 * net, 2), "taxed": round(net + round(0.2 * net, 2), 2), "fee": -fee,
        "cost": fee, "payout": round(net - fee, 2), "unit_cost": round(0.6 * price, 2),
        "share": off / gross, "percent": 100.0 * off / gross, "nothing": 0.0,
        "charged": round(net + fee, 2),
    }  # fmt: skip


def write_rows(
    export: Export, lines: Sequence[Line], change: Callable[[str, str], str] | None = None
) -> tuple[list[str], list[tuple[str | None, ...]]]:
    """Write lines as the layout does: its headings, and the text of each row."""
    rows = []
    for line in lines:
        row: list[str | None] = []
        for _, name in export.pairs:
            value = line[name.rstrip("*")]
            text = (
                f"{value:.2f}".replace(".", export.decimal) if isinstance(value, float) else value
            )
            text = change(name, str(text)) if change else str(text)
            row.append(None if name.endswith("*") and not line["first"] else text)
        rows.append(tuple(row))
    return [heading for heading, _ in export.pairs], rows


def true_net(lines: Sequence[Line]) -> float:
    """Return what was paid for goods: sales less discounts, without freight, tax and fees."""
    sales = [line for line in lines if not line["undone"]]
    paid = sum(float(line["net"]) for line in sales)
    return paid - sum(float(line["order_off"]) for line in sales if line["first"])


def measure_net(export: Export, proof: Proof, lines: Sequence[Line]) -> float | None:
    """Return what the mapped columns add up to; None where they tell no money."""
    roles = {role: export.field_of(column) for role, column in proof.columns.items()}
    total, paid = 0.0, 0.0
    for line in (line for line in lines if not line["undone"]):
        if "amount" in roles:
            whole = "amount" in proof.per_order and not line["first"]
            paid = 0.0 if whole else float(line[roles["amount"]])
        elif {"quantity", "unit_price"} <= roles.keys():
            paid = float(line[roles["quantity"]] * line[roles["unit_price"]])
        else:
            return None
        told = "discount" in roles and ("discount" not in proof.per_order or line["first"])
        total += paid - (abs(float(line[roles["discount"]])) if told else 0.0)
    return total


def judge(export: Export, seed: int = 7) -> dict[str, str]:
    """Judge each role of a layout: right, wrong, missed, or a question; blank where it has none."""
    lines = draw_lines(export, seed)
    proof = prove(*write_rows(export, lines))
    verdict = {}
    for role, fields in (("customer_id", PEOPLE), ("ordered_local", DATES), ("order_id", ("no",))):
        column = proof.columns.get(role)
        if column is None and not export.has(*fields):
            verdict[role] = ""
            continue
        right = column is not None and export.field_of(column) in fields
        verdict[role] = "right" if right else "missed" if column is None else "wrong"
    net = measure_net(export, proof, lines)
    exact = net is not None and abs(net - true_net(lines)) < 0.02
    verdict["money"] = "right" if exact else "missed" if net is None else "wrong"
    verdict["state"] = _judge_states(export, proof)
    if proof.questions:
        verdict = {role: "asked" if word == "wrong" else word for role, word in verdict.items()}
    return verdict | {"questions": " ".join(proof.questions)}


def _judge_states(export: Export, proof: Proof) -> str:
    if not export.has("state"):
        return ""
    meanings = {value: word for means in proof.values.values() for value, word in means.items()}
    if not meanings:
        return "missed"
    read = tuple(meanings.get(state) for state in export.states)
    return "right" if read == ("sale", "no sale") else "asked" if "ask" in read else "wrong"


def describe_exports() -> str:
    """Write the table of all layouts as a page of the reference."""
    verdicts = {export.title: judge(export) for export in EXPORTS}
    roles = ("customer_id", "ordered_local", "order_id", "money", "state")
    counts = {
        word: sum(verdict[role] == word for verdict in verdicts.values() for role in roles)
        for word in ("right", "asked", "missed", "wrong")
    }
    rows = [
        f"| {title} | {' | '.join(verdict[role] for role in roles)} | {verdict['questions']} |"
        for title, verdict in verdicts.items()
    ]
    return "\n".join(
        [
            "# How exports are read",
            "",
            "One simulated shop, written in the layouts of shops, marketplaces and ERPs, and what "
            "`clientela init` makes of each: the person, the day, the order, what was paid (to the "
            "cent) and the state that undoes a sale. *asked*: a run stops with the question.",
            "",
            ", ".join(f"{count} {word}" for word, count in counts.items())
            + f" of {len(EXPORTS)} layouts. Printed by `python -m scripts.exports`.",
            "",
            "| layout | person | day | order | money | state | question |",
            "| --- | --- | --- | --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


if __name__ == "__main__":
    print(describe_exports())
