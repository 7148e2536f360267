"""`gate`: the verdict on a merge result."""

from dataclasses import dataclass
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.errors import BadInput
from fixloop.gate.judge import judge
from fixloop.gate.verdict import Verdict
from fixloop.queue.trial import merge_trial


@dataclass(frozen=True, slots=True)
class GateResult:
    """A verdict."""

    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """`gate --json`."""
        return self.verdict.to_json()


def gate(desk: Desk, base: str, head: str, allow: str | None = None, why: str = "") -> GateResult:
    """Judge what merging `head` into `base` would give; nothing is written."""
    if allow not in (None, "judge"):
        raise BadInput(f"there is no override {allow!r}", mend="--allow judge --why TEXT")
    if allow and not why.strip():
        raise BadInput("--allow judge needs a reason", mend="--why TEXT")
    desk.progress("judging the merge result")
    return GateResult(judge(merge_trial(desk.ground(), base, head, why if allow else "")))
