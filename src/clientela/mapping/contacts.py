"""Columns of contact data: recognised by heading and values, typed, and kept out of all else.

Contact data are no features. They stand in a table of their own, and no other column, attribute or
refused line keeps a copy.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from clientela.config import Source
from clientela.contract.tables import CONTACT_FLAGS, CONTACT_TEXTS
from clientela.errors import ConfigError
from clientela.mapping import dates, parse
from clientela.mapping.formats import DateFormat, Formats
from clientela.mapping.headings import bare, words
from clientela.mapping.source_columns import Mapping
from clientela.sources.ids import EMAIL

MOSTLY = 0.5
"""Share of a column's values that must look like an address or number (by convention)."""
PHONE = r"^(\+|00)?[\d\s().\-/]{8,20}$"
PHONE_WORDS = frozenset(
    {"celular", "fone", "mobile", "movil", "phone", "telefone", "telefono", "tel", "whatsapp"}
)
NAMES = frozenset(
    {
        "billingname", "customername", "fullname", "name", "nome", "nomecliente", "nomecompleto",
        "nomedocliente", "nomedocomprador", "nombre", "nombrecliente", "nombrecompleto",
    }
)  # fmt: skip
CONSENT_WORDS = frozenset(
    {"accepts", "aceita", "acepta", "autoriza", "autorizacao", "consent", "consentimento",
     "consentimiento", "optin"}
)  # fmt: skip
CHANNEL_WORDS = {
    "consent_whatsapp": frozenset({"whatsapp", "zap", "sms"}),
    "consent_email": frozenset({"correo", "email", "mail", "marketing", "newsletter", "news"}),
}
SUPPRESSED = frozenset(
    {
        "descadastrado", "descadastrada", "donotcontact", "naocontatar", "naocontactar",
        "nocontactar", "optout", "suppressed", "unsubscribed",
    }
)  # fmt: skip
AGREED = (*parse.YES, "subscribed", "opt-in", "aceito", "acepto")
REFUSED = (*parse.NO, "not_subscribed", "never_subscribed", "unsubscribed", "opt-out")


def add_contacts(
    mapping: Mapping,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | None]],
    settings: Source,
) -> Mapping:
    """Add the contact columns of a source to its mapping: the configured ones, else those found.

    Of a file of customers all further columns would become attributes, so those of contacts are
    found there without a configuration; of transactions nothing is kept that nobody asked for.

    Raises
    ------
    ConfigError
        The configuration names contact data that are none of ours.
    """
    unknown = settings.contacts.keys() - {*CONTACT_TEXTS, *CONTACT_FLAGS}
    if unknown:
        raise ConfigError(
            f"'{min(unknown)}' is no contact data",
            where="source.contacts",
            do="use some of " + ", ".join([*CONTACT_TEXTS, *CONTACT_FLAGS]),
        )
    contacts = {ours: theirs for ours, theirs in settings.contacts.items() if theirs in columns}
    if not settings.contacts and mapping.role == "customers":
        free = [column for column in columns if column not in mapping.columns.values()]
        contacts = guess_contacts(free, columns, rows)
    if not contacts:
        return mapping
    apart = set(contacts.values())
    extra = tuple(column for column in mapping.extra if column not in apart)
    told = ", ".join(f"{theirs} is {ours}" for ours, theirs in contacts.items())
    announcement = f"{mapping.announcement}, contacts are kept apart ({told})"
    return replace(mapping, contacts=contacts, extra=extra, announcement=announcement)


def guess_contacts(
    candidates: Sequence[str], columns: Sequence[str], rows: Sequence[Sequence[str | None]]
) -> dict[str, str]:
    """Find columns of contact data, each role once, the first column that fits.

    Examples
    --------
    >>> columns = ("E-mail", "Celular", "Nome", "Aceita e-mail marketing")
    >>> rows = [("ana@loja.example", "(11) 91234-5678", "Ana", "sim")]
    >>> [*guess_contacts(columns, columns, rows)]
    ['email', 'phone', 'name', 'consent_email']
    """
    contacts: dict[str, str] = {}
    for column in candidates:
        index = list(columns).index(column)
        values = [text for row in rows if (text := (row[index] or "").strip())]
        ours = _recognise(column, values)
        if ours:
            contacts.setdefault(ours, column)
    order = [*CONTACT_TEXTS, *CONTACT_FLAGS]
    return {ours: contacts[ours] for ours in order if ours in contacts}


def _recognise(column: str, values: Sequence[str]) -> str | None:
    heading, name = words(column), bare(column)
    if name in SUPPRESSED:
        return "suppressed" if _are_flags(values) else None
    if heading & CONSENT_WORDS or {"opt", "in"} <= heading:
        channels = [ours for ours, names in CHANNEL_WORDS.items() if heading & names]
        return channels[0] if channels and _are_flags(values) else None
    if _share(values, EMAIL) >= MOSTLY:
        return "email"
    if heading & PHONE_WORDS and _share(values, PHONE) >= MOSTLY:
        return "phone"
    return "name" if name in NAMES else None


def _share(values: Sequence[str], pattern: str) -> float:
    return sum(bool(re.match(pattern, value)) for value in values) / max(len(values), 1)


def _are_flags(values: Sequence[str]) -> bool:
    return all(value.lower() in (*AGREED, *REFUSED) for value in values)


def type_contacts(staging: ir.Table, mapping: Mapping, formats: Formats) -> ir.Table:
    """Type the contact data of a source: one row a customer, the last that was told of each.

    Later is what stands at a later order or, in a file of customers, in a later row.

    Parameters
    ----------
    staging : ir.Table
        The source as it was staged.

    Returns
    -------
    ir.Table
        ``customer_id``; texts as written; flags; ``unclear_*``, a value that is neither yes nor
        no, for each flag.
    """
    dated = "ordered_local" in mapping.columns
    moment = (
        dates.moment(
            parse.strip_blanks(staging[mapping.columns["ordered_local"]]),
            formats.dates.get("ordered_local", DateFormat()),
        )
        if dated
        else ibis.null("timestamp(6)")
    )
    raw = {ours: parse.strip_blanks(staging[theirs]) for ours, theirs in mapping.contacts.items()}
    flags = {ours: parse.truth(raw[ours], AGREED, REFUSED) for ours in CONTACT_FLAGS if ours in raw}
    t = staging.select(
        customer_id=parse.normal_id(staging[mapping.columns["customer_id"]]),
        moment=moment,
        source_row=staging.source_row,
        **{ours: raw.get(ours, ibis.null("string")) for ours in CONTACT_TEXTS},
        **{ours: flags.get(ours, ibis.null("boolean")) for ours in CONTACT_FLAGS},
        **{
            f"unclear_{ours}": flags[ours].isnull().ifelse(raw[ours], ibis.null("string"))
            for ours in flags
        },
    )
    t = t.filter(t.customer_id.notnull()).mutate(
        rank=ibis.row_number().over(order_by=[t.moment.asc(nulls_first=True), t.source_row])
    )
    last = {
        ours: t[ours].argmax(t.rank, where=t[ours].notnull())
        for ours in (*CONTACT_TEXTS, *CONTACT_FLAGS)
    }
    unclear = {f"unclear_{ours}": t[f"unclear_{ours}"].min() for ours in flags}
    return t.group_by("customer_id").aggregate(**last, **unclear)
