"""Is a hint ready for a person's decision? Asked of ours and of people's alike, by machine."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from fixloop.errors import FixloopError
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import STEPS, Hint
from fixloop.workspace.model import Workspace
from fixloop.workspace.rubric import Rubric
from fixloop.workspace.snapshot import Overlay, Snapshot

NEAR_MISSES = 3
"""Variants that must keep their answer, for a fix to count as no wider than it says."""


@dataclass(frozen=True)
class Graded:
    """A hint beside what it is held against."""

    hint: Hint
    snapshot: Snapshot
    workspace: Workspace
    feedback: Collection[str]

    @cached_property
    def result(self) -> Overlay | FixloopError | None:
        """The workspace with its operations, why they do not apply, or None without any."""
        if not self.hint.operations:
            return None
        try:
            return apply_operations(self.snapshot, self.hint.operations).snapshot
        except FixloopError as error:
            return error

    @cached_property
    def touched(self) -> frozenset[str]:
        """The files its operations write."""
        return frozenset(self.result.edits) if isinstance(self.result, Overlay) else frozenset()


def grade(
    hint: Hint, snapshot: Snapshot, workspace: Workspace, rubric: Rubric, feedback: Collection[str]
) -> Hint:
    """The hint with its `rubric`: the version asked, the score 0…1, and what is missing, in words.

    `feedback` are the ids of all there is on record. A hint that changes nothing is not graded, and of
    a question its choices are.
    """
    if hint.question:
        choices = tuple(
            replace(one, hint=one.hint and grade(one.hint, snapshot, workspace, rubric, feedback))
            for one in hint.question.choices
        )
        return replace(hint, question=replace(hint.question, choices=choices))
    if not hint.operations:
        return hint
    asked = Graded(hint, snapshot, workspace, feedback)
    missing = {name: said for name in rubric.criteria if (said := CRITERIA[name](asked))}
    total = sum(rubric.criteria.values()) or 1.0
    score = sum(weight for name, weight in rubric.criteria.items() if name not in missing) / total
    ready = score >= rubric.bar and not missing.keys() & set(rubric.required)
    told = [f"{name}: {said}" for name, said in missing.items()]
    value = {"version": rubric.version, "score": round(score, 4), "ready": ready, "missing": told}
    return replace(hint, rubric=value)


def is_ready(hint: Hint) -> bool:
    """Whether the rubric that a hint was graded by lets it go to a person."""
    return bool(hint.rubric.get("ready", True))


# --- the criteria: "" where one holds, else what is missing ----------------------------------------------


def _step(asked: Graded) -> str:
    known = [step for step in STEPS if step != "none"]
    return "" if asked.hint.step in known else f"say which step is wrong: one of {', '.join(known)}"


def _target(asked: Graded) -> str:
    path, _, key = asked.hint.target.partition("#")
    if asked.snapshot.read(path) is None and path not in asked.touched:
        return f"there is no {path}"
    known = _keys(asked.workspace, path)
    if key and known is not None and key not in known and path not in asked.touched:
        return f"{path} has no {key}"
    return ""


def _keys(workspace: Workspace, path: str) -> Collection[str] | None:
    """The names that a target may give after `#`, where they are known."""
    named: Mapping[str, Collection[str]] = {
        "workspace/templates.yaml": workspace.templates,
        "workspace/tools.yaml": workspace.tools,
        "workspace/intents.yaml": workspace.intents.intents,
    }
    return named.get(path)


def _operation(asked: Graded) -> str:
    if asked.result is None:
        return "no operation says exactly what to change"
    return f"does not apply: {asked.result.message}" if isinstance(asked.result, FixloopError) else ""


def _expectation(asked: Graded) -> str:
    return "" if asked.hint.cases else "no case says what should come out instead of what does"


def _failing_case(asked: Graded) -> str:
    if not asked.hint.cases:
        return "no case fails now and passes with it"
    return "" if asked.hint.measured else "nobody has seen its cases fail now and pass with it"


def _evidence(asked: Graded) -> str:
    if not asked.hint.evidence:
        return "no feedback asks for it"
    lost = [one for one in asked.hint.evidence if one not in asked.feedback]
    return f"{', '.join(lost[:3])} is not on record" if lost else ""


def _scope(asked: Graded) -> str:
    measured = asked.hint.measured
    if measured is None:
        return "its effect on stored tickets is not measured"
    if measured.broken:
        return f"breaks {', '.join(measured.broken[:3])}"
    undeclared = measured.moved - asked.hint.moves.at_most
    return f"moves {undeclared} tickets more than it declares" if undeclared > 0 else ""


def _generality(asked: Graded) -> str:
    """Either several people asked, or variants show that it is no wider than it says."""
    if asked.hint.support > 1 or len(asked.hint.near_misses) >= NEAR_MISSES:
        return ""
    return f"rests on one rejection, and fewer than {NEAR_MISSES} near misses show where it ends"


def _owner(asked: Graded) -> str:
    bare = sorted(leaf for leaf in _leaves(asked) if not asked.workspace.plan_trees[leaf].owner)
    return f"nobody owns {', '.join(bare[:3])}: name an owner in its plan tree" if bare else ""


def _leaves(asked: Graded) -> Iterator[str]:
    """The leaves whose trees it edits or whose examples it adds to, as they are today."""
    for leaf, tree in asked.workspace.plan_trees.items():
        if tree.path in asked.touched or f"workspace/examples/{leaf}.jsonl" in asked.touched:
            yield leaf


CRITERIA: Mapping[str, Callable[[Graded], str]] = {
    "step": _step,
    "target": _target,
    "operation": _operation,
    "expectation": _expectation,
    "failing_case": _failing_case,
    "evidence": _evidence,
    "scope": _scope,
    "generality": _generality,
    "owner": _owner,
}


def grade_json(hint: Hint) -> dict[str, Any]:
    """The rubric as a row of the queue shows it."""
    return {key: hint.rubric[key] for key in ("score", "ready", "missing") if key in hint.rubric}
