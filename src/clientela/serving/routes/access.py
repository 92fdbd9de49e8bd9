"""Who may ask and who asked: keys, users and the access log, for administrators."""

import datetime as dt
from functools import partial
from typing import Annotated, Any, cast

import msgspec
from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.params import PathParameter, QueryParameter
from msgspec import Meta, Struct

from clientela.contract.access import Role
from clientela.serving.auth import require_caller
from clientela.serving.idempotency import KeyHeader, create_once
from clientela.serving.openapi import answers, post, read, remove
from clientela.serving.problems import AnyRequest, ConflictProblem, NotFoundProblem
from clientela.serving.recorder import Recorder
from clientela.serving.request import parse_body, read_own_body
from clientela.serving.response import RawJsonResponse
from clientela.serving.results import get_results
from clientela.serving.schema import define_schema, derive_schema, list_of
from clientela.store import keys, users

WHY = "keys, users and the log are shown to keys and people of their rights alone"
MOST_ROWS = 1_000  # by convention, as of the other lists
KEY_FIELDS = (
    "key_id",
    "name",
    "roles",
    "owner",
    "networks",
    "daily_budget",
    "created_at",
    "expires_at",
    "revoked_at",
)
USER_FIELDS = ("user_id", "name", "roles", "created_at", "disabled_at")
KeyEntry = derive_schema("KeyEntry", "A key, without its secret.", "api_keys", *KEY_FIELDS)
UserEntry = derive_schema("UserEntry", "Somebody who may log in.", "users", *USER_FIELDS)
Roles = Annotated[list[Role], Meta(min_length=1, description="What they may do")]
Password = Annotated[str, Meta(description="12 letters or more; stored as Argon2id alone")]


KeyList = define_schema(
    "KeyList", "All keys, revoked ones included, oldest first.", {"keys": list_of(KeyEntry)}
)


class NewKey(Struct, forbid_unknown_fields=True):
    """A key to be made."""

    name: Annotated[str, Meta(min_length=1, max_length=keys.LONGEST_NAME)]
    roles: Roles
    owner: str | None = None
    networks: Annotated[list[str], Meta(description="Where it may come from; any if empty")] = []
    daily_budget: Annotated[int, Meta(ge=0, le=2**31)] | None = None
    expires_at: dt.datetime | None = None


CreatedKey = define_schema(
    "CreatedKey", "A key's secret, which is shown this once.", {"secret": str}
)


RevokedKey = define_schema("RevokedKey", "A key that opens nothing any more.", {"revoked": str})


UserList = define_schema(
    "UserList", "All users, disabled ones included, oldest first.", {"users": list_of(UserEntry)}
)


class NewUser(Struct, forbid_unknown_fields=True):
    """Somebody who is to log in."""

    user_id: Annotated[str, Meta(description="An e-mail address or a short name")]
    roles: Roles
    name: Annotated[str | None, Meta(description="The id if absent")] = None
    password: Annotated[
        Password | None, Meta(description="Without it they log in by the firm's accounts alone")
    ] = None


class UserChange(Struct, forbid_unknown_fields=True):
    """What is to be changed of a user; the rest stays."""

    roles: Roles | None = None
    password: Annotated[Password | None, Meta(description="A new one; ends their sessions")] = None
    disabled: Annotated[bool | None, Meta(description="True ends their sessions at once")] = None


LogEntry = define_schema(
    "LogEntry",
    "A row of the access log; persons stand there by keyed hashes.",
    {
        "position": int,
        "at": dt.datetime,
        "actor": Annotated[str, Meta(description="Id of a key, or user: and that of a user")],
        "operation": str,
        "persons": Annotated[list[str], Meta(description="Keyed hashes")],
        "detail": Annotated[Any, Meta(description="Of a list: run, filter and range; else null")],
        "status": int,
        "address": str,
    },
)


LogPage = define_schema(
    "LogPage", "The latest rows that were asked for, the latest last.", {"rows": list_of(LogEntry)}
)


@read(
    "/v1/keys",
    right="keys",
    tag="Access",
    summary="List the keys",
    responses=answers(KeyList),
)
async def list_keys(request: AnyRequest) -> RawJsonResponse:
    """Return all keys; their secrets are stored nowhere."""
    require_caller(request, "keys", WHY)
    rows = await sync_to_thread(partial(keys.list_keys, get_results(request).url))
    return RawJsonResponse(msgspec.convert({"keys": [row._asdict() for row in rows]}, KeyList))


@post(
    "/v1/keys",
    "keys",
    "Access",
    NewKey,
    summary="Create a key",
    responses=answers(CreatedKey, 409, 422),
)
async def create_key(request: AnyRequest, idempotency_key: KeyHeader = None) -> RawJsonResponse:
    """Create a key and return its secret, which is shown this once.

    Sent again with its `Idempotency-Key` it answers 409 and names the key: no secret is stored.
    """
    require_caller(request, "keys", WHY)
    raw = await read_own_body(request)
    body = parse_body(raw, NewKey)
    make = partial(
        keys.create,
        get_results(request).url,
        body.name,
        body.roles,
        dt.datetime.now(dt.UTC),
        owner=body.owner,
        expires_at=body.expires_at,
        networks=body.networks,
        budget=body.daily_budget,
    )
    secrets: list[str] = []

    async def create() -> str:
        secrets.append(await sync_to_thread(make))
        return keys.get_key_id(secrets[0])

    key_id, is_repeated = await create_once(request, idempotency_key, raw, create)
    if is_repeated:
        raise ConflictProblem(
            "this request made its key already, and the secret was shown then",
            where=key_id,
            do="revoke that key if its secret is lost, and send an Idempotency-Key of its own",
        )
    return RawJsonResponse(CreatedKey(secrets[0]))


