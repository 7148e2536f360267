"""One leaf's tree with all that is known of it, and which edits of the tree stand there.

An edit stands only if no passing case and no accepted ticket gets another answer, and if it mends enough.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from fixloop.hints.ids import canonical_json
from fixloop.propose.bench.situations import Answer, Ground
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.tree_edits import Edit
from fixloop.workspace.model import Branch, PlanTree, Workspace
from fixloop.workspace.paths import uses_record
from fixloop.workspace.reach import ONE, visit_branches
from fixloop.workspace.template_uses import uses_of

ENOUGH = 0.6
"""The least share of the evidence that an edit must mend; the rest may be mistaken."""

UNMENDED, MENDED, CHANGED = 1.5, 0.6, 0.3
"""What evidence left as it is costs, and what another rejection that is mended, or moved, gives back."""

EMPTIED = 0.9
"""What it costs that a branch would answer nothing any more: somebody wrote it for something."""

MOST_HELP = 8.0


@dataclass(frozen=True, slots=True)
class Field:
    """One leaf's tree with all that is known of it; sets of situations are bits (see Ground).

    `losses` are for each piece of evidence what it costs, in nats, that it is answered otherwise than it asks
    for most, by what it is answered with; what is not in it explains nothing of it.
    """

    tree: PlanTree
    ground: Ground
    wanted: tuple[Action, ...]
    losses: tuple[Mapping[Any, float], ...]
    exactly: bool
    evidence: int
    settled: int
    strict: int
    now: tuple[tuple[Branch, int], ...]

    def key(self, does: Branch | Action) -> Any:
        """What makes two branches answer alike: template and tools, and the arguments where they matter."""
        names = (does.reply, tuple(sorted(call.name for call in does.tools)))
        if not self.exactly:
            return names
        return (*names, canonical_json(sorted([call.name, dict(call.args)] for call in does.tools)))


def enough_of(field: Field) -> int:
    """How much evidence an edit must mend: of several outcomes wanted here, most of the commonest."""
    largest = max(Counter(repr(field.key(action)) for action in field.wanted).values())
    return max(1, ceil(ENOUGH * largest))


def ranked_edits(bench: Workbench, field: Field, edits: Iterable[Edit]) -> list[tuple[float, Edit]]:
    """The edits that mend enough and break nothing with their costs, smallest first."""
    scored: list[tuple[float, str, Edit]] = []
    for edit in edits:
        cost = _cost(field, edit)
        if cost is not None and _fits(bench.workspace, edit):
            scored.append((round(cost, 6), canonical_json([o.to_json() for o in edit.operations]), edit))
    scored.sort(key=lambda item: item[:2])
    return [(cost, edit) for cost, _, edit in scored]


def _cost(field: Field, edit: Edit) -> float | None:
    """An edit's size less what else speaks for it; None where it breaks something or mends too little."""
    after = field.ground.answers(edit.branches)
    if breaks(field, after):
        return None
    mended = mended_by(field, after)
    if len(mended) < enough_of(field):
        return None
    lost = sum(field.losses[n][field.key(action)] for n, action in mended.items())
    lost += UNMENDED * (field.evidence.bit_count() - len(mended))
    return edit.size + lost + EMPTIED * _emptied(field, after) - min(MOST_HELP, _help(field, after))


def mended_by(field: Field, after: Sequence[tuple[Branch, int]]) -> dict[int, Action]:
    """The pieces of evidence that get an answer they may have asked for, and what is done for each."""
    kept = kept_by(field, after)
    found = {}
    for n, losses in enumerate(field.losses):
        branch = next((one for one, mask in after if mask >> n & 1), None)
        if branch is not None and not kept >> n & 1 and field.key(branch) in losses:
            found[n] = Action(branch.reply or "", branch.tools)
    return found


def _emptied(field: Field, after: Sequence[tuple[Branch, int]]) -> int:
    """How many branches that answer something today would answer nothing that was ever seen."""
    answering = {branch.id for branch, _ in after}
    return sum(branch.id not in answering for branch, _ in field.now)


def breaks(field: Field, after: Sequence[tuple[Branch, int]]) -> bool:
    """Whether something settled gets another answer; arguments count where they were seen or asked for."""
    lost = field.settled & ~kept_by(field, after)
    return bool(lost and (lost & field.strict or lost & ~kept_by(field, after, strictly=False)))


def kept_by(field: Field, after: Sequence[tuple[Branch, int]], strictly: bool = True) -> int:
    """Where the answer stays as it is."""
    same = 0
    for old, before in field.now:
        for new, reached in after:
            if before & reached and (old is new or _alike(old, new, strictly)):
                same |= before & reached
    answered = sum(mask for _, mask in field.now)
    return same | (field.ground.everything & ~answered & ~sum(mask for _, mask in after))


def _alike(a: Branch, b: Branch, strictly: bool) -> bool:
    if not strictly:
        return a.reply == b.reply and sorted(c.name for c in a.tools) == sorted(c.name for c in b.tools)
    return a.reply == b.reply and canonical_json(_calls(a)) == canonical_json(_calls(b))


def _calls(branch: Branch) -> list[Any]:
    return sorted([call.name, dict(call.args)] for call in branch.tools)


def _help(field: Field, after: Sequence[tuple[Branch, int]]) -> float:
    """What an edit does for what was rejected besides the evidence."""
    total = 0.0
    known = field.evidence | field.settled
    kept = kept_by(field, after)
    for n, one in enumerate(field.ground.situations):
        if known >> n & 1 or kept >> n & 1:
            continue
        total += CHANGED if one.answer is None else _met(one.answer, after, n)
    return total


def _met(answer: Answer, after: Sequence[tuple[Branch, int]], n: int) -> float:
    for branch, mask in after:
        if mask >> n & 1:
            names = tuple(sorted(call.name for call in branch.tools))
            return MENDED if (branch.reply, names) == answer else -CHANGED
    return -CHANGED


def _fits(workspace: Workspace, edit: Edit) -> bool:
    """Whether every branch of the tree may be reached only with what its reply and calls read."""
    for visit in visit_branches(edit.branches):
        if visit.counts <= {ONE} or not visit.branch.reply:
            continue
        if _reads_record(workspace, visit.branch):
            return False
    return True


def _reads_record(workspace: Workspace, branch: Branch) -> bool:
    template = workspace.templates.get(branch.reply or "")
    texts = [*(template.texts.values() if template else ()), *_texts(branch)]
    return any(uses_record(path) for text in texts for path in uses_of(text).paths)


def _texts(branch: Branch) -> Iterator[str]:
    for call in branch.tools:
        yield from (value for value in call.args.values() if isinstance(value, str))
