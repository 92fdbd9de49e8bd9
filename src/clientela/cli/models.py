"""Commands on stored models: list, show, promote, rollback."""

from typing import Annotated, Any

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    ConfigOption,
    JsonOption,
    LangOption,
    StoreOption,
    WorkspaceOption,
    load_settings,
)


def list_models(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE, json_: JsonOption = False
) -> CommandResult:
    """List the stored models: kind, id, role, day and key scores."""
    from clientela.pipeline import models
    from clientela.report.terminal.models import format_models

    rows = models.list_models(workspace)
    return CommandResult({"models": rows}, format_models(rows))


def show_model(
    model: Annotated[str, typer.Argument(help="Id of a model, or a kind for its champion.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    lang: LangOption = "en",
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """Show a model: data, features, hyperparameters, figures, what it was compared with."""
    from clientela.pipeline import models
    from clientela.report.terminal.models import format_model

    facts = models.show_model(load_settings(config, workspace), workspace, store, model)
    return CommandResult(facts, format_model(facts, lang))


def promote_model(
    model_id: Annotated[str, typer.Argument(help="Id of the model, as `models list` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let a stored model score: predictions at once, published scores with the next run."""
    from clientela.pipeline import models

    return _describe_change(models.promote_model(workspace, model_id))


def roll_back_model(
    kind: Annotated[str, typer.Argument(help="Kind of model: segments, rfm, value or churn.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let the champion before the current one score again."""
    from clientela.pipeline.models import rollback_model

    return _describe_change(rollback_model(workspace, kind))


def _describe_change(facts: dict[str, Any]) -> CommandResult:
    before = f", {facts['before']} before" if facts["before"] else ""
    stays = "It stays until another is promoted, the settings change or a run has --refit."
    return CommandResult(facts, f"{facts['kind']}: {facts['champion']} scores now{before}. {stays}")
