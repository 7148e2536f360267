"""`hook run pre-receive`: what a server asks of a push, so that a clone without hooks cannot get past.

The server believes only itself. Verdicts and overrides that were pushed prove nothing, so each step that a
protected branch would make along its first parents is judged anew, on the base's own cases and policy. The
record may gain files and never lose or change one. Nothing is written: objects of a push stand in quarantine.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.commands.hook import judge_move, overrides, short, told
from fixloop.commands.receive_record import problems_of_record
from fixloop.errors import BadInput, FixloopError
from fixloop.gate.verdict import Verdict
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.ports.git import NO_OBJECT, Entry, Repository
from fixloop.ports.state import StateStore
from fixloop.queue.ground import Ground
from fixloop.queue.judge_stack import with_own_checks
from fixloop.queue.move import landings
from fixloop.queue.outcome import Landed
from fixloop.queue.stack import landed_stack
from fixloop.queue.trial import find_hint, tree_trial
from fixloop.workspace.invalid import WorkspaceInvalid
from fixloop.workspace.stored import load_stored

STATE_REF = "refs/heads/fixloop/state"
ALLOW_OPTION = "fixloop.allow-judge"
FORGET_OPTION = "fixloop.rewrite-record"
"""Push options (`git push -o fixloop.allow-judge='why'`), heard from people in the base's `policy.judges`."""

_USUALLY_PROTECTED = ("refs/heads/main", "refs/heads/master")
_MOST_STEPS = 200
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Pushed:
    """One line of a push: a ref, where it stands and what it would get (NO_OBJECT: nothing)."""

    ref: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Push:
    """All of a push: its lines, its options, and who pushes as far as the server itself knows."""

    moves: tuple[Pushed, ...]
    options: Mapping[str, str]
    pusher: str

    def of(self, ref: str) -> Pushed | None:
        """The line of one ref."""
        return next((move for move in self.moves if move.ref == ref), None)


@dataclass(frozen=True, slots=True)
class Received:
    """Every step of a push to a protected branch, judged; the whole push lands or none of it."""

    verdicts: tuple[Verdict, ...]
    overridden: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """`hook run pre-receive --json`."""
        return {
            "allowed": True,
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "overridden": list(self.overridden),
        }


class PushRefused(FixloopError):
    """Nothing of the push lands."""

    exit_code = 1


def read_push(lines: Iterable[str], environ: Mapping[str, str]) -> Push:
    """A push from what git gives the hook: `old new ref` lines on stdin, options in the environment.

    Raises:
        BadInput: a line that git would not write.
    """
    count = environ.get("GIT_PUSH_OPTION_COUNT", "0")
    given = [environ.get(f"GIT_PUSH_OPTION_{n}", "") for n in range(int(count) if count.isdigit() else 0)]
    options = {name.strip(): why.strip() for name, _, why in (one.partition("=") for one in given)}
    return Push(tuple(map(_line, filter(str.strip, lines))), options, _pusher(environ))


def _line(line: str) -> Pushed:
    parts = line.rstrip("\n").split(" ", 2)
    if len(parts) != 3:
        raise BadInput(f"{line.strip()!r} is no line of a push", mend="old new ref")
    return Pushed(parts[2], parts[0], parts[1])


PUSHERS = ("FIXLOOP_PUSHER", "REMOTE_USER", "GL_USERNAME", "GITEA_PUSHER_NAME", "LOGNAME")
"""Where a server says who pushes: its own word first, then the web server's, GitLab's, Gitea's, the login."""


def _pusher(environ: Mapping[str, str]) -> str:
    return next((environ[name] for name in PUSHERS if environ.get(name)), "")


def read_framework_push(desk: Desk, protected: Sequence[str], environ: Mapping[str, str]) -> Pushed | None:
    """A push to a protected branch as the pre-commit framework tells it; None: nothing to judge.

    Who calls fixloop by the framework may never have named a branch: then main and master are protected.
    """
    ref = environ.get("PRE_COMMIT_REMOTE_BRANCH", "")
    old, new = (desk.repo.resolve(environ.get(f"PRE_COMMIT_{end}_REF", "")) for end in ("FROM", "TO"))
    if ref not in (protected or _USUALLY_PROTECTED) or not old or not new:
        return None
    return Pushed(ref, old, new)


