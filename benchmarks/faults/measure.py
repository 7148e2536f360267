"""One scenario through the proposer: what it named, asked or left, and what approving its top hint does."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from base import Base
from draws import shuffled
from plant import Fault
from scenario import Rejection, Scenario, shuffled_tickets
from worlds import World, answers, visible

from fixloop.errors import FixloopError
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.workbench import build_workbench
from fixloop.propose.run import Proposed, propose
from fixloop.workspace.load import load_workspace

COMMIT = "0" * 40
NAMED, ASKED, IDLE, WAITING = "named", "asked", "idle", "waiting"
TOP = 3
FAR = 150
"""Unseen tickets besides the changed ones on which harm is looked for."""


@dataclass(frozen=True)
class Effect:
    """What operations do to unseen tickets: how many changed ones are restored, how many others worse."""

    restored: int
    of: int
    worse: int
    others: int
    conflict: str = ""

    @property
    def whole(self) -> bool:
        """Whether every changed unseen ticket is as it was, and none is worse."""
        return self.of > 0 and self.restored == self.of and self.worse == 0


@dataclass(frozen=True)
class Judged:
    """One rejection: what became of it."""

    truth: str
    manner: str
    verdict: str
    step: str = ""
    kind: str = ""
    target: str = ""
    confidence: float | None = None
    step_right: bool = False
    target_right: bool = False
    in_top: bool = False
    strict_step: bool = False
    strict_target: bool = False
    written: bool = False


@dataclass(frozen=True)
class Outcome:
    """A scenario's figures."""

    fault: str
    kind: str
    step: str
    world: str
    half: str
    place: str
    manner: str
    rejections: tuple[Judged, ...]
    top: Effect | None
    harm: tuple[Effect, ...]
    noise_clear: int
    noise: int
    seconds: float
    dropped: tuple[str, ...] = ()
    error: str = ""
    hints: tuple[str, ...] = field(default=(), compare=False)

    def to_json(self) -> dict[str, Any]:
        """For `--out`."""
        return asdict(self)


def run_scenario(one: Scenario, options: Mapping[str, Any]) -> tuple[Outcome, Proposed]:
    """Propose on the scenario's base and judge every rejection."""
    bench = build_workbench(COMMIT, one.base.snapshot, one.feedback, one.world.cache)
    start = time.process_time()
    found = propose(bench, one.feedback, (), {}, **options)
    return _judged(one, found, time.process_time() - start), found


def _judged(one: Scenario, found: Proposed, seconds: float) -> Outcome:
    planted = {row.feedback.id for row in one.planted}
    effects = _Effects(one)
    judged = tuple(_judge(one, row, _top_of(row, found.hints), effects) for row in one.rejections)
    named = [h for h in found.hints if _is_named(h)]
    fixes = [h for h in named if h.operations]
    top = next((h for h in fixes if planted & set(h.evidence)), None)
    noisy = {row.feedback.id for row in one.rejections if row.truth in ("wrong", "contradicted")}
    clear = {key for h in named for key in h.evidence} & noisy
    fault = one.showing.fault
    return Outcome(
        fault=fault.id,
        kind=fault.kind,
        step=fault.step,
        world=fault.world,
        half=fault.half,
        place=fault.place,
        manner=one.manner,
        rejections=judged,
        top=effects.of(top) if top else None,
        harm=tuple(effects.of(h) for h in fixes),
        noise_clear=len(clear),
        noise=len(noisy),
        seconds=round(seconds, 4),
        dropped=tuple(f"{d.summary}: {d.reason}" for d in found.dropped),
        hints=tuple(f"{h.step} {h.kind} {h.target} {h.confidence:.2f} x{h.support}" for h in found.hints),
    )


def _is_named(hint: Hint) -> bool:
    """Whether it says what is wrong and asks nothing, with its operations or waiting for words."""
    return hint.question is None and hint.step != "none" and hint.kind != "spec"


def _top_of(row: Rejection, hints: Sequence[Hint]) -> Hint | None:
    """The first hint that rests on a rejection."""
    return next((hint for hint in hints if row.feedback.id in hint.evidence), None)


def _judge(one: Scenario, row: Rejection, hint: Hint | None, effects: _Effects) -> Judged:
    if hint is None:
        return Judged(row.truth, row.manner, WAITING)
    confidence = hint.confidence
    second = one.second.fault if one.second else None
    fault = second if row.truth == "second" and second else one.showing.fault
    if hint.question is not None:
        candidates = [choice.hint for choice in hint.question.choices[:TOP] if choice.hint]
        first = hint.question.choices[0].hint
        right = first is not None and _right(fault, first, effects)
        same_step = first is not None and first.step == fault.step
        return Judged(
            row.truth,
            row.manner,
            ASKED,
            hint.step,
            hint.kind,
            hint.target,
            confidence,
            step_right=right or same_step,
            target_right=right,
            in_top=any(_right(fault, candidate, effects) for candidate in candidates),
            strict_step=same_step,
            strict_target=first is not None and _names(fault, first),
        )
    if not _is_named(hint):
        noise = row.truth in ("wrong", "contradicted")
        return Judged(
            row.truth, row.manner, IDLE, hint.step, hint.kind, hint.target, confidence, noise, noise
        )
    step, target = hint.step == fault.step, _names(fault, hint)
    whole = row.truth == "planted" and effects.of(hint).whole
    return Judged(
        row.truth,
        row.manner,
        NAMED,
        hint.step,
        hint.kind,
        hint.target,
        confidence,
        step_right=step or whole,
        target_right=target or whole,
        in_top=target or whole,
        strict_step=step,
        strict_target=target,
        written=bool(hint.operations),
    )


