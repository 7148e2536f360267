"""Single edits of a plan tree, tried on all that is known of its leaf before a word is read.

The edit that mends a fault changes the tickets that were rejected and none that were accepted. So for every
rejection all small edits that would change its answer are weighed by what else they change: rejections they
leave as they are, accepted answers they take away, branches they leave without a ticket. What is left says
which answer the tree would most likely have given, and whether one edit of this tree explains the company.

What a branch does and new branches are weighed as families, for their effect is the same whatever they
answer; edits of order and conditions one by one, for they lead to what other branches of the tree answer.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, exp, log

from fixloop.feedback.model import Feedback
from fixloop.propose.kin import Deed, Kin, deed_of
from fixloop.propose.synthesis import conditions, tree_edits
from fixloop.propose.synthesis.situations import Ground, settled_situations, situation_of
from fixloop.propose.synthesis.tree_edits import Edit
from fixloop.propose.workbench import Workbench
from fixloop.workspace.model import Branch, Condition, PlanTree

DONE, TOLD, MOVED, GONE, ADDED = 0.45, 0.2, 0.07, 0.03, 0.15
"""How often a rejection asks a tree for another deed of its branch, another condition, another order, a
branch fewer, a branch more: by what plan trees are edited for."""

HABIT = 0.5
"""What a branch that every other tree has counts for beside these."""

LEFT = 0.25
"""How likely another rejection of the leaf is one that an edit does not explain: somebody else's fault."""

TAKEN = 0.05
"""How likely staff accepted an answer that an edit says was wrong."""

EMPTIED = 0.4
"""How likely a branch that answers today should answer nothing that was ever seen."""

MOST_LEFT, MOST_TAKEN = 4, 3
"""Beyond which more rejections left, or accepted answers taken away, say no more."""

ALL_SHARES = 1.2
"""What the shares of a tree's own actions, changed ones and those of other trees add up to."""

