"""`hint new`, `hint edit`, `hint draft`: hints by people, held to exactly what ours are."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import find_by_prefix
from fixloop.hints.model import Hint
from fixloop.propose.bench.dryrun import Dropped, try_once
from fixloop.propose.bench.workbench import Workbench, build_workbench
from fixloop.propose.by_hand import as_file, draft_of, read_hint_file, skeleton
from fixloop.propose.offer.rubric import grade, is_ready
from fixloop.queue.ground import Ground, commit_of, target_branch
from fixloop.workspace.rubric import load_rubric


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a hint by hand: on the record, or why not and what is missing."""

    hint: Hint | None
    missing: tuple[str, ...] = ()
    reason: str = ""
    known: bool = False

    @property
    def taken(self) -> bool:
        """Whether the hint is on the record now."""
        return self.hint is not None and not self.reason

    def to_json(self) -> dict[str, Any]:
        """`hint new --json`."""
        return {
            "hint": self.hint.to_json() if self.hint else None,
            "taken": self.taken,
            "reason": self.reason or None,
            "missing": list(self.missing),
        }


def new_hint(
    desk: Desk, name: str, data: bytes, who: str | None = None, onto: str | None = None, *, replaces: str = ""
) -> Written:
    """Try a hint by hand on the newest base, grade it, and put it on the record when it is ready.

    `name` is the file's, for messages; `replaces` names the hint that this one supersedes.

    Raises:
        BadInput: the file, an id, an operation or a case makes no sense.
    """
    ground = desk.ground(desk.person(who))
    old = ground.book.find(replaces) if replaces else None
    file = read_hint_file(name, data)
    bench = _bench(desk, ground, onto)
    feedback = {one.id: one for one in ground.feedback}
    draft = draft_of(bench, file, feedback)
    desk.progress("trying it")
    found = try_once(bench, draft)
    if isinstance(found, Dropped):
        return Written(None, reason=found.reason)
    hint = replace(found, supersedes=(old.id,) if old else ())
    hint = grade(hint, bench.snapshot, bench.workspace, load_rubric(bench.snapshot), feedback)
    missing = tuple(hint.rubric.get("missing", ()))
    if not is_ready(hint):
        return Written(hint, missing, "below the bar of workspace/rubric.yaml")
    return _put(ground, bench, hint, old, missing)


def _put(ground: Ground, bench: Workbench, hint: Hint, old: Hint | None, missing: tuple[str, ...]) -> Written:
    if old and old.id == hint.id and old.digest == hint.digest:
        return Written(hint, missing, "nothing is changed")
    known = hint.id in ground.book.hints
    if known and ground.book.hints[hint.id].digest != hint.digest:
        detail = "its operations are those of a hint that is there, with other cases or moves"
        raise BadInput(f"{hint.id}: {detail}", mend="change an operation, or reject the other first")
    fresh = [] if known else [ground.event("proposed", hint, base=bench.commit, digest=hint.digest)]
    if old and ground.book.is_open(old.id):
        fresh.append(ground.event("superseded", old, data={"by": hint.id}))
    if fresh:
        ground.record(fresh, f"hint by hand {hint.id}", hints=[] if known else [hint])
    return Written(hint, missing, known=known)


def start_hint(desk: Desk, feedback: Sequence[str], onto: str | None = None) -> str:
    """A file to fill in, with what is known of some rejections.

    Raises:
        BadInput: no such feedback.
    """
    ground = desk.ground()
    return skeleton(_bench(desk, ground, onto), _find(ground, feedback))


def edit_hint(desk: Desk, hint_id: str) -> tuple[Hint, str]:
    """A hint and its file, as a person would have written it.

    Raises:
        BadInput: no such hint, it is closed, or it asks a question.
    """
    ground = desk.ground()
    hint = ground.book.find(hint_id)
    if hint.question or not hint.operations:
        raise BadInput(f"{hint.id} has no operations to edit", mend="fixloop hint draft FB… starts a new one")
    if not ground.book.is_open(hint.id):
        raise BadInput(f"{hint.id} is {ground.book.status(hint.id)}", mend=f"fixloop show {hint.id}")
    return hint, as_file(hint)


def _find(ground: Ground, ids: Sequence[str]) -> list[Feedback]:
    by_id = {one.id: one for one in ground.feedback}
    return [by_id[find_by_prefix(one, by_id, "feedback")] for one in ids]


def _bench(desk: Desk, ground: Ground, onto: str | None) -> Workbench:
    base = commit_of(desk.repo, target_branch(desk.repo, onto))
    return build_workbench(base, desk.base(base), ground.feedback, desk.cache)
