"""A new plan branch: the simplest condition over fields and records that separates the evidence.

The condition must hold for every piece of evidence and for nothing that is answered rightly at or below
the place where it is put: just before the branch that answers the evidence today, so it shadows nothing
above. Candidates are tests that all evidence shares, single ones first, then pairs; what staff's words
name comes before what they do not.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.interventions import Action, flat_branches
from fixloop.propose.wanted import Wanted
from fixloop.propose.words import read_comment, stems
from fixloop.propose.workbench import Workbench
from fixloop.workspace.model import Branch, PlanTree

Facts = Mapping[tuple[str, str], Any]
"""What could be tested of a situation: (path, op) to value; only tests that hold."""


@dataclass(frozen=True, slots=True)
class Situation:
    """Fields and records as a plan tree sees them, and where they came from."""

    leaf: str
    fields: Mapping[str, Any]
    records: tuple[Mapping[str, Any], ...]

    @property
    def facts(self) -> Facts:
        """Every simple test that holds here, by (path, op)."""
        found: dict[tuple[str, str], Any] = {}
        if len(self.records) == 1:
            for column, value in self.records[0].items():
                found |= _facts_of(f"record.{column}", value)
        else:
            found[("fetched.count", "eq")] = len(self.records)
        for group, fields in self.fields.items():
            for name, values in fields.items():
                if values:
                    found[(f"fields.{group}.{name}", "exists")] = True
        return found


def _facts_of(path: str, value: Any) -> dict[tuple[str, str], Any]:
    if isinstance(value, bool) or (isinstance(value, str) and len(value) <= 40):
        return {(path, "eq"): value}
    if isinstance(value, int | float):
        return {(path, "eq"): value, (path, "gt"): value, (path, "lt"): value}
    return {}


Condition = dict[str, Any]


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """add_branch before the branch that answers the evidence now."""
    first = group.members[0]
    tree = bench.workspace.plan_trees.get(first.before.leaf)
    reading = next(r for r in first.readings if r.key == group.key)
    action = reading.intervention.action
    if tree is None or action is None:
        return Unable("the leaf has no plan tree")
    evidence = [_situation(member.before) for member in group.members]
    settled = list(_settled(bench, tree.leaf, {m.feedback.id for m in group.members}, action))
    said = _said(group)
    condition = simplest_condition(evidence, [s for s, _ in settled], said, _id_columns(bench))
    if condition is None:
        return Unable("no condition of two tests separates these tickets from those answered rightly")
    return _draft(bench, group, tree, action, condition, evidence)


def _situation(proposal: Proposal) -> Situation:
    return Situation(proposal.leaf, proposal.fields, tuple(record.row for record in proposal.records))


def _id_columns(bench: Workbench) -> frozenset[str]:
    """Columns that name one record or person: a condition on them would fit one customer only."""
    found = set()
    for source in bench.workspace.fetch.sources.values():
        found |= {f"record.{source.id}", *(f"record.{column}" for column in source.personal or ())}
    return frozenset(found)


def _settled(
    bench: Workbench, leaf: str, evidence: set[str], action: Action
) -> Iterator[tuple[Situation, str]]:
    """Situations of this leaf whose answer is right today: accepted tickets, passing plan cases."""
    for one in bench.stored:
        before = bench.before[one.id]
        if before.leaf == leaf and one.outcome == "accepted" and one.id not in evidence:
            yield _situation(before), one.id
    for fields, records, reply, name in bench.passing_plans(leaf):
        if reply != action.reply:
            yield Situation(leaf, fields, records), name


def _said(group: Group) -> frozenset[str]:
    heard = [read_comment(member.feedback.comment) for member in group.members]
    return frozenset().union(*(one.affirmed | one.negated for one in heard))


def simplest_condition(
    evidence: Sequence[Situation], settled: Sequence[Situation], said: frozenset[str], never: frozenset[str]
) -> Condition | None:
    """The first condition, simplest first, that holds for all evidence and for nothing settled."""
    shared = dict(evidence[0].facts)
    for one in evidence[1:]:
        facts = one.facts
        shared = {key: value for key, value in shared.items() if _typed(facts.get(key)) == _typed(value)}
    tests = sorted(
        (
            (path, op, value)
            for (path, op), value in shared.items()
            if path not in never and op in ("eq", "exists")
        ),
        key=lambda test: (-_mentioned(test, said), _rank(test), test[0]),
    )
    others = [one.facts for one in settled]
    for size in (1, 2):
        for chosen in combinations(tests, size):
            if size == 1 and _only_absence(chosen[0]):
                continue
            if not any(all(_holds(test, facts) for test in chosen) for facts in others):
                return {path: value if op == "eq" else {op: value} for path, op, value in chosen}
    return None


def _mentioned(test: tuple[str, str, Any], said: frozenset[str]) -> int:
    """2 where staff say the value ("it is closed"), 1 where they say the whole name of column or field."""
    path, op, value = test
    name = stems(path.rsplit(".", 1)[-1])
    if op == "eq" and isinstance(value, str) and stems(value) & said:
        return 2
    return 1 if name and name <= said else 0


def _typed(value: Any) -> tuple[str, Any]:
    return (type(value).__name__, value)


def _rank(test: tuple[str, str, Any]) -> int:
    """True flags first, then other values of a record, then what the customer mentioned."""
    path, op, value = test
    if value is True and op == "eq":
        return 0
    if path.startswith("record."):
        return 2 if value is False else 1
    return 3


def _only_absence(test: tuple[str, str, Any]) -> bool:
    """That one record was found says nothing about why another answer was wanted."""
    return test[0] == "fetched.count" and test[2] == 1


def _holds(test: tuple[str, str, Any], facts: Facts) -> bool:
    path, op, value = test
    return (path, op) in facts and _typed(facts[(path, op)]) == _typed(value)


def _draft(
    bench: Workbench,
    group: Group,
    tree: PlanTree,
    action: Action,
    condition: Condition,
    evidence: Sequence[Situation],
) -> Draft:
    branch: dict[str, Any] = {"when": condition, "reply": action.reply}
    if action.tools:
        branch["tools"] = [{"name": tool.name, "args": dict(tool.args)} for tool in action.tools]
    before = _place(tree, group)
    operation = Operation("add_branch", {"leaf": tree.leaf, "before": before, "branch": branch})
    cases = [_case(one, action) for one in evidence[: max(1, (len(evidence) + 2) // 3)]]
    return Draft(
        step="plan",
        kind="add_branch",
        target=tree.path,
        summary=_summary(tree.leaf, condition, action, group),
        evidence=group.evidence,
        operations=(operation,),
        cases=_distinct(cases),
        near_misses=near_misses(bench, evidence, condition, group),
        wanted={
            one.id: Wanted(leaf=tree.leaf, reply=action.reply, tools=action.tool_names)
            for one in group.evidence
        },
        idea={"reply": action.reply, "tools": list(action.tool_names), "paths": sorted(condition)},
        one_off=len({one.text_digest for one in group.evidence}) == 1,
        confidence=group.confidence,
    )


def _place(tree: PlanTree, group: Group) -> str:
    """Before the first branch, in the tree's order, that answers any of the evidence today."""
    answering = {member.before.branch for member in group.members}
    for branch in flat_branches(tree.branches):
        if branch.id in answering:
            return "default" if _is_default(tree, branch) else branch.id
    return "default"


