"""Rotations of the pseudonyms' key killed at every step: nobody is lost, and no old id is left."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from clientela.store.replaced_ids import list_ids
from tests.privacy.planted import find_traces_in
from tests.shop import QUICK, FirstRun
from tests.torture.score import Score
from tests.torture.workspace import PATIENCE_S, kill_at, make_workspace, run_to_end, start

STEPS = ("note", "tables", "results", "scrub", "log", "end")
KEY, NEW = "CLIENTELA_HMAC_KEY", "CLIENTELA_HMAC_KEY_NEW"


def attack(score: Score, folder: Path) -> None:
    """Kill a rotation twice at each step, and let it end; then read the same file again."""
    first = make_workspace(folder.parent / "first")
    config, whole = folder / "clientela.toml", folder / "whole"
    config.write_text(QUICK.read_text("utf-8") + "\n[privacy]\nhash_ids = true\n", "utf-8")
    os.environ[KEY] = "the-first"
    if not (whole / "results.db").exists():
        code, said = run_to_end("run", first.source, "-w", whole, "-c", config)
        assert code == 0, said[-400:]
        for words in (("propose",), ("approve", "1", "--by", "ana"), ("launch",)):
            code, said = run_to_end("programme", *words, "-w", whole, "-c", config)
            assert code == 0, said[-400:]
    for number, step in enumerate(2 * STEPS):
        score.run(
            f"rotation at {step} {number}", lambda: _kill_rotation(first, whole, config, step)
        )
    os.environ.pop(KEY, None)


def _kill_rotation(first: FirstRun, whole: Path, config: Path, step: str) -> None:
    copy = whole.with_name("w")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(whole, copy)
    place = ("-w", str(copy), "-c", str(config))
    before, old = _read_figures(copy), list_ids(f"sqlite:///{copy}/results.db")
    assert old, "failed: no pseudonym to lose"
    assert before[1], "failed: no member to lose"
    os.environ.update({KEY: "the-first", NEW: "the-second"})
    kill_at(start("keys", "rotate", *place), f"step={step}")
    if step != "note":
        code, said = run_to_end("run", first.source, *place)
        assert code == 3, f"a run between two keys: {said[-400:]}"
        assert "keys rotate" in said
    code, said = run_to_end("keys", "rotate", *place)
    assert code == 0, said[-400:]
    assert find_traces_in(copy, tuple(old)) == [], "lost: an old pseudonym is left"
    assert _read_figures(copy) == before, "lost: other customers, or members, than before"
    del os.environ[NEW]
    os.environ[KEY] = "the-first the-second"
    out, err = start("run", first.source, "--json", *place).communicate(timeout=PATIENCE_S)
    assert out.startswith("{"), err[-400:]
    facts = json.loads(out)
    assert facts["rows_already_held"] == facts["rows_in"], "lost: lines were not recognised"
    assert _read_figures(copy)[0] == before[0], "lost: customers"


def _read_figures(workspace: Path) -> tuple[object, ...]:
    """Return orders and revenue of the customers, and the ledger's days, without any id."""
    with closing(sqlite3.connect(workspace / "results.db")) as connection:
        customers = connection.execute(
            "SELECT orders, revenue FROM current_customers ORDER BY orders, revenue"
        ).fetchall()
        members = connection.execute(
            "SELECT entered_on, left_on FROM programme_memberships ORDER BY position"
        ).fetchall()
    return customers, members
