"""The copying check: no text, name or number of a customer reaches a hint but as its surrogate.

Stored tickets are redacted before anything is stored, so what a hint takes from them is a surrogate already.
What must not happen is that a surrogate of one person, or a value of somebody's record, becomes a rule: a
condition, template, pattern or argument that names it. Operations are asked first, since that costs nothing;
then the workspace they make is asked what the gate will ask of it, examples and all.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.feedback.personal import texts_in
from fixloop.gate.copied import Owners, exposed_in, masked, named_in, texts_between
from fixloop.hints.operation import Operation
from fixloop.pipeline.rows import values_at
from fixloop.propose.bench.workbench import Trial, Workbench
from fixloop.workspace.text import normalise

SHORTEST = 4
"""Shorter values are words that anybody may use."""

_RULES = frozenset(
    {
        "add_branch",
        "set_condition",
        "set_tool_arg",
        "add_tool",
        "edit_template",
        "add_template",
        "add_value",
        "add_pattern",
    }
)
_VARIABLE = re.compile(r"\{\{.*?\}\}", re.S)
_MARK = re.compile(r"\w+(?:[\w.@+-]*\w)?")


def taken_over(bench: Workbench, operations: Iterable[Operation], evidence: Iterable[Feedback]) -> list[str]:
    """Personal values that operations would write into rules, sorted; [] is what a hint needs."""
    rules = [one for one in operations if one.op in _RULES and not _is_anybodys(bench, one)]
    told = [text for one in rules for text in _written(one)]
    if not told:
        return []
    marks = {mark for text in told for mark in _MARK.findall(normalise(_VARIABLE.sub(" ", text)))}
    known = {value for one in evidence for value in _personal_values(bench, one)}
    on_record, kept = _as_said(bench)
    taken = (marks & known) | (marks & on_record)
    return sorted(mark for mark in taken if len(mark) >= SHORTEST and mark not in kept)


def refused_by_gate(bench: Workbench, trial: Trial) -> list[str]:
    """Where a draft has what the gate refuses for copying, the values masked; [] is what a hint needs."""
    base, result = bench.workspace, trial.workspace
    exposed = list(exposed_in(base, result))
    if exposed:
        return exposed
    if "owners" not in bench.kept:
        bench.kept["owners"] = Owners(base, bench.stored, index=True)
    owners: Owners = bench.kept["owners"]
    return [
        f"{one.said.where} ({masked(one.value)})"
        for one in named_in(base, texts_between(base, result), owners)
    ]


def _as_said(bench: Workbench) -> tuple[frozenset[str], frozenset[str]]:
    """The values on record, and the words that are nobody's own, normalised once for a base."""
    if "personal words" not in bench.kept:
        own, nobodys = bench.personal.on_record, bench.personal.kept_words | bench.personal.ordinary
        bench.kept["personal words"] = frozenset(map(normalise, own)), frozenset(map(normalise, nobodys))
    found: tuple[frozenset[str], frozenset[str]] = bench.kept["personal words"]
    return found


def _is_anybodys(bench: Workbench, operation: Operation) -> bool:
    """Whether a word goes where words stand that the workspace itself lists: those are nobody's."""
    field = operation.args.get("field")
    return operation.op == "add_value" and not bench.personal.is_field(str(field))


def _written(operation: Operation) -> Iterator[str]:
    """The texts that an operation writes; what it replaces stands there already."""
    args = {key: value for key, value in operation.args.items() if key not in ("was", "before", "leaf")}
    was = set(texts_in(operation.args.get("was")))
    yield from (text for text in texts_in(args) if text not in was)


def _personal_values(bench: Workbench, one: Feedback) -> Iterator[str]:
    """Every personal value in a ticket's record rows and fields."""
    rules = bench.personal
    for source, rows in one.proposal.get("rows", {}).items():
        for row in rows:
            for column in rules.columns.get(source, ()):
                yield from _parts(values_at(row, [column]))
                yield from _parts(texts_in(row.get(column)))
    for group, fields in one.proposal.get("fields", {}).items():
        for name, values in fields.items():
            if f"{group}.{name}" in rules.matched_fields:
                yield from _parts(values)


def _parts(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield normalise(value)
            yield from _MARK.findall(normalise(value))
