"""What ``clientela doctor`` finds: versions, parts, workspace, database, what is around them."""

import datetime as dt
import importlib.metadata
import importlib.util
import platform
import shutil
from pathlib import Path
from typing import Any

from clientela import __version__
from clientela.config import Settings
from clientela.config.database_url import OTHERS
from clientela.errors import ClientelaError, PlatformError
from clientela.pipeline.surroundings import check_surroundings
from clientela.registry import artifacts
from clientela.registry import stored_models as pointers
from clientela.store.read import check_columns, open_reader
from clientela.tables.workspace import Workspace

LIBRARIES = ("ibis-framework", "duckdb", "pyarrow", "scikit-learn", "litestar", "sqlalchemy")
EXTRAS = {
    "alerts": "apprise",
    "boosters": "catboost",
    "mcp": "mcp",
    "metrics": "prometheus_client",
    "mlflow": "mlflow",
    "mssql": "pymssql",
    "mysql": "pymysql",
    "notebooks": "papermill",
    "oidc": "authlib",
    "oracle": "oracledb",
    "otel": "opentelemetry",
    "pandas": "pandas",
    "postgres": "psycopg",
    "s3": "obstore",
    "spark": "pyspark",
    "umap": "umap",
    "webhooks": "standardwebhooks",
}


def diagnose(
    settings: Settings,
    folder: Path,
    store: str | None,
    now: dt.datetime,
    *,
    objects: str | None = None,
    deep: bool = False,
    repair: bool = False,
) -> dict[str, Any]:
    """Look at everything a run needs.

    Parameters
    ----------
    now : datetime
        The moment, aware.
    objects : str, optional
        A prefix of S3 to list.
    deep : bool
        Whether every file of the tables is read and compared with what was written.
    repair : bool
        Whether a lost or damaged manifest is brought back; else nothing is changed.

    Raises
    ------
    PlatformError
        A file is damaged, or there is nothing to repair from.
    """
    workspace = Workspace(folder)
    facts = {}
    if repair:
        with workspace.lock():
            facts["manifest"] = _repair(workspace)
    if deep:
        workspace.check_files()
        facts["files"] = f"{len(workspace.manifest().files):,} as they were written"
    url = settings.store.choose_url(store, workspace.default_store_url)
    permissions, shared = _permissions(folder)
    findings = [
        ("permissions", permissions, shared),
        *check_surroundings(url, folder, objects, now),
    ]
    tables, tables_wrong = _workspace(workspace)
    results, results_wrong = _store(url)
    models, models_wrong = _models(workspace.models_folder)
    findings += [
        ("workspace", tables, tables_wrong),
        ("models", models, models_wrong),
        ("results database", results, results_wrong),
    ]
    return {
        "clientela": __version__,
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in LIBRARIES},
        **{f"extra {name}": _extra(module) for name, module in EXTRAS.items()},
        "java": shutil.which("java") or "absent",
        **{name: sentence for name, sentence, _ in findings},
        **facts,
        "to do": [name for name, _, wrong in findings if wrong],
    }


def _permissions(folder: Path) -> tuple[str, bool]:
    """Say whether others on the machine can read what names customers."""
    paths = [folder, *folder.rglob("*")] if folder.exists() else []
    readable = [path for path in paths if path.stat().st_mode & OTHERS]
    if not readable:
        return "the owner's alone", False
    finding = f"others can read {len(readable):,} files and folders"
    return f"{finding}: chmod -R go-rwx {folder}", True


def _repair(workspace: Workspace) -> str:
    try:
        manifest = workspace.manifest()
    except PlatformError:
        return workspace.recovery.repair()
    return f"needs no repair: it names {len(manifest.files):,} files"


def _extra(module: str) -> str:
    return "installed" if importlib.util.find_spec(module) else "absent"


def _workspace(workspace: Workspace) -> tuple[str, bool]:
    try:
        manifest = workspace.manifest()
        workspace.check_columns()
    except ClientelaError as error:
        return str(error), True
    rows = sum(file.rows for file in manifest.of("transactions"))
    refused = sum(file.rows for file in manifest.of("quarantine"))
    return f"{rows:,} transactions, {refused:,} rows in the quarantine", False


def _models(folder: Path) -> tuple[str, bool]:
    """Say which models score, or which one is not as it was stored."""
    scoring = []
    try:
        for kind in pointers.kinds(folder):
            pointers.check_pointer(folder, kind)
            model_id = pointers.current(folder, kind)
            if model_id is not None:
                artifacts.load(folder, kind, model_id)
                scoring.append(model_id)
    except ClientelaError as error:
        return str(error), True
    return ", ".join(scoring) or "none scores yet", False


def _store(url: str) -> tuple[str, bool]:
    try:
        check_columns(url)
        reader = open_reader(url)
    except ClientelaError as error:
        return str(error), True
    try:
        run = reader.current_run()
    finally:
        reader.close()
    return (f"run {run.run_id} as of {run.as_of}" if run else "no run is published"), run is None
