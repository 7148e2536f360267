"""One planted fault as an engineer meets it: a base, rejections in one manner, accepted tickets, noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from base import Base
from draws import draw, pick, shuffled
from index import Showing
from staff import CRYPTIC, MANNERS, Case, Remark, Staff
from worlds import World, Written

from fixloop.errors import FixloopError
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import content_id
from fixloop.pipeline.proposal import Proposal

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


# --- who says what --------------------------------------------------------------------------------------


def scenarios(
    world: World, showing: Showing, every: Sequence[Showing], staff: Staff, manners: Sequence[str]
) -> list[Scenario]:
    """The scenarios of a fault: one a manner asked for."""
    alone = Base(world, [showing.fault])
    return [_scenario(world, showing, _second(showing, every, m), m, staff, alone) for m in manners]


def two_manners(fault_id: str) -> list[str]:
    """A telling manner and the cryptic one, alone or in company: what a fault is measured in by default."""
    telling = pick([one for one in MANNERS if one != CRYPTIC], "manner", fault_id)
    return [telling, pick(("cryptic alone", "cryptic many"), "cryptic", fault_id)]


def every_manner(fault_id: str) -> list[str]:
    """All five, cryptic alone and in company."""
    return [*(one for one in MANNERS if one != CRYPTIC), "cryptic alone", "cryptic many"]


def _second(showing: Showing, every: Sequence[Showing], manner: str) -> Showing | None:
    """Another fault at the same time, in one scenario of 25: in a plan tree or a text, of another step."""
    fault = showing.fault
    if manner == "cryptic alone" or draw(25, "second", fault.id, manner):
        return None
    apart = [one for one in every if one.fault.step in ("plan", "template") and one.fault.step != fault.step]
    return pick(apart, "which second", fault.id) if apart else None


def _scenario(
    world: World, showing: Showing, second: Showing | None, manner: str, staff: Staff, alone: Base
) -> Scenario:
    seed, spoken = f"{showing.fault.id}/{manner}", manner.split(" ")[0]
    base = _with_second(alone, showing, second)
    given, changed = base.given, alone.changed(unseen=False)
    right = _right(base)
    still = set(base.changed(unseen=False))
    rejected = _rejected(world, [key for key in changed if key in still], manner, seed)
    rows = [_said(world, one, given, staff, spoken, "planted", seed) for one in rejected]
    noisy = [] if manner == "cryptic alone" else _noise(world, rejected, right, given, staff, spoken, seed)
    if second is not None and base is not alone:
        others = [key for key in base.changed(unseen=False) if key not in set(changed)]
        more = _rejected(world, others, manner, seed + "2")[: max(1, len(rejected))]
        noisy += [_said(world, one, given, staff, spoken, "second", seed) for one in more]
    rows += noisy
    used = {row.feedback.ticket["id"] for row in rows}
    accepted = [
        _accepted(world, one, given, staff, seed)
        for one in _accepted_tickets(world, changed, right, given, seed)
        if one.id not in used
    ]
    accepted += [
        _accepted(world, world.by_id[str(row.feedback.ticket["id"])], given, staff, seed + "other")
        for row in rows
        if row.truth == "contradicted"
    ]
    feedback = tuple([row.feedback for row in rows] + accepted)
    second = second if base is not alone else None
    return Scenario(world, showing, second, manner, tuple(rows), feedback, base)


def _with_second(alone: Base, showing: Showing, second: Showing | None) -> Base:
    """Both faults planted, where they can be and both show."""
    if second is None:
        return alone
    try:
        both = Base(alone.world, [showing.fault, second.fault])
        shown = set(both.changed(unseen=False))
    except FixloopError:
        return alone
    before = set(alone.changed(unseen=False))
    return both if shown - before and shown & before else alone


def _rejected(world: World, changed: Sequence[str], manner: str, seed: str) -> list[Written]:
    """Which of the changed tickets staff look at."""
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
    right: Sequence[Written],
    given: Mapping[str, Proposal],
    staff: Staff,
    manner: str,
    seed: str,
) -> list[Rejection]:
    """Wrong rejections of right proposals, duplicates, and reviewers who contradict each other."""
    found: list[Rejection] = []
    for n, one in enumerate(rejected):
        if draw(100, "noise", seed, n) >= NOISE:
            continue
        kind = pick(("wrong", "duplicate", "contradicted"), "noise kind", seed, n)
        what = one if kind == "duplicate" else pick(right, "noise ticket", seed, n)
        truth = "planted" if kind == "duplicate" else kind
        found.append(_said(world, what, given, staff, manner, truth, f"{seed}/{n}", reviewer=1 + n))
    return found


def _accepted_tickets(
    world: World, changed: Sequence[str], right: Sequence[Written], given: Mapping[str, Proposal], seed: str
) -> list[Written]:
    """Unchanged tickets that staff sent as they were: of the leaves concerned, and some elsewhere."""
    leaves = {world.truth[key].leaf for key in changed} | {given[key].leaf for key in changed}
    near = [one for one in right if one.leaf in leaves]
    far = [one for one in right if one.leaf not in leaves]
    return shuffled_tickets(near, seed)[:SAME_LEAF] + shuffled_tickets(far, seed)[:ELSEWHERE]


def _right(base: Base) -> list[Written]:
    """The shown tickets that get what they should."""
    changed = frozenset(base.changed(unseen=False))
    return [base.world.by_id[key] for key in base.given if key not in changed]


def shuffled_tickets(tickets: Sequence[Written], seed: str) -> list[Written]:
    by_id = {one.id: one for one in tickets}
    return [by_id[key] for key in shuffled(sorted(by_id), seed)]


def _accepted(world: World, one: Written, given: Mapping[str, Proposal], staff: Staff, seed: str) -> Feedback:
    case = Case(one.id, given[one.id], world.truth[one.id], _language(one, seed))
    return _feedback(one, given[one.id], staff.accept(case), seed, reviewer=9)


def _language(one: Written, seed: str) -> str:
    """Staff answer a German ticket in German, and now and then an English one; German staff more often."""
    if one.home == "de":
        return "en" if draw(2 if one.language == "en" else 10, "language", one.id, seed) == 0 else "de"
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
