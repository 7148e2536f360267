"""`diff`: what proposals do otherwise at one commit than at another, over the stored tickets."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.feedback.moves import Shift, compare_pipelines
from fixloop.feedback.replays import recent
from fixloop.gate.side import judged_by_base
from fixloop.pipeline.compile import compile_pipeline
from fixloop.queue.ground import commit_of
from fixloop.workspace.stored import load_stored


@dataclass(frozen=True, slots=True)
class BehaviourDiff:
    """Two commits, and the shift from the first to the second."""

    base: str
    head: str
    shift: Shift

    def to_json(self) -> dict[str, Any]:
        """`diff --json`."""
        return {"base": self.base, "head": self.head, **self.shift.to_json()}


def diff(desk: Desk, base: str, head: str) -> BehaviourDiff:
    """Replay the stored tickets on both commits as they stand, no merge between them; nothing is written.

    Both sides run the base's engines: a branch never brings code.

    Raises:
        BadInput: a commit is not there.
        WorkspaceInvalid: a side has errors.
    """
    before, after = commit_of(desk.repo, base), commit_of(desk.repo, head)
    old = desk.base(before)
    new = judged_by_base(old, desk.tree(after))
    desk.progress(f"compiling {base}")
    workspace = load_stored(old, desk.cache)
    stored = recent(desk.ground().feedback, workspace.config.policy.retain_days)
    first = compile_pipeline(workspace, desk.cache)
    desk.progress(f"compiling {head}")
    second = compile_pipeline(load_stored(new, desk.cache), desk.cache)
    desk.progress(f"replaying {len(stored)} stored tickets")
    return BehaviourDiff(before, after, compare_pipelines(first, second, stored))
