"""An experiment from the command line: designed, drawn, waited for, read."""

import csv
import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from clientela.store import experiments
from tests.shop import Ran, clientela, small_shop

QUICK = """
[segments]
spaces = ["log"]
algorithms = ["kmeans"]
bootstraps = 0
k_max = 4
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a shop whose sales are read and published as of mid 2011."""
    from clientela.cli import main

    folder = tmp_path_factory.mktemp("experiments")
    made = small_shop(folder / "sim")
    (folder / "quick.toml").write_text(QUICK, "utf-8")
    options = ["-w", str(folder / "w"), "-c", str(folder / "quick.toml"), "--as-of", "2011-06-30"]
    assert main(["run", str(made.transactions), *options, "--json"]) == 0
    return folder


@pytest.fixture
def typed(shop: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command of experiments in the shop's folder."""

    def run(*words: str | Path) -> Ran:
        return clientela(capsys, "experiment", *words, "-w", shop / "w")

    return run


def test_a_design_says_what_it_needs(typed: Any) -> None:
    done = typed("design", "--group", "segment:1", "--uplift", "0.2", "--days", "60")
    assert done.code == 0, done.out + done.err
    facts = done.facts
    assert facts["as_of"] == "2011-06-30"
    assert (facts["uplift"], facts["days"], facts["power"]) == (0.2, 60, 0.8)
    assert facts["needed"]["customers"] >= facts["needed_cuped"]["customers"] > 0
    assert facts["sentence_en"] != facts["sentence_pt_br"]


def test_the_same_draw_for_the_same_name_is_stored_and_written_once(typed: Any, shop: Path) -> None:
    target = shop / "arms.csv"
    done = typed("assign", "--name", "spring", "--group", "segment:1", "-o", target)
    assert done.code == 0, done.out + done.err
    with target.open(newline="", encoding="utf-8-sig") as file:
        written = list(csv.DictReader(file))
    kept, members = experiments.load(f"sqlite:///{shop / 'w' / 'results.db'}", "spring")
    assert [row["customer_id"] for row in written] == members["customer_id"].to_pylist()
    assert [row["arm"] for row in written] == members["arm"].to_pylist()
    assert kept.as_of == dt.date(2011, 6, 30)
    assert kept.design["group"] == "segment:1"
    facts = done.facts
    assert facts["control_customers"] + facts["treatment_customers"] == len(written)
    assert facts["ends_on"] == "2011-09-28"

    before = target.read_bytes()
    again = typed("assign", "--name", "spring", "--group", "segment:1", "-o", target)
    assert (again.code, again.facts["type"]) == (2, "urn:clientela:problem:input")
    assert target.read_bytes() == before
    assert [path.name for path in shop.iterdir() if path.name.startswith(".")] == []


def test_a_readout_counts_the_days_of_the_experiment(typed: Any, shop: Path) -> None:
    words = ("--name", "summer", "--group", "segment:1", "--days", "30", "-o", shop / "summer.csv")
    assert typed("assign", *words).code == 0
    done = typed("read", "--name", "summer")
    assert done.code == 0, done.out + done.err
    facts = done.facts
    assert (facts["after"], facts["upto"]) == ("2011-06-30", "2011-07-30")
    assert facts["plain"]["low"] <= facts["plain"]["difference"] <= facts["plain"]["high"]
    gap = facts["treated_mean"] - facts["control_mean"]
    assert facts["plain"]["difference"] == pytest.approx(gap)
    assert facts["missing"] == 0
    assert "2011-07-30" in facts["sentence_en"]
    assert "30/07/2011" in facts["sentence_pt_br"]


def test_customers_who_left_the_tables_are_left_out_and_counted(typed: Any, shop: Path) -> None:
    url = f"sqlite:///{shop / 'w' / 'results.db'}"
    _, members = experiments.load(url, stored(typed, shop))
    gone = [{"customer_id": "gone", "arm": "control", "stratum": "1/1", "before": 1.0}]
    more = pa.concat_tables([members, pa.Table.from_pylist(gone, members.schema)])
    design = {"days": 30, "alpha": 0.05, "group": "segment:1"}
    moment = dt.datetime(2011, 7, 1, tzinfo=dt.UTC)
    kept = experiments.Experiment(
        name="gone", created_at=moment, as_of=dt.date(2011, 6, 30), design=design
    )
    experiments.save(url, kept, more)
    facts = typed("read", "--name", "gone").facts
    assert facts["missing"] == 1
    assert facts["treated"] + facts["control"] == len(members)


def stored(typed: Any, shop: Path) -> str:
    words = ("--name", "whole", "--group", "segment:1", "--days", "30", "-o", shop / "whole.csv")
    assert typed("assign", *words).code == 0
    return "whole"


def test_an_experiment_that_is_not_over_is_not_read(typed: Any, shop: Path) -> None:
    words = ("--name", "long", "--group", "segment:1", "--days", "700", "-o", shop / "long.csv")
    assert typed("assign", *words).code == 0
    done = typed("read", "--name", "long")
    assert done.code == 2
    assert "is not over" in done.facts["detail"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("design", "--group", "nobody"), "no group 'nobody'"),
        (("design", "--group", "segment:99"), "no group 'segment:99'"),
        (("design", "--group", "segment:x"), "no group 'segment:x'"),
        (("design", "--group", "candidates"), "nobody belongs"),
        (("design", "--uplift", "0"), "--uplift"),
        (("design", "--power", "1.5"), "--power"),
        (("design", "--control-share", "1"), "--control-share"),
        (("assign", "--group", "segment:1"), "--name"),
        (("assign", "--name", "../x", "--group", "segment:1"), "cannot name"),
        (("assign", "--name", "x", "--group", "segment:1", "-o", "no/such/x.csv"), "no/such"),
        (("read", "--name", "never"), "no experiment 'never'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_slips_are_told_and_end_with_2(typed: Any, words: tuple[str, ...], told: str) -> None:
    done = typed(*words)
    assert done.code == 2, done.out + done.err
    assert told in done.facts["detail"] + done.facts.get("where", "")
    assert "Traceback" not in done.err
