"""One planted fault as an engineer meets it: a base, rejections in one manner, accepted tickets, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from draws import draw, pick, shuffled
from index import Showing
from staff import CRYPTIC, MANNERS, Case, Remark, Staff
from worlds import World, Written, answers, visible

from fixloop.evals.cases import load_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.feedback.model import Feedback
from fixloop.fixes.jsonl_splice import lines_where, remove_line
from fixloop.fixes.yaml_file import YamlFile
from fixloop.hints.ids import content_id
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.workspace.load import load_workspace
from fixloop.workspace.snapshot import Overlay, Snapshot

COUNTS = (1, 1, 2, 3, 5, 8)
"""How many rejections of one fault a scenario has, as far as it shows that often."""

SAME_LEAF, ELSEWHERE = 40, 120
"""Accepted tickets of the leaves concerned, and of all the others."""

NOISE = 15
"""Of a hundred rejections and scenarios, how many bring noise with them."""


@dataclass(frozen=True)
class Rejection:
    """A rejection and what is true of it: `planted`, or what kind of noise it is."""

    feedback: Feedback
    manner: str
    truth: str


@dataclass(frozen=True)
class Scenario:
    """A fault, how staff speak of it, and everything the proposer gets."""

    world: World
    showing: Showing
    second: Showing | None
    manner: str
    rejections: tuple[Rejection, ...]
    feedback: tuple[Feedback, ...]
    base: Base = field(repr=False)

    @property
    def planted(self) -> tuple[Rejection, ...]:
        """The rejections of the fault itself."""
        return tuple(one for one in self.rejections if one.truth == "planted")


class Base:
    """The faulted workspace as one fresh commit: without the cases that the fault breaks."""

    def __init__(self, world: World, showings: Sequence[Showing]) -> None:
        self.world = world
        snapshot = world.snapshot
        for one in showings:
            snapshot = one.fault.planted(snapshot)
        self._bare = snapshot

    @cached_property
    def pipeline(self) -> Pipeline:
        """The faulted workspace, compiled."""
        return compile_pipeline(load_workspace(self._bare), self.world.cache)

    @cached_property
    def given(self) -> Mapping[str, Proposal]:
        """What it answers to the shown tickets."""
        return answers(self.pipeline, [one for one in self.world.tickets if not one.unseen])

    @cached_property
    def unseen(self) -> Mapping[str, Proposal]:
        """What it answers to the unseen tickets."""
        return answers(self.pipeline, [one for one in self.world.tickets if one.unseen])

    @cached_property
    def snapshot(self) -> Snapshot:
        """With the cases that pass today only."""
        report = evaluate(self.pipeline, load_cases(self._bare))
        broken = {result.id for result in report if result.outcome != PASS}
        return without_cases(self._bare, broken)


def without_cases(snapshot: Snapshot, gone: set[str]) -> Snapshot:
    """The snapshot without some eval cases; every other byte stays."""
    edits: dict[str, bytes | None] = {}
    for path in snapshot.paths():
        data = snapshot.read(path) or b""
        if gone and path.startswith("evals/"):
            left = _without(path, data, gone)
            if left != data:
                edits[path] = left if left.strip() else None
    return Overlay(snapshot, edits)


def _without(path: str, data: bytes, gone: set[str]) -> bytes:
    if path.endswith(".jsonl"):
        for key in sorted(gone):
            for line in lines_where(data, "id", key):
                data = remove_line(data, line)
                break
        return data
    if not path.endswith(".yaml"):
        return data
    file = YamlFile(path, data)
    cases = file.value or []
    numbers = [n for n, case in enumerate(cases) if case.get("id") in gone]
    if len(numbers) == len(cases):
        return b""
    for number in reversed(numbers):
        file = file.delete(number)
    return file.data


# --- who says what --------------------------------------------------------------------------------------


def scenarios(
    world: World, showing: Showing, every: Sequence[Showing], staff: Staff, manners: Sequence[str]
) -> list[Scenario]:
    """The scenarios of a fault: one a manner asked for."""
    bases: dict[str, Base] = {}
    found = []
    for manner in manners:
        second = _second(showing, every, manner)
        key = second.fault.id if second else ""
        base = bases.setdefault(key, Base(world, [showing, *([second] if second else [])]))
        found.append(_scenario(world, showing, second, manner, staff, base))
    return found


def two_manners(fault_id: str) -> list[str]:
    """A telling manner and the cryptic one, alone or in company: what a fault is measured in by default."""
    telling = pick([one for one in MANNERS if one != CRYPTIC], "manner", fault_id)
    return [telling, pick(("cryptic alone", "cryptic many"), "cryptic", fault_id)]


def every_manner(fault_id: str) -> list[str]:
    """All five, cryptic alone and in company."""
    return [*(one for one in MANNERS if one != CRYPTIC), "cryptic alone", "cryptic many"]


def _second(showing: Showing, every: Sequence[Showing], manner: str) -> Showing | None:
    """Another fault at the same time, in one scenario of 25: of another leaf and step."""
    fault = showing.fault
    if manner == "cryptic alone" or draw(25, "second", fault.id, manner):
        return None
    apart = [
        one
        for one in every
        if not set(one.shown) & set(showing.shown)
        and not {p for p in one.fault.edits} & {p for p in fault.edits}
        and one.fault.step != fault.step
        and len(one.shown) < 60
    ]
    return pick(apart, "which second", fault.id) if apart else None


def _scenario(
    world: World, showing: Showing, second: Showing | None, manner: str, staff: Staff, base: Base
) -> Scenario:
    seed = f"{showing.fault.id}/{manner}"
    given = base.given
    rejected = _rejected(world, showing, manner, given, seed)
    spoken = manner.split(" ")[0]
    rows = [_said(world, one, given, staff, spoken, "planted", seed) for one in rejected]
    noisy = [] if manner == "cryptic alone" else _noise(world, rejected, given, staff, spoken, seed)
    if second is not None:
        others = _rejected(world, second, manner, given, seed + "2")[: max(1, len(rejected))]
        noisy += [_said(world, one, given, staff, spoken, "second", seed) for one in others]
    rows += noisy
    used = {row.feedback.ticket["id"] for row in rows}
    accepted = [
        _accepted(world, one, given, staff, seed)
        for one in _accepted_tickets(world, showing, given, seed)
        if one.id not in used
    ]
    accepted += [
        _accepted(world, world.by_id[str(row.feedback.ticket["id"])], given, staff, seed + "other")
        for row in rows
        if row.truth == "contradicted"
    ]
    feedback = tuple([row.feedback for row in rows] + accepted)
    return Scenario(world, showing, second, manner, tuple(rows), feedback, base)


def _rejected(
    world: World, showing: Showing, manner: str, given: Mapping[str, Proposal], seed: str
) -> list[Written]:
    """Which of the changed tickets staff look at."""
    changed = [key for key in showing.shown if visible(given[key]) != visible(world.truth[key])]
    if manner == "cryptic alone":
        count = 1
    elif manner == "cryptic many":
        count = 3 + draw(4, "count", seed)
    else:
        count = pick(COUNTS, "count", seed)
    return [world.by_id[key] for key in shuffled(changed, "which", seed)[:count]]


def _said(
    world: World,
    one: Written,
    given: Mapping[str, Proposal],
    staff: Staff,
    manner: str,
    truth: str,
    seed: str,
    reviewer: int = 0,
) -> Rejection:
    case = Case(one.id, given[one.id], world.truth[one.id], _language(one, seed))
    remark = staff.grumble(case) if truth in ("wrong", "contradicted") else staff.remark(case, manner)
    return Rejection(_feedback(one, given[one.id], remark, seed, reviewer), remark.manner, truth)


def _noise(
    world: World,
    rejected: Sequence[Written],
    given: Mapping[str, Proposal],
    staff: Staff,
    manner: str,
    seed: str,
) -> list[Rejection]:
    """Wrong rejections of right proposals, duplicates, and reviewers who contradict each other."""
    found: list[Rejection] = []
    right = [
        one
        for one in world.tickets
        if not one.unseen and visible(given[one.id]) == visible(world.truth[one.id])
    ]
    for n, one in enumerate(rejected):
        if draw(100, "noise", seed, n) >= NOISE:
            continue
        kind = pick(("wrong", "duplicate", "contradicted"), "noise kind", seed, n)
        what = one if kind == "duplicate" else pick(right, "noise ticket", seed, n)
        truth = "planted" if kind == "duplicate" else kind
        found.append(_said(world, what, given, staff, manner, truth, f"{seed}/{n}", reviewer=1 + n))
    return found


def _accepted_tickets(
    world: World, showing: Showing, given: Mapping[str, Proposal], seed: str
) -> list[Written]:
    """Unchanged tickets that staff sent as they were: of the leaves concerned, and some elsewhere."""
    right = [
        one
        for one in world.tickets
        if not one.unseen and visible(given[one.id]) == visible(world.truth[one.id])
    ]
    leaves = {world.truth[key].leaf for key in showing.shown} | {given[key].leaf for key in showing.shown}
    near = [one for one in right if one.leaf in leaves]
    far = [one for one in right if one.leaf not in leaves]
    return shuffled_tickets(near, seed)[:SAME_LEAF] + shuffled_tickets(far, seed)[:ELSEWHERE]


def shuffled_tickets(tickets: Sequence[Written], seed: str) -> list[Written]:
    by_id = {one.id: one for one in tickets}
    return [by_id[key] for key in shuffled(sorted(by_id), seed)]


def _accepted(world: World, one: Written, given: Mapping[str, Proposal], staff: Staff, seed: str) -> Feedback:
    case = Case(one.id, given[one.id], world.truth[one.id], _language(one, seed))
    return _feedback(one, given[one.id], staff.accept(case), seed, reviewer=9)


def _language(one: Written, seed: str) -> str:
    """Staff answer a German ticket in German, and now and then an English one."""
    if one.language == "de":
        return "de" if draw(4, "language", one.id, seed) else "en"
    return "de" if draw(12, "language", one.id, seed) == 0 else "en"


def _feedback(one: Written, given: Proposal, remark: Remark, seed: str, reviewer: int) -> Feedback:
    who = f"staff-{(draw(7, 'reviewer', one.id) + reviewer) % 10}"
    at = f"2026-11-{1 + draw(19, 'day', one.id, reviewer):02d}T{8 + draw(9, 'hour', one.id):02d}:12:00Z"
    return Feedback(
        id=content_id("fb", seed, one.id, reviewer, remark.outcome),
        source="native",
        ticket=one.to_json(),
        outcome=remark.outcome,
        comment=remark.comment,
        reviewer=who,
        at=at,
        reason=remark.reason,
        expected=remark.expected,
        reply=remark.reply,
        proposal=given.to_json(),
    )
