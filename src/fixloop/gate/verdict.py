"""What a gate says: a status a check, one verdict, the tree it was given for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fixloop.evals.compare import Comparison
from fixloop.evals.flaky import Counts
from fixloop.gate.divergence import NO_SHIFT, Shift

PASS, FAIL, SKIP, OVERRIDDEN = "pass", "fail", "skip", "overridden"


@dataclass(frozen=True, slots=True)
class Check:
    """One check's outcome: why in words, and what shows it; a pass that `warns` lands by hand only."""

    id: str
    status: str
    detail: str = ""
    evidence: tuple[str, ...] = ()
    warns: bool = False

    def to_json(self) -> dict[str, Any]:
        """As in `gate --json`; `warning` stands there only where a pass has something to say."""
        said = {"id": self.id, "status": self.status, "detail": self.detail, "evidence": list(self.evidence)}
        return {**said, "warning": True} if self.warns else said


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one tree; `wavered` are cases that neither always nor never passed on the base.

    `shift` is how many stored tickets each leaf has before and after.
    """

    base: str
    head: str
    tree: str
    lane: str
    checks: tuple[Check, ...]
    suites: Mapping[str, Comparison] = field(default_factory=dict)
    hint: str = ""
    wavered: Mapping[str, Counts] = field(default_factory=dict)
    shift: Shift = NO_SHIFT
    quarantine_days: int = 14

    @property
    def passed(self) -> bool:
        """Whether no check fails."""
        return all(check.status != FAIL for check in self.checks)

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that fail."""
        return tuple(check for check in self.checks if check.status == FAIL)

    @property
    def provisional(self) -> bool:
        """No held-out set was asked, so overfitting to the visible cases would not have been seen."""
        return not any(check.id == "held_out" and check.status != SKIP for check in self.checks)

    def to_json(self) -> dict[str, Any]:
        """As in `gate --json` and in the record."""
        return {
            "base": self.base,
            "head": self.head,
            "tree": self.tree,
            "lane": self.lane,
            "verdict": PASS if self.passed else FAIL,
            "provisional": self.provisional,
            "hint": self.hint or None,
            "checks": [check.to_json() for check in self.checks],
            **({"wavered": {name: list(one) for name, one in self.wavered.items()}} if self.wavered else {}),
            "suites": {suite: comparison.to_json() for suite, comparison in self.suites.items()},
        }
