"""A hint that a person writes: a YAML file in, a draft out, tried and graded exactly as ours are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from fixloop.errors import BadInput
from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import parse_operations
from fixloop.fixes.catalog import catalog
from fixloop.hints.ids import find_by_prefix
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.hints.store import render_hint
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.workspace.problems import Problems
from fixloop.workspace.schema import NotBlank, Strict, read_model
from fixloop.workspace.text import escaped
from fixloop.workspace.yaml_source import read_yaml

KEYS = ("summary", "evidence", "expected", "operations", "cases", "near_misses")
"""What a person writes of a hint; everything else is measured or follows from it."""


class HintFile(Strict):
    """A hint by hand; `expected` is what should come out of its evidence, as a pipeline case says it."""

    summary: NotBlank
    operations: list[dict[str, Any]]
    evidence: list[NotBlank] = Field(default_factory=list)
    expected: dict[str, Any] | None = None
    cases: list[dict[str, Any]] = Field(default_factory=list)
    near_misses: list[dict[str, Any]] = Field(default_factory=list)


def read_hint_file(path: str, data: bytes) -> HintFile:
    """The file as a person wrote it.

    Raises:
        BadInput: it is no YAML, a key is unknown or missing, or there is no operation.
    """
    document, wrong = read_yaml(path, data)
    problems = Problems(wrong)
    file = read_model(HintFile, document.value, problems.report_on(document)) if document else None
    if problems.found or file is None or document is None:
        first = problems.found[0]
        raise BadInput(first.message, place=first.place, mend=first.mend)
    if not file.operations:
        known = ", ".join(catalog())
        raise BadInput("it says no operation", place=document.place("operations"), mend=f"one of: {known}")
    return file


def draft_of(bench: Workbench, file: HintFile, feedback: Mapping[str, Feedback]) -> Draft:
    """The file as a draft; step, kind and target are those of its first operation.

    Raises:
        BadInput: an operation, a case or an id makes no sense.
    """
    operations = parse_operations(map(Operation.from_json, file.operations))
    evidence = tuple(feedback[find_by_prefix(one, feedback, "feedback")] for one in file.evidence)
    first = operations[0]
    return Draft(
        step=first.step,
        kind=first.op,
        target=first.target(bench.workspace),
        summary=file.summary.strip(),
        evidence=evidence,
        operations=tuple(operation.to_operation() for operation in operations),
        cases=tuple(map(_unnamed, file.cases)),
        near_misses=tuple(map(_unnamed, file.near_misses)),
        wanted={one.id: _wanted(file.expected or one.expected or {}) for one in evidence},
        idea=[operation.op for operation in operations],
        one_off=len({one.text_digest for one in evidence}) == 1,
        confidence=1.0,
    )


def _unnamed(case: Mapping[str, Any]) -> dict[str, Any]:
    """The case without an id: it gets one from its hint."""
    return {key: value for key, value in case.items() if key != "id"}


def _wanted(expected: Mapping[str, Any]) -> Wanted:
    reply = expected.get("reply")
    by_name = reply if isinstance(reply, str) else (reply or {}).get("template")
    text = {} if isinstance(reply, str) or reply is None else reply
    tools = expected.get("tools")
    return Wanted(
        leaf=expected.get("leaf"),
        records=None if "records" not in expected else tuple(map(str, expected["records"])),
        reply=by_name,
        tools=None if tools is None else tuple(one if isinstance(one, str) else one["name"] for one in tools),
        contains=tuple(text.get("contains", ())),
        excludes=tuple(text.get("excludes", ())),
    )


# --- what a person starts from --------------------------------------------------------------------------


def skeleton(bench: Workbench, feedback: Sequence[Feedback]) -> str:
    """A hint file to be filled in, with what is known of some rejections as comments."""
    lines = ["# A hint by hand. Fill in what should change; `fixloop hint new` tries and grades it.", "#"]
    for one in feedback:
        lines += _told(one, bench.before[one.id])
    lines += [
        f"evidence: [{', '.join(one.id for one in feedback)}]",
        "summary: ",
        "expected:  # what should come out of them: leaf, records, reply, tools (any of these)",
        *_indented(_yaml(_expected(feedback))),
        "operations:  # exactly what to change",
        "- op: ",
        *(f"#   {line}" for line in _operations()),
        "cases:  # fail now, pass with it; `suite` and what a case file holds",
        *_yaml([_case(one) for one in feedback]),
        "near_misses: []  # keep the answer they have; three of them show where the fix ends",
    ]
    return "\n".join(lines) + "\n"


def as_file(hint: Hint) -> str:
    """A hint that there is, as a person would have written it: where `hint edit` starts."""
    lines = render_hint(hint).decode().splitlines(keepends=True)
    kept: list[str] = []
    taken = False
    for line in lines:
        if line[:1] not in (" ", "-", "\n"):
            taken = line.split(":", 1)[0] in KEYS
        kept += [line] if taken else []
    return f"# {hint.id}, to be changed: it becomes a new hint in its place.\n" + "".join(kept)


def _told(one: Feedback, before: Proposal) -> Iterator[str]:
    said = {
        "ticket": one.fixture.ticket.customer_text,
        "comment": one.comment,
        **{f"note {number}": text for number, text in enumerate(one.notes, 1)},
        "got": f"{before.leaf}/{before.branch or 'fallback'}, reply {before.reply.template}",
        "tools": ", ".join(tool.name for tool in before.tools),
        "records": ", ".join(str(record.id) for record in before.records),
    }
    yield f"# {one.id}"
    yield from (f"#   {label}: {escaped(' '.join(text.split()))}" for label, text in said.items() if text)
    yield "#"


def _expected(feedback: Sequence[Feedback]) -> Mapping[str, Any]:
    return next((one.expected for one in feedback if one.expected), {})


def _case(one: Feedback) -> dict[str, Any]:
    """The rejection as a case of the whole pipeline, on its own rows."""
    rows = {source: [dict(row) for row in rows] for source, rows in (one.fixture.rows or {}).items()}
    case: dict[str, Any] = {"suite": "pipeline", "ticket": one.fixture.ticket.to_json()}
    return {**case, **({"rows": rows} if rows else {}), "expect": dict(one.expected or {})}


def _operations() -> Iterator[str]:
    for name, kind in catalog().items():
        yield f"{name}: {', '.join(kind.model_fields)}"


def _yaml(value: Any) -> list[str]:
    import yaml

    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=110)
    return text.splitlines()


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"  {line}" for line in lines]
