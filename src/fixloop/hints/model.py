"""A fix-hint: a typed, actionable reading of rejections, and every claim it makes about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fixloop.hints.ids import canonical_json, content_id
from fixloop.hints.operation import Operation

FORMAT_VERSION = 1
STEPS = ("intent", "extraction", "fetch", "plan", "template", "eval_data", "code", "none")

JsonCase = Mapping[str, Any]
"""One eval case as it will be written, with its `suite`."""

A_CASE = "case "
"""How the `source` of a near miss begins that is a case of the base already."""


@dataclass(frozen=True, slots=True)
class Moves:
    """Which proposals a hint will move, declared before it is approved: outcomes `<leaf>/<branch>`."""

    from_: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    at_most: int = 0

    def to_json(self) -> dict[str, Any]:
        """As in a hint file."""
        return {"from": list(self.from_), "to": list(self.to), "at_most": self.at_most}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Moves":
        """Back from a hint file."""
        return Moves(tuple(value["from"]), tuple(value["to"]), int(value["at_most"]))


@dataclass(frozen=True, slots=True)
class Measured:
    """What the dry run counted, on the workspace at commit `at`.

    `fixed` of `evidence_of` pieces of evidence now come out as staff wanted; `broken` names cases that
    passed before and do not now; `moved` of `tickets_of` stored tickets get another proposal, `lost` of them
    one that staff had accepted before.
    """

    at: str
    fixed: int
    evidence_of: int
    broken: tuple[str, ...] = ()
    moved: int = 0
    tickets_of: int = 0
    lost: int = 0

    def to_json(self) -> dict[str, Any]:
        """As in a hint file."""
        return {
            "at": self.at,
            "evidence": {"fixed": self.fixed, "of": self.evidence_of},
            "broken": list(self.broken),
            "tickets": {"moved": self.moved, "of": self.tickets_of, "lost": self.lost},
        }

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Measured":
        """Back from a hint file."""
        evidence, tickets = value["evidence"], value["tickets"]
        return Measured(
            value["at"],
            evidence["fixed"],
            evidence["of"],
            tuple(value["broken"]),
            tickets["moved"],
            tickets["of"],
            tickets.get("lost", 0),
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """A reading that explained the feedback less well."""

    step: str
    summary: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to a question: a label to read, and the hint it leads to (None: nothing to fix)."""

    label: str
    hint: "Hint | None" = None


