"""The programme's ledger in a run: the reviews that are due on its day."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from clientela.config import Programme
from clientela.features.history import History
from clientela.insiders.score.ledger import advance_ledger
from clientela.insiders.score.monthly_snapshots import FEATURES
from clientela.store.connect import is_absent
from clientela.store.programme import ProgrammeLedger, load_ledger
from clientela.tables.identity import IDENTITIES
from clientela.tables.workspace import Workspace


def review_members(
    url: str, history: History, workspace: Workspace, settings: Programme
) -> tuple[ProgrammeLedger, ProgrammeLedger]:
    """Hold the reviews that are due on the day of a run.

    Returns
    -------
    ProgrammeLedger, ProgrammeLedger
        The ledger after them, and what they add, to be published with the run.
    """
    ledger = ProgrammeLedger() if is_absent(url) else load_ledger(url, migrate=True)
    if not ledger.is_launched(history.as_of):
        return ledger, ProgrammeLedger()
    step = advance_ledger(
        ledger,
        history.as_of,
        lambda day: history.snapshot(day, FEATURES),
        settings,
        read_spellings(workspace),
    )
    return step.add_to(ledger), step


def read_spellings(workspace: Workspace) -> dict[str, str]:
    """Return each id that is written otherwise than its customer's, with that customer."""
    paths: list[Path] = [Path(path) for path in workspace.paths("identities")]
    parts = [pq.read_table(path, columns=["source_id", "customer_id"]) for path in paths]
    empty = IDENTITIES.empty_table().select(["source_id", "customer_id"])
    rows = pa.concat_tables([empty, *parts])
    return dict(zip(rows["source_id"].to_pylist(), rows["customer_id"].to_pylist(), strict=True))
