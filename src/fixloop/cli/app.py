"""The `fixloop` command: a list of verbs, each in its own file, which is imported when it is called.

To add a verb, write `cli/<verb>.py` with

    app = verb()

    @app.command()
    def <verb>(..., as_json: Json = False, repo: Repo = ".") -> int:
        \"\"\"The help text.\"\"\"
        from fixloop.commands... import ...      # everything but typer and `cli.options` inside the function
        return answer(result, draw, as_json, code)

and name it in VERBS below with the first line of its help. A verb with commands of its own (`hook install`)
gives its `app` several of them.
A verb in the list whose file is not there is not registered.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from fixloop.cli.options import quicken

VERBS: Mapping[str, str] = {
    "init": "Make a workspace: a small one, or one from labelled texts.",
    "check": "Tell every problem of the workspace and how to mend it.",
    "run": "Propose an answer to each ticket, and show why.",
    "ingest": "Take in staff's feedback.",
    "propose": "Diagnose new rejections into hints, try each, rank them.",
    "hints": "The queue: hints that wait for somebody, best first.",
    "show": "One hint with its evidence, its diff and its measured effect.",
    "spec": "A hint as a written specification.",
    "review": "Go through the queue at the terminal, key by key.",
    "hint": "Hints by people: tried and graded as fixloop's own are.",
    "note": "Say what a rejection meant: the strongest evidence there is.",
    "answer": "Answer a question; the reading becomes a hint to approve.",
    "approve": "Approve hints exactly as they stand.",
    "reject": "Reject hints; the idea comes back only with twice the support.",
    "defer": "Put hints off: they stay in the queue, last.",
    "apply": "Put approved hints on branches fixloop/fix/<id>, one commit each.",
    "eval": "Run the eval suites; with --against, compare with a base.",
    "guard": "Inject faults and count those that the cases catch.",
    "diff": "Whose proposal moves between two commits.",
    "gate": "The verdict on what merging HEAD into BASE would give.",
    "merge": "Land approved hints, each gated on exactly what lands.",
    "revert": "Take a merged fix and its cases back from the branch.",
    "hook": "Git hooks: a protected branch moves only to what the gate passes.",
    "cycle": "Run the whole loop once, for cron.",
    "log": "Every decision and its outcome, oldest first.",
    "report": "One page on a merge (BASE HEAD) or on a workspace.",
    "demo": "Show the whole loop on the shipped example.",
}
"""Every verb with its line of help, in the order in which a fix passes them: the page loads none of them."""


class Verbs(TyperGroup):
    """Loads a verb's file when the verb is called."""

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

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The list of verbs, without loading them: it takes as long as Typer itself does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, VERBS[name]) for name in self.list_commands(ctx)])


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
