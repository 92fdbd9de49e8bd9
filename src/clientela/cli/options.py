"""Options that commands share, and the settings they lead to."""

import datetime as dt
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Concatenate, Literal, ParamSpec, TypeVar

import typer

from clientela.cli.failure import translate_error
from clientela.config import Settings, read_settings
from clientela.config.database_url import STORE_PASSWORD, check_file_with_url, refuse_secret_text
from clientela.i18n import choose_language, translate

P = ParamSpec("P")
R = TypeVar("R")
KEYWORD_ONLY = Parameter.KEYWORD_ONLY
WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of tables, models and results.")
]


def translate_text(text: str) -> str:
    """Translate what a command that takes no ``--lang`` says, line by line, as LC_ALL or LANG."""
    return translate(text, choose_language(None, os.environ))


def _check_store(store: str | None) -> str | None:
    """Refuse a URL that carries a password."""
    if store is not None:
        refuse_secret_text(store, STORE_PASSWORD)
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


CommandResult = tuple[dict[str, Any], str]
"""The result of a command: facts for programs, text for people."""


@dataclass(frozen=True)
class Site:
    """The workspace that a command is about, its settings, and its results database."""

    folder: Path
    settings: Settings
    store: str | None = None

    @property
    def url(self) -> str:
        """The URL of the results database: the option's, the settings' or the workspace's."""
        default = f"sqlite:///{(self.folder / 'results.db').absolute()}"
        return self.settings.store.choose_url(self.store, default)

    def locate_access_log(self) -> tuple[str, Path]:
        """Return the URL of the access log, and the file of its key."""
        default = f"sqlite:///{(self.folder / 'access.db').absolute()}"
        return self.settings.access_log.url or default, self.folder.absolute() / "access.key"


def on_workspace(command: Callable[Concatenate[Site, P], R]) -> Callable[..., R]:
    """Give a command the options of a workspace, and hand it the site that they lead to."""
    return _add_options(command, workspace=WorkspaceOption, config=ConfigOption, json_=JsonOption)


def on_results(command: Callable[Concatenate[Site, P], R]) -> Callable[..., R]:
    """Give a command the options of a workspace and of its results, as :func:`on_workspace`."""
    return _add_options(
        command,
        workspace=WorkspaceOption,
        store=StoreOption,
        config=ConfigOption,
        json_=JsonOption,
    )


def _add_options(command: Callable[..., R], **options: Any) -> Callable[..., R]:
    _, *own = signature(command).parameters.values()
    names = {parameter.name for parameter in own}
    defaults = {"workspace": DEFAULT_WORKSPACE, "json_": False}

    @wraps(command)
    def run(workspace: Path, config: Path | None, store: str | None = None, **more: Any) -> R:
        site = Site(workspace, load_settings(config, workspace), store)
        with look_for_damage(workspace):
            return command(site, **{name: value for name, value in more.items() if name in names})

    shared = [
        Parameter(name, KEYWORD_ONLY, default=defaults.get(name), annotation=option)
        for name, option in options.items()
        if name not in names
    ]
    run.__signature__ = Signature(  # type: ignore[attr-defined]
        [*(parameter.replace(kind=KEYWORD_ONLY) for parameter in own), *shared]
    )
    return run


@contextmanager
def look_for_damage(folder: Path) -> Iterator[None]:
    """Name damaged files where a command fails for no reason of its own: they may be it."""
    try:
        yield
    except Exception as error:
        if translate_error(error) is None and (folder / "tables").is_dir():
            from clientela.tables.workspace import Workspace

            Workspace(folder).check_files()
        raise


def load_settings(config: Path | None, workspace: Path) -> Settings:
    """Load the settings of a file, else the workspace's own, else those of this folder."""
    usual = (workspace / "clientela.toml", Path("clientela.toml"))
    path = config or next((path for path in usual if path.exists()), None)
    settings = read_settings(path)
    if path is not None and settings.store.url is not None:
        check_file_with_url(path, settings.store.url)
    return settings
