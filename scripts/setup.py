"""Make ``.venv`` hold exactly what ``requirements.lock`` names, and this checkout, editable.

Nothing is done when ``pyproject.toml``, ``requirements.lock``, the interpreter and the place of
the checkout are what they were. Needs Python 3.11 or later and its standard library alone.
"""

import hashlib
import os
import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
STAMP = VENV / "clientela-setup.sha256"
OLDEST = (3, 11)
PLATFORM = "{}-{}.{} {}-{}".format(
    sys.implementation.name, *sys.version_info[:2], platform.system().lower(), platform.machine()
)


def main() -> None:
    """Set up the environment if it is missing or stale."""
    if sys.version_info < OLDEST:
        sys.exit(
            f"Clientela needs Python {OLDEST[0]}.{OLDEST[1]} or later, and this is "
            f"{sys.version.split()[0]}. What to do: make PYTHON=python3.12 ..."
        )
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text("ascii") == wanted:
        return
    print("Setting up .venv; this is done once and takes a few minutes.", flush=True)
    make_venv()
    # Python compiles what it imports, a tenth of all, when it does: all take a minute of one core.
    lock = choose_lock(ROOT / "requirements.lock")
    pip("install", "--quiet", "--no-compile", "--requirement", str(lock))
    pip("install", "--quiet", "--no-deps", "--editable", str(ROOT))
    STAMP.write_text(wanted, "ascii")


def choose_lock(lock: Path) -> Path:
    """Return the lock, which pip checks by its hashes; on other platforms one without them."""
    text = lock.read_text("utf-8")
    if "--hash" not in text or f"Files of: {PLATFORM}." in text:
        return lock
    print(f"{lock.name} has no hashes for {PLATFORM}: versions are checked, files are not.")
    bare = VENV / "without-hashes.lock"
    lines = (line.partition(" --hash")[0] for line in text.splitlines())
    bare.write_text("\n".join(lines) + "\n", "utf-8")
    return bare


def fingerprint() -> str:
    """Hash all that the environment depends on."""
    content = hashlib.sha256()
    for name in ("pyproject.toml", "requirements.lock"):
        content.update((ROOT / name).read_bytes())
    content.update(f"{sys.version_info[:2]} {ROOT}".encode())
    return content.hexdigest()


def make_venv() -> None:
    """Create the environment unless it stands, works, and is of this interpreter's version."""
    version = "import sys; print(sys.version_info[:2])"
    python = VENV / "bin" / "python"
    found = (
        subprocess.run([python, "-c", version], capture_output=True, text=True, check=False).stdout
        if python.exists()
        else ""
    )
    if found.strip() == str(sys.version_info[:2]):
        return
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], check=False)
    if made.returncode:
        sys.exit(
            "python3 -m venv failed. What to do: on Debian or Ubuntu, apt install python3-venv."
        )


def pip(*arguments: str) -> None:
    """Run the environment's own pip."""
    command = [str(VENV / "bin" / "python"), "-m", "pip", *arguments]
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    if subprocess.run(command, env=environment, check=False).returncode:
        sys.exit("pip failed; its message stands above. Run the command again once it is mended.")


if __name__ == "__main__":
    main()
