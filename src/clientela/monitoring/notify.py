"""Sending alerts by Apprise, and the heartbeat that is missed where nothing runs.

The addresses hold passwords and tokens. They come from the environment alone, and are neither
stored nor written anywhere.
"""

import os
import urllib.request
from collections.abc import Sequence
from urllib.error import URLError
from urllib.parse import quote

from clientela.errors import InputError, MissingExtra, PlatformError
from clientela.i18n import Lang, t
from clientela.store.alerts import Alert

ALERT_URLS = "CLIENTELA_ALERT_URLS"
ESCALATION_URLS = "CLIENTELA_ESCALATION_URLS"
MESSAGE_URLS = "CLIENTELA_MESSAGE_URLS"
HEARTBEAT_URL = "CLIENTELA_HEARTBEAT_URL"
TEXT_NAMES = ("sentence", "advice")
TIMEOUT_S = 10.0  # by convention: a heartbeat that takes longer is as good as none


def send_alerts(alerts: Sequence[Alert], lang: Lang, variable: str = ALERT_URLS) -> None:
    """Send alerts in one message to every address of an environment variable.

    Raises
    ------
    InputError
        No address is given, or one is not understood.
    PlatformError
        A channel refused; which ones took the message is not known, so it is sent again.
    MissingExtra
        Apprise is not installed.
    """
    key = "title" if variable == ALERT_URLS else "escalated"
    one = ".one" if len(alerts) == 1 else ""
    title = t(f"monitoring.message.{key}{one}", lang, count=len(alerts))
    _send(variable, title, write_message(alerts, lang))


def send_message(title: str, body: str, user_id: str) -> None:
    """Send a message to a person, by the addresses for it, else by those of alerts.

    ``{user}`` in an address stands for the person's id; errors as :func:`send_alerts`.
    """
    variable = MESSAGE_URLS if os.environ.get(MESSAGE_URLS) else ALERT_URLS
    _send(variable, title, body, quote(user_id, safe=""))


def _send(variable: str, title: str, body: str, user: str = "") -> None:
    addresses = os.environ.get(variable, "").split()
    if not addresses:
        raise InputError(
            "nobody is named to send alerts to",
            where=variable,
            do="set it to addresses of Apprise, separated by spaces: docs/guide/monitoring.md",
        )
    try:
        from apprise import Apprise
    except ModuleNotFoundError:
        raise MissingExtra.of("alerts", "sending alerts") from None
    channels = Apprise()
    for position, address in enumerate(addresses, 1):
        if not channels.add(address.replace("{user}", user)):
            raise InputError(
                f"address {position} is not understood",
                where=variable,
                do="write it as Apprise does: docs/guide/monitoring.md",
            )
    if not channels.notify(title=title, body=body):
        raise PlatformError(
            "a channel did not take the alerts",
            where=variable,
            do="check its address and network; they are sent again with the next command",
        )


def write_message(alerts: Sequence[Alert], lang: Lang) -> str:
    """Write the alerts as plain text: what is wrong, and what to do."""
    parts = []
    for alert in alerts:
        sentence, advice = (getattr(alert, f"{name}_{lang.lower()}") for name in TEXT_NAMES)
        parts.append(t("monitoring.message.alert", lang, sentence=sentence, advice=advice))
    return "\n\n".join(parts)


def send_heartbeat() -> bool:
    """Call the address of ``CLIENTELA_HEARTBEAT_URL``; False where there is none.

    Raises
    ------
    InputError
        It is no address of the web.
    PlatformError
        Nobody answers.
    """
    address = os.environ.get(HEARTBEAT_URL, "")
    if not address:
        return False
    if not address.startswith(("https://", "http://")):
        raise InputError(
            "the heartbeat goes to the web alone",
            where=HEARTBEAT_URL,
            do="give an address that begins with https:// or http://",
        )
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT_S):  # noqa: S310 - checked above
            return True
    except (URLError, TimeoutError) as error:
        raise PlatformError(
            f"the heartbeat was not taken: {getattr(error, 'reason', error)}",
            where=HEARTBEAT_URL,
            do="check the address and the network",
        ) from None
