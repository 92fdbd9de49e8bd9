"""Commands that manage the keys of the API."""

import datetime as dt
from enum import StrEnum
from typing import Annotated

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
)
from clientela.errors import InputError

LONGEST_NAME = 100  # by convention: a line of a list


class KeyScope(StrEnum):
    """Scopes of a key: what it may do."""

    READ = "read"
    EXPORT = "export"
    CONTACTS = "contacts"
    PRIVACY = "privacy"


def check_name(name: str) -> None:
    """Refuse names that lists and logs cannot show.

    Raises
    ------
    InputError
        It is empty, too long, or holds what no screen shows.
    """
    if not name.strip():
        raise InputError("a key needs a name", do="say who or what will use it")
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise InputError(
            f"a name has up to {LONGEST_NAME} letters, and none that cannot be seen",
            where=repr(name[:20]),
            do="say in a few words who or what will use it",
        )


def create_key(
    name: Annotated[str, typer.Argument(help="Who or what will use the key.")],
    scope: Annotated[
        list[KeyScope] | None,
        typer.Option("--scope", help="What it may do; read if absent."),
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Create a key; its secret is shown once and only its hash is stored."""
    from clientela.store import keys

    check_name(name)
    url = choose_store_url(load_settings(config, workspace), workspace, store)
    secret = keys.create(url, name, scope or [KeyScope.READ], dt.datetime.now(dt.UTC))
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

    rows = keys.list_keys(choose_store_url(load_settings(config, workspace), workspace, store))
    facts = [
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