def _right(fault: Fault, hint: Hint, effects: _Effects) -> bool:
    return _names(fault, hint) or effects.of(hint).whole


def _names(fault: Fault, hint: Hint) -> bool:
    """Whether a hint names the planted step, a target of it and an operation that mends such a fault."""
    return (
        hint.step == fault.step
        and hint.kind in fault.mended_by
        and any(_same_target(target, hint.target) for target in fault.targets)
    )


def _same_target(planted: str, named: str) -> bool:
    """The same file, and the same key as far as both say one (a template's name is its own)."""
    path, _, key = planted.partition("#")
    named_path, _, named_key = named.partition("#")
    if path != named_path:
        return False
    return not key or not named_key or (named_key + ".").startswith(key + ".")


class _Effects:
    """What hints do to the unseen tickets of a scenario, each hint tried once."""

    def __init__(self, one: Scenario) -> None:
        self._one = one
        self._known: dict[str, Effect] = {}
        self._changed, self._others = _looked_at(one)
        self._wrong = frozenset(one.base.changed(unseen=True))

    def of(self, hint: Hint) -> Effect:
        """A hint's effect; one that no longer applies restores nothing."""
        if hint.id not in self._known:
            self._known[hint.id] = self._tried(hint)
        return self._known[hint.id]

    def _tried(self, hint: Hint) -> Effect:
        one, world = self._one, self._one.world
        none = Effect(0, len(self._changed), 0, len(self._others))
        if not hint.operations:
            return none
        try:
            after = apply_operations(one.base.snapshot, hint.operations).snapshot
            pipeline = compile_pipeline(load_workspace(after), world.cache)
        except FixloopError as error:
            return Effect(0, len(self._changed), 0, len(self._others), error.message)
        others = [*self._others, *self._of_leaves(hint)]
        tickets = [world.by_id[key] for key in (*self._changed, *others)]
        got = answers(pipeline, tickets)
        new = {str(o.args["id"]) for o in hint.operations if o.op == "add_leaf"}
        restored = sum(_is_restored(one, key, got[key], new) for key in self._changed)
        worse = sum(visible(got[key]) != visible(one.base.unseen[key]) for key in others)
        return Effect(restored, len(self._changed), worse, len(others))

    def _of_leaves(self, hint: Hint) -> list[str]:
        """Right unseen tickets, not yet looked at, of the leaves that the hint changes.

        They need not be near the fault.
        """
        leaves = {str(operation.args["leaf"]) for operation in hint.operations if "leaf" in operation.args}
        known = self._wrong.union(self._others)
        now = self._one.base.unseen
        return [key for key, given in now.items() if given.leaf in leaves and key not in known]


def _looked_at(one: Scenario) -> tuple[list[str], list[str]]:
    """Unseen tickets that the fault changes, and others that are right on the base."""
    world, now = one.world, one.base.unseen
    changed = one.base.changed(unseen=True)
    if one.second is not None:
        changed = [
            key for key in changed if key in set(Base(world, [one.showing.fault]).changed(unseen=True))
        ]
    own = set(changed)
    wrong = set(one.base.changed(unseen=True))
    right = [world.by_id[key] for key in now if key not in wrong]
    leaves = {world.truth[key].leaf for key in own} | {now[key].leaf for key in own}
    near = [t for t in right if t.leaf in leaves]
    far = [t for t in right if t.leaf not in leaves]
    far = shuffled_tickets(far, one.showing.fault.id)[:FAR]
    return shuffled(sorted(changed), "changed"), [t.id for t in (*near, *far)]


def _is_restored(one: Scenario, key: str, got: Proposal, new: set[str]) -> bool:
    """As it was; where the leaf itself was lost, in the leaf that was made for it."""
    if one.showing.fault.kind == "leaf_removed" and one.world.truth[key].leaf == one.showing.fault.leaf:
        return got.leaf in new or got.leaf == one.showing.fault.leaf
    return visible(got) == one.world.seen[key]


def failed(one: Scenario, error: str) -> Outcome:
    """A scenario in which the proposer fell over: every rejection waits."""
    fault = one.showing.fault
    judged = tuple(Judged(row.truth, row.manner, WAITING) for row in one.rejections)
    return Outcome(
        fault.id,
        fault.kind,
        fault.step,
        fault.world,
        fault.half,
        fault.place,
        one.manner,
        judged,
        None,
        (),
        0,
        0,
        0.0,
        error=error,
    )


def world_words(world: World) -> str:
    """Which column staff name a record by."""
    columns = {
        "bank": "account_number",
        "shop": "user_id",
        "clinc": "customer_id",
        "telecom": "kdnr",
        "hotel": "confirmation",
        "campus": "matric",
    }
    return columns[world.name]
