import json

from clientela.segments.describe.candidates import CANDIDATES, tabulate_candidates
from tests.segments.crowd import fitted, grouped


def test_every_candidate_is_a_row_with_its_verdict_in_both_languages() -> None:
    card = fitted(grouped(each=60)[0], budget=4, algorithms=("kmeans", "dbscan")).card
    table = tabulate_candidates(card)
    rows = table.to_pylist()
    assert table.schema == CANDIDATES
    assert [row["position"] for row in rows] == list(range(1, 9))
    assert [row["chosen"] for row in rows].count(True) == 1
    assert all(row["verdict_en"] and row["verdict_pt_br"] for row in rows)
    assert not any("{" in row["verdict_en"] + row["verdict_pt_br"] for row in rows)
    chosen = next(row for row in rows if row["chosen"])
    assert json.loads(chosen["parameters"]) == {"k": 4}
    assert chosen["k"] == len(json.loads(chosen["shares"])) == 4
    assert chosen["smallest_share"] == min(json.loads(chosen["shares"]))
    assert 0 < chosen["jaccard"] <= 1
    assert chosen["bootstrap_ari_low"] <= chosen["bootstrap_ari"] <= 1
    assert chosen["refits"] == 8


def test_what_was_left_untried_has_no_figures() -> None:
    card = fitted(grouped(each=60)[0], budget=1).card
    rows = [row for row in tabulate_candidates(card).to_pylist() if row["verdict"] == "untried"]
    assert len(rows) == 4
    for row in rows:
        assert row["k"] is row["silhouette"] is row["shares"] is row["refits"] is None
        assert "1" in row["verdict_en"]


def test_three_customers_have_a_table_too() -> None:
    rows = tabulate_candidates(fitted(grouped(each=1)[0].slice(0, 3)).card).to_pylist()
    assert {row["verdict"] for row in rows} == {"too_few"}
