"""A headless browser that takes a picture of a page and tells what its console said."""

import os
import shutil
import subprocess
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=10000",
    "--enable-logging=stderr",
    "--window-size=1200,1600",
)


def shot(folder: Path, picture: Path, address: str) -> str:
    """Take a picture of a page and give what the browser told."""
    ran = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={folder}/profile",
            f"--screenshot={picture}",
            address,
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env=os.environ | {"LANG": "C"},
    )
    return ran.stderr
