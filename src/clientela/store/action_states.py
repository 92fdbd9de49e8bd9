"""What people said of a proposed action, put off or done, and until when."""

import datetime as dt
from typing import Literal, TypeAlias, cast, get_args

from sqlalchemy import delete, exists, insert, select

from clientela.errors import InputError
from clientela.store import schema
from clientela.store.connect import transaction
from clientela.store.lock import lock
from clientela.store.reader import Reader
from clientela.store.row_types import Row

ActionState: TypeAlias = Literal["postponed", "done"]
STATES: tuple[ActionState, ...] = get_args(ActionState)
# By convention: a week; what is done shows its effect in a month, and may be due again
DAYS: dict[ActionState, int] = {"postponed": 7, "done": 30}
_TABLE = schema.action_states


def set_action_state(url: str, action_id: str, state: str, by: str, now: dt.datetime) -> None:
    """Put an action off or call it done, for so many days from now; by an empty state neither.

    Raises
    ------
    InputError
        There is no such action in the published run, or no such state.
    """
    if state and state not in STATES:
        raise InputError(f"an action cannot be {state!r}", where="state", do=" or ".join(STATES))
    actions, current = schema.actions, schema.current_run
    of_run = actions.c.run_id == select(current.c.run_id).scalar_subquery()
    with transaction(url, migrate=False) as connection:
        lock(connection)
        if not connection.scalar(select(exists().where(of_run, actions.c.action_id == action_id))):
            raise InputError(f"there is no action '{action_id}'", do="see GET /v1/actions")
        connection.execute(delete(_TABLE).where(_TABLE.c.action_id == action_id))
        if state:
            until = now.date() + dt.timedelta(DAYS[state])
            row = {"action_id": action_id, "state": state, "until": until}
            connection.execute(insert(_TABLE).values(row | {"changed_by": by, "changed_at": now}))


def read_action_states(reader: Reader, today: dt.date) -> dict[str, Row]:
    """Return what is put off or done today, by the action's id."""
    rows = reader.ask(select(_TABLE).order_by(_TABLE.c.action_id))
    return {str(row["action_id"]): row for row in rows if cast(dt.date, row["until"]) > today}
