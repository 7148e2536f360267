"""Moving several refs at once, each only from the value it is known to have: all of them, or none."""

import time
from collections.abc import Sequence

from fixloop.adapters.git_process import Answer, Git, GitCannotWrite, GitRefused, decode, encode, refusal
from fixloop.errors import BadInput, RefMoved
from fixloop.ports.git import NO_OBJECT

Move = tuple[str, str | None, str]
"""Full ref name, old value (NO_OBJECT: must not exist; None: whatever it is), new one (NO_OBJECT: delete)."""

_TRIES = 10
_PAUSE = 0.05


def move_refs(git: Git, moves: Sequence[Move]) -> None:
    """Move refs in one transaction.

    Raises:
        RefMoved: a ref is not where its old value says.
        BadInput: a ref cannot be moved whatever its value: a name in the way, a stale lock, a hook's no.
    """
    if not moves:
        return
    for ref, _, _ in moves:
        _check_name(ref)
    said = encode("".join(["start\0", *map(_line, moves), "prepare\0", "commit\0"]))
    for turn in range(_TRIES):
        answer = git.ask("update-ref", "--stdin", "-z", "-m", "fixloop", data=said)
        if answer.code == 0:
            return
        _raise_if_moved(git, moves)
        if ".lock'" not in answer.err:
            break
        # Another process holds the ref's lock for the moment it takes to write it.
        time.sleep(_PAUSE * (turn + 1))
    raise _refusal(answer)


def _line(move: Move) -> str:
    ref, old, new = move
    if new == NO_OBJECT:
        return f"delete {ref}\0{'' if old is None else old}\0"
    return f"update {ref}\0{new}\0{'' if old is None else old}\0"


def _check_name(ref: str) -> None:
    if not ref.startswith("refs/") or "\0" in ref:
        raise BadInput(f"{ref!r} is not a full ref name")


def _raise_if_moved(git: Git, moves: Sequence[Move]) -> None:
    raw = decode(
        git.run("for-each-ref", "--format=%(refname) %(objectname)", "--", *(ref for ref, _, _ in moves)).out
    )
    now = dict(line.split(" ") for line in raw.splitlines())
    moved = [ref for ref, old, _ in moves if old is not None and now.get(ref, NO_OBJECT) != old]
    if moved:
        names = ", ".join(ref.removeprefix("refs/heads/") for ref in moved)
        raise RefMoved(f"{names}: another process moved it first", mend="run the command again")


def _refusal(answer: Answer) -> GitRefused:
    reason = (
        answer.err.splitlines()[0].removeprefix("fatal: ").removeprefix("prepare: ") if answer.err else ""
    )
    refused = refusal(f"git did not move the branch: {reason}", answer.err)
    if isinstance(refused, GitCannotWrite):
        return refused
    if "cannot create" in reason:
        refused.mend = "rename the branch that is in the way: git branch -m <old> <new>"
    elif ".lock'" in reason:
        refused.mend = "wait for the other git process; if none is running, remove that lock file"
    return refused