def _is_default(tree: PlanTree, branch: Branch) -> bool:
    return bool(tree.branches) and tree.branches[-1].id == branch.id and branch.when is None


def _summary(leaf: str, condition: Condition, action: Action, group: Group) -> str:
    tests = " and ".join(f"{path} is {_word(value)}" for path, value in condition.items())
    tools = f" and call {', '.join(action.tool_names)}" if action.tools else ""
    instead = sorted({member.before.reply.template for member in group.members})
    return f"{leaf}: where {tests}, answer {action.reply}{tools} instead of {', '.join(instead)}"


def _word(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{op} {_word(one)}" for op, one in value.items())
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def _case(situation: Situation, action: Action) -> JsonCase:
    return {
        "suite": "plan",
        "leaf": situation.leaf,
        "fields": _plain_fields(situation.fields),
        "records": [dict(record) for record in situation.records],
        "expect": {"reply": action.reply, "tools": list(action.tool_names)},
    }


def _plain_fields(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {group: {name: list(values) for name, values in one.items()} for group, one in fields.items()}


def _distinct(cases: Iterable[JsonCase]) -> tuple[JsonCase, ...]:
    kept: dict[str, JsonCase] = {}
    for case in cases:
        kept.setdefault(repr(case), case)
    return tuple(kept.values())


def near_misses(
    bench: Workbench, evidence: Sequence[Situation], condition: Condition, group: Group
) -> tuple[JsonCase, ...]:
    """Variants of one piece of evidence just outside the condition: they must keep today's answer."""
    situation = evidence[0]
    variants = [variant for path, value in condition.items() for variant in _outside(situation, path, value)]
    variants += _other_counts(bench, situation)
    cases = (_kept_case(bench, variant) for variant in variants)
    return _distinct(case for case in cases if case is not None)


def _other_counts(bench: Workbench, situation: Situation) -> list[Situation]:
    """The same with several records, the second under another id, and with none."""
    ids = {source.id for source in bench.workspace.fetch.sources.values()}
    twins = [{k: f"{v}-2" if k in ids else v for k, v in row.items()} for row in situation.records[:1]]
    several = (*situation.records[:1], *twins)
    return [Situation(situation.leaf, situation.fields, records) for records in (several, ())]


def _outside(situation: Situation, path: str, value: Any) -> Iterator[Situation]:
    """The condition's value turned to another, and left out."""
    head, _, rest = path.partition(".")
    if head == "record" and len(situation.records) == 1:
        row = dict(situation.records[0])
        other = (
            (not value)
            if isinstance(value, bool)
            else (value + 1 if isinstance(value, int | float) else f"not {value}")
        )
        yield Situation(situation.leaf, situation.fields, ({**row, rest: other},))
        yield Situation(situation.leaf, situation.fields, ({k: v for k, v in row.items() if k != rest},))
    if head == "fields":
        group, _, name = rest.partition(".")
        fields = {
            g: {n: v for n, v in one.items() if (g, n) != (group, name)}
            for g, one in situation.fields.items()
        }
        yield Situation(situation.leaf, fields, situation.records)


def _kept_case(bench: Workbench, situation: Situation) -> JsonCase | None:
    """A plan case that expects the answer the base gives."""
    planned = bench.pipeline.plan(situation.leaf, situation.fields, list(situation.records))
    if planned.branch is None:
        return None
    return {
        "suite": "plan",
        "leaf": situation.leaf,
        "fields": _plain_fields(situation.fields),
        "records": [dict(record) for record in situation.records],
        "expect": {"reply": planned.reply.template, "tools": sorted(tool.name for tool in planned.tools)},
    }
