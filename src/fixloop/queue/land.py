"""The merge queue: approved fixes onto a branch, in batches, each gated on exactly what lands.

Fixes that touch different places are laid on top of one another and judged as one tree; where that passes,
each becomes a commit of its own and the ref moves once. Where it fails, fixes that fail by themselves are set
aside and the rest is halved until the culprits stand alone (as bors and Zuul do); what is left lands. A
culprit is judged alone, on the newest base, before it is refused.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from fixloop.errors import RefMoved
from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.queue.blame import Landing, explain
from fixloop.queue.elsewhere import elsewhere
from fixloop.queue.ground import Ground, commit_of
from fixloop.queue.judge_stack import Judged, judge_stack
from fixloop.queue.move import Blocked, finish_interrupted, move_stack
from fixloop.queue.order import landing_order
from fixloop.queue.outcome import MERGED_ALREADY, Landed, Refused
from fixloop.queue.overlap import next_batch
from fixloop.queue.prepare import APPLICABLE
from fixloop.queue.stack import Edits, Stack, build_stack, worked_on
from fixloop.workspace.model import Workspace
from fixloop.workspace.stored import load_stored

TRIES = 3
"""How often a moved base is taken as the new base before giving up."""

Progress = Callable[[str], None]
Part = list[Hint]


@dataclass(slots=True)
class Outcome:
    """What landed and what was refused, each in the order it was settled."""

    landed: list[Landed] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def land_all(
    ground: Ground, hints: Sequence[Hint], target: str, progress: Progress = lambda _: None
) -> Outcome:
    """Bring approved hints onto a branch; what an earlier run left undone there is finished first."""
    return _Run(ground, target, progress).run(landing_order(hints))


class _Run:
    """One run of the queue on one branch."""

    def __init__(self, ground: Ground, target: str, progress: Progress) -> None:
        self._ground = ground
        self._target = target
        self._progress = progress
        self._done = Outcome()
        self._landings: list[Landing] = []
        self._persons: frozenset[str] = frozenset()

    def run(self, hints: Sequence[Hint]) -> Outcome:
        """Batch after batch until every hint has landed or been refused."""
        finished = finish_interrupted(self._ground, self._target)
        self._done.landed += finished
        done = {one.id for one in finished}
        waiting = [one for one in hints if one.id not in done and self._may_land(one)]
        self._persons = worked_on(self._ground, waiting)
        # A person overrules for the fix that is named, never for what lies beside it.
        overruled = self._ground.overrides or self._ground.allow_judge
        alone = frozenset(one.id for one in waiting) if overruled else self._persons
        total = len(waiting)
        while waiting:
            batch, waiting = next_batch(waiting, self._workspace(), alone)
            self._progress(f"merging {_these(batch)}, {total - len(waiting)} of {total}")
            self._settle(batch)
        return self._done

    def _may_land(self, hint: Hint) -> bool:
        book = self._ground.book
        status, state = book.status(hint.id), book.states.get(hint.id)
        if status == "merged":
            self._done.refused.append(self._merged_before(hint))
        elif status not in APPLICABLE or state is None or state.approved_digest != hint.digest:
            self._done.refused.append(Refused(hint.id, "status", f"{status}, not approved"))
        else:
            return True
        return False

    def _merged_before(self, hint: Hint) -> Refused:
        """It landed: here, or on a branch that has to be merged into this one first."""
        found = elsewhere(self._ground, hint, self._target)
        if found is None:
            return Refused(hint.id, "status", MERGED_ALREADY)
        return Refused(hint.id, "status", found.told, found.bring)

    def _workspace(self) -> Workspace:
        base = commit_of(self._ground.repo, self._target)
        return load_stored(self._ground.tree(base), self._ground.cache)

    def _settle(self, batch: Part) -> None:
        """A batch, and whatever smaller parts it falls into, until nothing of it is left."""
        parts = [batch]
        while parts:
            part = parts.pop()
            smaller = self._try(part)
            if smaller:
                self._progress(f"  {_these(part)} fail together: trying {' and '.join(map(_these, smaller))}")
            parts += reversed(smaller)

    def _try(self, part: Part) -> list[Part]:
        """Judge and land a part on the newest base; the smaller parts to try where it cannot land so."""
        for _ in range(TRIES):
            base = commit_of(self._ground.repo, self._target)
            stack = build_stack(self._ground, base, part, self._persons)
            self._done.refused += stack.left_out
            part = stack.hints
            if not part:
                return []
            judged = judge_stack(self._ground, stack)
            if not judged.verdict.passed:
                return self._refused(stack, judged)
            try:
                moved = move_stack(self._ground, self._target, stack, judged.verdict)
            except RefMoved:
                continue
            return self._blocked(stack, moved) if isinstance(moved, Blocked) else self._landed(base, moved)
        detail = f"{self._target} kept moving; try again"
        self._done.refused += [Refused(hint.id, "race", detail) for hint in part]
        return []

    def _landed(self, base: str, landed: Sequence[Landed]) -> list[Part]:
        self._done.landed += landed
        bases = [base, *(one.commit for one in landed)]
        self._landings += [Landing(one.id, at, one.commit) for at, one in zip(bases, landed, strict=False)]
        return []

    def _blocked(self, stack: Stack, blocked: Blocked) -> list[Part]:
        """Fixes that would write over local changes are refused; the others are tried without them."""
        free: Part = []
        for layer in stack.layers:
            mine = [path for path in blocked.paths if _touches(layer.edits, path)]
            if mine or len(stack.layers) == 1:
                paths = ", ".join(mine or blocked.paths)
                detail = f"local changes are in the way: {paths}; commit or stash them, then merge again"
                self._done.refused.append(Refused(layer.hint.id, "checkout", detail))
            else:
                free.append(layer.hint)
        return [free] if free else []

    def _refused(self, stack: Stack, judged: Judged) -> list[Part]:
        """Where a verdict is no: the parts to try next, or the refusal of a fix that stands alone."""
        hints = stack.hints
        if len(hints) == 1:
            self._refuse(hints[0], judged.verdict)
            return []
        suspects = [hint for hint in hints if hint.id in judged.suspects]
        rest = [hint for hint in hints if hint.id not in judged.suspects]
        if suspects and rest:
            return [rest, suspects]
        half = len(hints) // 2
        return [hints[:half], hints[half:]]

    def _refuse(self, hint: Hint, verdict: Verdict) -> None:
        first = verdict.failures[0]
        detail = first.detail + explain(self._ground, hint, verdict, self._landings)
        event = self._ground.event(
            "failed", hint, base=verdict.base, tree=verdict.tree, data={"check": first.id, "detail": detail}
        )
        self._ground.record([event], f"gate fails {hint.id}: {first.id}", verdicts=[verdict])
        self._done.refused.append(Refused(hint.id, first.id, detail, lane=verdict.lane))


def _touches(edits: Edits, path: str) -> bool:
    """Whether a fix writes this path, or below or above it: a file may stand where a folder is wanted."""
    return any(one == path or one.startswith(f"{path}/") or path.startswith(f"{one}/") for one in edits)


def _these(hints: Sequence[Hint]) -> str:
    return hints[0].id if len(hints) == 1 else f"{len(hints)} fixes"
