"""Entry point: finds the command, and turns every error into one message and one exit code."""

import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from models.base.errors import ForeshockError, InvariantViolation, SimulationError, SpecError
from scenarios.cli.exits import Exit

_COMMANDS = {
    "demo": "scenarios.cli.demo",
    "explain": "scenarios.cli.explain",
    "replay": "scenarios.cli.replay",
    "report": "scenarios.cli.report",
    "run": "scenarios.cli.run",
    "schema": "scenarios.cli.schema",
    "validate": "scenarios.cli.validate",
}

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
@click.option("--debug", is_flag=True, help="Show the traceback of an internal error.")
def foreshock(debug: bool) -> None:
    """Rehearse the outage before it happens."""
    del debug


def _check_ours() -> None:
    """A folder called `models` beside the user must not stand in for our package."""
    home = Path(__file__).resolve().parents[2]
    for name in ("models", "sim", "reports"):
        module = import_module(name)
        found = Path(str(module.__file__)).resolve().parent.parent
        if found != home:
            raise SpecError(
                f"a foreign package '{name}' in {found} hides foreshock's own;"
                " run from another directory or drop it from PYTHONPATH"
            )


def main() -> None:
    """Run the command line and leave with the exit code that fits."""
    try:
        _check_ours()
        result = foreshock(standalone_mode=False)
        code = int(result) if isinstance(result, int) else Exit.OK
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        code = Exit.INTERRUPTED
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        code = Exit.INTERRUPTED
    except click.ClickException as error:
        error.show()
        code = Exit.BAD_INPUT
    except (SimulationError, InvariantViolation) as error:
        code = _internal(error)
    except ForeshockError as error:
        click.echo(str(error), err=True)
        code = Exit.BAD_INPUT
    except OSError as error:
        click.echo(f"error: {error}", err=True)
        code = Exit.BAD_INPUT
    sys.exit(code)


def _internal(error: ForeshockError) -> Exit:
    if "--debug" in sys.argv:
        traceback.print_exception(error)
    click.echo(f"internal error: {error}", err=True)
    click.echo("this is a defect of foreshock, not of your scenario; --debug shows more", err=True)
    return Exit.INTERNAL


if __name__ == "__main__":
    main()
