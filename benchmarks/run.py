"""Run every benchmark, one process after another on an otherwise idle machine, and show its table.

``python benchmarks/run.py [name …]``; a benchmark is a file beside this one whose ``main`` needs no
argument. One that misses its limit exits with a code other than 0.
"""

import ast
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def benchmarks() -> list[str]:
    """Name the files that are benchmarks, in alphabetical order."""
    others = (path for path in sorted(FOLDER.glob("*.py")) if path.name != "run.py")
    return [path.stem for path in others if any(map(_runs_alone, _functions(path)))]


def _functions(path: Path) -> list[ast.FunctionDef]:
    body = ast.parse(path.read_text("utf-8")).body
    return [node for node in body if isinstance(node, ast.FunctionDef)]


def _runs_alone(function: ast.FunctionDef) -> bool:
    needed = len(function.args.args) - len(function.args.defaults)
    return function.name == "main" and needed == 0


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all, and give 1 where one failed or missed its limit."""
    failed = []
    for name in names or benchmarks():
        print(f"\n=== {name} ===", flush=True)
        command = [sys.executable, str(FOLDER / f"{name}.py")]
        if subprocess.run(command, cwd=FOLDER.parent, check=False).returncode:  # noqa: S603 - ours
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall within their limits")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
