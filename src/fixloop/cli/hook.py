"""`fixloop hook`: install, uninstall, run."""

import os
import sys
from io import TextIOWrapper
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


Server = Annotated[
    bool, typer.Option("--server", help="For a repository people push to: judge pushes before they land.")
]


@app.command()
def install(protect: Protect = None, server: Server = False, as_json: Json = False, repo: Repo = ".") -> int:
    """Put the hooks in, in front of those there; twice is once.

    A hook that is there is kept as NAME.before-fixloop and called first.
    """
    from fixloop.commands.hook_install import install_hooks
    from fixloop.wiring import build_desk, build_hook_folder

    desk = build_desk(repo, progress)
    folder = build_hook_folder(repo)
    result = install_hooks(desk.repo, folder, sys.executable, protect or (), server=server)
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
    ref: Annotated[
        str | None, typer.Argument(metavar="REF", help="The protected branch, by its full name.")
    ] = None,
    base: Annotated[str | None, typer.Argument(metavar="BASE", help="The commit it stands at.")] = None,
    result: Annotated[
        str | None, typer.Argument(metavar="RESULT", help="The commit or tree it would get.")
    ] = None,
    head: Annotated[str | None, typer.Argument(metavar="HEAD", help="What is merged in.")] = None,
    git_dir: Annotated[
        str | None, typer.Option("--git-dir", help="The git directory the hook runs for.")
    ] = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Judge one move; the installed hooks call this. Exit code 1: the branch may not move.

    FIXLOOP_ALLOW_JUDGE=WHY in the environment allows a change of what decides, and is recorded. pre-receive
    and post-receive read a push from stdin, `old new ref` a line, and its options from the environment.
    """
    from fixloop.errors import BadInput
    from fixloop.wiring import folder_for_hook

    folder = folder_for_hook(git_dir, repo) if git_dir else repo
    if name in ("pre-receive", "post-receive"):
        return _receive(name, folder, as_json)
    if name == "pre-push" and ref is None and "PRE_COMMIT_TO_REF" in os.environ:
        return _judge_push(folder, as_json)
    if ref is None or base is None or result is None:
        raise BadInput(f"{name} asks about a move", mend=f"fixloop hook run {name} REF BASE RESULT")
    return _judge(folder, name, (ref, base, result, head), as_json)


def _judge_push(folder: str, as_json: bool) -> int:
    """A push as the pre-commit framework tells it, in its environment."""
    from fixloop.commands.receive import read_framework_push
    from fixloop.wiring import build_desk, build_hook_folder

    desk = build_desk(folder, progress)
    move = read_framework_push(desk, build_hook_folder(folder).protected(), os.environ)
    if move is None:
        return 0
    return _judge(folder, "pre-push", (move.ref, move.old, move.new, None), as_json)


def _judge(folder: str, name: str, move: "tuple[str, str, str, str | None]", as_json: bool) -> int:
    from fixloop.commands.hook import ALLOW, Move, run_hook
    from fixloop.wiring import build_desk

    why = os.environ.get(ALLOW, "").strip()
    found = run_hook(build_desk(folder, progress), Move(name, *move), why)
    progress.done()
    if as_json:
        write_json(found.to_json())
        return 0 if found.allowed else 1
    return _say(found)


def _receive(name: str, folder: str, as_json: bool) -> int:
    """A push: judged before it lands, or what it overrode written down after."""
    from fixloop.commands.receive import read_push, receive, record_push
    from fixloop.wiring import build_desk, build_gatehouse, build_hook_folder

    if isinstance(sys.stdin, TextIOWrapper):
        # A ref may have a name that is no UTF-8; git's bytes survive the way in and out.
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    push = read_push(sys.stdin, os.environ)
    protected = build_hook_folder(folder).protected()
    if name == "post-receive":
        record_push(build_desk(folder, progress), push, protected)
        return 0
    desk, state_at = build_gatehouse(folder, progress)
    found = receive(desk, push, protected, state_at)
    progress.done()
    if as_json:
        write_json(found.to_json())
    for why in found.overridden:
        print(f"fixloop: allowed by {push.pusher}: {why}", file=sys.stderr)
    return 0


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
    if result.protected:
        _draw_asked(page, result.server)
    for note in result.notes:
        page.fact("note", note, column=12)


def _draw_asked(page: "Page", server: bool) -> None:
    """Which files the hooks ask about, and how those change that decide: rows of live data do every day."""
    from fixloop.workspace.snapshot import GOVERNED

    page.fact("asks about", f"{', '.join(GOVERNED)}, CI and hook files, engines of your own", column=12)
    decide = "existing cases, fixloop.yaml, workspace/tools.yaml and workspace/records/ (new rows, too)"
    page.fact("reason", f"{decide} change only with a person's reason, by themselves:", column=12)
    how = "git push -o fixloop.allow-judge='rows of today' …"
    page.exact(how if server else "FIXLOOP_ALLOW_JUDGE='rows of today' git commit …", indent=14)
