"""Which tests cost much: those whose code reaches a whole run, a server, a process or real files.

Nobody marks them by hand. What a test reaches is read from its code: the functions of ``tests``
that it names, the fixtures it asks for, and what these name in turn.
"""

import sys
from collections.abc import Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

COMMANDS = {"run", "backtest", "backfill", "monitor", "report", "retrain", "restore", "forget"}
COSTLY = {
    "clientela.api.read",
    "clientela.pipeline.backfill.backfill",
    "clientela.pipeline.backtest.run.backtest",
    "clientela.pipeline.inbox.run_inbox",
    "clientela.pipeline.reading.read_sources",
    "clientela.pipeline.run.run",
    "subprocess",
    "tests.chromium.Chromium",
    "tests.conftest.data_dir",
    "tests.mariadb.new_mariadb",
    "tests.postgres.server",
    "tests.seaweed.server",
}
MAIN = {"clientela.cli.main", "tests.shop.clientela"}  # a command costs what it does


def find_costs(item: pytest.Item) -> frozenset[str]:
    """Return what a test reaches of what costs much; nothing for examples of docstrings.

    A test that each database runs in turn reaches a server where its parameter says so.
    """
    parameters = getattr(getattr(item, "callspec", None), "params", {}).values()
    if any(isinstance(each, str) and each == "sqlite" for each in parameters):
        return _find_costs(item) - {"tests.postgres.server"}
    return _find_costs(item)


def _find_costs(item: pytest.Item) -> frozenset[str]:
    definitions = getattr(item, "_fixtureinfo", None)
    function = getattr(item, "function", None)
    if definitions is None or not isinstance(function, FunctionType):
        return frozenset()
    fixtures = [last[-1].func for last in definitions.name2fixturedefs.values()]
    return frozenset().union(*map(reach, (_unwrap(function), *map(_unwrap, fixtures))))


def _unwrap(function: Any) -> Any:
    """Return the function below decorators, such as Hypothesis's."""
    inner = getattr(getattr(function, "hypothesis", None), "inner_test", function)
    return getattr(inner, "__wrapped__", inner)


@cache
def reach(function: Any) -> frozenset[str]:
    """Follow the names that a function and those it calls use."""
    reached: set[str] = set()
    seen = {function}
    left = [function]
    while left:
        costs, called = _read_code(left.pop())
        reached |= costs
        left += called - seen
        seen |= called
    return frozenset(reached)


@cache
def _read_code(function: Any) -> tuple[frozenset[str], frozenset[Any]]:
    """Return what a function itself reaches, and what it calls of the tests."""
    code = getattr(function, "__code__", None)
    if code is None:
        return frozenset(), frozenset()
    reached: set[str] = set()
    called: list[Any] = []
    for used in _list_used(code, function.__globals__):
        name = used.__name__ if isinstance(used, ModuleType) else _name(used)
        if name in COSTLY:
            reached.add(name)
        elif name in MAIN:
            reached |= COMMANDS.intersection(_list_constants(code))
        elif name.startswith("tests."):
            called += [_unwrap(used), *_list_methods(used)]
    return frozenset(reached), frozenset(each for each in called if hasattr(each, "__code__"))


def _list_used(code: CodeType, scope: dict[str, Any]) -> Iterator[Any]:
    """Give what the names of a function's code stand for, also where it imports by itself."""
    names = [name for part in _list_codes(code) for name in part.co_names]
    modules = [sys.modules[name] for name in names if name in sys.modules and name not in scope]
    for name in names:
        if name in scope:
            yield scope[name]
    modules += [scope[name] for name in names if isinstance(scope.get(name), ModuleType)]
    yield from modules
    for module in modules:
        held = {*dir(module)} if module.__name__ == "clientela" else vars(module)
        yield from (getattr(module, name) for name in names if name in held)


def _name(used: Any) -> str:
    return f"{getattr(used, '__module__', '')}.{getattr(used, '__qualname__', '')}"


def _list_methods(used: Any) -> list[Any]:
    return (
        [each for each in vars(used).values() if callable(each)] if isinstance(used, type) else []
    )


def _list_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _list_codes(constant)


def _list_constants(code: CodeType) -> Iterator[str]:
    for part in _list_codes(code):
        for constant in part.co_consts:
            yield from (each for each in _flatten(constant) if isinstance(each, str))


def _flatten(constant: Any) -> Iterator[Any]:
    if isinstance(constant, tuple | frozenset):
        for each in constant:
            yield from _flatten(each)
    else:
        yield constant
