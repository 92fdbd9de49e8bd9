"""Build the wheel, install it in a fresh environment without extras, and run the whole job from it.

Prints the size of the environment and the time of ``import clientela``.
"""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JOB = """
import time
started = time.process_time()
import clientela as cl
print(f"import clientela: {time.process_time() - started:.3f} CPU s")
made = cl.simulate.simulate_retail("shop", cl.simulate.RetailSettings(customers=120, products=60))
with cl.read(made.transactions, segments={"budget": 2, "bootstraps": 0}) as sales:
    print(sales)
    print(sales.segments().profile())
print(cl.btyd.BetaGeoFitter())
"""


def main() -> None:
    """Build, install, run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pip = [sys.executable, "-m", "pip", "--quiet"]
        subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", folder, ROOT], check=True)
        wheel = next(folder.glob("clientela-*.whl"))
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        subprocess.run([python, "-m", "pip", "--quiet", "install", wheel], check=True)
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        subprocess.run([python, "-c", JOB], check=True, cwd=folder, env=environment)
        files = (folder / "env").rglob("*")
        size = sum(file.stat().st_size for file in files if file.is_file())
        print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, environment {size / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
