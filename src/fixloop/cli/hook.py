"""`fixloop hook`: install, uninstall, run."""

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress, write_json
from fixloop.cli.options import Json, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.hook import HookAnswer
    from fixloop.commands.hook_install import Installed
    from fixloop.report.page import Page

app = verb(help="Git hooks: a protected branch moves only to what the gate passes.")

Protect = Annotated[
    list[str] | None,
    typer.Option(
        "--protect", metavar="BRANCH", help="A branch to protect; may be repeated [the one fixes go to]."
    ),
]


@app.command()
def install(protect: Protect = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Put the hooks in, in front of those there; twice is once.

    A hook that is there is kept as NAME.before-fixloop and called first.
    """
    from fixloop.commands.hook_install import install_hooks
    from fixloop.wiring import build_desk, build_hook_folder

    desk = build_desk(repo, progress)
    result = install_hooks(desk.repo, build_hook_folder(repo), sys.executable, protect or ())
    return answer(result, lambda page: _draw(page, result, "installed"), as_json)


@app.command()
def uninstall(as_json: Json = False, repo: Repo = ".") -> int:
    """Take the hooks out, and put back what was there."""
    from fixloop.commands.hook_install import uninstall_hooks
    from fixloop.wiring import build_hook_folder

    result = uninstall_hooks(build_hook_folder(repo))
    return answer(result, lambda page: _draw(page, result, "removed"), as_json)


@app.command()
def run(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The hook that asks.")],
    ref: Annotated[str, typer.Argument(metavar="REF", help="The protected branch, by its full name.")],
    base: Annotated[str, typer.Argument(metavar="BASE", help="The commit it stands at.")],
    result: Annotated[str, typer.Argument(metavar="RESULT", help="The commit or tree it would get.")],
    head: Annotated[str | None, typer.Argument(metavar="HEAD", help="What is merged in.")] = None,
    git_dir: Annotated[
        str | None, typer.Option("--git-dir", help="The git directory the hook runs for.")
    ] = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Judge one move; the installed hooks call this. Exit code 1: the branch may not move.

    FIXLOOP_ALLOW_JUDGE=WHY in the environment allows a change of what decides, and is recorded.
    """
    from fixloop.commands.hook import ALLOW, Move, run_hook
    from fixloop.wiring import build_desk, folder_for_hook

    folder = folder_for_hook(git_dir, repo) if git_dir else repo
    why = os.environ.get(ALLOW, "").strip()
    found = run_hook(build_desk(folder, progress), Move(name, ref, base, result, head), why)
    progress.done()
    if as_json:
        write_json(found.to_json())
        return 0 if found.allowed else 1
    return _say(found)


def _say(found: "HookAnswer") -> int:
    """A hook that has nothing to object says nothing, unless something was overridden."""
    from fixloop.commands.hook import Refused, how_to_go_on, short

    if not found.allowed:
        raise Refused(f"{short(found.move.ref)} stays where it is\n{found.reason}", mend=how_to_go_on(found))
    if found.overridden:
        print(f"fixloop: {short(found.move.ref)}: {found.reason}", file=sys.stderr)
    return 0


def _draw(page: "Page", result: "Installed", done: str) -> None:
    from fixloop.report.words import listed

    page.line(f"{result.folder}: {listed(result.written, 9) or 'nothing'} {done}")
    for name in result.kept:
        page.fact("kept", f"{name}, called first", column=12)
    for ref in result.protected:
        page.fact("protected", ref.removeprefix("refs/heads/"), column=12)
    for note in result.notes:
        page.fact("note", note, column=12)
