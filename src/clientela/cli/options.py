"""Options that commands share, and the settings they lead to."""

from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import typer

from clientela.config import Settings, load

WorkspaceOption = Annotated[
    Path, typer.Option("--workspace", "-w", help="Folder of tables, models and results.")
]
StoreOption = Annotated[
    str | None, typer.Option("--store", help="URL of the results database (sqlite, postgresql).")
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
DEFAULT_WORKSPACE = Path("clientela-data")


class Outcome(NamedTuple):
    """What a command gives back: facts for programs, text for people."""

    facts: dict[str, Any]
    text: str


def settings_of(config: Path | None, workspace: Path) -> Settings:
    """Load the settings given, else the workspace's own, else those of this folder."""
    if config is not None:
        return load(config)
    for place in (workspace / "clientela.toml", Path("clientela.toml")):
        if place.exists():
            return load(place)
    return load(None)


def store_url(settings: Settings, workspace: Path, store: str | None) -> str:
    """Give the URL of the results database: the one given, configured, or the workspace's own."""
    default = f"sqlite:///{(workspace / 'results.db').absolute()}"
    return store or settings.store.url or default
