"""What people plan to do for whom, from the idea on; every change is kept with who made it."""

import datetime as dt
import re
import secrets
from typing import Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import Connection, exists, func, insert, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.annotations import MOST_AMOUNT, check_text
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

CampaignState: TypeAlias = Literal["idea", "ready"]
CampaignChannel: TypeAlias = Literal["email", "whatsapp", "sms", "ads", "phone", "store"]
CHANNELS: tuple[CampaignChannel, ...] = get_args(CampaignChannel)
STATES: tuple[CampaignState, ...] = get_args(CampaignState)
REMOVED = "removed"
ID_BYTES = 6  # by convention: 48 bits name a campaign apart
LONGEST = {"title": 100, "offer": 300, "owned_by": 100, "message": 2_000}
"""By convention: lines of a card, and a letter."""
MOST_CAMPAIGNS = 500  # by convention: more are no board but an archive
GROUP = re.compile(r"insiders|candidates|at-risk|(audience|action|segment):[\w.:-]{1,100}")
_TABLE = schema.campaigns


class CampaignDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says of a campaign.

    Parameters
    ----------
    title : str
        What people call it.
    state : "idea" or "ready"
        Whether somebody may begin; that it runs and what came of it, dates and experiment tell.
    customer_group : str, optional
        With whom, as an experiment names groups: ``audience:ID``, ``action:ID``, ``insiders``.
    offer, message, owned_by : str, optional
        What they get, what is written to them, and who looks after it.
    channel : str, optional
        How they are reached.
    experiment : str, optional
        The experiment that measures it, by its name.
    cost : float, optional
        Of all of it, in the run's currency.
    control_share : float, optional
        Share of the group that is left alone, to be compared with.
    starts_on, ends_on : date, optional
        Its first and last day.
    """

    title: str
    state: CampaignState = "idea"
    customer_group: str | None = None
    offer: str | None = None
    message: str | None = None
    owned_by: str | None = None
    channel: CampaignChannel | None = None
    experiment: str | None = None
    cost: float | None = None
    control_share: float | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None


def create_campaign(url: str, draft: CampaignDraft, by: str, now: dt.datetime) -> str:
    """Write a campaign on the board, and return its id.

    Raises
    ------
    InputError
        A part of it is not understood, or there are too many.
    """
    campaign_id = secrets.token_hex(ID_BYTES)
    with transaction(url, migrate=False) as connection:
        lock(connection)
        count = select(func.count(_TABLE.c.campaign_id.distinct()))
        if (connection.scalar(count) or 0) >= MOST_CAMPAIGNS:
            raise InputError(f"there are {MOST_CAMPAIGNS} campaigns already")
        _check_draft(connection, draft)
        _write(connection, campaign_id, 1, msgspec.structs.asdict(draft), by, now)
    return campaign_id


def change_campaign(
    url: str, campaign_id: str, draft: CampaignDraft, by: str, now: dt.datetime
) -> None:
    """Write another version of a campaign; earlier ones stay.

    Raises
    ------
    InputError
        There is none of this id, or a part of it is not understood.
    """
    with transaction(url, migrate=False) as connection:
        lock(connection)
        last = _find_last(connection, campaign_id)
        _check_draft(connection, draft)
        _write(connection, campaign_id, last + 1, msgspec.structs.asdict(draft), by, now)


def link_experiment(url: str, campaign_id: str, experiment: str, by: str, now: dt.datetime) -> None:
    """Say which experiment measures a campaign; errors as :func:`change_campaign`."""
    with transaction(url, migrate=False) as connection:
        lock(connection)
        last = _find_last(connection, campaign_id)
        this = (_TABLE.c.campaign_id == campaign_id) & (_TABLE.c.version == last)
        row = dict(connection.execute(select(_TABLE).where(this)).mappings().one())
        draft = {name: row[name] for name in CampaignDraft.__struct_fields__}
        begun = {"experiment": experiment, "state": "ready"}
        _write(connection, campaign_id, last + 1, draft | begun, by, now)


def remove_campaign(url: str, campaign_id: str, by: str, now: dt.datetime) -> None:
    """Take a campaign off the board; what it was stays on record.

    Raises
    ------
    InputError
        There is none of this id.
    """
    with transaction(url, migrate=False) as connection:
        lock(connection)
        last = _find_last(connection, campaign_id)
        this = (_TABLE.c.campaign_id == campaign_id) & (_TABLE.c.version == last)
        title = connection.scalar(select(_TABLE.c.title).where(this))
        _write(connection, campaign_id, last + 1, {"title": title, "state": REMOVED}, by, now)


def read_campaigns(reader: Reader) -> list[Row]:
    """Return the campaigns as they stand, the one changed last first."""
    later = _TABLE.alias("later")
    is_last = ~exists().where(
        later.c.campaign_id == _TABLE.c.campaign_id, later.c.version > _TABLE.c.version
    )
    query = select(_TABLE).where(is_last, _TABLE.c.state != REMOVED)
    return reader.ask(query.order_by(_TABLE.c.changed_at.desc(), _TABLE.c.campaign_id))


def read_versions(reader: Reader, campaign_id: str) -> list[Row]:
    """Return the versions of a campaign, the last first."""
    query = select(_TABLE).where(_TABLE.c.campaign_id == campaign_id)
    return reader.ask(query.order_by(_TABLE.c.version.desc()))


def _find_last(connection: Connection, campaign_id: str) -> int:
    query = select(_TABLE.c.version, _TABLE.c.state).where(_TABLE.c.campaign_id == campaign_id)
    row = connection.execute(query.order_by(_TABLE.c.version.desc()).limit(1)).first()
    if row is None or row.state == REMOVED:
        raise refuse_unknown(campaign_id)
    return int(row.version)


def refuse_unknown(campaign_id: str) -> InputError:
    """Return the error of a campaign that is not there."""
    return InputError(
        f"there is no campaign '{campaign_id}'", do="see their ids in GET /v1/campaigns"
    )


def _check_draft(connection: Connection, draft: CampaignDraft) -> None:
    for name, longest in LONGEST.items():
        text = getattr(draft, name)
        if text is not None:
            check_text(text.replace("\r", " ").replace("\n", " "), longest, name)
    if draft.customer_group is not None and not GROUP.fullmatch(draft.customer_group):
        raise InputError(
            f"{draft.customer_group!r} is no group of customers",
            where="customer_group",
            do="write audience:ID, action:ID, segment:NUMBER, insiders, candidates or at-risk",
        )
    if draft.cost is not None and not 0 <= draft.cost < MOST_AMOUNT:
        raise InputError("a cost is not below zero", where="cost")
    if draft.control_share is not None and not 0 < draft.control_share < 1:
        raise InputError("the share left alone lies between 0 and 1", where="control_share")
    if draft.starts_on and draft.ends_on and draft.ends_on < draft.starts_on:
        raise InputError("the last day is before the first", where="ends_on")
    named = exists().where(schema.experiments.c.name == draft.experiment)
    if draft.experiment is not None and not connection.scalar(select(named)):
        raise InputError(
            f"there is no experiment '{draft.experiment}'", do="see GET /v1/experiments"
        )


def _write(
    connection: Connection,
    campaign_id: str,
    version: int,
    draft: dict[str, object],
    by: str,
    now: dt.datetime,
) -> None:
    owner = {"campaign_id": campaign_id, "version": version}
    stamp = {"changed_by": by, "changed_at": now}
    connection.execute(insert(_TABLE).values(draft | owner | stamp))