def receive(
    desk: Desk, push: Push, protected: Sequence[str], state_at: Callable[[str], StateStore]
) -> Received:
    """Judge a push; `state_at` reads the record as a commit has it.

    Raises:
        PushRefused: a protected branch would go or get what the gate refuses, or the record lose something.
    """
    desk = replace(desk, state=_record_of(desk, push, protected, state_at))
    ground = desk.ground(push.pusher or "push", desk.held_out(None))
    verdicts: list[Verdict] = []
    for move in push.moves:
        if move.ref in protected and move.old != NO_OBJECT:
            verdicts += _judge_branch(desk, ground, move, push)
    return Received(tuple(verdicts), tuple(_why(push) for one in verdicts if overrides(one)))


def _judge_branch(desk: Desk, ground: Ground, move: Pushed, push: Push) -> list[Verdict]:
    if move.new == NO_OBJECT:
        raise PushRefused(
            f"{short(move.ref)} is protected, and would be deleted",
            mend="git config --unset fixloop.protected on the server first",
        )
    found: list[Verdict] = []
    for base, commit in _as_landed(ground, steps(desk.repo, move)):
        desk.progress(f"judging {commit[:12]}")
        verdict = _judge_step(ground, base, commit, push)
        if not verdict.passed:
            what = f"{short(move.ref)} stays where it is: {commit[:12]} is refused\n{told(verdict)}"
            raise PushRefused(what, mend=_how_to_go_on(verdict, base, commit))
        found.append(verdict)
    return found


def steps(repo: Repository, move: Pushed) -> list[tuple[str, str]]:
    """Each (base, commit) that a branch passes along first parents; a jump elsewhere is one step.

    Judged one by one, a change of what decides cannot open the door for the commit behind it.
    """
    way = [commit for commit, _ in repo.history(move.new, _MOST_STEPS)]
    if move.old not in way:
        return [(move.old, move.new)]
    passed = [*reversed(way[: way.index(move.old)])]
    return list(zip([move.old, *passed], passed, strict=False))


