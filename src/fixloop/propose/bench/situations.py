"""What a plan tree decides on: stored tickets and cases as scopes, and what is known of their right answer.

Settled situations keep today's answer: accepted tickets that get what staff accepted, and cases that pass.
Open ones have reason to change: other rejections, and accepted tickets that no longer get what was accepted.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from fixloop.evals.case import Case
from fixloop.evals.result import PASS
from fixloop.evals.suites.plan import ticket_for
from fixloop.feedback.model import Feedback
from fixloop.hints.model import JsonCase
from fixloop.pipeline.conditions import Compiled, compile_condition
from fixloop.pipeline.extraction import fields_from
from fixloop.pipeline.fetch import Fetched, FetchedRecord, Record
from fixloop.pipeline.fixture import fields_json
from fixloop.pipeline.proposal import Proposal, outcome_of
from fixloop.pipeline.rows import id_text
from fixloop.pipeline.scope import Scope
from fixloop.pipeline.ticket import Ticket
from fixloop.propose.bench.wanted import tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.workspace.model import All, Branch, Condition, Not, Row, Test, Workspace

Answer = tuple[str, tuple[str, ...]]
"""A template and the sorted names of the tools called with it."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One ticket or case at the plan step; `name` is the feedback's or the case's id.

    `answer` is what is known to be right, where anything is. `strict`: arguments of calls count as well; a
    case that names tools alone does not ask for them.
    """

    name: str
    leaf: str
    scope: Scope = field(compare=False)
    answer: Answer | None = None
    strict: bool = True

    @property
    def record(self) -> Row | None:
        """The one selected record."""
        return self.scope.record

    def to_case(self, expect: Mapping[str, Any], with_ticket: bool = False) -> JsonCase:
        """A plan case of it; its ticket comes along where the tree or the template looks at it."""
        fetched, ticket = self.scope.fetched, self.scope.ticket
        case: dict[str, Any] = {
            "suite": "plan",
            "leaf": self.leaf,
            "fields": fields_json(self.scope.fields),
            "records": [dict(record.row) for record in fetched.records],
            "expect": dict(expect),
        }
        if with_ticket:
            case["ticket"] = ticket.to_json()
        elif ticket.language:
            case["ticket"] = {"language": ticket.language}
        return case


def situation_of(workspace: Workspace, one: Feedback, proposal: Proposal) -> Situation:
    """A stored ticket as its plan tree sees it."""
    trace = proposal.trace
    fetched = Fetched(proposal.records, proposal.candidates, trace.top_score, trace.margin, trace.threshold)
    scope = Scope(one.fixture.ticket, proposal.fields, fetched, _groups(workspace))
    return Situation(one.id, proposal.leaf, scope)


def settled_situations(bench: Workbench, leaf: str, but: Collection[str]) -> list[Situation]:
    """Situations of a leaf that are answered rightly today; `but` are text digests left out."""
    return [*_accepted(bench, leaf, but), *_plan_cases(bench, leaf), *_whole_cases(bench, leaf)]


def open_situations(bench: Workbench, leaf: str, but: Collection[str]) -> list[Situation]:
    """Other stored tickets of a leaf that were rejected, or accepted with another answer than today's."""
    found = []
    for one in bench.stored:
        before = bench.before[one.id]
        if (
            before.leaf != leaf
            or one.text_digest in but
            or (one.outcome == "accepted" and _kept(one, before))
        ):
            continue
        known = _recorded(one) if one.outcome == "accepted" else _expected(one)
        made = situation_of(bench.workspace, one, before)
        found.append(Situation(made.name, leaf, made.scope, known))
    return found


def _accepted(bench: Workbench, leaf: str, but: Collection[str]) -> Iterator[Situation]:
    for one in bench.stored:
        before = bench.before[one.id]
        wanted = before.leaf == leaf and one.outcome == "accepted" and one.text_digest not in but
        if wanted and _kept(one, before):
            yield situation_of(bench.workspace, one, before)


def _kept(one: Feedback, before: Proposal) -> bool:
    return _recorded(one) in (None, (before.reply.template, tool_names(before)))


def _recorded(one: Feedback) -> Answer | None:
    if "reply" not in one.proposal:
        return None
    shown = outcome_of(one.proposal)
    return shown.template, tuple(sorted(tool["name"] for tool in one.proposal.get("tools", ())))


def _expected(one: Feedback) -> Answer | None:
    """The answer `expected` spells out, if it names both template and tools."""
    expected = one.expected or {}
    reply = expected.get("reply")
    name = reply.get("template") if isinstance(reply, Mapping) else reply
    if not isinstance(name, str) or "tools" not in expected:
        return None
    return name, tuple(sorted(t if isinstance(t, str) else str(t["name"]) for t in expected["tools"]))


def _plan_cases(bench: Workbench, leaf: str) -> Iterator[Situation]:
    """Each plan case that passes; a failing one cannot be broken."""
    report = bench.baseline.suites.get("plan")
    for result in report.with_outcome(PASS) if report else ():
        if result.case.spec["leaf"] == leaf:
            yield case_situation(bench.workspace, result.case)


def case_situation(workspace: Workspace, case: Case) -> Situation:
    """A plan case as its tree sees it."""
    spec = case.spec
    rows, fields = tuple(spec.get("records", ())), fields_from(spec.get("fields", {}))
    scope = scope_of(workspace, ticket_for(case), fields, rows, spec.get("fetched"))
    return Situation(case.id, spec["leaf"], scope, strict=_asks_for_arguments(case))


