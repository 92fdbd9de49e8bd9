"""Build the wheel, install it in an environment of its own, and run the job from it.

Without an option the dependencies come from ``.venv``, which ``requirements.lock`` pins: the wheel
alone is installed anew, in seconds. ``--fresh`` resolves and installs them anew, without extras,
and lists their sizes; ``--fresh python3.12`` does so for another interpreter.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LISTED = 15  # by convention: packages that are listed by their size; the rest is below 5 MB each
JOB = """
import sys, time
from pathlib import Path
started = time.process_time()
class Absent:  # pandas is an extra: what runs below must not need it
    def find_spec(self, name, *_):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
import clientela as cl
print(f"import clientela: {time.process_time() - started:.3f} CPU s")
assert sys.argv[1] in cl.__file__, cl.__file__
small = cl.simulate.RetailSettings(customers=60, products=30)
shop = cl.simulate.simulate_retail(Path("shop"), small)
with cl.read(shop.transactions, segments={"budget": 2, "bootstraps": 0}) as sales:
    print(sales)
    print(sales.segments().profile()["name_en"])
print(cl.btyd.BetaGeoFitter())
from clientela.cli import main  # in this process, for another would import all of it anew
sys.exit(main(["run", "shop/transactions.csv", "--json"]))
"""
PIP = (sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check")


def main(arguments: list[str]) -> None:
    """Build, install, run, and say what was done and how long it took."""
    started = time.monotonic()
    fresh = arguments[:1] == ["--fresh"]
    interpreter = arguments[1] if len(arguments) > 1 else sys.executable
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build_wheel(folder)
        python = folder / "env" / "bin" / "python"
        run([interpreter, "-m", "venv", "--without-pip", folder / "env"], folder)
        site = Path(ask(python, "import sysconfig; print(sysconfig.get_path('purelib'))"))
        if not fresh:
            pinned = ask(sys.executable, "import sysconfig; print(sysconfig.get_path('purelib'))")
            # The environment's own packages come first, so that the wheel is what is imported.
            (site / "pinned.pth").write_text(f"{pinned}\n", "utf-8")
        alone = () if fresh else ("--no-deps", "--no-index", "--no-compile")
        run([*PIP, "--python", python, "install", *alone, wheel], folder)
        settings = (ROOT / "tests" / "quick.toml").read_text("utf-8")
        (folder / "clientela.toml").write_text(settings, "utf-8")
        run([python.parent / "clientela", "--version"], folder)
        run([python, "-c", JOB, site], folder)
        if not (folder / "clientela-data" / "results.db").exists():
            sys.exit("nothing was published")
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB", end="; ")
        print("dependencies installed anew" if fresh else "dependencies of .venv", end="; ")
        print(f"read, segmented and run from it in {time.monotonic() - started:.0f} s")
        if fresh:
            list_sizes(site)


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout, with the build backend that is installed, if one is."""
    backend = ask(sys.executable, "import importlib.util as u; print(u.find_spec('hatchling'))")
    isolation = [] if backend == "None" else ["--no-build-isolation"]
    run([*PIP, "wheel", *isolation, "--no-deps", "--wheel-dir", folder, ROOT], folder)
    return next(folder.glob("clientela-*.whl"))


def list_sizes(site: Path) -> None:
    """Print what the installed packages take, the largest first."""
    sizes = {path.name: _measure(path) for path in site.iterdir()}
    print(f"installed: {sum(sizes.values()) / 1e6:.0f} MB, of which")
    for name, size in sorted(sizes.items(), key=lambda item: -item[1])[:LISTED]:
        print(f"{size / 1e6:8.1f} MB  {name}")


def _measure(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())


def run(command: Sequence[object], folder: Path) -> None:
    """Run a command in the folder, without this checkout on the path."""
    environment = {key: text for key, text in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(list(map(str, command)), cwd=folder, env=environment, check=True)


def ask(python: object, code: str) -> str:
    """Return what a line of Python prints."""
    asked = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


if __name__ == "__main__":
    main(sys.argv[1:])
