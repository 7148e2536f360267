"""A bench over a small bank: tickets that the right bank answered, rejected or accepted on a faulted one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.evals.case import CaseSet
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.ids import content_id
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.fixture import Forced
from fixloop.pipeline.proposal import Proposal
from fixloop.pipeline.ticket import parse_ticket
from fixloop.ports.cache import NoCache
from fixloop.propose.bench.wanted import Wanted, tool_names
from fixloop.propose.bench.workbench import Workbench, build_workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Intervention
from fixloop.workspace.load import load_workspace
from fixloop.workspace.model import ToolCall
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, minimal_world

TREE = "plan_trees/account_locked.yaml"
LEAF = {"leaf": "account_locked"}
CALL = {"name": "escalate_to_security", "args": {"account_id": "{{ record.account_id }}"}}
ESCALATE = ToolCall("escalate_to_security", {"account_id": "{{ record.account_id }}"})

LOCKED = {
    "none": "my account is locked, please help",
    "fraud": "my account KTR05821 is locked",
    "open": "my account NSB01234 is locked again",
    "quiet": "I can no longer access the account PQR77120",
    "unflagged": "locked out of my account KLM20418",
    "two": "my accounts NSB01234 and PQR77120 are locked",
}
"""Texts that the minimal world takes for a locked account, by what is true of the account."""


def world(**overrides: str | None) -> Snapshot:
    """The minimal bank, some files in other words."""
    return build_snapshot(minimal_world(**overrides))


def propose_all(snapshot: Snapshot, texts: Iterable[str], **ticket: Any) -> dict[str, Proposal]:
    """What a snapshot answers to some texts."""
    pipeline = compile_pipeline(load_workspace(snapshot), NoCache())
    asked = [parse_ticket({"id": content_id("t", text), "text": text, **ticket}) for text in texts]
    return dict(zip(texts, pipeline.propose(asked), strict=True))


def told(text: str, shown: Proposal, outcome: str = "accepted", **more: Any) -> Feedback:
    """Staff's word on one proposal."""
    ticket = {"id": content_id("t", text), "text": text, **more.pop("ticket", {})}
    return Feedback(
        content_id("fb", text, outcome, more.get("reviewer", "")),
        "native",
        ticket,
        outcome,
        proposal=shown.to_json(),
        **more,
    )


def faulted(right: Snapshot, *operations: Operation) -> Snapshot:
    """The right workspace with a fault planted in it."""
    return apply_operations(right, operations).snapshot


def bench_of(snapshot: Snapshot, feedback: Sequence[Feedback], passing_only: bool = True) -> Workbench:
    """A bench on a snapshot; cases that a planted fault breaks are gone, as its commit would have it."""
    bench = build_workbench("0" * 40, snapshot, feedback, NoCache())
    if not passing_only:
        return bench
    kept = {result.id for result in bench.baseline if result.outcome == PASS}
    cases = CaseSet(tuple(case for case in bench.cases if case.id in kept))
    return replace(bench, cases=cases, baseline=evaluate(bench.pipeline, cases))


def locked_bench(right: Snapshot, wrong: Snapshot, **wishes: str) -> tuple[Workbench, list[Feedback]]:
    """All locked tickets on the faulted bank: those answered otherwise than right are rejected.

    `wishes` are comments by the name of a ticket.
    """
    was, now = propose_all(right, LOCKED.values()), propose_all(wrong, LOCKED.values())
    feedback = []
    for name, text in LOCKED.items():
        bad = _seen(was[text]) != _seen(now[text])
        comment = wishes.get(name, "")
        feedback.append(told(text, now[text], "rejected" if bad else "accepted", comment=comment))
    return bench_of(wrong, feedback), [one for one in feedback if one.outcome == "rejected"]


def _seen(proposal: Proposal) -> tuple[Any, ...]:
    made = proposal.outcome
    return (made.leaf, made.records, made.template, made.text, made.tools)


def plan_group(bench: Workbench, rejected: Sequence[Feedback], right: Snapshot) -> Group:
    """Rejections with the reading that each ticket should get what the right bank does."""
    tree = load_workspace(right).plan_trees[bench.before[rejected[0].id].leaf]
    by_id = {branch.id: branch for branch in tree.branches}
    members = []
    for one in rejected:
        text = str(one.ticket["text"])
        meant = propose_all(right, [text])[text]
        branch = by_id[str(meant.branch)]
        action = Action(str(branch.reply), branch.tools)
        wanted = Wanted(leaf=meant.leaf, reply=action.reply, tools=tool_names(meant))
        forced = Forced(reply=action.reply, tools=action.tools)
        members.append((one, Intervention("plan", "add_branch", tree.path, wanted, forced, 1.0, action)))
    return group(bench, members)


def group(bench: Workbench, members: Sequence[tuple[Feedback, Intervention]]) -> Group:
    """A group of rejections, each with one reading; by place where they ask for several changes."""
    keys = {change.key for _, change in members}
    key = members[0][1].key if len(keys) == 1 else members[0][1].place
    found = [
        Diagnosis(one, bench.before[one.id], (Reading(change, 0.9),), bool(one.comment))
        for one, change in members
    ]
    return Group(key, tuple(found))


def ops(operations: Iterable[Operation]) -> list[Mapping[str, Any]]:
    """Operations as JSON, to compare."""
    return [operation.to_json() for operation in operations]
