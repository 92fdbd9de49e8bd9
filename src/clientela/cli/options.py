"""Options that commands share, and the settings they lead to."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from clientela.config import Settings, read_settings
from clientela.config.database_url import (
    STORE_PASSWORD,
    check_file_with_url,
    parse_url,
    refuse_password,
)

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of tables, models and results.")
]


def _check_store(store: str | None) -> str | None:
    """Refuse a URL that carries a password."""
    if store is not None and (url := parse_url(store)) is not None:
        refuse_password(url, STORE_PASSWORD)
    return store


StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        help="URL of the results database (sqlite, postgresql).",
        callback=_check_store,
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings file; else clientela.toml of the workspace or folder."
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
LangOption = Annotated[
    Literal["en", "pt_BR"], typer.Option("--lang", help="Language of the texts.")
]
UserLangOption = Annotated[
    Literal["en", "pt_BR"] | None,
    typer.Option("--lang", help="Language of the texts; that of LC_ALL or LANG if absent."),
]
FilesArgument = Annotated[
    list[str] | None, typer.Argument(help="Transactions (and customers): files or URLs.")
]
CustomersOption = Annotated[
    list[str] | None, typer.Option("--customers", help="File of customers.")
]
AsOfOption = Annotated[
    dt.datetime | None,
    typer.Option(formats=["%Y-%m-%d"], help="Last day known; the last event's if absent."),
]
OutFolderOption = Annotated[Path, typer.Option("--out", "-o", help="Folder to write to.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of every draw.")]
DEFAULT_WORKSPACE = Path("clientela-data")


class CommandResult(NamedTuple):
    """The result of a command: facts for programs, text for people."""

    facts: dict[str, Any]
    text: str


def load_settings(config: Path | None, workspace: Path) -> Settings:
    """Load the settings of a file, else the workspace's own, else those of this folder."""
    usual = (workspace / "clientela.toml", Path("clientela.toml"))
    path = config or next((path for path in usual if path.exists()), None)
    settings = read_settings(path)
    if path is not None and settings.store.url is not None:
        check_file_with_url(path, settings.store.url)
    return settings


def locate_access_log(settings: Settings, workspace: Path) -> tuple[str, Path]:
    """Return the URL of the access log, and the file of its key."""
    default = f"sqlite:///{(workspace / 'access.db').absolute()}"
    return settings.access_log.url or default, workspace.absolute() / "access.key"


def choose_store_url(settings: Settings, workspace: Path, store: str | None) -> str:
    """Return the URL of the results database: the option's, the settings' or the workspace's."""
    default = f"sqlite:///{(workspace / 'results.db').absolute()}"
    return settings.store.choose_url(store, default)
