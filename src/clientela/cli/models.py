"""Commands on stored models: list, show, promote, rollback, hold, release; and retrain."""

import datetime as dt
import os
from typing import Annotated, Any

import typer

from clientela.cli.options import (
    DEFAULT_WORKSPACE,
    CommandResult,
    JsonOption,
    Site,
    UserLangOption,
    WorkspaceOption,
    on_results,
    translate_text,
)
from clientela.i18n import choose_language

KindArgument = Annotated[str, typer.Argument(help="Kind of model: segments, rfm, value or churn.")]


def list_models(
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    lang: UserLangOption = None,
    json_: JsonOption = False,
) -> CommandResult:
    """List the stored models: kind, id, role, day and key scores."""
    from clientela.pipeline import models
    from clientela.report.terminal.models import format_models

    rows = models.list_models(workspace)
    return {"models": rows}, format_models(rows, choose_language(lang, os.environ))


@on_results
def show_model(
    site: Site,
    model: Annotated[str, typer.Argument(help="Id of a model, or a kind for its champion.")],
    lang: UserLangOption = None,
) -> CommandResult:
    """Show a model: data, features, hyperparameters, figures, what it was compared with."""
    from clientela.pipeline import models
    from clientela.report.terminal.models import format_model

    facts = models.show_model(site.settings, site.folder, site.store, model)
    return facts, format_model(facts, choose_language(lang, os.environ))


def promote_model(
    model_id: Annotated[str, typer.Argument(help="Id of the model, as `models list` shows it.")],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let a stored model score: predictions at once, published scores with the next run."""
    from clientela.pipeline import models

    return _describe_change(models.promote_model(workspace, model_id))


def roll_back_model(
    kind: KindArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let the champion before the current one score again."""
    from clientela.pipeline.models import rollback_model

    return _describe_change(rollback_model(workspace, kind))


def hold_model(
    kind: KindArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let the model that scores now stay, whatever age or the policy would put in its place."""
    from clientela.pipeline import models

    facts = models.hold_model(workspace, kind, hold=True)
    text = f"{kind}: {facts['champion']} stays until 'clientela models release {kind}'."
    return facts, translate_text(text)


def release_model(
    kind: KindArgument,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    json_: JsonOption = False,
) -> CommandResult:
    """Let age or the policy decide again about the model that scores now."""
    from clientela.pipeline import models

    facts = models.hold_model(workspace, kind, hold=False)
    text = f"{kind}: {facts['champion']} scores, and is held no longer."
    return facts, translate_text(text)


@on_results
def list_decisions(
    site: Site,
    lang: UserLangOption = None,
) -> CommandResult:
    """List what was decided about models, segments and rules, and by what evidence."""
    from clientela.report.terminal.models import format_decisions
    from clientela.store import decisions

    rows = [decisions.describe_decision(row) for row in decisions.list_decisions(site.url)]
    return {"decisions": rows}, format_decisions(rows, choose_language(lang, os.environ))


@on_results
def retrain(
    site: Site,
    now: Annotated[
        bool, typer.Option("--now", help="Learn challengers though nothing calls for them.")
    ] = False,
    lang: UserLangOption = None,
) -> CommandResult:
    """Learn challengers where the policy calls for them; let one take over where it wins."""
    from clientela.pipeline.retraining import retrain as review
    from clientela.report.terminal.models import format_decisions

    settings, language = site.settings, choose_language(lang, os.environ)
    moment = dt.datetime.now(dt.UTC)
    facts = review(settings, site.folder, site.store, moment, lang=language, force=now)
    return facts, format_decisions(facts["decisions"], language)


def _describe_change(facts: dict[str, Any]) -> CommandResult:
    before = f", {facts['before']} before" if facts["before"] else ""
    stays = "It stays until another is promoted, the settings change or a run has --refit."
    text = f"{facts['kind']}: {facts['champion']} scores now{before}. {stays}"
    return facts, translate_text(text)
