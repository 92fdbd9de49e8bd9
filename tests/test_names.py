"""The house speaks plainly: a class name means one thing, a public function is a verb."""

import ast
from collections import defaultdict
from functools import cache
from pathlib import Path

from tests.conftest import ROOT

SOURCE = ROOT / "src" / "clientela"
IRREGULAR = {
    "told", "held", "made", "found", "known", "asked", "given", "chosen", "learnt", "drawn",
    "taken", "written", "said", "brought", "kept", "left", "seen", "shown", "put", "met", "built",
}  # fmt: skip
NO_PARTICIPLES = {"feed", "seed", "embed", "need"}


@cache
def list_definitions() -> list[tuple[Path, ast.stmt]]:
    return [
        (path, node)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def is_bare_participle(name: str) -> bool:
    plain = name.lower()
    ends = len(plain) > 4 and plain.endswith("ed") and plain not in NO_PARTICIPLES
    return "_" not in plain and (plain in IRREGULAR or ends)


def test_no_two_classes_share_a_name() -> None:
    places = defaultdict(list)
    for path, node in list_definitions():
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            places[node.name].append(str(path.relative_to(SOURCE)))
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_public_function_is_a_bare_participle() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{node.lineno} {node.name}"
        for path, node in list_definitions()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and is_bare_participle(node.name)
        and not any("property" in ast.unparse(mark) for mark in node.decorator_list)
    ]
    assert found == []
