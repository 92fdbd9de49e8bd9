"""An experiment from the command line: designed, drawn, waited for, read."""

import csv
import datetime as dt
import shutil
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from clientela.config import Experiments, Settings, read_settings
from clientela.errors import InputError
from clientela.experiments.design import OUTCOMES
from clientela.experiments.global_control import NAME, build_quarter, draw_held_out
from clientela.experiments.lifecycle import ExperimentSpec, ExperimentWorkspace, start_experiment
from clientela.experiments.outcomes import measure_outcomes
from clientela.experiments.results import compare_outcomes
from clientela.statistics.power import ExperimentPlan
from clientela.store import experiments
from clientela.store.read import open_reader
from clientela.tables.workspace import Workspace
from tests.shop import QUICK, Ran, clientela, small_shop

LAST = "2011-06-30"  # of the tables when the customers are drawn
NOON = dt.datetime(2011, 6, 30, 12, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SUMMER, END = dt.date(2011, 7, 5), dt.date(2011, 8, 3)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a shop whose sales are known up to mid 2011."""
    folder = tmp_path_factory.mktemp("experiments")
    with small_shop(folder / "sim").transactions.open(newline="", encoding="utf-8") as file:
        header, *lines = csv.reader(file)
    for name, wanted in (("first", False), ("second", True)):
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(
                [header, *(x for x in lines if (x[4][:10] > LAST) is wanted)]
            )
    ran(folder, "w", "first")
    return folder


def ran(shop: Path, workspace: str, file: str) -> None:
    from clientela.cli import main

    options = ["-w", str(shop / workspace), "-c", str(QUICK), "--json"]
    assert main(["run", str(shop / f"{file}.csv"), *options]) == 0


@pytest.fixture(scope="module")
def later(shop: Path) -> Path:
    """Give a workspace in which an experiment was drawn on 30 June 2011, by the clock of that day.

    Its days are over since.
    """
    shutil.copytree(shop / "w", shop / "later")
    wish = ExperimentSpec("segment:1", ExperimentPlan(), 30, SUMMER)
    start_experiment(lab(shop / "later"), wish, "summer", 1, shop / "summer.csv", NOON)
    waves = replace(wish, outcome="orders", waves=2, wave_days=14)
    start_experiment(lab(shop / "later"), waves, "waves", 1, shop / "waves.csv", NOON)
    start_experiment(lab(shop / "later"), replace(wish, days=365), "year", 1, shop / "y.csv", NOON)
    ran(shop, "later", "second")
    return shop / "later"


def lab(workspace: Path) -> ExperimentWorkspace:
    return ExperimentWorkspace(
        read_settings(None), Workspace(workspace), f"sqlite:///{workspace / 'results.db'}"
    )


@pytest.fixture
def typed(shop: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Type a command of experiments in the shop's folder."""

    def run(*words: str | Path, at: Path | None = None) -> Ran:
        return clientela(capsys, "experiment", *words, "-w", at or shop / "w")

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
    start = dt.date.fromisoformat(facts["starts_on"])
    assert start > dt.datetime.now(dt.UTC).date()
    assert facts["ends_on"] == str(start + dt.timedelta(days=89))
    assert str(start) in facts["sentence_en"]
    assert f"these {len(written)} customers can show" in facts["sentence_en"]
    assert [known["outcome"] for known in kept.design["outcomes"]] == list(OUTCOMES)
    assert kept.design["cap"] > 0

    before = target.read_bytes()
    again = typed("assign", "--name", "spring", "--group", "segment:1", "-o", target)
    assert (again.code, again.facts["type"]) == (2, "urn:clientela:problem:input")
    assert target.read_bytes() == before
    assert [path.name for path in shop.iterdir() if path.name.startswith(".")] == []


def test_a_readout_counts_the_days_of_the_experiment(typed: Any, later: Path) -> None:
    done = typed("read", "--name", "summer", at=later)
    assert done.code == 0, done.out + done.err
    facts = done.facts
    assert (facts["after"], facts["upto"]) == ("2011-07-04", "2011-08-03")
    assert facts["plain"]["low"] <= facts["plain"]["difference"] <= facts["plain"]["high"]
    gap = facts["treated_mean"] - facts["control_mean"]
    assert facts["plain"]["difference"] == pytest.approx(gap)
    assert facts["missing"] == 0
    assert "2011-08-03" in facts["sentence_en"]
    assert "03/08/2011" in facts["sentence_pt_br"]


def test_the_treated_brought_what_the_tables_say_of_those_days(typed: Any, later: Path) -> None:
    _, members = experiments.load(lab(later).url, "summer")
    brought = lab(later).daily_revenue()
    known = dict(zip(brought.ids.to_pylist(), brought.between(SUMMER - DAY, END), strict=True))
    mine = [known[row["customer_id"]] for row in members.to_pylist() if row["arm"] == "treatment"]
    facts = typed("read", "--name", "summer", at=later).facts
    assert facts["treated_mean"] == pytest.approx(sum(mine) / len(mine))


def test_each_customer_counts_in_the_days_of_the_own_wave(typed: Any, later: Path) -> None:
    _, members = experiments.load(lab(later).url, "waves")
    assert set(members["starts_on"].to_pylist()) == {SUMMER, SUMMER + 14 * DAY}
    brought = lab(later).daily_revenue()
    orders = {
        start: measure_outcomes(brought, brought.ids, start + 29 * DAY, 30, 1.0)["orders"]
        for start in (SUMMER, SUMMER + 14 * DAY)
    }
    place = {name: number for number, name in enumerate(brought.ids.to_pylist())}
    mine = [
        orders[row["starts_on"]][place[row["customer_id"]]]
        for row in members.to_pylist()
        if row["arm"] == "treatment"
    ]
    facts = typed("read", "--name", "waves", at=later).facts
    assert facts["treated_mean"] == pytest.approx(sum(mine) / len(mine))
    assert (facts["outcome"], facts["upto"]) == ("orders", "2011-08-17")
    assert {other["outcome"] for other in facts["others"]} == {"revenue", "winsorised", "repeat"}


def test_a_run_reads_what_is_due_and_its_report_says_so(later: Path) -> None:
    with closing(open_reader(lab(later).url)) as reader:
        rows = reader.table("experiment_readouts").content
        answers = {row["key"]: row["content"] for row in reader.answers("pt_BR").content}
    deciding = {row["name"]: row for row in rows if row["deciding"]}
    states = [deciding[name]["state"] for name in ("summer", "waves", "year")]
    assert states == ["over", "over", "running"]
    assert deciding["year"]["difference"] is None
    assert "em andamento" in str(deciding["year"]["sentence_pt_br"])
    assert sum(row["name"] == "summer" for row in rows) == 4
    assert deciding["waves"]["outcome"] == "orders"
    assert "“summer”" in str(answers["experiments"])


def test_the_global_control_is_left_alone_and_read_by_the_quarter(later: Path) -> None:
    settings = Experiments(control_share=0.3)
    brought = lab(later).daily_revenue()
    held_out = draw_held_out(brought.ids, settings)
    assert held_out.mean() == pytest.approx(0.3, abs=0.1)
    assert not (draw_held_out(brought.ids, Experiments(control_share=0.2)) & ~held_out).any()
    began = brought.as_of - 200 * DAY
    kept = experiments.Experiment(
        name=NAME,
        created_at=NOON,
        as_of=began,
        design={"start": str(began + DAY), "days": 90, "alpha": 0.05, "group": "everyone"},
    )
    quarter, arms = build_quarter(kept, brought, settings)
    assert quarter.design["start"] == str(began + 91 * DAY)
    control = arms.filter(pc.equal(arms["arm"], "control"))["customer_id"].to_pylist()
    assert set(control) <= set(brought.ids.filter(pa.array(held_out)).to_pylist())
    (revenue, *_) = compare_outcomes(quarter, arms, brought)
    assert (revenue.after, revenue.upto) == (began + 90 * DAY, began + 180 * DAY)
    assert revenue.treated + revenue.control == len(arms)
    group = replace(lab(later), settings=Settings(experiments=settings)).load_group("segment:1")
    assert set(group.customers["customer_id"].to_pylist()).isdisjoint(control)


def test_customers_who_left_the_tables_are_left_out_and_counted(typed: Any, later: Path) -> None:
    """And an experiment without a start is one of the days after the run."""
    _, members = experiments.load(lab(later).url, "summer")
    gone = [{"customer_id": "gone", "arm": "control", "before": 1.0}]
    more = pa.concat_tables([members, pa.Table.from_pylist(gone, members.schema)])
    kept = experiments.Experiment(
        name="gone",
        created_at=NOON,
        as_of=NOON.date(),
        design={"days": 30, "alpha": 0.05, "group": "segment:1"},
    )
    experiments.save(lab(later).url, kept, more)
    facts = typed("read", "--name", "gone", at=later).facts
    assert facts["missing"] == 1
    assert facts["treated"] + facts["control"] == len(members)
    assert (facts["after"], facts["upto"]) == ("2011-06-30", "2011-07-30")


def test_an_experiment_that_is_not_over_is_not_read(typed: Any, shop: Path) -> None:
    words = ("--name", "long", "--group", "segment:1", "--start", "2100-01-01", "--days", "31")
    assert typed("assign", *words, "-o", shop / "long.csv").code == 0
    done = typed("read", "--name", "long")
    assert done.code == 2
    assert "is not over" in done.facts["detail"]
    assert "2100-01-01 to 2100-01-31" in done.facts["detail"]


@pytest.mark.parametrize("start", ["2011-01-01", "2011-06-30"])
def test_days_that_the_tables_hold_are_no_experiment(typed: Any, start: str) -> None:
    done = typed("assign", "--name", "past", "--group", "segment:1", "--start", start)
    assert done.code == 2
    assert "the tables hold days up to 2011-06-30" in done.facts["detail"]
    assert done.facts["where"] == "--start"
    assert typed("read", "--name", "past").code == 2


def test_days_before_today_are_no_experiment_though_their_sales_are_unknown(typed: Any) -> None:
    done = typed("assign", "--name", "past", "--group", "segment:1", "--start", "2011-07-01")
    assert done.code == 2
    assert "nobody was treated then" in done.facts["detail"]


def test_the_first_day_is_the_one_after_the_run_and_the_clock(shop: Path) -> None:
    for name, days_on, start in (("one", 0, "2011-07-01"), ("two", 9, "2011-07-10")):
        now = NOON + days_on * DAY
        wish = ExperimentSpec("segment:1", ExperimentPlan(), 30)
        facts = start_experiment(lab(shop / "w"), wish, name, 1, shop / f"{name}.csv", now)
        assert facts["starts_on"] == start


def test_a_clock_behind_the_tables_opens_no_past_day(shop: Path) -> None:
    wish, early = ExperimentSpec("segment:1", ExperimentPlan(), 30, NOON.date()), NOON - 30 * DAY
    with pytest.raises(InputError, match="cannot start on 2011-06-30"):
        start_experiment(lab(shop / "w"), wish, "early", 1, shop / "early.csv", early)
    assert not (shop / "early.csv").exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("design", "--group", "nobody"), "no group 'nobody'"),
        (("design", "--group", "segment:99"), "no group 'segment:99'"),
        (("design", "--group", "segment:x"), "no group 'segment:x'"),
        (("design", "--group", "candidates:2"), "no group 'candidates:2'"),
        (("design", "--uplift", "0"), "--uplift"),
        (("design", "--power", "1.5"), "--power"),
        (("design", "--group", "segment:1", "--days", "700"), "days of data"),
        (("design", "--control-share", "1"), "--control-share"),
        (("assign", "--group", "segment:1"), "--name"),
        (("assign", "--name", "../x", "--group", "segment:1"), "cannot name"),
        (("assign", "--name", "x", "--group", "segment:1", "-o", "no/such/x.csv"), "no/such"),
        (("assign", "--name", "x", "--start", "tomorrow"), "--start"),
        (("read", "--name", "never"), "no experiment 'never'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_slips_are_told_and_end_with_2(typed: Any, words: tuple[str, ...], told: str) -> None:
    done = typed(*words)
    assert done.code == 2, done.out + done.err
    assert told in done.facts["detail"] + done.facts.get("where", "")
    assert "Traceback" not in done.err
