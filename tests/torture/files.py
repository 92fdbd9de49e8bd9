"""Full disks, damaged files of the workspace, and broken files to be read, generated."""

import random
from pathlib import Path

from tests.faults.test_bad_files import CASES, GOOD, HEADER
from tests.shop import FirstRun
from tests.torture.score import Score
from tests.torture.workspace import (
    check_whole,
    copy_workspace,
    make_workspace,
    read_results,
    run_each_to_end,
    run_options,
    run_to_end,
)

KILOBYTES = (1, 4, 8, 16, 24, 48, 96, 160, 200, 320, 512, 800)
MUTATIONS = 40
MEANINGFUL = [b'"', b"\0", b";", b"\xff\xfe", b"\r", b",,,,", b"PK"]
REFUSED = (0, 2, 3)
SOMEBODY = "12361"


def fill_disks(score: Score, folder: Path) -> None:
    """Run every command that writes with a limit on the size of files: nothing is lost."""
    first = make_workspace(folder.parent / "first")
    before = read_results(first.workspace)[1]
    for kilobytes in KILOBYTES:
        score.run(f"run {kilobytes} KB", lambda: _fill(first, folder, kilobytes, before, "run"))
        score.run(
            f"forget {kilobytes} KB", lambda: _fill(first, folder, kilobytes, before, "forget")
        )


def _fill(first: FirstRun, folder: Path, kilobytes: int, before: str, command: str) -> None:
    copy = copy_workspace(first, folder / "w")
    words: tuple[str | Path, ...] = ("forget", "nobody-99", "-w", copy)
    if command == "run":
        words = ("run", first.source, "--replace", *run_options(copy))
    code, said = run_to_end(*words, limit_bytes=kilobytes * 1024)
    assert code in (0, 3), said[-400:]
    check_whole(copy, {before})


def damage_files(score: Score, folder: Path) -> None:
    """Delete, cut, flip or swap each file of a workspace: named, never a trace, never half."""
    first = make_workspace(folder.parent / "first")
    before = read_results(first.workspace)[1]
    files = sorted(
        str(path.relative_to(first.workspace))
        for path in first.workspace.rglob("*")
        if path.is_file() and path.name != ".lock"
    )
    chosen = [name for name in files if not name.startswith("tables/transactions")]
    chosen += [name for name in files if name.startswith("tables/transactions")][:4]
    for name in chosen:
        for how in ("delete", "cut", "flip", "empty"):
            score.run(f"{how} {name}", lambda: _damage(first, folder, name, how, before))


def _damage(first: FirstRun, folder: Path, name: str, how: str, before: str) -> None:
    copy = copy_workspace(first, folder / "w")
    path = copy / name
    content = path.read_bytes()
    if how == "delete":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    else:
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    commands = (
        ("doctor", "--deep", "-w", copy),
        ("report", "-w", copy, "-o", folder / "r.html"),
        ("person", SOMEBODY, "-w", copy),
    )
    codes = run_each_to_end(*commands)
    assert all(code in REFUSED for code in codes), f"doctor, report, person ended with {codes}"


def read_broken(score: Score, folder: Path) -> None:
    """Read files that are broken by hand and by chance: a sentence each, and nothing changes."""
    first = make_workspace(folder.parent / "first")
    copy = copy_workspace(first, folder / "w")
    before = read_results(copy)[1]
    for case in CASES:
        name, content, _ = case.values  # type: ignore[attr-defined]
        score.run(f"known {name}", lambda: _read(folder, copy, name, content, before))
    whole = first.source.read_bytes()[:20_000]
    for number in range(MUTATIONS):
        content = mutate(whole if number % 2 else (HEADER + GOOD).encode(), number)
        score.run(f"mutated {number}", lambda: _read(folder, copy, "m.csv", content, before))


def mutate(content: bytes, seed: int) -> bytes:
    """Break a file: flip, cut, double, insert bytes that mean something to some reader."""
    chance = random.Random(seed)  # noqa: S311 - no secret hangs on it
    parts = bytearray(content)
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(parts))
        kind = chance.randrange(4)
        if kind == 0:
            parts[place] = chance.randrange(256)
        elif kind == 1:
            del parts[place : place + chance.randint(1, 400)]
        elif kind == 2:
            parts[place:place] = chance.choice(
                [b'"', b"\0", b";", b"\xff\xfe", b"\r", b",,,,", b"PK"]
            )
        else:
            parts[place:place] = parts[place : place + 200]
    return bytes(parts)


def _read(folder: Path, copy: Path, name: str, content: bytes, before: str) -> None:
    source = folder / name
    source.write_bytes(content)
    target = copy.with_name("trial")
    code, said = run_to_end("run", source, *run_options(target))
    assert code in REFUSED, f"ended with {code}: {said[-300:]}"
    check_whole(copy, {before})
