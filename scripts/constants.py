"""Find the numbers that somebody chose, and what the code says of why each is what it is.

A chosen constant is a module's upper-case name with a number, or with numbers alone in a tuple or a
dict. Its evidence is the comment above it or behind it, or the string below it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[1] / "src" / "clientela"


class Constant(NamedTuple):
    """A chosen number, the module it stands in, and its evidence; empty where none is given."""

    module: str
    name: str
    value: str
    evidence: str


def list_constants(source: Path = SOURCE) -> list[Constant]:
    """List every chosen constant, module by module in the order of the code."""
    return [
        constant
        for path in sorted(source.rglob("*.py"))
        for constant in read_constants(
            path.read_text("utf-8"), path.relative_to(source).with_suffix("").as_posix()
        )
    ]


def read_constants(text: str, module: str) -> Iterator[Constant]:
    r"""Yield the constants of a module's text.

    Examples
    --------
    >>> text = "# By convention: a week.\nWAIT_DAYS = 7\nNAME = 'x'\nLOW, HIGH = 1, 2  # of all\n"
    >>> [(found.name, found.evidence) for found in read_constants(text, "m")]
    [('WAIT_DAYS', 'By convention: a week.'), ('LOW', 'of all'), ('HIGH', 'of all')]
    """
    lines, body = text.splitlines(), ast.parse(text).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        chosen = [pair for pair in _assignments(statement) if _is_numeric(pair[1])]
        said = [*_comments(statement, lines), _docstring(following)] if chosen else []
        for name, value in chosen:
            yield Constant(module, name, ast.unparse(value), " ".join(" ".join(said).split()))


def _assignments(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the upper-case names that a statement assigns, each with its value."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            pairs = list(zip(targets, values, strict=False))
        case ast.Assign(targets=[target], value=value):
            pairs = [(target, value)]
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            pairs = [(target, value)]
        case _:
            pairs = []
    for target, value in pairs:
        if isinstance(target, ast.Name) and target.id.strip("_").isupper():
            yield target.id, value


def _is_numeric(value: ast.expr) -> bool:
    match value:
        case ast.Constant(value=number):
            return isinstance(number, int | float) and not isinstance(number, bool)
        case ast.UnaryOp(operand=operand):
            return _is_numeric(operand)
        case ast.BinOp(left=left, right=right):
            return _is_numeric(left) and _is_numeric(right)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Dict(values=parts):
            return bool(parts) and all(_is_numeric(part) for part in parts)
    return False


def _comments(statement: ast.stmt, lines: list[str]) -> list[str]:
    """Return the comment lines right above a statement, and what stands behind it."""
    above: list[str] = []
    at = statement.lineno - 2
    while at >= 0 and lines[at].startswith("#"):
        above.insert(0, lines[at].lstrip("# "))
        at -= 1
    behind = lines[(statement.end_lineno or statement.lineno) - 1].partition("#")[2]
    return [*(line for line in above if not line.startswith("fmt:")), behind]


def _docstring(following: ast.stmt | None) -> str:
    match following:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
    return ""
