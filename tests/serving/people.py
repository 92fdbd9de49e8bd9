"""People who are logged in, for tests of pages."""

import datetime as dt
from contextlib import closing

from clientela.contract.access import Role
from clientela.serving.sessions import LOCAL_COOKIE
from clientela.store import users
from clientela.store.read import open_reader
from tests.serving.conftest import Client


def log_in(client: Client, store_url: str, *roles: Role, user_id: str = "ana") -> str:
    """Add somebody, give the client their session, and return what their forms carry as csrf."""
    now = dt.datetime.now(dt.UTC)
    users.add_user(store_url, user_id, user_id.title(), roles, None, now)
    token = users.open_session(store_url, user_id, now)
    client.cookies.set(LOCAL_COOKIE, token)
    with closing(open_reader(store_url)) as reader:
        session = users.check_session(reader, token, now)
    assert session is not None
    return session[0].csrf
