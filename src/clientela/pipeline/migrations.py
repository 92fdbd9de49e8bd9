"""Who changed segment since the published run."""

import pyarrow as pa

from clientela.segments.describe.id_matching import count_migrations
from clientela.store.earlier_runs import find_current_run
from clientela.store.programme import read_customers


def find_migrations(url: str, customers: pa.Table) -> dict[str, pa.Table]:
    """Return who changed segment since the published run; nothing before the first."""
    run_id = find_current_run(url)
    if run_id is None:
        return {}
    before = read_customers(url, run_id, ("customer_id", "segment", "revenue"))
    moves = count_migrations(before, customers)
    run_ids = pa.array([run_id] * len(moves), pa.string())
    return {"segment_migrations": moves.append_column("previous_run_id", run_ids)}
