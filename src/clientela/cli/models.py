"""Commands on stored models: list, show, promote, rollback."""

from typing import Annotated, Any

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


def list_(workspace: WorkspaceOption = DEFAULT_WORKSPACE, json_: JsonOption = False) -> Outcome:
    """List the stored models: kind, id, role, day and key scores."""
    from clientela.pipeline.models import list_models
    from clientela.report.terminal.models import format_models

    rows = list_models(workspace)
    return Outcome({"models": rows}, format_models(rows))


def show(
    model: Annotated[str, typer.Argument(help="Id of a model, or a kind for its champion.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    store: StoreOption = None,
    lang: LangOption = "en",
    config: ConfigOption = None,
    json_: JsonOption = False,
) -> Outcome:
    """Show a model: data, features, hyperparameters, figures, what it was compared with."""
    from clientela.pipeline.models import show_model
    from clientela.report.terminal.models import format_model

    facts = show_model(settings_of(config, workspace), workspace, store, model)
    return Outcome(facts, format_model(facts, lang))


def promote(
    model_id: Annotated[str, typer.Argument(help="Id of the model, as `models list` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> Outcome:
    """Let a stored model score: predictions at once, published scores with the next run."""
    from clientela.pipeline.models import promote_model

    return _changed(promote_model(workspace, model_id))


def rollback(
    kind: Annotated[str, typer.Argument(help="Kind of model: segments, rfm, value or churn.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> Outcome:
    """Let the champion before the current one score again."""
    from clientela.pipeline.models import rollback_model

    return _changed(rollback_model(workspace, kind))


def _changed(facts: dict[str, Any]) -> Outcome:
    before = f", {facts['before']} before" if facts["before"] else ""
    stays = "It stays until another is promoted, the settings change or a run has --refit."
    return Outcome(facts, f"{facts['kind']}: {facts['champion']} scores now{before}. {stays}")