@dataclass(frozen=True, slots=True)
class Question:
    """Asked of a person when readings are too close to call."""

    text: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Hint:
    """A hint file; `near_misses` are cases that must keep the answer they have on the base.

    `needs` are hints that have to land before it: corrections of cases that stand against it.
    """

    step: str
    kind: str
    target: str
    summary: str
    evidence: tuple[str, ...]
    operations: tuple[Operation, ...] = ()
    cases: tuple[JsonCase, ...] = ()
    near_misses: tuple[JsonCase, ...] = ()
    moves: Moves = Moves()
    measured: Measured | None = None
    confidence: float = 0.0
    fingerprint: str = ""
    one_off: bool = False
    alternatives: tuple[Alternative, ...] = ()
    question: Question | None = None
    conflicts: tuple[str, ...] = ()
    supersedes: tuple[str, ...] = ()
    open_work: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    rubric: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """`h-` and a digest of step, target and operations (of a question, its evidence too)."""
        operations = [operation.to_json() for operation in self.operations]
        asked = [list(self.evidence), [c.label for c in self.question.choices]] if self.question else []
        nothing = list(self.evidence) if not operations and not asked else []
        return content_id("h", self.step, self.target, operations, asked, nothing)

    @property
    def digest(self) -> str:
        """What an approval binds: operations, cases, near misses and declared moves."""
        return content_id(
            "d",
            [operation.to_json() for operation in self.operations],
            list(self.cases),
            list(self.near_misses),
            self.moves.to_json(),
        )

    @property
    def is_unwritten(self) -> bool:
        """Whether it says what is wrong and nobody has written yet what mends it."""
        return self.step != "none" and not self.operations and self.question is None

    @property
    def support(self) -> int:
        """How many pieces of feedback it rests on."""
        return len(self.evidence)

    @property
    def written_cases(self) -> tuple[JsonCase, ...]:
        """What stands in its case files: no near miss that is a case already, or a text of another split."""
        return (*self.cases, *(one for one in self.near_misses if _is_written(one)))

    def named_cases(self) -> "Hint":
        """The hint with its cases given ids `<hint id>-1`, … and near misses `<hint id>-n1`."""
        return replace(
            self,
            cases=tuple({"id": f"{self.id}-{n}", **_without_id(c)} for n, c in enumerate(self.cases, 1)),
            near_misses=tuple(
                {"id": f"{self.id}-n{n}", **_without_id(c)} for n, c in enumerate(self.near_misses, 1)
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """The hint file's content."""
        value: dict[str, Any] = {
            "format_version": FORMAT_VERSION,
            "id": self.id,
            "step": self.step,
            "kind": self.kind,
            "target": self.target,
            "summary": self.summary,
            "evidence": list(self.evidence),
            "operations": [operation.to_json() for operation in self.operations],
            "cases": [dict(case) for case in self.cases],
            "near_misses": [dict(case) for case in self.near_misses],
            "moves": self.moves.to_json(),
            "measured": self.measured.to_json() if self.measured else None,
            "rubric": dict(self.rubric),
            "confidence": self.confidence,
            "fingerprint": self.fingerprint,
            "one_off": self.one_off,
            "alternatives": [
                {"step": a.step, "summary": a.summary, "confidence": a.confidence} for a in self.alternatives
            ],
            "question": _question_to_json(self.question) if self.question else None,
            "conflicts": list(self.conflicts),
            "supersedes": list(self.supersedes),
            "open_work": list(self.open_work),
            "needs": list(self.needs),
        }
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> "Hint":
        """Back from a hint file that fixloop wrote."""
        question = value.get("question")
        return Hint(
            step=value["step"],
            kind=value["kind"],
            target=value["target"],
            summary=value["summary"],
            evidence=tuple(value["evidence"]),
            operations=tuple(Operation.from_json(operation) for operation in value["operations"]),
            cases=tuple(value["cases"]),
            near_misses=tuple(value.get("near_misses", ())),
            moves=Moves.from_json(value["moves"]),
            measured=Measured.from_json(value["measured"]) if value["measured"] else None,
            rubric=value.get("rubric", {}),
            confidence=value["confidence"],
            fingerprint=value.get("fingerprint", ""),
            one_off=value.get("one_off", False),
            alternatives=tuple(Alternative(**alternative) for alternative in value["alternatives"]),
            question=_question_from_json(question) if question else None,
            conflicts=tuple(value["conflicts"]),
            supersedes=tuple(value.get("supersedes", ())),
            open_work=tuple(value.get("open_work", ())),
            needs=tuple(value.get("needs", ())),
        )


def _is_written(near_miss: JsonCase) -> bool:
    return near_miss["suite"] != "intent" and not str(near_miss.get("source", "")).startswith(A_CASE)


def _without_id(case: JsonCase) -> dict[str, Any]:
    return {key: value for key, value in case.items() if key != "id"}


def _question_to_json(question: Question) -> dict[str, Any]:
    choices = [{"label": c.label, "hint": c.hint.to_json() if c.hint else None} for c in question.choices]
    return {"text": question.text, "choices": choices}


def _question_from_json(value: Mapping[str, Any]) -> Question:
    choices = tuple(
        Choice(c["label"], Hint.from_json(c["hint"]) if c["hint"] else None) for c in value["choices"]
    )
    return Question(value["text"], choices)


def fingerprint(step: str, target: str, kind: str, wanted: Any) -> str:
    """What makes two fixes "the same idea": step, target, kind and the wanted outcome without literals."""
    return content_id("f", step, target, kind, canonical_json(wanted))


def instead_of_applying(hint: Hint) -> list[str]:
    """What a person may do with a hint that has no operations: write what is left open, or close it."""
    if not hint.open_work:
        return [f"fixloop reject {hint.id} --why staff_wrong"]
    start = [f"fixloop hint new --evidence {hint.evidence[0]}"] if hint.evidence else []
    return [f"fixloop spec {hint.id}", *start, f"fixloop reject {hint.id} --why CODE"]