def _as_landed(ground: Ground, one_by_one: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The steps, those taken as one where the record says that their fixes landed together.

    One step is judged whole, so calling several one opens no door: what they do together must pass at once.
    """
    together = landings(ground.book.events)
    found: list[tuple[str, str]] = []
    while one_by_one:
        base = one_by_one[0][0]
        at = next((n for n, (_, commit) in enumerate(one_by_one) if (base, commit) in together), 0)
        found.append((base, one_by_one[at][1]))
        one_by_one = one_by_one[at + 1 :]
    return found


def _judge_step(ground: Ground, base: str, commit: str, push: Push) -> Verdict:
    fixes = landings(ground.book.events).get((base, commit), ())
    if len(fixes) > 1 and all(one.id in ground.book.hints for one in fixes):
        return _judge_batch(ground, base, fixes)
    tree = ground.repo.tree_of(commit)
    hint = _landed_hint(ground, base, tree) or _merged_hint(ground, commit)
    why = _why(push) if push.pusher in _judges(ground, base) else ""
    return judge_move(tree_trial(ground, base, commit, tree, hint, (), why))


def _judge_batch(ground: Ground, base: str, fixes: Sequence[Landed]) -> Verdict:
    """Fixes that landed together: the whole, and each by its own checks and approvals."""
    stack = landed_stack(ground, base, fixes)
    trial = replace(tree_trial(ground, base, base, stack.tree, None), batch=tuple(stack.hints))
    return with_own_checks(ground, stack, trial, judge_move(trial)).verdict


def _why(push: Push) -> str:
    return push.options.get(ALLOW_OPTION, "")


def _judges(ground: Ground, base: str) -> tuple[str, ...]:
    """The people the base's own policy names; nobody where it cannot be read."""
    try:
        return load_stored(ground.tree(base), ground.cache).config.policy.judges
    except WorkspaceInvalid:
        return ()


def _landed_hint(ground: Ground, base: str, tree: str) -> Hint | None:
    """The hint that the record says was landed by this very step; its approvals are asked for again."""
    steps = (event for event in ground.book.events if event.event == "merged")
    named = next((event.hint for event in steps if (event.base, event.tree) == (base, tree)), None)
    return ground.book.hints.get(named) if named else None


def _merged_hint(ground: Ground, commit: str) -> Hint | None:
    """The hint of the fix branch that a merge commit brings in."""
    second = ground.repo.resolve(f"{commit}^2")
    return find_hint(ground, second, second) if second else None


def _how_to_go_on(verdict: Verdict, base: str, commit: str) -> str:
    if verdict.lane == "judge" and verdict.failures[0].id == "lane":
        return f"a person in policy.judges may: git push -o {ALLOW_OPTION}='why' …"
    return f"fixloop gate {base[:12]} {commit[:12]} shows all of it"


# --- the record -----------------------------------------------------------------------------------------


def _record_of(
    desk: Desk, push: Push, protected: Sequence[str], state_at: Callable[[str], StateStore]
) -> StateStore:
    """The record to judge by: what comes along where it only adds to what stands, else what stands.

    Raises:
        PushRefused: the record would lose or change something.
    """
    move = push.of(STATE_REF)
    if move is None:
        return desk.state
    lost = _lost(desk.repo, move) if move.old != NO_OBJECT else ()
    if not lost:
        _must_be_readable(desk, move)
        return state_at(move.new)
    if push.options.get(FORGET_OPTION) and _may_rewrite(desk, push, protected):
        return desk.state
    shown = ", ".join(lost[:3]) + (f" and {len(lost) - 3} more" if len(lost) > 3 else "")
    raise PushRefused(
        f"fixloop/state may only gain files; this push changes or drops {shown}",
        mend="merge the server's fixloop/state into yours first (both only add files); "
        f"to forget on purpose, a judge: git push -o {FORGET_OPTION}='why' …",
    )


def _must_be_readable(desk: Desk, move: Pushed) -> None:
    """What cannot be read, once it is there, would stop everybody who has the record."""
    if move.new == NO_OBJECT:
        return
    tree = desk.repo.tree_of(move.new)
    added: dict[str, Entry] = dict(desk.repo.list_tree(tree))
    if move.old != NO_OBJECT:
        changed = desk.repo.changed_paths(desk.repo.tree_of(move.old), tree)
        added = {path: entry for path, (_, entry) in changed.items() if entry}
    wrong = [*islice(problems_of_record(desk.repo, added, desk.clock.now()), _SHOWN)]
    if wrong:
        raise PushRefused("fixloop/state: " + "\n".join(wrong), mend="fixloop log shows what is on record")


def _lost(repo: Repository, move: Pushed) -> tuple[str, ...]:
    if move.new == NO_OBJECT:
        return ("all of it",)
    changed = repo.changed_paths(repo.tree_of(move.old), repo.tree_of(move.new))
    return tuple(path for path, (before, _) in sorted(changed.items()) if before is not None)


def _may_rewrite(desk: Desk, push: Push, protected: Sequence[str]) -> bool:
    """Whether every protected branch, as it stands, names the pusher as a judge."""
    tips = [tip for tip in map(desk.repo.resolve, protected) if tip]
    return bool(tips) and all(push.pusher in _judges(desk.ground(push.pusher), tip) for tip in tips)


# --- after the push -------------------------------------------------------------------------------------


def record_push(desk: Desk, push: Push, protected: Sequence[str]) -> int:
    """Write down which steps of a push that has landed were allowed by its option; how many there were."""
    why = _why(push)
    ground = desk.ground(push.pusher or "push")
    events = [
        event
        for move in push.moves
        if why and move.ref in protected and NO_OBJECT not in (move.old, move.new)
        for event in _overridden(desk, ground, move, push)
    ]
    if events:
        ground.record(events, f"overridden by push option: {why}")
    return len(events)


def _overridden(desk: Desk, ground: Ground, move: Pushed, push: Push) -> Iterable[Event]:
    for base, commit in steps(desk.repo, move):
        tree = desk.repo.tree_of(commit)
        if push.pusher not in _judges(ground, base):
            continue
        if tree_trial(ground, base, commit, tree, None).lanes.lane == "judge":
            why = {"code": "other", "text": _why(push)}
            data = {"checks": ["lane"], "hook": "post-receive", "ref": move.ref}
            yield Event(desk.clock.now(), push.pusher, "overridden", base=base, tree=tree, why=why, data=data)
