"""What small edits of a plan tree would make of a set of rejections: which answers, and how likely by size.

No one has to say what was wanted: an edit that leaves every settled answer alone and changes rejected ones is
a candidate by what it does. Edits of order and conditions lead to what the tree's other branches answer; what
a branch does, and a new branch, may be any of the answers that are asked about.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.propose.diagnose import Diagnosis
from fixloop.propose.interventions import Action
from fixloop.propose.synthesis import conditions, tree_edits
from fixloop.propose.synthesis.situations import Ground, names_of, settled_situations, situation_of
from fixloop.propose.synthesis.tree_edits import Edit
from fixloop.propose.workbench import Workbench
from fixloop.workspace.model import Branch, PlanTree

APART = 3.2
"""The size of a new branch here: its condition is found afterwards, and is seldom the smallest there is."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The answers that edits lead to, by the position of the rejection; those without one keep theirs.

    `weight` is the sum of what the edits with this effect weigh by their size.
    """

    answers: Mapping[int, Action]
    weight: float

    @property
    def key(self) -> tuple[Any, ...]:
        """Edits with one key have one effect."""
        return tuple((n, canonical_json(one.to_json())) for n, one in sorted(self.answers.items()))


def tree_outcomes(
    bench: Workbench, tree: PlanTree, members: Sequence[Diagnosis], wished: Sequence[Action]
) -> list[Outcomes]:
    """Every effect that an edit of the tree could have on the members and no settled ticket."""
    digests = names_of(one.feedback for one in members)
    asked = [situation_of(bench.workspace, one.feedback, one.before) for one in members]
    ground = Ground([*asked, *settled_situations(bench, tree.leaf, digests)])
    now = ground.answers(tree.branches)
    rejected = (1 << len(asked)) - 1
    found: dict[tuple[Any, ...], Outcomes] = {}
    for outcomes in (*_led(bench, tree, ground, now, rejected), *_done(now, rejected, wished)):
        known = found.get(outcomes.key)
        found[outcomes.key] = replace(known, weight=known.weight + outcomes.weight) if known else outcomes
    return [one for one in found.values() if one.answers]


Now = Sequence[tuple[Branch, int]]


def _led(bench: Workbench, tree: PlanTree, ground: Ground, now: Now, rejected: int) -> Iterator[Outcomes]:
    """Edits of order and conditions, and branches gone."""
    for edit in _edits(bench, tree, ground, rejected):
        after = ground.answers(edit.branches)
        changed = _changed(ground, now, after)
        if changed & rejected and not changed & ~rejected:
            answers = {n: action for n, action in _answers(after, rejected) if changed >> n & 1}
            yield Outcomes(answers, exp(-edit.size))


def _edits(bench: Workbench, tree: PlanTree, ground: Ground, rejected: int) -> Iterator[Edit]:
    asked = [one for n, one in enumerate(ground.situations) if rejected >> n & 1]
    elsewhere = {
        branch.id: conditions.conditions_elsewhere(bench.workspace, tree.leaf, branch.reply)
        for _, branch in tree_edits.walk(tree.branches)
        if branch.reply is not None
    }
    yield from tree_edits.condition_edits(tree, conditions.plain_values(bench, asked), elsewhere)
    yield from tree_edits.move_edits(tree)
    yield from tree_edits.removal_edits(tree)


def _changed(ground: Ground, now: Now, after: Now) -> int:
    """Where another answer is given; a branch that moves answers the same."""
    kept = 0
    for old, before in now:
        for new, reached in after:
            if before & reached and _action(old) == _action(new):
                kept |= before & reached
    return ground.everything & ~kept


def _answers(after: Now, rejected: int) -> Iterator[tuple[int, Action]]:
    for branch, mask in after:
        action, left = _action(branch), mask & rejected
        while left and action is not None:
            n = (left & -left).bit_length() - 1
            left &= left - 1
            yield n, action


def _action(branch: Branch) -> Action | None:
    return Action(branch.reply, branch.tools) if branch.reply else None


def _done(now: Now, rejected: int, wished: Iterable[Action]) -> Iterator[Outcomes]:
    """Another deed of a branch where that takes nothing right away, and a new branch before one or all."""
    actions = list(wished)
    reached = [(branch, mask) for branch, mask in now if mask & rejected]
    for branch, mask in reached:
        size = APART if mask & ~rejected else tree_edits.ONE
        for action in actions:
            if action != _action(branch):
                yield Outcomes(dict.fromkeys(_places(mask & rejected), action), exp(-size))
    if len(reached) > 1:
        every = [n for _, mask in reached for n in _places(mask & rejected)]
        for action in actions:
            if all(action != _action(branch) for branch, _ in reached):
                yield Outcomes(dict.fromkeys(sorted(every), action), exp(-APART))


def _places(mask: int) -> list[int]:
    return [n for n in range(mask.bit_length()) if mask >> n & 1]