def scope_of(
    workspace: Workspace,
    ticket: Ticket,
    fields: Mapping[str, Mapping[str, Any]],
    rows: Sequence[Row],
    fetched: Mapping[str, float] | None = None,
) -> Scope:
    """A scope of given values and selected rows; they scored just the threshold unless it is said."""
    records = tuple(_as_record(row) for row in rows)
    top = (fetched or {}).get("top_score", workspace.fetch.threshold if records else 0.0)
    margin = (fetched or {}).get("margin", top if len(records) == 1 else 0.0)
    return Scope(ticket, fields, Fetched(records, records, top, margin), _groups(workspace))


def _as_record(row: Row) -> FetchedRecord:
    name = next((text for value in row.values() if (text := id_text(value)) is not None), "")
    return FetchedRecord(name, 0.0, (), Record(name, {"": [row]}))


def _whole_cases(bench: Workbench, leaf: str) -> Iterator[Situation]:
    """Pipeline and known-good cases that pass and end at the leaf."""
    for case, proposal in bench.case_proposals:
        if proposal.leaf == leaf:
            one = Feedback(case.id, "case", case.spec["ticket"], "accepted")
            made = situation_of(bench.workspace, one, proposal)
            yield replace(made, strict=_asks_for_arguments(case))


def _asks_for_arguments(case: Case) -> bool:
    return any(isinstance(tool, Mapping) and tool.get("args") for tool in case.expect.get("tools", ()))


def _groups(workspace: Workspace) -> Mapping[str, Mapping[str, Any]]:
    return {rule.group: {} for rule in workspace.extraction}


# --- what trees answer, for all situations at once --------------------------------------------------------


class _Truth(NamedTuple):
    """Where a condition holds and where it does not; elsewhere it is unavailable."""

    held: int
    failed: int


class Ground:
    """Situations in a row; sets of them are the bits of a number, so that a tree is tried in microseconds."""

    def __init__(self, situations: Sequence[Situation]) -> None:
        self.situations = tuple(situations)
        self.everything = (1 << len(self.situations)) - 1
        self._masks: dict[str, _Truth] = {}

    def mask(self, condition: Condition | None) -> int:
        """Where a condition holds; unavailable counts as not."""
        return self.everything if condition is None else self._truth(condition).held

    def _truth(self, condition: Condition) -> "_Truth":
        """In Kleene's three values, as conditions are evaluated; only single tests are asked of scopes."""
        if isinstance(condition, Not):
            part = self._truth(condition.part)
            return _Truth(part.failed, part.held)
        if isinstance(condition, Test):
            return self._tested(condition)
        parts = [self._truth(part) for part in condition.parts]
        both, either = (
            _Truth(reduce(and_, [p.held for p in parts]), reduce(or_, [p.failed for p in parts])),
            _Truth(reduce(or_, [p.held for p in parts]), reduce(and_, [p.failed for p in parts])),
        )
        return both if isinstance(condition, All) else either

    def _tested(self, test: Test) -> "_Truth":
        # Not the test itself: True and 1 are equal keys, and are not the same to a test.
        key = repr(test)
        if key not in self._masks:
            holds = _compiled(key, test)
            held = failed = 0
            for n, one in enumerate(self.situations):
                answer = holds(one.scope)
                held |= (answer is True) << n
                failed |= (answer is False) << n
            self._masks[key] = _Truth(held, failed)
        return self._masks[key]

    def where(self, chosen: Callable[[Situation], bool]) -> int:
        """The situations that a predicate chooses."""
        return sum(1 << n for n, one in enumerate(self.situations) if chosen(one))

    def answers(self, branches: Sequence[Branch], among: int | None = None) -> list[tuple[Branch, int]]:
        """Each answering branch with the situations that reach it; a nest that answers none swallows them."""
        left = self.everything if among is None else among
        found: list[tuple[Branch, int]] = []
        for branch in branches:
            taken = left & self.mask(branch.when)
            left &= ~taken
            if branch.branches:
                found += self.answers(branch.branches, taken)
            elif taken:
                found.append((branch, taken))
        return found


_KNOWN: dict[str, Compiled] = {}


def _compiled(key: str, condition: Condition) -> Compiled:
    if key not in _KNOWN:
        if len(_KNOWN) > 20_000:
            _KNOWN.clear()
        _KNOWN[key] = compile_condition(condition)
    return _KNOWN[key]


MOST_ON_RECORD = 400


def population_of(bench: Workbench) -> Ground:
    """Stored tickets and single records, at most 400 of each, wherever they lead."""
    tickets = [
        situation_of(bench.workspace, one, bench.before[one.id]) for one in bench.stored[:MOST_ON_RECORD]
    ]
    merged: dict[str, list[Row]] = {}
    for name, source in bench.workspace.fetch.sources.items():
        for row in bench.workspace.records.get(name, ()):
            if (key := id_text(row.get(source.id))) is not None:
                merged.setdefault(key, []).append(row)
    blank, fields = Ticket(""), fields_from({})
    rows = [Record(key, {"": found}).row for key, found in list(merged.items())[:MOST_ON_RECORD]]
    records = [Situation("", "", scope_of(bench.workspace, blank, fields, [row])) for row in rows]
    return Ground([*tickets, *records])


# --- what no condition and no template may take over -----------------------------------------------------


def personal_columns(bench: Workbench) -> frozenset[str]:
    """Columns that name one record or person: a condition on them would fit one customer only."""
    if "personal columns" not in bench.kept:
        found = {column for columns in bench.personal.columns.values() for column in columns}
        found |= {source.id for source in bench.workspace.fetch.sources.values()}
        bench.kept["personal columns"] = frozenset(found)
    known: frozenset[str] = bench.kept["personal columns"]
    return known


def names_of(evidence: Iterable[Feedback]) -> frozenset[str]:
    """The text digests of some feedback."""
    return frozenset(one.text_digest for one in evidence)
