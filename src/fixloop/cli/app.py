"""The `fixloop` command: a list of verbs, each in its own file, which is imported when it is called.

To add a verb, write `cli/<verb>.py` with

    app = verb()

    @app.command()
    def <verb>(..., as_json: Json = False, repo: Repo = ".") -> int:
        \"\"\"The help text.\"\"\"
        from fixloop.commands... import ...      # everything but typer and `cli.options` inside the function
        return answer(result, draw, as_json, code)

and name it in VERBS below. A verb with commands of its own (`hook install`) gives its `app` several of them.
A verb in the list whose file is not there is not registered.
"""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fixloop.cli.options import quicken

VERBS = (
    "init",
    "check",
    "run",
    "ingest",
    "propose",
    "hints",
    "show",
    "spec",
    "review",
    "hint",
    "note",
    "answer",
    "approve",
    "reject",
    "defer",
    "apply",
    "eval",
    "guard",
    "diff",
    "gate",
    "merge",
    "revert",
    "hook",
    "cycle",
    "log",
    "report",
    "demo",
)
"""Every verb, in the order in which a fix passes them."""


class Verbs(TyperGroup):
    """Loads a verb's file when the verb is called, and all of them only for the help page."""

    def list_commands(self, ctx: Any) -> list[str]:
        """The verbs that are there."""
        here = Path(__file__).parent
        return [name for name in VERBS if (here / f"{name}.py").is_file()]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One verb, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(f"fixloop.cli.{cmd_name}")
        command = typer.main.get_command(module.app)
        command.name = cmd_name
        return quicken(command)


app = typer.Typer(
    cls=Verbs,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        from fixloop import __version__

        typer.echo(f"fixloop {__version__}")
        raise typer.Exit


def build_app() -> Any:
    """The whole command, ready to parse a command line."""
    return quicken(typer.main.get_command(app))


@app.callback()
def fixloop(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Tell the version.")
    ] = False,
) -> None:
    """Rejections of a support pipeline's proposals into reviewed, evaluated, merged fixes."""
