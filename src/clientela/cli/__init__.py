"""The command line: one thin function a command, heavy libraries loaded where they are used.

Exit codes: 0 done; 2 the input or the command is wrong; 3 the environment failed, worth a retry;
1 our fault. With ``--json`` a command prints one JSON object on standard output and nothing else
there; without it, text for a person.
"""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from clientela import __version__
from clientela.cli import backtest, data, experiment, keys, models, report, results
from clientela.cli.failure import encoded, failed
from clientela.cli.options import Outcome

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
keys_app = typer.Typer(help="Manage the keys of the API.", no_args_is_help=True)
experiment_app = typer.Typer(
    help="Measure what the programme changes: design, assign, read.", no_args_is_help=True
)

app.command()(data.init)
app.command()(data.run)
app.add_typer(simulate_app, name="simulate")
simulate_app.command("retail")(data.simulate_retail)
simulate_app.command("subscription")(data.simulate_subscription)
app.command()(backtest.backtest)
app.command()(report.report)
app.command()(results.serve)
app.add_typer(experiment_app, name="experiment")
experiment_app.command()(experiment.design)
experiment_app.command()(experiment.assign)
experiment_app.command()(experiment.read)
app.add_typer(models_app, name="models")
models_app.command("list")(models.list_)
models_app.command()(models.show)
models_app.command()(models.promote)
models_app.command()(models.rollback)
app.add_typer(keys_app, name="keys")
keys_app.command()(keys.create)
keys_app.command("list")(keys.list_)
keys_app.command()(keys.revoke)
app.command()(results.dictionary)
app.command()(results.export)
app.command()(results.doctor)


@app.callback(invoke_without_command=True)
def version(
    shown: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> Outcome | None:
    """Take the options that stand before the command."""
    return Outcome({"version": __version__}, __version__) if shown else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code."""
    # Our products of matrices are small: threads that wait for them cost more than they bring.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        outcome = app(given, standalone_mode=False, prog_name="clientela")
    except (Exception, KeyboardInterrupt) as error:
        return failed(error, as_json)
    if isinstance(outcome, Outcome):
        sys.stdout.write((encoded(outcome.facts) if as_json else outcome.text) + "\n")
    return 0