LEAST = 1e-9
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Tried:
    """What the edits that would change one rejection's answer say, in parts of all of them.

    `fresh` is how much of their weight is in deeds and new branches, which may answer anything; `led` how
    much leads to each deed there is. `stands`: the log of how much of them the leaf's other tickets leave.
    """

    fresh: float
    led: Mapping[Deed, float]
    stands: float

    def share(self, deed: Deed, usual: float) -> float:
        """The part of a deed that has a share `usual` of all interventions, 0…1."""
        return max(LEAST, self.fresh * usual / ALL_SHARES + self.led.get(deed, 0.0))


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried for each rejection whose leaf has a plan tree, by feedback id."""

    found: Mapping[str, Tried] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Workbench, rejections: Sequence[Feedback], kin: Kin) -> "Tries":
        """All edits of the trees that rejected tickets went through."""
        leaves: dict[str, list[Feedback]] = defaultdict(list)
        for one in rejections:
            leaves[bench.before[one.id].leaf].append(one)
        found: dict[str, Tried] = {}
        for leaf, members in leaves.items():
            tree = bench.workspace.plan_trees.get(leaf)
            if tree is not None:
                found |= _Leaf.of(bench, tree, members, kin).tried()
        return cls(found)


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A tree on its ground: the first situations are the rejections, the others are settled."""

    bench: Workbench
    tree: PlanTree
    members: Sequence[Feedback]
    kin: Kin
    ground: Ground
    now: Sequence[tuple[Branch, int]]

    @classmethod
    def of(cls, bench: Workbench, tree: PlanTree, members: Sequence[Feedback], kin: Kin) -> "_Leaf":
        digests = frozenset(one.text_digest for one in members)
        asked = [situation_of(bench.workspace, one, bench.before[one.id]) for one in members]
        ground = Ground([*asked, *settled_situations(bench, tree.leaf, digests)])
        return cls(bench, tree, members, kin, ground, ground.answers(tree.branches))

    @property
    def rejected(self) -> int:
        return (1 << len(self.members)) - 1

    def tried(self) -> dict[str, Tried]:
        """For each rejection what its edits say."""
        edits = {
            TOLD: [self._effect(one) for one in self._conditions()],
            MOVED: [self._effect(one) for one in tree_edits.move_edits(self.tree)],
            GONE: [self._effect(one) for one in tree_edits.removal_edits(self.tree)],
        }
        deeds = {branch.id: (mask, self._weight(mask)) for branch, mask in self.now}
        found = {}
        for n, one in enumerate(self.members):
            answered = next((branch for branch, mask in self.now if mask >> n & 1), None)
            if answered is None:
                continue
            found[one.id] = self._of(n, answered, edits, deeds[answered.id][1])
        return found

    def _of(self, n: int, answered: Branch, edits: Mapping[float, Sequence["_Effect"]], deed: float) -> Tried:
        whole, led = DONE, defaultdict[Deed, float](float)
        fresh = DONE * deed
        for family, effects in edits.items():
            changing = [one for one in effects if one.changed >> n & 1]
            total = sum(one.prior for one in changing)
            whole += family if changing else 0.0
            for one in changing:
                led[one.deed_at(n)] += family * one.prior * one.weight / total
        tests = self._new_tests(answered)
        held = [(prior, weight) for condition, prior, weight in tests if self.ground.mask(condition) >> n & 1]
        total = sum(prior for prior, _ in held)
        if held:
            whole += ADDED
            fresh += ADDED * sum(prior * weight for prior, weight in held) / total
        for condition, deed_there, usual in self._habits():
            if self.ground.mask(condition) >> n & 1 and deed_there != deed_of(answered):
                mask = self.ground.mask(condition) & self._from(answered)
                whole += HABIT * usual
                led[deed_there] += HABIT * usual * self._weight(mask)
        sum_of = fresh + sum(led.values())
        return Tried(
            fresh / sum_of,
            {key: value / sum_of for key, value in led.items()},
            max(-6.0, log(max(LEAST, sum_of / whole))),
        )

    # --- the edits --------------------------------------------------------------------------------------

    def _conditions(self) -> Iterator[Edit]:
        values = conditions.plain_values(self.bench, self.ground.situations[: len(self.members)])
        elsewhere = {
            branch.id: conditions.conditions_elsewhere(self.bench.workspace, self.tree.leaf, branch.reply)
            for _, branch in tree_edits.walk(self.tree.branches)
            if branch.reply is not None
        }
        return tree_edits.condition_edits(self.tree, values, elsewhere)

    def _effect(self, edit: Edit) -> "_Effect":
        after = self.ground.answers(edit.branches)
        changed = self.ground.everything
        for old, before in self.now:
            deed = deed_of(old)
            for new, reached in after:
                if old is new or deed == deed_of(new):
                    changed &= ~(before & reached)
        there = {branch.id for branch, _ in after}
        emptied = sum(1 for branch, _ in self.now if branch.id not in there)
        weight = self._weight(changed) * EMPTIED**emptied
        return _Effect(changed & self.rejected, exp(-edit.size), weight, tuple(after))

    def _new_tests(self, answered: Branch) -> list[tuple[Condition, float, float]]:
        """Conditions that a new branch before the one that answered could have: how simple, how fitting."""
        key = ("new tests", self.tree.leaf, answered.id)
        kept = self.bench.kept.setdefault("tries", {})
        if key not in kept:
            mask = next(mask for branch, mask in self.now if branch is answered) & self.rejected
            enough = max(1, ceil(HALF * mask.bit_count()))
            here = self._from(answered)
            kept[key] = [
                (
                    test,
                    exp(-conditions.plainness(self.bench, test)),
                    self._weight(self.ground.mask(test) & here),
                )
                for test in conditions.shared_tests(self.bench, self.ground, mask, enough)
            ]
        found: list[tuple[Condition, float, float]] = kept[key]
        return found

    def _habits(self) -> Iterable[tuple[Condition, Deed, float]]:
        """Branches of other trees that this one lacks, with the part of the trees that have them."""
        own = {repr(branch.when) for _, branch in tree_edits.walk(self.tree.branches)}
        trees = max(1, len(self.bench.workspace.plan_trees))
        for key, (condition, deeds) in self.kin.branches.items():
            if condition is not None and key not in own:
                yield from ((condition, deed, count / trees) for deed, count in deeds.items())

    # --- what they do -----------------------------------------------------------------------------------

    def _from(self, answered: Branch) -> int:
        """The situations that come to a branch: it or a later one answers them."""
        found, there = 0, False
        for branch, mask in self.now:
            there = there or branch is answered
            found |= mask if there else 0
        return found

    def _weight(self, changed: int) -> float:
        """How likely the leaf's tickets are what they are, were all of these and no others wrong."""
        left = (self.rejected & ~changed).bit_count()
        taken = (changed & ~self.rejected).bit_count()
        return LEFT ** min(left, MOST_LEFT) * TAKEN ** min(taken, MOST_TAKEN)


@dataclass(frozen=True, slots=True)
class _Effect:
    """One edit: the rejections it changes, how likely it is by itself and by its effect, its answers."""

    changed: int
    prior: float
    weight: float
    after: tuple[tuple[Branch, int], ...]

    def deed_at(self, n: int) -> Deed:
        """What the n-th situation is answered with; nothing where no branch answers."""
        return next((deed_of(branch) for branch, mask in self.after if mask >> n & 1), ("", ()))
