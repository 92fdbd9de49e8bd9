"""Telling webhooks who entered and left: signed, in pages, in order, tried again."""

import datetime as dt
import http.client
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec

from clientela.config import Webhook
from clientela.config.database_url import read_secret
from clientela.errors import ConfigError, InputError, MissingExtra
from clientela.pipeline.destination import PrivateAddress, post_body
from clientela.store.read import Reader, open_reader
from clientela.store.webhooks import (
    Delivery,
    claim_delivery,
    list_deliveries,
    read_members_moved,
    settle_delivery,
)

if TYPE_CHECKING:
    from standardwebhooks import Webhook as Signer

PAGE_SIZE = 1_000  # ids of a body, by convention: as the API's lists; some 20 KB
# By convention: with the waits below they span some 42 hours, or ten nightly runs
MOST_ATTEMPTS = 10
FIRST_WAIT = dt.timedelta(minutes=5)  # by convention, doubled with each attempt
GONE = 410  # Standard Webhooks: who answers so wants no more
Post = Callable[..., int]
Clock = Callable[[], dt.datetime]


class _Failure(Exception):
    """An attempt that failed; ``final`` where another one cannot help."""

    def __init__(self, why: str, *, final: bool = False) -> None:
        super().__init__(why)
        self.why, self.final = why, final


def load_signers(webhooks: Sequence[Webhook]) -> dict[str, "Signer"]:
    """Read the secret of each webhook from the environment, by the webhook's name.

    Raises
    ------
    ConfigError
        One is missing, or is no secret of Standard Webhooks.
    MissingExtra
        The extra is not installed.
    """
    if not webhooks:
        return {}
    try:
        from standardwebhooks import Webhook as Signer
    except ModuleNotFoundError:
        raise MissingExtra.of("webhooks", "sending webhooks") from None
    signers = {}
    for webhook in webhooks:
        try:
            signers[webhook.name] = Signer(read_secret(webhook.secret))
        except Exception:  # the package's own error for an empty one, binascii's for others
            raise ConfigError(
                f"the webhook {webhook.name} has no secret to sign with",
                where=webhook.secret,
                do="set it to whsec_ and 24 to 64 random bytes in Base64, or name a file of mode "
                f"0600 by {webhook.secret}_FILE",
            ) from None
    return signers


def send_deliveries(
    url: str, webhooks: Sequence[Webhook], clock: Clock, post: Post = post_body
) -> dict[str, int]:
    """Send what is due, of each webhook in order: what failed holds up what came later.

    Returns
    -------
    dict
        Deliveries ``delivered``, ``failed`` (to be tried again) and ``dead``.

    Raises
    ------
    ConfigError
        A webhook has no secret.
    """
    signers, counts = load_signers(webhooks), {"delivered": 0, "failed": 0, "dead": 0}
    if not webhooks:
        return counts
    with closing(open_reader(url)) as reader:
        for webhook in webhooks:
            for delivery in list_deliveries(url, webhook.name):
                now = clock()
                wait = FIRST_WAIT * 2**delivery.attempts
                if delivery.due_at > now or not claim_delivery(url, delivery, now + wait):
                    break
                state = _attempt(reader, url, webhook, delivery, signers[webhook.name], clock, post)
                counts[state] += 1
                if state == "failed":
                    break
    return counts


def _attempt(
    reader: Reader,
    url: str,
    webhook: Webhook,
    delivery: Delivery,
    signer: "Signer",
    clock: Clock,
    post: Post,
) -> str:
    try:
        for page, body in enumerate(_write_bodies(reader, delivery), 1):
            name = f"{delivery.run_id}-{delivery.position}-{page}"
            _send_page(webhook, signer, name, body, clock(), post)
    except _Failure as failure:
        is_dead = failure.final or delivery.attempts + 1 >= MOST_ATTEMPTS
        done_at = clock() if is_dead else None
        settle_delivery(url, delivery.position, failure.why, done_at=done_at)
        return "dead" if is_dead else "failed"
    settle_delivery(url, delivery.position, None, done_at=clock())
    return "delivered"


def _write_bodies(reader: Reader, delivery: Delivery) -> Iterator[bytes]:
    """Write the pages of a delivery as JSON: ids alone, nobody's name or contact."""
    after: str | None = None
    page = 0
    while True:
        try:
            rows = read_members_moved(reader, delivery, after, PAGE_SIZE + 1)
        except InputError as error:
            raise _Failure(str(error.what), final=True) from None
        is_last, rows, page = len(rows) <= PAGE_SIZE, rows[:PAGE_SIZE], page + 1
        moves = {
            change: [row["customer_id"] for row in rows if row["change"] == change]
            for change in ("entered", "left")
        }
        data: dict[str, Any] = {
            "group": delivery.event,
            "run_id": delivery.run_id,
            "since_run_id": None if delivery.is_whole else delivery.since_run_id,
            "page": page,
            "is_last": is_last,
            **moves,
        }
        kind = delivery.event.partition("/")[0]
        message = {"type": f"{kind}.changed", "timestamp": delivery.created_at, "data": data}
        yield msgspec.json.encode(message)
        if is_last:
            return
        after = str(rows[-1]["customer_id"])


def _send_page(
    webhook: Webhook, signer: "Signer", name: str, body: bytes, now: dt.datetime, post: Post
) -> None:
    headers = {
        "content-type": "application/json",
        "user-agent": "clientela",
        "webhook-id": name,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signer.sign(name, now, body.decode()),
    }
    try:
        status = post(webhook.url, body, headers, private=webhook.private)
    except PrivateAddress:
        raise _Failure("the name leads to a private address") from None
    except (OSError, UnicodeError, http.client.HTTPException) as error:
        raise _Failure(type(error).__name__) from None  # its text may repeat the address
    if not 200 <= status < 300:
        raise _Failure(f"status {status}", final=status == GONE)
