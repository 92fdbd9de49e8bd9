"""Commands that manage the keys of the API."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigOption,
    JsonOption,
    Outcome,
    StoreOption,
    WorkspaceOption,
    settings_of,
    store_url,
)
from clientela.errors import InputError


class Scope(StrEnum):
    """What a key may do."""

    READ = "read"
    EXPORT = "export"


def create(
    name: Annotated[str, typer.Argument(help="Who or what will use the key.")],
    scope: Annotated[
        list[Scope] | None,
        typer.Option("--scope", help="What it may do; read if absent."),
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Create a key; its secret is shown once and only its hash is stored."""
    from clientela.store import keys

    if not name.strip():
        raise InputError("a key needs a name", do="say who or what will use it")
    url = store_url(settings_of(config, workspace), workspace, store)
    secret = keys.create(url, name, scope or [Scope.READ], dt.datetime.now(dt.UTC))
    return Outcome({"name": name, "secret": secret}, f"{secret}\nKeep it: it is shown only now.")


def list_(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """List the keys, without their secrets."""
    from clientela.store import keys

    rows = keys.list_keys(store_url(settings_of(config, workspace), workspace, store))
    listed = [
        {
            "key_id": row.key_id,
            "name": row.name,
            "scopes": row.scopes,
            "created_at": row.created_at.isoformat(),
            "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
        }
        for row in rows
    ]
    lines = [
        f"{row['key_id']}  {row['name']}  {row['scopes']}  "
        + (f"revoked {row['revoked_at']}" if row["revoked_at"] else "active")
        for row in listed
    ]
    return Outcome({"keys": listed}, "\n".join(lines) or "There are no keys.")


def revoke(
    key_id: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Revoke a key, at once."""
    from clientela.store import keys

    url = store_url(settings_of(config, workspace), workspace, store)
    keys.revoke(url, key_id, dt.datetime.now(dt.UTC))
    return Outcome({"revoked": key_id}, f"{key_id} is revoked.")
