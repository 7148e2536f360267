"""`fixloop hint`: new, edit, draft."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fixloop.cli.answering import answer, progress, write_json
from fixloop.cli.options import As, Json, OneId, Onto, Repo, verb

if TYPE_CHECKING:
    from fixloop.commands.desk import Desk
    from fixloop.commands.hint import Written
    from fixloop.report.page import Page

app = verb(help="Hints by people: tried and graded as fixloop's own are.")

Feedback = Annotated[
    list[str] | None,
    typer.Option("--evidence", metavar="FB", help="Start from this feedback; may be repeated."),
]


@app.command()
def new(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="The hint; - is stdin [your editor].")
    ] = None,
    evidence: Feedback = None,
    who: As = None,
    onto: Onto = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Write a hint. Exit code 1: it does not stand the dry run, or is not ready, and says what is missing."""
    from fixloop.commands.hint import new_hint, start_hint
    from fixloop.wiring import build_desk

    desk = build_desk(repo, progress)
    if file is None:
        return _edited(desk, start_hint(desk, evidence or [], onto), "", who, onto, as_json)
    result = new_hint(desk, file, _read(file), who, onto)
    return answer(result, lambda page: _draw(page, result), as_json, 0 if result.taken else 1)


@app.command()
def edit(hint: OneId, who: As = None, onto: Onto = None, as_json: Json = False, repo: Repo = ".") -> int:
    """Change a hint in your editor: it becomes a new one that takes its place, not approved yet."""
    from fixloop.commands.hint import edit_hint
    from fixloop.wiring import build_desk

    desk = build_desk(repo, progress)
    found, text = edit_hint(desk, hint)
    return _edited(desk, text, found.id, who, onto, as_json)


@app.command()
def draft(
    feedback: Annotated[list[str], typer.Argument(metavar="FB", help="Rejections to start from.")],
    onto: Onto = None,
    as_json: Json = False,
    repo: Repo = ".",
) -> int:
    """Print a hint to fill in, with what is known of some rejections; then `fixloop hint new FILE`."""
    from fixloop.commands.hint import start_hint
    from fixloop.wiring import build_desk

    text = start_hint(build_desk(repo, progress), feedback, onto)
    progress.done()
    if as_json:
        write_json({"draft": text})
    else:
        sys.stdout.write(text)
    return 0


def _edited(desk: "Desk", text: str, replaces: str, who: str | None, onto: str | None, as_json: bool) -> int:
    """Through the editor; what was written is kept until it is taken."""
    from fixloop.cli.editing import edited
    from fixloop.commands.hint import Written, new_hint
    from fixloop.errors import FixloopError

    kept = desk.repo.common_dir / "fixloop" / "hint.yaml"
    progress.done()
    written = edited(text)
    if written is None:
        print("fixloop: nothing was written", file=sys.stderr)
        if as_json:
            write_json(Written(None, reason="nothing was written").to_json())
        return 0
    kept.parent.mkdir(exist_ok=True)
    desk.write(kept, written.encode(), 0o600)
    try:
        result = new_hint(desk, str(kept), written.encode(), who, onto, replaces=replaces)
    except FixloopError:
        print(f"fixloop: what you wrote is kept in {kept}", file=sys.stderr)
        raise
    if not result.taken:
        print(f"fixloop: what you wrote is kept in {kept}", file=sys.stderr)
    return answer(result, lambda page: _draw(page, result), as_json, 0 if result.taken else 1)


def _read(file: str) -> bytes:
    from fixloop.errors import BadInput

    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise BadInput(
            f"cannot read {file}: {error.strerror}", mend="name a hint file, or - for stdin"
        ) from error


def _draw(page: "Page", result: "Written") -> None:
    from fixloop.report.hints import effect
    from fixloop.report.page import bad, good, name, warn

    if result.hint is not None:
        page.line(name(result.hint.id), "  ", result.hint.summary)
        page.line(*effect(result.hint), indent=2)
    page.line(bad("not taken: "), result.reason) if not result.taken else page.line(
        good("already there" if result.known else "proposed")
    )
    for said in result.missing:
        page.line(warn("missing "), said, indent=2, hang=4)
    if result.hint is not None and result.taken:
        page.next(f"fixloop show {result.hint.id}", f"fixloop approve {result.hint.id}")
