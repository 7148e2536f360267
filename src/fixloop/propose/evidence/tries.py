"""Single edits of a plan tree, tried on all that is known of its leaf before a word is read.

The edit that mends a fault changes the tickets that were rejected and none that were accepted. So all small
edits of a tree are weighed by how often such edits are made, by their size, and by what else they change:
rejections they leave as they are, accepted answers they take away, branches they leave without a ticket.

What a branch does and new branches are weighed as families, for their effect is the same whatever they
answer; edits of order and conditions one by one, for they lead to what other branches of the tree answer.
For one rejection this says which answer the tree would most likely have given, and whether one edit of it
explains the company (`Tries`); for a set of them, which answers one edit would give them (`tree_outcomes`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from math import ceil, exp, log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.propose.bench.situations import Ground, settled_situations, situation_of
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.evidence.kin import Deed, deed_of, kin_of
from fixloop.propose.evidence.texts import astray
from fixloop.propose.readings import conditions, tree_edits
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.tree_edits import Edit
from fixloop.workspace.model import Branch, PlanTree

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

TWIN = 0.25
"""What an answer counts for as another deed of a branch, or of a new one, that the tree gives elsewhere
already: about a tenth of all branches do what another one of their tree does. Not where the branch says the
same already: of two with one reply it is likely that they call the same."""

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
    own: Set[Deed] = frozenset()
    """What branches of the tree do already, but for those that say what the one that answered says."""
    reply: str = ""
    replied: float = 0.0
    """What the branch that answered says, and `fresh` for deeds that say something else."""

    def share(self, deed: Deed, usual: float) -> float:
        """The part of a deed that has a share `usual` of all interventions, 0…1."""
        fresh = self.fresh if deed[0] == self.reply else self.replied
        return max(LEAST, fresh * _fresh_share(deed, usual, self.own) + self.led.get(deed, 0.0))


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried for each rejection whose leaf has a plan tree, by feedback id."""

    found: Mapping[str, Tried] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Workbench, rejections: Sequence[Feedback]) -> "Tries":
        """All edits of the trees that rejected tickets went through."""
        leaves: dict[str, list[Feedback]] = defaultdict(list)
        for one in rejections:
            leaves[bench.before[one.id].leaf].append(one)
        bench.kept["tries"] = {}
        trees = bench.workspace.plan_trees
        tried = [
            tree_tries(bench, trees[leaf], found).tried for leaf, found in leaves.items() if leaf in trees
        ]
        return cls({key: one for found in tried for key, one in found.items()})


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The answers that edits lead to, by the position of the rejection; those without one keep theirs.

    `weight` is how likely the edits with this effect are together, before it is heard what was asked for.
    """

    answers: Mapping[int, Action]
    weight: float

    @property
    def key(self) -> tuple[tuple[int, str], ...]:
        """Edits with one key have one effect."""
        return tuple((n, canonical_json(one.to_json())) for n, one in self.answers.items())


def tree_tries(bench: Workbench, tree: PlanTree, rejections: Sequence[Feedback]) -> "TreeTries":
    """The edits of a tree on its ground, worked out once for all rejections of a run."""
    kept: dict[str, TreeTries] = bench.kept.setdefault("tries", {})
    known = kept.get(tree.leaf)
    if known is None or not {one.id for one in rejections} <= known.places.keys():
        kept[tree.leaf] = known = TreeTries.of(bench, tree, rejections)
    return known


@dataclass(frozen=True, slots=True)
class TreeTries:
    """A tree on its ground: the first situations are the rejections, the others are settled.

    `places` are the positions of the rejections by id, `own` the deeds of the tree's branches, `effects` what
    edits of order and conditions do, and `tried` is what all edits say of each rejection.
    """

    bench: Workbench
    tree: PlanTree
    places: Mapping[str, int]
    ground: Ground
    now: Sequence[tuple[Branch, int]]
    own: Set[Deed]
    effects: list["_Effect"] = field(default_factory=list)
    habits: list[tuple[int, Deed, float]] = field(default_factory=list)
    tests: dict[str, list[tuple[int, float, float]]] = field(default_factory=dict)
    tried: dict[str, Tried] = field(default_factory=dict)

    @classmethod
    def of(cls, bench: Workbench, tree: PlanTree, rejections: Sequence[Feedback]) -> "TreeTries":
        """Every edit tried."""
        digests = frozenset(one.text_digest for one in rejections)
        asked = [situation_of(bench.workspace, one, bench.before[one.id]) for one in rejections]
        ground = Ground([*asked, *settled_situations(bench, tree.leaf, digests)])
        places = {one.id: n for n, one in enumerate(rejections)}
        own = frozenset(deed_of(b) for _, b in tree_edits.walk(tree.branches) if b.reply)
        made = cls(bench, tree, places, ground, ground.answers(tree.branches), own)
        values, whole = conditions.plain_values(bench, asked), conditions.whole_conditions(bench, tree)
        told = tree_edits.condition_edits(tree, values, whole)
        made.effects.extend(made._effect(TOLD, one) for one in told)
        made.effects.extend(made._effect(MOVED, one) for one in tree_edits.move_edits(tree))
        made.effects.extend(made._effect(GONE, one) for one in tree_edits.removal_edits(tree))
        made.habits.extend(made._habits())
        for key, n in places.items():
            answered = made._answered(n)
            if answered is not None:
                made.tried[key] = made._of(n, *answered)
        return made

    @property
    def rejected(self) -> int:
        """The situations that are rejections."""
        return (1 << len(self.places)) - 1

    def _answered(self, n: int) -> tuple[Branch, int] | None:
        return next(((branch, mask) for branch, mask in self.now if mask >> n & 1), None)

    def _of(self, n: int, answered: Branch, mask: int) -> Tried:
        """What the edits say that change one rejection's answer."""
        done = self._done_of(answered)
        whole, fresh, led = done, done * self._weight(mask), defaultdict[Deed, float](float)
        for one, prior in _changing(self.effects, 1 << n):
            whole += prior
            led[one.deed_at(n)] += prior * one.kept * self._weight(one.changed)
        added = self._added(answered, 1 << n)
        if added is not None:
            whole += ADDED
            fresh += ADDED * added
        for held, deed, usual in self.habits:
            if held >> n & 1 and deed != deed_of(answered):
                whole += HABIT * usual
                led[deed] += HABIT * usual * self._weight(held & self._from(answered))
        sum_of = fresh + sum(led.values())
        more = done * self._weight(mask) * (self._misplaced(answered) - 1)
        return Tried(
            fresh / sum_of,
            {key: value / sum_of for key, value in led.items()},
            max(-6.0, log(max(LEAST, sum_of / whole))),
            self._twins([answered]),
            answered.reply or "",
            (fresh + more) / sum_of,
        )

    # --- for a set of them ------------------------------------------------------------------------------

    def outcomes(self, members: Sequence[Feedback], wished: Mapping[Action, float]) -> list[Outcomes]:
        """Every effect that one edit could have on some rejections and on nothing that is settled.

        `wished` are the answers that are asked for, each with its share of all interventions.
        """
        asked = [self.places[one.id] for one in members]
        found: dict[Any, Outcomes] = {}
        for answers, weight in (*self._led(asked), *self._done(asked, wished), *self._usual(asked, wished)):
            one = Outcomes({place: answers[n] for place, n in enumerate(asked) if n in answers}, weight)
            known = found.get(one.key)
            found[one.key] = replace(known, weight=known.weight + weight) if known else one
        return [one for one in found.values() if one.answers]

    def _led(self, asked: Sequence[int]) -> Iterator[tuple[dict[int, Action], float]]:
        """Edits of order and conditions, and branches gone."""
        for one, prior in _changing(self.effects, _bits(asked)):
            if not self._taken(one.changed):
                led = {n: one.branch_at(n) for n in asked if one.changed >> n & 1}
                yield {n: _action(to) for n, to in led.items() if to is not None}, prior * one.kept

    def _done(
        self, asked: Sequence[int], wished: Mapping[Action, float]
    ) -> Iterator[tuple[dict[int, Action], float]]:
        """Another deed of a branch where that takes nothing away, and a new branch before one or all."""
        reached = [(b, mask, [n for n in asked if mask >> n & 1]) for b, mask in self.now]
        reached = [one for one in reached if one[2]]
        done = [(own, b, self._done_of(b)) for b, mask, own in reached if not self._taken(mask)]
        parts = [(own, [b], weight, self._misplaced(b)) for own, b, weight in done]
        parts += [(own, [b], ADDED * (self._added(b, _bits(own)) or 0.0), 1.0) for b, _, own in reached]
        if len(reached) > 1:
            every = [branch for branch, _, _ in reached]
            parts.append((list(asked), every, ADDED * (self._added(every[0], _bits(asked)) or 0.0), 1.0))
        for own, there, weight, replied in parts:
            twins = self._twins(there)
            for action, usual in wished.items():
                if weight and all(action != _action(branch) for branch in there):
                    share = _fresh_share(action.deed, usual, twins)
                    share *= 1.0 if action.reply == there[0].reply else replied
                    yield dict.fromkeys(own, action), weight * share

    def _usual(
        self, asked: Sequence[int], wished: Mapping[Action, float]
    ) -> Iterator[tuple[dict[int, Action], float]]:
        """Branches that other trees have."""
        for held, deed, usual in self.habits:
            own = [n for n in asked if held >> n & 1]
            for action in wished:
                if own and action.deed == deed:
                    yield dict.fromkeys(own, action), HABIT * usual

    # --- the edits --------------------------------------------------------------------------------------

    def _effect(self, family: float, edit: Edit) -> "_Effect":
        after = self.ground.answers(edit.branches)
        changed = self.ground.everything
        for old, before in self.now:
            deed = deed_of(old)
            for new, reached in after:
                if old is new or deed == deed_of(new):
                    changed &= ~(before & reached)
        there = {branch.id for branch, _ in after}
        emptied = sum(1 for branch, _ in self.now if branch.id not in there)
        return _Effect(family, exp(-edit.size), changed, EMPTIED**emptied, tuple(after))

    def _added(self, answered: Branch, asked: int) -> float | None:
        """How well a new branch before the one that answered takes what is asked about; None: none could."""
        held = [(prior, weight) for mask, prior, weight in self._new_tests(answered) if not asked & ~mask]
        total = sum(prior for prior, _ in held)
        return sum(prior * weight for prior, weight in held) / total if held else None

    def _new_tests(self, answered: Branch) -> list[tuple[int, float, float]]:
        """Conditions that a new branch could have: where they hold, how simple, how fitting."""
        if answered.id not in self.tests:
            mask = next(mask for branch, mask in self.now if branch is answered) & self.rejected
            enough = max(1, ceil(HALF * mask.bit_count()))
            here = self._from(answered)
            shared = conditions.shared_tests(self.bench, self.ground, mask, enough)
            held = [(test, self.ground.mask(test)) for test in shared]
            self.tests[answered.id] = [
                (where, exp(-conditions.plainness(self.bench, test)), self._weight(where & here))
                for test, where in held
            ]
        return self.tests[answered.id]

    def _habits(self) -> Iterator[tuple[int, Deed, float]]:
        """Branches of other trees that this one lacks: where they hold, with the part of trees with them."""
        own = {repr(branch.when) for _, branch in tree_edits.walk(self.tree.branches)}
        trees = max(1, len(self.bench.workspace.plan_trees))
        for key, (condition, deeds) in kin_of(self.bench).branches.items():
            held = self.ground.mask(condition) if condition is not None and key not in own else 0
            if held & self.rejected:
                yield from ((held, deed, count / trees) for deed, count in deeds.items())

    def _twins(self, there: Sequence[Branch]) -> Set[Deed]:
        """What other branches of the tree do that say something else than these."""
        replies = {branch.reply for branch in there}
        return frozenset(deed for deed in self.own if deed[0] not in replies)

    def _done_of(self, branch: Branch) -> float:
        """How often another deed of a branch is asked for: oftener where its reply is another leaf's."""
        return DONE * exp(astray(self.bench, self.tree.leaf, branch.reply))

    def _misplaced(self, branch: Branch) -> float:
        """How much oftener than usual another reply is asked for: others say the present one, or none."""
        return exp(kin_of(self.bench).misplaced(branch.reply))

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
        return LEFT ** min(left, MOST_LEFT) * TAKEN ** min(self._taken(changed), MOST_TAKEN)

    def _taken(self, changed: int) -> int:
        """How many settled answers are among these."""
        return (changed & ~self.rejected).bit_count()


