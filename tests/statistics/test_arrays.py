import pyarrow as pa
import pytest

from clientela.errors import ArtifactError
from clientela.statistics.arrays import doubles


@pytest.mark.parametrize("name", ["absent", "country"])
def test_a_column_that_is_missing_or_no_number_is_an_artifact_error(name: str) -> None:
    with pytest.raises(ArtifactError, match=name):
        doubles(pa.table({"country": ["UK"]}), name)


def test_a_chunked_column_of_nothing_but_nulls_is_read() -> None:
    column = pa.chunked_array([pa.nulls(2, pa.float64()), pa.nulls(1, pa.float64())])
    assert str(doubles(pa.table({"x": column}), "x")) == "[nan nan nan]"
