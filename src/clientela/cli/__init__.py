"""The command line: one thin function a command, heavy libraries loaded where they are used.

Exit codes: 0 done; 2 the input or the command is wrong; 3 the environment failed, worth a retry;
130 and 143 interrupted by Ctrl-C or SIGTERM; 1 our fault. With ``--json`` a command prints one JSON
object on standard output and nothing else there; without it, text for a person.
"""

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated

import typer

from clientela import __version__
from clientela.cli import (
    audit,
    data,
    experiment,
    keys,
    models,
    monitoring,
    persons,
    programme,
    results,
    subscriptions,
    users,
    webhooks,
)
from clientela.cli.failure import encode_facts, report_failure, write_line
from clientela.cli.help import translate_help
from clientela.cli.interruption import Interruption, raise_at_signals
from clientela.cli.lean_imports import lighten_libraries
from clientela.cli.options import CommandResult
from clientela.files.atomic_write import OWNER_ONLY
from clientela.i18n import choose_language
from clientela.telemetry import trace

# Objects made before Python looks for garbage. At its own 700 it looked 1,100 times in a run of 268
# customers, which took 1.2 of 17.8 CPU s; at 10,000 still 0.3 of the 4.6 of a run with nothing new.
GARBAGE_OBJECTS = 100_000

app = typer.Typer(
    name="clientela",
    help="Who your customers are, which are worth most, and who is about to leave.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
simulate_app = typer.Typer(help="Make data with known truth.", no_args_is_help=True)
models_app = typer.Typer(
    help="The stored models: which there are, which scores.", no_args_is_help=True
)
keys_app = typer.Typer(
    help="Manage the keys of the API; rotate those of pseudonyms and models.",
    no_args_is_help=True,
)
users_app = typer.Typer(help="Manage the people who log in.", no_args_is_help=True)
audit_app = typer.Typer(help="Who asked the API for whom.", no_args_is_help=True)
webhooks_app = typer.Typer(
    help="Who entered and left, told to other systems after each run.", no_args_is_help=True
)
subscriptions_app = typer.Typer(
    help="Who is told of audiences and saved views, and how often.", no_args_is_help=True
)
experiment_app = typer.Typer(
    help="Measure what the programme changes: design, assign, read.", no_args_is_help=True
)

programme_app = typer.Typer(
    help="The loyalty programme: propose rules, approve or refuse, launch, look.",
    no_args_is_help=True,
)

app.command()(data.init)
app.command()(data.run)
app.add_typer(simulate_app, name="simulate")
simulate_app.command("retail")(data.simulate_retail)
simulate_app.command("subscription")(data.simulate_subscription)
app.command()(data.backtest)
app.command()(monitoring.monitor)
app.command()(monitoring.backfill)
app.command()(monitoring.backup)
app.command()(monitoring.restore)
app.command()(results.report)
app.command()(results.compare)
app.command()(results.copy)
app.command()(results.serve)
app.command("mcp")(results.serve_assistants)
app.add_typer(programme_app, name="programme")
programme_app.command()(programme.propose)
programme_app.command()(programme.approve)
programme_app.command()(programme.refuse)
programme_app.command()(programme.launch)
programme_app.command()(programme.show)
programme_app.command()(programme.history)
app.add_typer(experiment_app, name="experiment")
experiment_app.command()(experiment.design)
experiment_app.command()(experiment.assign)
experiment_app.command()(experiment.read)
app.add_typer(models_app, name="models")
models_app.command("list")(models.list_models)
models_app.command("show")(models.show_model)
models_app.command("promote")(models.promote_model)
models_app.command("rollback")(models.roll_back_model)
models_app.command("hold")(models.hold_model)
models_app.command("release")(models.release_model)
models_app.command("decisions")(models.list_decisions)
app.command()(models.retrain)
app.add_typer(keys_app, name="keys")
keys_app.command("create")(keys.create_key)
keys_app.command("list")(keys.list_keys)
keys_app.command("revoke")(keys.revoke_key)
keys_app.command("rotate")(keys.rotate_keys)
app.add_typer(users_app, name="users")
users_app.command("add")(users.add_user)
users_app.command("list")(users.list_users)
users_app.command("password")(users.set_password)
users_app.command("roles")(users.set_roles)
users_app.command("disable")(users.disable_user)
users_app.command("enable")(users.enable_user)
app.add_typer(audit_app, name="audit")
audit_app.command("verify")(audit.verify_log)
audit_app.command("show")(audit.show_log)
audit_app.command("cut")(audit.cut_log)
app.add_typer(subscriptions_app, name="subscriptions")
subscriptions_app.command("send")(subscriptions.send_subscriptions)
subscriptions_app.command("list")(subscriptions.list_subscriptions)
subscriptions_app.command("add")(subscriptions.add_subscription)
subscriptions_app.command("remove")(subscriptions.remove_subscription)
app.add_typer(webhooks_app, name="webhooks")
webhooks_app.command("send")(webhooks.send_webhooks)
webhooks_app.command("list")(webhooks.list_webhooks)
webhooks_app.command("replay")(webhooks.replay_webhooks)
app.command()(audit.breach)
app.command()(persons.forget)
app.command()(persons.person)
app.command()(persons.register)
app.command()(results.dictionary)
app.command()(results.export)
app.command()(results.doctor)


@app.callback(invoke_without_command=True)
def show_version(
    is_asked: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> CommandResult | None:
    """Take the options that stand before the command."""
    return ({"version": __version__}, __version__) if is_asked else None


def find_option(words: Sequence[str]) -> str | None:
    """Find the language that a command line names, whether or not its command is understood.

    Examples
    --------
    >>> find_option(["run", "--lang", "pt_BR"]), find_option(["run", "--lang=en"])
    ('pt_BR', 'en')
    """
    for index, word in enumerate(words):
        if word.startswith("--lang="):
            return word.removeprefix("--lang=")
        if word == "--lang" and index + 1 < len(words):
            return words[index + 1]
    return None


def _trace_command(words: Sequence[str]) -> AbstractContextManager[None]:
    """Trace a command by its name alone; a server traces each of its requests instead."""
    names = {getattr(entry.callback, "__name__", "") for entry in app.registered_commands}
    names |= {entry.name for entry in app.registered_groups if entry.name}
    is_traced = bool(words) and words[0] in names and words[0] != "serve"
    return trace(f"clientela {words[0]}") if is_traced else nullcontext()


def _report(error: Exception, words: list[str]) -> int:
    lang = choose_language(find_option(words), os.environ)
    return report_failure(error, "--json" in words, lang)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    # Our products of matrices are small: threads that wait for them cost more than they save.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.set_threshold(GARBAGE_OBJECTS)
    lighten_libraries()
    os.umask(OWNER_ONLY)
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        with raise_at_signals(), _trace_command(words):
            command = typer.main.get_command(app)
            translate_help(command, choose_language(find_option(words), os.environ))
            result = command(words, standalone_mode=False, prog_name="clientela")
    except Interruption as signal:
        return _report(signal.describe(), words)
    except Exception as error:
        return _report(error, words)
    if isinstance(result, tuple):
        facts, text = result
        write_line(sys.stdout, encode_facts(facts) if as_json else text)
    return 0
