"""Product codes that are no products: postage, fees, manual lines and their kin.

Some codes mean the same to everyone; the short ones (``M``, ``S``) are sizes elsewhere, so they
count only in the layouts that are known to use them.
"""

COMMON: tuple[str, ...] = (
    "POST",
    "POSTAGE",
    "DOT",
    "CARRIAGE",
    "SHIPPING",
    "FREIGHT",
    "FRETE",
    "AMAZONFEE",
    "BANK CHARGES",
    "DISCOUNT",
    "DESCONTO",
    "MANUAL",
    "ADJUST",
    "ADJUST2",
    "AJUSTE",
    "TAXA",
    "TAXA DE ENTREGA",
    "TAXA DE SERVIÇO",
    "ENVIO",
    "ENVÍO",
    "DESCUENTO",
    "DELIVERY",
    "DELIVERY FEE",
    "VERSAND",
    "VERSANDKOSTEN",
    "RABATT",
    "LIVRAISON",
    "FRAIS DE PORT",
    "REMISE",
)

UCI = ("D", "M", "S", "B", "C2", "C3", "CRUK", "PADS", "TEST001", "TEST002", "GIFT")
OF_LAYOUT: dict[str, tuple[str, ...]] = dict.fromkeys(
    ("uci_online_retail", "uci_online_retail_2"), UCI
)

PREFIXES_OF_LAYOUT: dict[str, tuple[str, ...]] = dict.fromkeys(OF_LAYOUT, ("GIFT_0001_",))


def codes(layout: str, further: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fee codes of a layout, in upper case.

    Examples
    --------
    >>> "M" in codes("uci_online_retail", ()), "M" in codes("configured", ("m",))
    (True, True)
    """
    return (*COMMON, *OF_LAYOUT.get(layout, ()), *(code.upper() for code in further))


def prefixes(layout: str) -> tuple[str, ...]:
    """Return the beginnings of codes that are fees in a layout, in upper case."""
    return PREFIXES_OF_LAYOUT.get(layout, ())