@dataclass(frozen=True, slots=True)
class _Effect:
    """One edit: how often such edits are made, its part of them by size, what it changes, its answers.

    `kept` is what it counts for by the branches that it leaves without a ticket.
    """

    family: float
    part: float
    changed: int
    kept: float
    after: tuple[tuple[Branch, int], ...]

    def branch_at(self, n: int) -> Branch | None:
        """The branch that answers the n-th situation, where one does."""
        return next((branch for branch, mask in self.after if mask >> n & 1), None)

    def deed_at(self, n: int) -> Deed:
        """What the n-th situation is answered with; nothing where no branch answers."""
        branch = self.branch_at(n)
        return deed_of(branch) if branch is not None else ("", ())


def _action(branch: Branch) -> Action:
    return Action(branch.reply or "", branch.tools)


def _fresh_share(deed: Deed, usual: float, own: Set[Deed]) -> float:
    """How likely a branch that may answer anything gives just this answer."""
    return usual / ALL_SHARES * (TWIN if deed in own else 1.0)


def _bits(places: Iterable[int]) -> int:
    return sum(1 << n for n in places)


def _changing(effects: Iterable[_Effect], asked: int) -> Iterator[tuple[_Effect, float]]:
    """The edits that change anything asked about, each with its prior among those of its family."""
    changing = [one for one in effects if one.changed & asked]
    totals: dict[float, float] = defaultdict(float)
    for one in changing:
        totals[one.family] += one.part
    yield from ((one, one.family * one.part / totals[one.family]) for one in changing)
