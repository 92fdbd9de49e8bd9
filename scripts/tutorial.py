"""Run the tutorial on the real files and write down what it prints: ``scripts/tutorial.py FOLDER``.

Every ``python`` block runs in the folder, in one session, and every ``console`` block in a shell.
The ``text`` block behind it takes what was printed and the value of the last line; a picture behind
it takes the axes that the last line gave.
"""

import ast
import contextlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parent.parent / "docs" / "tutorial.md"
STEP = re.compile(
    r"```(?P<kind>python|console)\n(?P<code>.*?)```\n"
    r"(?P<text>\n```text\n.*?```\n)?(?P<picture>\n!\[[^\]]*\]\((?P<image>[^)]+)\)\n)?",
    re.DOTALL,
)


def main(arguments: list[str]) -> None:
    """Run every step of the page in the folder, and write the page anew."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        sys.exit("usage: scripts/tutorial.py FOLDER, which holds the files that the page reads")
    import matplotlib as mpl

    mpl.use("svg")
    # The same picture gives the same file: no date in it, and ids that do not change.
    mpl.rcParams.update({"svg.hashsalt": "tutorial", "figure.figsize": (8, 3.5)})
    mpl.rcParams.update({"figure.constrained_layout.use": True, "font.size": 9})
    session: dict[str, Any] = {}
    page = PAGE.read_text("utf-8")
    os.chdir(arguments[0])
    PAGE.write_text(STEP.sub(lambda step: _run_step(step, session), page), "utf-8")


def _run_step(step: re.Match[str], session: dict[str, Any]) -> str:
    if step["kind"] == "python":
        printed, value = run_python(step["code"], session)
    else:
        printed, value = _run_shell(step["code"].removeprefix("$ ")), None
    shown = f"```{step['kind']}\n{step['code']}```\n"
    if step["image"]:
        value.figure.savefig(PAGE.parent / step["image"], metadata={"Date": None})
        return shown + step["picture"]
    return shown + (f"\n```text\n{printed.rstrip()}\n```\n" if printed.strip() else "")


def run_python(code: str, session: dict[str, Any]) -> tuple[str, Any]:
    r"""Run a block as a notebook does, and return what it printed and the value of its last line.

    Examples
    --------
    >>> run_python("x = 2\nprint('two')\nx + 1\n", {})
    ('two\n3\n', 3)
    """
    body = ast.parse(code).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(ast.Module(body, []), "tutorial", "exec"), session)  # noqa: S102 - our page
        value = None
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "tutorial", "eval"), session)  # noqa: S307
            if value is not None:
                print(value)
    return printed.getvalue(), value


def _run_shell(command: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command],  # noqa: S607 - the reader's own bash
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    main(sys.argv[1:])
