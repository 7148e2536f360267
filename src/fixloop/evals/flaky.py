"""Cases of an engine whose answers vary: asked several times, counted, and set aside while they waver.

A case is asked `repeats` times. It passes when every run passed: 3 of 3 and then 2 of 3 is a change. Only a
case that holds still on the base may speak against a change; one that wavers there says nothing, and is in
quarantine for some days. Deterministic steps are asked once, at no cost.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult

VARYING = frozenset({"intent", "extraction", "pipeline", "known_good", "fallback"})
"""Suites that ask an engine; plan and fetch cases ask none."""

REPEATS = 3
"""How often a case is asked where nothing else is said."""

PASSES, OF = "passes", "of"
"""Under these a repeated case's result has its counts, in `trace`."""

_WORST_FIRST: Mapping[str, int] = {FAIL: 0, UNSCORED: 1, PASS: 2}


class Counts(NamedTuple):
    """How often a case passed, of how many runs."""

    passes: int
    of: int

    @property
    def wavers(self) -> bool:
        """Neither always nor never."""
        return 0 < self.passes < self.of

    def __str__(self) -> str:
        return f"{self.passes} of {self.of}"


def repeated(
    run: Callable[[Sequence[Case]], list[CaseResult]], cases: Sequence[Case], repeats: int
) -> list[CaseResult]:
    """Runs of each case as one result with counts: a pass where all passed, else the first that did not."""
    runs = [{result.id: result for result in run(cases)} for _ in range(repeats)]
    return [together([one[case.id] for one in runs]) for case in cases]


def together(runs: Sequence[CaseResult]) -> CaseResult:
    """Several runs of one case as one result."""
    passes = sum(one.outcome == PASS for one in runs)
    told = min(runs, key=lambda one: _WORST_FIRST[one.outcome])
    return told._replace(trace={**told.trace, PASSES: passes, OF: len(runs)})


def counts_of(result: CaseResult) -> Counts | None:
    """The counts of a repeated case; None where it was asked once."""
    if OF not in result.trace:
        return None
    return Counts(result.trace[PASSES], result.trace[OF])


def wavering(results: Iterable[CaseResult]) -> dict[str, Counts]:
    """The cases that neither always nor never pass, with their counts."""
    counted = ((one.id, counts_of(one)) for one in results)
    return {name: counts for name, counts in counted if counts is not None and counts.wavers}


# --- quarantine -------------------------------------------------------------------------------------------

EVENT = "wavered"
"""The ledger's word for cases that were seen to waver on a base."""


def until(now: str, days: int) -> str:
    """The moment a quarantine of so many days ends that begins now (both RFC 3339, UTC)."""
    end = datetime.fromisoformat(now.replace("Z", "+00:00")) + timedelta(days=days)
    return end.strftime("%Y-%m-%dT%H:%M:%SZ")


def in_quarantine(seen: Iterable[Mapping[str, str]], now: str) -> dict[str, str]:
    """Case id to the end of its quarantine, of those that has not come; `seen` are the ledger's findings."""
    found: dict[str, str] = {}
    for ends in seen:
        for name, end in ends.items():
            if end > now:
                found[name] = max(end, found.get(name, ""))
    return found
