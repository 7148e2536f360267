"""The last part of `propose`: outcomes to keep as known-good, and those that an approved fix replaces."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fixloop.commands.desk import Desk
from fixloop.feedback.model import Feedback
from fixloop.gate.lanes import is_of_the_judge
from fixloop.hints.ids import short_id
from fixloop.hints.model import Hint
from fixloop.hints.store import HintBook
from fixloop.propose.bench.known_good import SUITE, grow_known_good, retire_outdated, ripe
from fixloop.propose.bench.workbench import Workbench, build_workbench
from fixloop.queue.ground import Ground, commit_of, target_branch
from fixloop.queue.prepare import APPLICABLE

if TYPE_CHECKING:
    from fixloop.commands.propose import ProposeResult

_MOST_LOOKED_AT = 2_000
"""The oldest ripe outcomes that one run looks at: a hint takes five."""


def with_known_good(desk: Desk, onto: str | None, found: "ProposeResult") -> "ProposeResult":
    """What was proposed, and what known-good gains or sheds; asked twice, it proposes once."""
    ground = desk.ground()
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    fresh = [hint for hint in _hints(desk, ground, base) if hint.id not in ground.book.hints]
    if not fresh:
        return found
    events = [ground.event("proposed", hint, base=base, digest=hint.digest) for hint in fresh]
    ground.record(events, f"propose {len(fresh)} changes of known-good", hints=fresh)
    hints = (*found.hints, *fresh)
    return replace(
        found,
        hints=hints,
        statuses=(*found.statuses, *("proposed" for _ in fresh)),
        names=tuple(short_id(hint.id, ground.book.hints) for hint in hints),
        fresh=found.fresh + len(fresh),
        ended=f"{found.ended}; {len(fresh)} for known-good",
    )


def _hints(desk: Desk, ground: Ground, base: str) -> list[Hint]:
    """At most one that adds outcomes, and one for each approved fix that replaces some."""
    book = ground.book
    wanted = [] if _is_busy(book) else ripe(ground.feedback, desk.clock.now(), _rested_on(book))
    fixes = [one for one in book.with_status(*APPLICABLE) if one.moves.from_ and not is_of_the_judge(one)]
    fixes = fixes if any(path.startswith(f"evals/{SUITE}/") for path in desk.tree(base).paths()) else []
    if not wanted and not fixes:
        return []
    bench = _bench(desk, base, wanted[:_MOST_LOOKED_AT])
    return [
        *(grow_known_good(bench, wanted[:_MOST_LOOKED_AT], desk.clock.now()) if wanted else []),
        *retire_outdated(bench, fixes),
    ]


def _bench(desk: Desk, base: str, feedback: Sequence[Feedback]) -> Workbench:
    return build_workbench(base, desk.base(base), feedback, desk.cache)


def _is_busy(book: HintBook) -> bool:
    """Whether a fix, a question or earlier outcomes still wait for a person: those come first."""
    undecided = book.with_status("proposed", "deferred")
    return any(hint.step != "none" for hint in undecided) or any(
        hint.kind == "add_case" and book.is_open(hint.id) for hint in book.hints.values()
    )


def _rested_on(book: HintBook) -> frozenset[str]:
    """Feedback whose outcome was proposed before, whatever became of it."""
    return frozenset(one for hint in book.hints.values() if hint.kind == "add_case" for one in hint.evidence)
