"""Where files of contacts go: how each place names its columns, and what it compares.

References
----------
Google, "Format user data", https://developers.google.com/data-manager/api/get-started/formatting,
and "Enhanced Conversions", https://developers.google.com/doubleclick-advertisers/guides/conversions_ec,
on the periods of gmail.com; Meta, "Customer information
parameters", https://developers.facebook.com/docs/marketing-api/conversions-api/parameters; TikTok,
"List of supported IDs and formats for a customer file",
https://ads.tiktok.com/help/article/list-of-supported-ids-and-formats-for-a-customer-file, whose
hashed example of a number has no plus; Klaviyo,
"How to create and add subscribers to a new list",
https://help.klaviyo.com/hc/en-us/articles/115005078967, and "How to upload and segment with
consent", https://help.klaviyo.com/hc/en-us/articles/360043841811; Mailchimp, "Format guidelines for
your import file", https://mailchimp.com/help/format-guidelines-for-your-import-file/; RD Station,
"Contatos", https://developers.rdstation.com/reference/contatos: the e-mail is the key.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple

ContactForm = Literal["plain", "google", "meta", "tiktok", "klaviyo", "rdstation", "mailchimp"]
AdPlatform = Literal["google", "meta", "tiktok"]
MailingTool = Literal["klaviyo", "rdstation", "mailchimp"]


class Destination(NamedTuple):
    """A place that takes a file of contacts.

    Parameters
    ----------
    label : str
        What people call it.
    headings : mapping
        What is written of a contact, to the heading of its column, in order: of ``email``,
        ``phone``, ``name``, ``first_name``, ``last_name`` and ``subscribed``.
    is_hashed : bool
        Whether texts are hashed by SHA-256, and nothing else of a customer is written.
    bares_gmail : bool
        Whether it takes the periods out of addresses of gmail.com.
    drops_tags : bool
        Whether it takes what follows a plus out of an address.
    has_plus : bool
        Whether numbers keep the plus of E.164.
    by : tuple of str
        A contact needs one of these to be taken.
    """

    label: str
    headings: Mapping[str, str]
    is_hashed: bool = False
    bares_gmail: bool = False
    drops_tags: bool = False
    has_plus: bool = True
    by: tuple[str, ...] = ("email", "phone")


DESTINATIONS: Mapping[str, Destination] = {
    "google": Destination(
        "Google Ads", {"email": "Email", "phone": "Phone"}, is_hashed=True, bares_gmail=True
    ),
    "meta": Destination(
        "Meta", {"email": "email", "phone": "phone"}, is_hashed=True, has_plus=False
    ),
    "tiktok": Destination(
        "TikTok",
        {"email": "Email_SHA256", "phone": "Phone_SHA256"},
        is_hashed=True,
        drops_tags=True,
        has_plus=False,
    ),
    "klaviyo": Destination(
        "Klaviyo",
        {
            "email": "Email",
            "phone": "Phone Number",
            "first_name": "First Name",
            "last_name": "Last Name",
            "subscribed": "Email Marketing Consent",
        },
    ),
    "rdstation": Destination(
        "RD Station", {"email": "Email", "name": "Nome", "phone": "Celular"}, by=("email",)
    ),
    "mailchimp": Destination(
        "Mailchimp",
        {
            "email": "Email Address",
            "first_name": "First Name",
            "last_name": "Last Name",
            "phone": "Phone Number",
        },
        by=("email",),
    ),
}
SUBSCRIBED = {True: "Subscribe", False: "Never subscribed"}
"""As Klaviyo reads consent; who was never asked never subscribed."""
