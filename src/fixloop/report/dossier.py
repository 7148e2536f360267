"""What a report is drawn from, whoever gathered it: the same for HTML, markdown, JUnit and the terminal."""

from collections.abc import Mapping
from typing import Any, Protocol

from fixloop.evals.compare import Comparison
from fixloop.evals.coverage import Coverage
from fixloop.evals.result import EvalReport
from fixloop.feedback.model import Feedback
from fixloop.feedback.moves import Shift
from fixloop.gate.verdict import Check, Verdict
from fixloop.hints.ledger import Event
from fixloop.hints.model import Hint
from fixloop.mutants.report import GuardReport
from fixloop.workspace.model import Workspace

HELD_OUT = "held_out"
"""The check and the suite whose cases nobody may read, so no report does."""

Document = Mapping[str, Any]
"""A verdict as the record keeps it."""


class Dossier(Protocol):
    """One merge result with its verdict, or one workspace with its evaluation; what is not there is empty.

    `diffs` is path to unified diff ("" where fixloop does not read the file). `report` is the result by the
    base's cases, `before` the base by the same. `declared` names the moves of `shift` that the hint foretold.
    `verdicts` are those on record for merged trees, by tree.
    """

    @property
    def title(self) -> str:
        """What is looked at: `fixloop/fix/h-… into main`, or a ref."""
        ...

    @property
    def verdict(self) -> Verdict | None:
        """The gate's verdict, where a merge was judged."""
        ...

    @property
    def report(self) -> EvalReport:
        """Every suite that could be run."""
        ...

    @property
    def before(self) -> EvalReport | None:
        """The base, where there is one."""
        ...

    @property
    def suites(self) -> Mapping[str, Comparison]:
        """The paired comparison."""
        ...

    @property
    def workspace(self) -> Workspace | None:
        """What was evaluated; None where it cannot be read."""
        ...

    @property
    def coverage(self) -> Coverage | None:
        """Which leaves and branches the cases reach."""
        ...

    @property
    def guard(self) -> GuardReport | None:
        """What became of injected faults."""
        ...

    @property
    def diffs(self) -> Mapping[str, str]:
        """The change, file by file."""
        ...

    @property
    def hint(self) -> Hint | None:
        """The hint behind the change."""
        ...

    @property
    def evidence(self) -> tuple[Feedback, ...]:
        """What staff said that led to the hint."""
        ...

    @property
    def shift(self) -> Shift | None:
        """What stored tickets do."""
        ...

    @property
    def declared(self) -> frozenset[str]:
        """Ids of the moves that were declared."""
        ...

    @property
    def events(self) -> tuple[Event, ...]:
        """The ledger, in causal order."""
        ...

    @property
    def feedback(self) -> tuple[Feedback, ...]:
        """All feedback of the record."""
        ...

    @property
    def verdicts(self) -> Mapping[str, Document]:
        """Verdicts on record, by tree."""
        ...

    @property
    def summaries(self) -> Mapping[str, str]:
        """Hint id to its summary."""
        ...


def open_suites(suites: Mapping[str, Comparison]) -> Mapping[str, Comparison]:
    """The comparisons whose cases may be named."""
    return {name: one for name, one in suites.items() if name != HELD_OUT}


def told_evidence(check: Check) -> tuple[str, ...]:
    """What shows a check's finding; of held-out cases nothing is told but the check's own sentence."""
    return () if check.id == HELD_OUT else check.evidence