@remove(
    "/v1/keys/{key_id:str}",
    "keys",
    "Access",
    success=200,
    summary="Revoke a key",
    responses=answers(RevokedKey, 404),
)
async def revoke_key(
    request: AnyRequest,
    key_id: Annotated[str, PathParameter(description="Id of the key")],
) -> Response[Any]:
    """Revoke a key: its next request is refused."""
    require_caller(request, "keys", WHY)
    url, now = get_results(request).url, dt.datetime.now(dt.UTC)
    if await get_results(request).ask(lambda reader: reader.live_key(key_id)) is None:
        raise NotFoundProblem("there is no such key", where=key_id, do="see GET /v1/keys")
    await sync_to_thread(partial(keys.revoke, url, key_id, now))
    return Response(RevokedKey(key_id), status_code=200)


@read(
    "/v1/users",
    right="keys",
    tag="Access",
    summary="List the users",
    responses=answers(UserList),
)
async def list_users(request: AnyRequest) -> RawJsonResponse:
    """Return who may log in, and who no longer may."""
    require_caller(request, "keys", WHY)
    rows = await sync_to_thread(partial(users.list_users, get_results(request).url))
    return RawJsonResponse(msgspec.convert({"users": [row._asdict() for row in rows]}, UserList))


@post(
    "/v1/users",
    "keys",
    "Access",
    NewUser,
    summary="Add a user",
    responses=answers(UserEntry, 409, 422),
)
async def add_user(request: AnyRequest, idempotency_key: KeyHeader = None) -> RawJsonResponse:
    """Let somebody log in."""
    require_caller(request, "keys", WHY)
    raw = await read_own_body(request)
    body = parse_body(raw, NewUser)

    async def create() -> str:
        name, now = body.name or body.user_id, dt.datetime.now(dt.UTC)
        await get_results(request).change(
            users.add_user, body.user_id, name, body.roles, body.password, now
        )
        return body.user_id

    user_id, _ = await create_once(request, idempotency_key, raw, create)
    return await _show_user(request, user_id)


@post(
    "/v1/users/{user_id:str}",
    "keys",
    "Access",
    UserChange,
    summary="Change a user",
    responses=answers(UserEntry, 404),
)
async def change_user(
    request: AnyRequest,
    user_id: Annotated[str, PathParameter(description="Id of the user")],
) -> RawJsonResponse:
    """Change roles or password, disable or enable; all of it holds from the next request on."""
    require_caller(request, "keys", WHY)
    body = parse_body(await read_own_body(request), UserChange)
    stored_id = users.normalise_user_id(user_id)
    if await get_results(request).ask(lambda reader: reader.user(stored_id)) is None:
        raise NotFoundProblem("there is no such user", where=user_id, do="see GET /v1/users")
    await sync_to_thread(partial(_change_user, get_results(request).url, user_id, body))
    return await _show_user(request, user_id)


def _change_user(url: str, user_id: str, change: UserChange) -> None:
    if change.password is not None:
        users.set_password(url, user_id, change.password)
    if change.roles is not None:
        users.set_roles(url, user_id, change.roles)
    if change.disabled is True:
        users.disable_user(url, user_id, dt.datetime.now(dt.UTC))
    elif change.disabled is False:
        users.enable_user(url, user_id)


@read(
    "/v1/access-log",
    right="log",
    tag="Access",
    summary="Read the access log",
    responses=answers(LogPage, 404),
)
async def read_log(
    request: AnyRequest,
    actor: Annotated[
        str | None, QueryParameter(description="Id of a key, or user: and that of a user")
    ] = None,
    since: Annotated[dt.date | None, QueryParameter(description="First day, in UTC")] = None,
    limit: Annotated[int, QueryParameter(description="Most rows", ge=1, le=MOST_ROWS)] = 100,
) -> RawJsonResponse:
    """Return who asked for what; `clientela audit verify` checks that nothing was changed."""
    require_caller(request, "log", WHY)
    recorder = cast(Recorder, request.app.state.recorder)
    moment = dt.datetime.combine(since, dt.time(), dt.UTC) if since else None
    rows = await recorder.read(actor, moment, limit)
    if rows is None:
        raise NotFoundProblem("this server keeps no access log", do="start it by `clientela serve`")
    entries = [
        row._asdict()
        | {"persons": row.persons.split(), "detail": msgspec.json.decode(row.detail or "null")}
        for row in rows
    ]
    return RawJsonResponse(msgspec.convert({"rows": entries}, LogPage))


async def _show_user(request: AnyRequest, user_id: str) -> RawJsonResponse:
    stored_id = users.normalise_user_id(user_id)
    row = await get_results(request).ask(lambda reader: reader.user(stored_id))
    return RawJsonResponse(msgspec.convert(row and row._asdict(), UserEntry))
