"""Contact data in lists: in the clear for one's own letters, or hashed for an ad platform.

A file for an ad platform holds hashed addresses and numbers and nothing else of a customer. An
address is hashed unless its owner refused e-mail, a number unless they refused WhatsApp; nobody
whom no list may name is in it.

References
----------
Google, "Format user data", https://developers.google.com/data-manager/api/get-started/formatting,
and "Enhanced Conversions", https://developers.google.com/doubleclick-advertisers/guides/conversions_ec,
on the periods of gmail.com; Meta, "Customer information
parameters", https://developers.facebook.com/docs/marketing-api/conversions-api/parameters.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from clientela.report.lists.kinds import CustomerList, ListColumn, list_column
from clientela.store.read import Reader
from clientela.store.row_types import Row

ContactForm = Literal["plain", "google", "meta"]
PLAIN = (
    list_column("email", width=30),
    list_column("phone", width=18),
    list_column("name", width=30),
    list_column("first_name", width=16),
    list_column("consent_email", "flag"),
    list_column("consent_whatsapp", "flag"),
)
HEADINGS = {"google": ("Email", "Phone"), "meta": ("email", "phone")}
"""As the platforms' own templates of customer lists name the columns."""
GMAIL = ("gmail.com", "googlemail.com")


def add_contact_columns(kind: CustomerList, form: ContactForm | None) -> CustomerList:
    """Return a list with columns of contact data, or for an ad platform those alone."""
    if form is None:
        return kind
    if form == "plain":
        key, *others = kind.columns
        return replace(kind, columns=(key, *PLAIN, *others))
    columns = zip(("email", "phone"), HEADINGS[form], strict=True)
    hashed = tuple(ListColumn(name, "text", "", 66, title) for name, title in columns)
    return CustomerList(kind.name, hashed, mark=b"")


def attach_contacts(reader: Reader, rows: list[Row], form: ContactForm | None) -> list[Row]:
    """Add their contact data to rows; for an ad platform those without any are left out."""
    if form is None or not rows:
        return rows
    contacts = reader.contacts([str(row["customer_id"]) for row in rows])
    empty: Row = dict.fromkeys(column.name for column in PLAIN)
    attached = [
        row | _add_first_name(contacts.get(str(row["customer_id"])) or empty) for row in rows
    ]
    if form == "plain":
        return attached
    hashed = [row | hash_contacts(row, form) for row in attached]
    return [row for row in hashed if row["email"] or row["phone"]]


def _add_first_name(contact: Row) -> Row:
    """Add the name that a letter begins with."""
    names = str(contact.get("name") or "").split()
    return contact | {"first_name": names[0].capitalize() if names else None}


def hash_contacts(contact: Mapping[str, object], form: ContactForm) -> Row:
    """Hash an address and a number as an ad platform compares them; null where not allowed.

    Examples
    --------
    >>> contact = {"email": "John_Smith@gmail.com", "phone": "+1 (650) 555-1212"}
    >>> hash_contacts(contact, "meta")["email"][:16], hash_contacts(contact, "meta")["phone"][:16]
    ('62a14e44f765419d', 'e323ec626319ca94')
    """
    email, phone = contact.get("email"), contact.get("phone")
    if contact.get("consent_email") is False:
        email = None
    if contact.get("consent_whatsapp") is False:
        phone = None
    return {
        "email": _hash(normalise_address(str(email), form)) if email else None,
        "phone": _hash(normalise_number(str(phone), form)) if phone else None,
    }


def normalise_address(address: str, form: ContactForm) -> str:
    """Write an address as a platform does before it hashes it.

    Examples
    --------
    >>> normalise_address(" Ana.Lima+loja@Gmail.com ", "google")
    'analima+loja@gmail.com'
    >>> normalise_address(" Ana.Lima+loja@Gmail.com ", "meta")
    'ana.lima+loja@gmail.com'
    """
    bare = re.sub(r"\s", "", address).lower()
    local, _, domain = bare.partition("@")
    if form == "google" and domain in GMAIL:
        return f"{local.replace('.', '')}@{domain}"
    return bare


def normalise_number(number: str, form: ContactForm) -> str:
    """Write a number as a platform does before it hashes it: E.164, for Meta without the plus.

    Examples
    --------
    >>> normalise_number("+55 11 91234-5678", "google"), normalise_number("+5511912345678", "meta")
    ('+5511912345678', '5511912345678')
    """
    digits = re.sub(r"\D", "", number).lstrip("0")
    return f"+{digits}" if form == "google" else digits


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
