"""An Airflow DAG (run by 3.3): the run, then the monitoring, by the commands of the worker's PATH.

The inbox makes it idempotent: files that went in are moved, so that a task tried again takes what
is left. Exit code 3 with ``"retry": true`` is left to Airflow's retries; all else fails at once.
A run of the schedule looks from the last day of the data. One of a backfill, or started by hand for
a logical date that is past, looks from that date.
"""

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

HOME = os.environ.get("CLIENTELA_HOME", "/srv/clientela")


def call(*arguments: str) -> dict:
    """Run a command with --json and return its facts; say whether trying again can help."""
    command = ["clientela", *arguments, "--json"]
    ended = subprocess.run(command, cwd=HOME, capture_output=True, text=True)  # noqa: S603
    facts = json.loads(ended.stdout)
    if ended.returncode and not facts.get("retry"):
        raise AirflowFailException(f"{facts['detail']} {facts.get('do', '')}")
    ended.check_returncode()
    return facts


@dag(
    schedule="15 2 * * *",
    start_date=datetime(2000, 1, 1, tzinfo=UTC),  # a backfill may begin with the first sale
    catchup=False,  # the inbox holds what missed nights left: one run takes it all
    max_active_runs=1,
    default_args={
        "retries": 2,
        "retry_delay": timedelta(minutes=10),
        "execution_timeout": timedelta(hours=4),
    },
)
def clientela_nightly() -> None:
    """Read the inbox and publish, then look at what is unusual."""

    @task
    def run(logical_date: datetime | None = None, dag_run: Any = None) -> str:
        past = logical_date is not None and logical_date < datetime.now(UTC) - timedelta(days=2)
        day = f"{logical_date:%Y-%m-%d}" if past and dag_run.run_type != "scheduled" else None
        as_of = ["--as-of", day] if day else []
        return call("run", "--inbox", "inbox", *as_of)["run_id"]

    @task
    def monitor(published: str) -> int:  # not run_id: that name is Airflow's own
        return len(call("monitor", "--send")["alerts"])

    monitor(run())


clientela_nightly()
