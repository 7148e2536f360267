"""`gate`: the verdict on a merge result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.gate.judge import judge
from fixloop.gate.overrides import read_allowance, read_overrides
from fixloop.gate.trial import Trial
from fixloop.gate.verdict import Verdict
from fixloop.queue.trial import merge_trial


@dataclass(frozen=True, slots=True)
class GateResult:
    """A verdict, and the trial it was given on: a report tells more of it."""

    verdict: Verdict
    trial: Trial

    @property
    def asked(self) -> str:
        """How many cases were asked, and of how many the result was known; no part of the verdict."""
        if not self.verdict.suites:
            return ""
        executed, results = self.trial.asked
        return f"{executed:,} of {results:,} cases; the results of the others were known"

    def to_json(self) -> dict[str, Any]:
        """`gate --json`."""
        return self.verdict.to_json()


def gate(
    desk: Desk,
    base: str,
    head: str,
    allow: str | None = None,
    why: str = "",
    override: Sequence[str] = (),
    heldout: str | None = None,
) -> GateResult:
    """Judge what merging `head` into `base` would give; nothing is written to the repository.

    A held-out set is asked only where the caller names it, as a server does: each question wears it.

    Raises:
        BadInput: an override that is none, or has no reason.
    """
    allowed = read_allowance(allow, why)
    desk.progress("judging the merge result")
    ground = replace(
        desk.onlooker(desk.held_out(heldout) if heldout else None),
        overrides=read_overrides(override, why),
        held_out_later=not heldout and desk.held_out(None) is not None,
    )
    trial = merge_trial(ground, base, head, allowed)
    return GateResult(judge(trial), trial)
