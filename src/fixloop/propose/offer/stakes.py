"""What a gatekeeper weighs beside a gain: whose it is, how settled, how often it changes, how far it reaches.

Nothing here asks the outside: history and measured strengths come in as plain data. Faults are never injected
for it; where nobody has measured a leaf, the share of its places that cases ask about stands in.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fixloop.errors import FixloopError
from fixloop.evals.case import Case
from fixloop.gate.reach import WIDE, leaf_of, reached_leaves
from fixloop.hints.model import Hint
from fixloop.workspace.model import Branch, Workspace

STABILITIES = ("open", "guarded", "frozen")
"""From what anybody may change to what nobody may."""


@dataclass(frozen=True, slots=True)
class Guard:
    """How well the weakest leaf that a hint edits is guarded, 0…1.

    `measured`: by injected faults that `fixloop guard --propose` put on record; else it is the share of the
    leaf's places (the leaf itself and each of its answers) that some case asks about.
    """

    leaf: str
    strength: float
    measured: bool = False


@dataclass(frozen=True, slots=True)
class Stakes:
    """What stands beside a hint.

    `owners` of the leaves it reaches, those it edits first; `stability` the strictest of theirs; `churn` how
    many of the last `commits` changed a file it changes; `weakness` how far the guard falls short of what the
    gate asks for, 0…1; `moved` of `tickets` stored tickets, and the leaves between which they move.
    """

    owners: tuple[str, ...] = ()
    stability: str = STABILITIES[0]
    churn: int = 0
    commits: int = 0
    guard: Guard | None = None
    weakness: float = 0.0
    moved: int = 0
    tickets: int = 0
    leaves: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As in `hints --json` and `show --json`."""
        guard = self.guard
        return {
            "owners": list(self.owners),
            "stability": self.stability,
            "churn": {"commits": self.churn, "of": self.commits},
            "guard": guard
            and {"leaf": guard.leaf, "strength": round(guard.strength, 6), "measured": guard.measured},
            "blast": {"tickets": self.moved, "of": self.tickets, "leaves": list(self.leaves)},
        }


NO_STAKES = Stakes()


@dataclass(frozen=True)
class Surroundings:
    """What hints are weighed in: plain data that somebody else gathered.

    `changes` are the paths that each recent commit changed, `strengths` measured guard strengths by leaf,
    `asked` how many of a leaf's places cases ask about, and how many it has.
    """

    workspace: Workspace
    changes: Sequence[frozenset[str]] = ()
    strengths: Mapping[str, float] = field(default_factory=dict)
    asked: Mapping[str, tuple[int, int]] = field(default_factory=dict)


def stakes_of(hint: Hint, around: Surroundings) -> Stakes:
    """What stands beside one hint; a question is weighed by the first fix it offers."""
    fix = _fix_of(hint)
    edited = _edited_leaves(fix, around.workspace)
    moved = _leaves_moved(fix)
    reached = [*edited, *sorted(_reached(fix, around.workspace) - set(edited))]
    guard = _weakest(edited or moved, around)
    return Stakes(
        owners=_owners(reached, around.workspace),
        stability=_strictest(reached, around.workspace),
        churn=_churn(fix, around),
        commits=len(around.changes),
        guard=guard,
        weakness=_weakness(guard, around.workspace),
        moved=fix.measured.moved if fix.measured else 0,
        tickets=fix.measured.tickets_of if fix.measured else 0,
        leaves=tuple(moved),
    )


def _fix_of(hint: Hint) -> Hint:
    if hint.operations or hint.question is None:
        return hint
    offered = (choice.hint for choice in hint.question.choices if choice.hint is not None)
    return next(offered, hint)


