"""workspace/rubric.yaml: what makes a hint ready for a person's decision, and how much each part counts.

It decides what people get to see as ready, so it changes in the judge lane only. Without the file the
built-in rubric holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fixloop.workspace.snapshot import Snapshot

RUBRIC = "workspace/rubric.yaml"

WEIGHTS: Mapping[str, float] = {
    "step": 1,
    "target": 2,
    "operation": 2,
    "expectation": 2,
    "failing_case": 3,
    "evidence": 2,
    "scope": 2,
    "generality": 1,
    "owner": 1,
}
"""Every criterion there is, with its usual weight."""


@dataclass(frozen=True, slots=True)
class Rubric:
    """Weights by criterion, and the share of them (0…1) from which a hint is ready; `required` must hold."""

    version: int = 1
    bar: float = 0.7
    criteria: Mapping[str, float] = field(default_factory=lambda: dict(WEIGHTS))
    required: tuple[str, ...] = ("step", "target", "operation", "failing_case")


def load_rubric(snapshot: Snapshot) -> Rubric:
    """The rubric of a snapshot, or the built-in one.

    Raises:
        BadInput: the file has a mistake.
    """
    from fixloop.workspace.file_parts import read_value
    from fixloop.workspace.files import rubric_part

    return read_value(snapshot, RUBRIC, rubric_part) or Rubric()
