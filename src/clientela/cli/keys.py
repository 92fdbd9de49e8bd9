"""Commands that manage the keys of the API."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    ConfigOption,
    JsonOption,
    StoreOption,
    WorkspaceOption,
    choose_store_url,
    load_settings,
    locate_access_log,
)
from clientela.config import Settings
from clientela.contract.access import Role

if TYPE_CHECKING:
    from clientela.store.read import KeyRow


class KeyRole(StrEnum):
    """Roles of people and programs."""

    VIEWER = "viewer"
    AGENT = "agent"
    MARKETING = "marketing"
    ANALYST = "analyst"
    OPERATOR = "operator"
    PRIVACY = "privacy"
    ADMIN = "admin"


class KeyScope(StrEnum):
    """Narrow roles of programs."""

    READ = "read"
    EXPORT = "export"
    CONTACTS = "contacts"
    TRANSACTIONS = "transactions"
    METRICS = "metrics"


def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use the key.")],
    role: Annotated[
        list[KeyRole] | None, typer.Option("--role", help="What it may do, as people do.")
    ] = None,
    scope: Annotated[
        list[KeyScope] | None,
        typer.Option("--scope", help="What it may do, as programs do; read if no role is given."),
    ] = None,
    owner: Annotated[str | None, typer.Option(help="Who answers for it.")] = None,
    expires: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day of its life, in UTC.")
    ] = None,
    network: Annotated[
        list[str] | None,
        typer.Option("--network", help="Address or network it may come from; any if absent."),
    ] = None,
    budget: Annotated[
        int | None,
        typer.Option(min=0, max=2**31, help="Look-ups of persons a day; its role's if absent."),
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Create a key; its secret is shown once and only its hash is stored."""
    from clientela.store import keys

    url = choose_store_url(load_settings(config, workspace), workspace, store)
    ends = expires.replace(tzinfo=dt.UTC) + dt.timedelta(days=1) if expires else None
    roles: list[Role] = [cast(Role, word.value) for word in (*(role or ()), *(scope or ()))]
    secret = keys.create(
        url,
        name,
        roles or ["read"],
        dt.datetime.now(dt.UTC),
        owner=owner,
        expires_at=ends,
        networks=network or (),
        budget=budget,
    )
    return CommandResult(
        {"name": name, "secret": secret}, f"{secret}\nKeep it: it is shown only now."
    )


def list_keys(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """List the keys, without their secrets."""
    from clientela.store import keys

    settings = load_settings(config, workspace)
    rows = keys.list_keys(choose_store_url(settings, workspace, store))
    uses = _read_last_use(settings, workspace)
    facts = [_describe_key(row, uses.get(row.key_id)) for row in rows]
    lines = [
        f"{row['key_id']}  {row['name']}  {row['roles']}  {row['owner'] or '-'}  {row['state']}"
        f"  last used {row['last_used_at'] or 'never'}"
        for row in facts
    ]
    return CommandResult({"keys": facts}, "\n".join(lines) or "There are no keys.")


def revoke_key(
    key_id: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Revoke a key, at once."""
    from clientela.store import keys

    url = choose_store_url(load_settings(config, workspace), workspace, store)
    keys.revoke(url, key_id, dt.datetime.now(dt.UTC))
    return CommandResult({"revoked": key_id}, f"{key_id} is revoked.")


def _read_last_use(settings: Settings, workspace: Path) -> dict[str, dt.datetime]:
    """Return when each key was used last, as the access log knows; empty without one."""
    from clientela.store.access_log import AccessLog

    url, key_file = locate_access_log(settings, workspace)
    return AccessLog(url, key_file).read_last_use() if key_file.exists() else {}


def _describe_key(row: "KeyRow", used: dt.datetime | None) -> dict[str, str | int | None]:
    now = dt.datetime.now(dt.UTC)
    state = "active"
    if row.revoked_at:
        state = f"revoked {row.revoked_at.isoformat()}"
    elif row.expires_at:
        ended = row.expires_at <= now
        state = f"{'ended' if ended else 'until'} {row.expires_at.isoformat()}"
    moments = {
        name: moment.isoformat() if (moment := getattr(row, name)) else None
        for name in ("created_at", "expires_at", "revoked_at")
    }
    plain = {name: getattr(row, name) for name in ("key_id", "name", "roles", "owner", "networks")}
    last = used.isoformat(timespec="seconds") if used else None
    more = {"daily_budget": row.daily_budget, "last_used_at": last}
    return {**plain, **more, **moments, "state": state}
