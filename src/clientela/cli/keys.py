"""Commands that manage the keys of the API, and rotate those of pseudonyms and models."""

import datetime as dt
import getpass
import os
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from clientela.cli.options import CommandResult, Site, UserLangOption, on_results, translate_text
from clientela.contract.access import Role
from clientela.errors import InputError
from clientela.i18n import Lang, choose_language, t

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


@on_results
def create_key(
    site: Site,
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
) -> CommandResult:
    """Create a key; its secret is shown once and only its hash is stored."""
    from clientela.store import keys

    ends = expires.replace(tzinfo=dt.UTC) + dt.timedelta(days=1) if expires else None
    roles: list[Role] = [cast(Role, word.value) for word in (*(role or ()), *(scope or ()))]
    secret = keys.create(
        site.url,
        name,
        roles or ["read"],
        dt.datetime.now(dt.UTC),
        owner=owner,
        expires_at=ends,
        networks=network or (),
        budget=budget,
    )
    return (
        {"name": name, "secret": secret},
        translate_text(f"{secret}\nKeep it: it is shown only now."),
    )


@on_results
def list_keys(
    site: Site,
) -> CommandResult:
    """List the keys, without their secrets."""
    from clientela.store import keys

    rows = keys.list_keys(site.url)
    uses = _read_last_use(site)
    facts = [_describe_key(row, uses.get(row.key_id)) for row in rows]
    lines = [
        f"{row['key_id']}  {row['name']}  {row['roles']}  {row['owner'] or '-'}  "
        f"{translate_text(str(row['state']))}  {_say_last_use(row['last_used_at'])}"
        for row in facts
    ]
    return {"keys": facts}, "\n".join(lines) or translate_text("There are no keys.")


def _say_last_use(moment: object) -> str:
    return translate_text(f"last used {moment}" if moment else "never used")


@on_results
def revoke_key(
    site: Site,
    key_id: Annotated[str, typer.Argument(help="Id of the key, as `keys list` shows it.")],
) -> CommandResult:
    """Revoke a key, at once."""
    from clientela.store import keys

    keys.revoke(site.url, key_id, dt.datetime.now(dt.UTC))
    return {"revoked": key_id}, translate_text(f"{key_id} is revoked.")


@on_results
def rotate_keys(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """Put a new key in place of the one of pseudonyms or models; killed, it goes on when repeated.

    The new one is read from CLIENTELA_HMAC_KEY_NEW (privacy.key_env with _NEW) or
    CLIENTELA_MODEL_KEY_NEW, or from a file of mode 0600 that the variable with _FILE behind it
    names.
    """
    from clientela.config.database_url import read_secret
    from clientela.privacy.rotate_keys import rotate_pseudonyms, rotate_signatures
    from clientela.progress import Progress
    from clientela.registry.artifacts import KEY_VARIABLE
    from clientela.store.access_log import AccessLog
    from clientela.tables.workspace import Workspace

    privacy, language = site.settings.privacy, choose_language(lang, os.environ)
    variable, tables = privacy.key_env, Workspace(site.folder)
    new_model_key = read_secret(f"{KEY_VARIABLE}_NEW")
    is_hashed = privacy.hash_ids and bool(read_secret(f"{variable}_NEW"))
    if not new_model_key and not is_hashed:
        raise InputError(
            "there is no new key",
            where=f"{variable}_NEW, {KEY_VARIABLE}_NEW",
            do="set one of them, or name a file of mode 0600 by its name with _FILE; that of "
            "pseudonyms needs privacy.hash_ids = true",
        )
    facts: dict[str, Any] = {}
    texts = []
    progress = Progress(dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%S%f"))
    with tables.lock():
        if is_hashed:
            log = AccessLog(*site.locate_access_log())
            facts["pseudonyms"] = receipt = rotate_pseudonyms(
                tables,
                privacy,
                site.url,
                log,
                getpass.getuser(),
                lambda step: progress.fact("rotate", step=step),
            )
            texts += _describe_rotation(receipt, variable, language)
        if new_model_key:
            signed, unsigned = rotate_signatures(tables, read_secret(KEY_VARIABLE), new_model_key)
            facts["models"] = {"signed": signed, "unsigned": unsigned}
            texts.append(t("privacy.rotated.signed", language, models=", ".join(signed) or "-"))
            if unsigned:
                texts.append(t("privacy.rotated.unsigned", language, models=", ".join(unsigned)))
    return facts, "\n".join(texts)


def _describe_rotation(receipt: dict[str, Any], variable: str, language: Lang) -> list[str]:
    """Say what was rewritten, and what is left to do."""
    after = t("privacy.rotated.after", language, variable=variable, fingerprint=receipt["after"])
    if receipt["done"]:
        return [t("privacy.rotated.before", language), after]
    results = ", ".join(f"{name} {rows:,}" for name, rows in receipt["results"].items())
    counts = {"tables": receipt["tables"], "log": receipt["log"], "results": results or "-"}
    texts = [t("privacy.rotated", language, **counts), after]
    if receipt["global_control"]:
        texts.append(t("privacy.rotated.control", language, day=receipt["global_control"]))
    if receipt["models"]:
        models = ", ".join(receipt["models"])
        texts.append(t("privacy.rotated.models", language, models=models))
    if not receipt["rewritten"]:
        texts.append(t("privacy.receipt.busy", language))
    return texts


def _read_last_use(site: Site) -> dict[str, dt.datetime]:
    """Return when each key was used last, as the access log knows; empty without one."""
    from clientela.store.access_log import AccessLog

    url, key_file = site.locate_access_log()
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
