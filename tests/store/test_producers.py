"""What the parts make is what the store takes: names and types of every table they declare."""

import pyarrow as pa
import pytest
from sqlalchemy import Numeric

from clientela.actions.table import ACTIONS
from clientela.experiments.assignment import ARM_SCHEMA
from clientela.features.cohorts import COHORTS
from clientela.hypotheses.table import HYPOTHESES
from clientela.insiders.score import arrow_schemas as programme
from clientela.report.answers import ANSWERS
from clientela.segments.describe import candidates, customer_map, exploration
from clientela.segments.describe import candidates as evidence
from clientela.segments.describe import (
    facts as segment_facts,
)
from clientela.segments.describe import (
    member_gaps as gaps,
)
from clientela.segments.describe.months import MONTHS
from clientela.store.load import arrow_type
from clientela.store.schema import metadata

WHOLE = {
    "segment_candidates": candidates.CANDIDATES,
    "exploration": exploration.SCHEMA,
    "customer_map": customer_map.SCHEMA,
    "cohorts": COHORTS,
    "segment_gaps": gaps.GAPS,
    "segment_months": MONTHS,
    "actions": ACTIONS,
    "programme_policies": programme.POLICIES,
    "programme_size": programme.SIZE,
    "programme_conditions": programme.RULES,
    "programme_members": programme.MEMBERS,
    "programme_months": programme.MONTHS,
    "programme_proof": programme.PROOF,
    "programme_tests": programme.TESTS,
    "hypotheses": HYPOTHESES,
    "answers": ANSWERS,
    "experiment_members": ARM_SCHEMA,
}
PART = {
    "segments": segment_facts.SCHEMA,
    "customers": programme.STATUS,
    "metrics": evidence.METRICS,
}
OWNERS = {"run_id", "experiment_id"}


@pytest.mark.parametrize(("name", "made"), WHOLE.items(), ids=WHOLE)
def test_tables_have_every_column(name: str, made: pa.Schema) -> None:
    assert set(made.names) == set(metadata.tables[name].columns.keys()) - OWNERS


@pytest.mark.parametrize(("name", "made"), [*WHOLE.items(), *PART.items()], ids=[*WHOLE, *PART])
def test_columns_have_the_types_of_the_store(name: str, made: pa.Schema) -> None:
    for field in made:
        column = metadata.tables[name].columns[field.name]
        money = isinstance(column.type, Numeric) and pa.types.is_floating(field.type)
        whole = pa.types.is_integer(field.type) and arrow_type(column.type) == pa.int64()
        assert money or whole or field.type == arrow_type(column.type), field.name
