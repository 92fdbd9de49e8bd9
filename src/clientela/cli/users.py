"""Commands that manage the people who log in."""

import datetime as dt
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clientela.cli.keys import KeyRole
from clientela.cli.options import CommandResult, Site, on_results, translate_text
from clientela.contract.access import Role

if TYPE_CHECKING:
    from clientela.store.row_types import UserRow

UserArgument = Annotated[str, typer.Argument(help="Id: an e-mail address or a short name.")]
RolesOption = Annotated[
    list[KeyRole], typer.Option("--role", help="What they may do; may be given several times.")
]
GenerateOption = Annotated[
    bool, typer.Option("--generate", help="Make a password and show it once.")
]


@on_results
def add_user(
    site: Site,
    user: UserArgument,
    role: RolesOption,
    name: Annotated[str | None, typer.Option(help="Their name; the id if absent.")] = None,
    generate: GenerateOption = False,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="They log in by the firm's accounts (OIDC) alone.")
    ] = False,
) -> CommandResult:
    """Let somebody log in; the password is asked for, or read from standard input."""
    from clientela.store import users

    password = None if no_password else _choose_password(generate)
    users.add_user(
        site.url, user, name or user, _list_roles(role), password, dt.datetime.now(dt.UTC)
    )
    return _show_password(user, password if generate else None, "may log in now")


@on_results
def list_users(
    site: Site,
) -> CommandResult:
    """List who may log in, and who no longer may."""
    from clientela.store import users

    facts = [describe_user(row) for row in users.list_users(site.url)]
    lines = [
        f"{row['user_id']}  {row['name']}  {row['roles']}  {translate_text(row['login'])}  "
        + translate_text(f"disabled {row['disabled_at']}" if row["disabled_at"] else "active")
        for row in facts
    ]
    return {"users": facts}, "\n".join(lines) or translate_text("There are no users.")


@on_results
def set_password(
    site: Site,
    user: UserArgument,
    generate: GenerateOption = False,
) -> CommandResult:
    """Replace somebody's password and end their sessions."""
    from clientela.store import users

    password = _choose_password(generate)
    users.set_password(site.url, user, password)
    return _show_password(user, password if generate else None, "has a new password")


@on_results
def set_roles(
    site: Site,
    user: UserArgument,
    role: RolesOption,
) -> CommandResult:
    """Replace somebody's roles, at once."""
    from clientela.store import users

    users.set_roles(site.url, user, _list_roles(role))
    words = " ".join(word.value for word in role)
    return {"user_id": user, "roles": words}, f"{user}: {words}"


@on_results
def disable_user(
    site: Site,
    user: UserArgument,
) -> CommandResult:
    """Refuse somebody from now on; their sessions end at once."""
    from clientela.store import users

    users.disable_user(site.url, user, dt.datetime.now(dt.UTC))
    return {"disabled": user}, translate_text(f"{user} may no longer log in.")


@on_results
def enable_user(
    site: Site,
    user: UserArgument,
) -> CommandResult:
    """Let somebody who was disabled log in again."""
    from clientela.store import users

    users.enable_user(site.url, user)
    return {"enabled": user}, translate_text(f"{user} may log in again.")


def describe_user(row: "UserRow") -> dict[str, Any]:
    """Return what is shown of a user: nothing of the password."""
    login = "password" if row.password_hash else "accounts of the firm"
    return {
        "user_id": row.user_id,
        "name": row.name,
        "roles": row.roles,
        "login": login,
        "created_at": row.created_at.isoformat(),
        "disabled_at": row.disabled_at.isoformat() if row.disabled_at else None,
    }


def _list_roles(words: list[KeyRole]) -> list[Role]:
    return [word.value for word in words]


def _choose_password(generate: bool) -> str:
    """Make a password, ask for it twice, or read it from a pipe: never from the command line."""
    if generate:
        from clientela.store.passwords import generate_password

        return generate_password()
    if sys.stdin.isatty():
        return str(
            typer.prompt(
                translate_text("Password"), hide_input=True, confirmation_prompt=True, err=True
            )
        )
    return sys.stdin.readline().rstrip("\n")


def _show_password(user: str, password: str | None, done: str) -> CommandResult:
    facts = {"user_id": user} | ({"password": password} if password else {})
    shown = f"\nPassword: {password}\nKeep it: it is shown only now." if password else ""
    return facts, translate_text(f"{user} {done}.{shown}")
