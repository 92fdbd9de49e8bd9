"""Contact data in lists: in the clear for one's own letters, or as another place takes them.

A file for an ad platform holds hashed addresses and numbers and nothing else of a customer, one for
a mailing tool what it writes to. An address is written unless its owner refused e-mail, a number
unless they refused WhatsApp; nobody whom no list may name is in it. Which places there are stands
in :mod:`clientela.contract.destinations`.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from clientela.contract.destinations import DESTINATIONS, SUBSCRIBED, ContactForm, Destination
from clientela.report.lists.kinds import CustomerList, ListColumn, list_column
from clientela.store.read import Reader
from clientela.store.row_types import Row

PLAIN = (
    list_column("email", width=30),
    list_column("phone", width=18),
    list_column("name", width=30),
    list_column("first_name", width=16),
    list_column("consent_email", "flag"),
    list_column("consent_whatsapp", "flag"),
)
GMAIL = ("gmail.com", "googlemail.com")


def add_contact_columns(kind: CustomerList, form: ContactForm | None) -> CustomerList:
    """Return a list with columns of contact data, or for another place those alone."""
    if form is None:
        return kind
    if form == "plain":
        key, *others = kind.columns
        return replace(kind, columns=(key, *PLAIN, *others))
    columns = tuple(
        ListColumn(name, "text", "", 66, title)
        for name, title in DESTINATIONS[form].headings.items()
    )
    return CustomerList(kind.name, columns, mark=b"")


def attach_contacts(reader: Reader, rows: list[Row], form: ContactForm | None) -> list[Row]:
    """Add their contact data to rows; for another place those that it cannot take are left out."""
    if form is None or not rows:
        return rows
    contacts = reader.contacts([str(row["customer_id"]) for row in rows])
    empty: Row = dict.fromkeys(column.name for column in PLAIN)
    attached = [row | _add_names(contacts.get(str(row["customer_id"])) or empty) for row in rows]
    if form == "plain":
        return attached
    written = [row | write_contact(row, DESTINATIONS[form]) for row in attached]
    return [row for row in written if any(row[name] for name in DESTINATIONS[form].by)]


def _add_names(contact: Row) -> Row:
    """Add the name that a letter begins with, and the rest of it."""
    first, *later_names = str(contact.get("name") or "").split() or [""]
    return contact | {
        "first_name": first.capitalize() or None,
        "last_name": " ".join(later_names) or None,
    }


def write_contact(contact: Mapping[str, object], destination: Destination) -> Row:
    """Write an address and a number as a place takes them; null where not allowed.

    Examples
    --------
    >>> contact = {"email": "John_Smith@gmail.com", "phone": "+1 (650) 555-1212"}
    >>> meta = write_contact(contact, DESTINATIONS["meta"])
    >>> meta["email"][:16], meta["phone"][:16]
    ('62a14e44f765419d', 'e323ec626319ca94')
    >>> klaviyo = write_contact(contact, DESTINATIONS["klaviyo"])
    >>> klaviyo["phone"], klaviyo["subscribed"]
    ('+16505551212', 'Never subscribed')
    """
    email, phone = contact.get("email"), contact.get("phone")
    if contact.get("consent_email") is False:
        email = None
    if contact.get("consent_whatsapp") is False:
        phone = None
    finish = _hash if destination.is_hashed else str
    return {
        "email": finish(normalise_address(str(email), destination)) if email else None,
        "phone": finish(normalise_number(str(phone), destination)) if phone else None,
        "subscribed": SUBSCRIBED[bool(email) and contact.get("consent_email") is True],
    }


def normalise_address(address: str, destination: Destination) -> str:
    """Write an address as a place does before it compares it.

    Examples
    --------
    >>> normalise_address(" Ana.Lima+loja@Gmail.com ", DESTINATIONS["google"])
    'analima+loja@gmail.com'
    >>> normalise_address(" Ana.Lima+loja@Gmail.com ", DESTINATIONS["tiktok"])
    'ana.lima@gmail.com'
    """
    bare = re.sub(r"\s", "", address).lower()
    local, _, domain = bare.partition("@")
    if destination.bares_gmail and domain in GMAIL:
        local = local.replace(".", "")
    if destination.drops_tags:
        local = local.partition("+")[0]
    return f"{local}@{domain}"


def normalise_number(number: str, destination: Destination) -> str:
    """Write a number as a place does before it compares it: E.164, for some without the plus.

    Examples
    --------
    >>> [
    ...     normalise_number("+55 11 91234-5678", DESTINATIONS[name])
    ...     for name in ("google", "tiktok", "meta")
    ... ]
    ['+5511912345678', '5511912345678', '5511912345678']
    """
    digits = re.sub(r"\D", "", number).lstrip("0")
    return f"+{digits}" if destination.has_plus else digits


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
