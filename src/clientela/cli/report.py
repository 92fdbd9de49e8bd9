"""The command that writes the report."""

from pathlib import Path
from typing import Annotated

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    ConfigOption,
    JsonOption,
    LangOption,
    Outcome,
    StoreOption,
    WorkspaceOption,
    settings_of,
)


def report(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    lang: LangOption = "en",
    out: Annotated[Path, typer.Option("--out", "-o", help="The HTML file to write.")] = Path(
        "report.html"
    ),
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Write the report of the published run: one HTML file that answers the business."""
    from clientela.pipeline.reporting import write_report

    facts = write_report(settings_of(config, workspace), workspace, store, out, lang)
    return Outcome(facts, f"{facts['answers']} answers: {out}")
