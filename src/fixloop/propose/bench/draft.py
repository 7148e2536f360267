"""A fix as it leaves synthesis: operations and cases that nobody has tried yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.propose.bench.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Draft:
    """Operations with the cases that must fail before and pass after; `wanted` is by feedback id.

    `idea` is the wanted outcome without literals: with step, target and kind it makes the fingerprint.
    `instead` are the next smallest fixes, tried in their order should this one fall in the dry run.
    """

    step: str
    kind: str
    target: str
    summary: str
    evidence: tuple[Feedback, ...]
    operations: tuple[Operation, ...]
    cases: tuple[JsonCase, ...]
    near_misses: tuple[JsonCase, ...]
    wanted: Mapping[str, Wanted]
    idea: Any = None
    one_off: bool = False
    open_work: tuple[str, ...] = ()
    confidence: float = field(default=0.0)
    instead: tuple["Draft", ...] = ()

    @property
    def examples(self) -> list[str]:
        """Every text that it teaches any leaf."""
        return [str(one.args["text"]) for one in self.operations if one.op == "add_example"]


@dataclass(frozen=True, slots=True)
class Unable:
    """Why no operation was found for a group; the rejections wait for more evidence or for a person."""

    reason: str