def _edited_leaves(hint: Hint, workspace: Workspace) -> list[str]:
    """The leaves whose tree, examples or templates it edits; the one its target names first."""
    from fixloop.fixes.apply import touched_leaves

    named = [operation for operation in hint.operations if operation.op not in WIDE]
    try:
        found = set(map(str, touched_leaves(named, workspace)))
    except FixloopError:  # the base has moved on: a person is told when it is applied
        return []
    own = {one for one in found if hint.target.endswith((f"/{one}.yaml", f"/{one}.jsonl", f"#{one}"))}
    return [*sorted(own), *sorted(found - own)]


def _reached(hint: Hint, workspace: Workspace) -> frozenset[str]:
    try:
        return reached_leaves(hint, workspace)
    except FixloopError:
        return frozenset(_leaves_moved(hint))


def _leaves_moved(hint: Hint) -> list[str]:
    return sorted({place.split("/", 1)[0] for place in (*hint.moves.from_, *hint.moves.to)})


def _owners(leaves: Iterable[str], workspace: Workspace) -> tuple[str, ...]:
    trees = workspace.plan_trees
    return tuple(dict.fromkeys(trees[one].owner for one in leaves if one in trees and trees[one].owner))


def _strictest(leaves: Iterable[str], workspace: Workspace) -> str:
    trees = workspace.plan_trees
    found = [STABILITIES.index(trees[one].stability) for one in leaves if one in trees]
    return STABILITIES[max(found, default=0)]


def _churn(hint: Hint, around: Surroundings) -> int:
    """In how many of the recent commits one of its files changed; a path that ends with `/` is a folder."""
    from fixloop.fixes.apply import touched_paths

    try:
        paths = touched_paths(hint.operations, around.workspace)
    except FixloopError:
        return 0
    files, folders = set(paths), tuple(path for path in paths if path.endswith("/"))
    return sum(
        not files.isdisjoint(changed) or any(path.startswith(folders) for path in changed)
        for changed in around.changes
    )


# --- how well it is guarded -------------------------------------------------------------------------------


def _weakest(leaves: Iterable[str], around: Surroundings) -> Guard | None:
    found = [one for one in (_guard_of(leaf, around) for leaf in leaves) if one is not None]
    return min(found, key=lambda one: (round(one.strength, 6), one.leaf), default=None)


def _guard_of(leaf: str, around: Surroundings) -> Guard | None:
    if leaf in around.strengths:
        return Guard(leaf, around.strengths[leaf], measured=True)
    asked, places = around.asked.get(leaf, (0, 0))
    return Guard(leaf, asked / places) if places else None


def _weakness(guard: Guard | None, workspace: Workspace) -> float:
    least = workspace.config.gate.min_guard_strength
    return max(0.0, 1 - guard.strength / least) if guard and least else 0.0


def places_asked(workspace: Workspace, cases: Iterable[Case]) -> dict[str, tuple[int, int]]:
    """Each leaf with a plan tree: how many of its places some case asks about, and how many it has.

    A leaf's places are the leaf itself, as the answer to a text, and each reply of its tree.
    """
    texts, replies = set[str](), defaultdict[str, set[str]](set)
    for case in cases:
        leaf, expect = leaf_of(case), case.expect
        if leaf is None:
            continue
        if case.suite != "plan":
            texts.add(leaf)
        if isinstance(expect, Mapping) and (name := _reply_of(expect)):
            replies[leaf].add(name)
    return {
        str(leaf): _asked(tree.branches, str(leaf) in texts, replies[str(leaf)])
        for leaf, tree in sorted(workspace.plan_trees.items())
    }


def _reply_of(expect: Mapping[str, Any]) -> str:
    reply = expect.get("reply")
    return str((reply.get("template") if isinstance(reply, Mapping) else reply) or "")


def _asked(branches: Sequence[Branch], by_text: bool, replies: set[str]) -> tuple[int, int]:
    own = _replies(branches)
    return len(own & replies) + by_text, len(own) + 1


def _replies(branches: Sequence[Branch]) -> set[str]:
    found = {branch.reply for branch in branches if branch.reply}
    return found.union(*(_replies(branch.branches) for branch in branches))
