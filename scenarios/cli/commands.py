"""All commands under one name, and every error turned into one message and one exit code."""

import os
import traceback
from collections.abc import Sequence
from importlib import import_module

import click

from models.base.errors import ForeshockError, InvariantViolation, SimulationError
from scenarios.cli.exits import Exit

_COMMANDS = {
    "anomalies": "scenarios.cli.anomalies",
    "dashboards": "scenarios.cli.dashboards",
    "demo": "scenarios.cli.demo",
    "explain": "scenarios.cli.explain",
    "objectives": "scenarios.cli.objectives",
    "replay": "scenarios.cli.replay",
    "report": "scenarios.cli.report",
    "rules": "scenarios.cli.rules",
    "run": "scenarios.cli.run",
    "schema": "scenarios.cli.schema",
    "traces": "scenarios.cli.traces",
    "validate": "scenarios.cli.validate",
}
_DEBUG = "--debug"
_EPILOG = """
Exit codes: 0 all expectations hold; 1 one failed; 2 bad usage or input; 3 internal error or a
broken conservation law; 4 stopped by a budget or a deadlock; 130 interrupted. replay exits 0 when
the digests are equal and 1 when they differ.
"""


class _LazyCommands(click.Group):
    """Imports a command only when it is asked for, so that --help stays fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of all commands, sorted."""
        return sorted({*_COMMANDS, *super().list_commands(ctx)})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command."""
        module = _COMMANDS.get(cmd_name)
        if module is None:
            return super().get_command(ctx, cmd_name)
        command = import_module(module).command
        assert isinstance(command, click.Command)
        return command


@click.group(cls=_LazyCommands, epilog=_EPILOG, context_settings={"max_content_width": 100})
@click.version_option(package_name="foreshock")
@click.option(_DEBUG, is_flag=True, help="Show the traceback of an internal error.")
def foreshock(debug: bool) -> None:
    """Rehearse the outage before it happens."""
    del debug  # read from the arguments, because an error can come before any option is parsed


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; messages of errors go to stderr.

    Colours follow the terminal, and NO_COLOR switches them off.
    """
    color = False if os.environ.get("NO_COLOR") else None
    try:
        result = foreshock.main(
            list(arguments), prog_name="foreshock", standalone_mode=False, color=color
        )
    except (click.exceptions.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        return Exit.BAD_INPUT
    except (SimulationError, InvariantViolation) as error:
        return _internal(error, arguments)
    except (ForeshockError, OSError) as error:
        click.echo(_as_error(error), err=True)
        return Exit.BAD_INPUT
    except Exception as error:  # noqa: BLE001 - the edge of the process: Python would exit with 1
        return _internal(error, arguments)
    return int(result) if isinstance(result, int) else Exit.OK


def _as_error(error: Exception) -> str:
    """The message; those of a scenario file say 'error' themselves, beside the place."""
    text = str(error)
    return text if ": error: " in text else f"error: {text}"


def _internal(error: Exception, arguments: Sequence[str]) -> Exit:
    if _DEBUG in arguments:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    named = isinstance(error, ForeshockError)
    click.echo(
        f"internal error: {error if named else f'{type(error).__name__}: {error}'}", err=True
    )
    for note in getattr(error, "__notes__", ()):
        click.echo(note, err=True)
    click.echo(
        "this is a defect of foreshock or of a plug-in, not of your scenario;"
        " 'foreshock --debug ...' shows where",
        err=True,
    )
    return Exit.INTERNAL
