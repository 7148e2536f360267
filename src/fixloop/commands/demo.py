"""`demo`: the loop on the shipped example, told step by step while it happens."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fixloop.commands.decide import answer, approve
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.ingest import IngestResult, ingest
from fixloop.commands.merge import MergeResult, merge
from fixloop.commands.propose import ProposeResult, propose
from fixloop.evals.given import given_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.fixes.apply import apply_operations
from fixloop.gate.verdict import Verdict
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.git import NewCommit
from fixloop.queue.ground import commit_of, target_branch
from fixloop.workspace.stored import load_stored

ENGINEERS = ("ann@tidewater.example", "ben@tidewater.example")
"""Two people, since some leaves of the example ask for two approvals."""

QUICK_FIX = "refs/heads/quick-fix"


@dataclass(frozen=True, slots=True)
class Approval:
    """How many of the unseen tickets come out as staff want them."""

    right: int
    of: int

    @property
    def share(self) -> tuple[int, int]:
        """(right, of)."""
        return (self.right, self.of)


@dataclass(frozen=True, slots=True)
class DemoResult:
    """Everything the demo showed."""

    folder: Path
    before: Approval
    ingested: IngestResult
    proposed: ProposeResult
    approved: tuple[Hint, ...]
    merged: MergeResult
    bad_fix: Verdict
    after: Approval
    log: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """`demo --json`."""
        return {
            "folder": str(self.folder),
            "before": {"right": self.before.right, "of": self.before.of},
            "ingest": self.ingested.to_json(),
            "propose": self.proposed.to_json(),
            "approved": [hint.id for hint in self.approved],
            "merge": self.merged.to_json(),
            "bad_fix": self.bad_fix.to_json(),
            "after": {"right": self.after.right, "of": self.after.of},
            "log": list(self.log),
        }


Tell = Callable[[str, object], None]
"""Called with a stage's name and what it gave as soon as it is there: plain values, hints and a verdict."""


def demo(desk: Desk, tell: Tell) -> DemoResult:
    """Run the loop on a fresh repository that holds the example; `tell` hears each stage."""
    data = desk.folder / "demo"
    tickets = [json.loads(line) for line in (data / "tickets.jsonl").read_text("utf-8").splitlines()]
    before = _approval(desk, tickets)
    tell("before", before.share)
    ingested = ingest(desk, [str(data / "feedback.jsonl")])
    tell("ingest", ingested.to_json())
    proposed = propose(desk)
    tell("propose", (proposed.ended, proposed.hints))
    approved = _approve_all(desk, proposed.hints)
    tell("approve", approved)
    merged = merge(desk, (), passing=True)
    tell("merge", merged.to_json())
    bad_fix = _bad_fix(desk)
    tell("bad_fix", bad_fix)
    after = _approval(desk, tickets)
    tell("after", after.share)
    log = tuple(
        subject for _, subject in desk.repo.history(target_branch(desk.repo, None), len(merged.merged) + 1)
    )
    tell("log", log)
    return DemoResult(desk.folder, before, ingested, proposed, approved, merged, bad_fix, after, log)


def _approval(desk: Desk, tickets: Sequence[dict[str, Any]]) -> Approval:
    """The share of unseen tickets whose proposal is what staff would accept, on the newest commit."""
    snapshot = desk.base(commit_of(desk.repo, target_branch(desk.repo, None)))
    pipeline = compile_pipeline(load_stored(snapshot, desk.cache), desk.cache)
    cases = given_cases({"suite": "pipeline", "id": one["ticket"]["id"], **one} for one in tickets)
    results = list(evaluate(pipeline, cases))
    return Approval(sum(result.outcome == PASS for result in results), len(results))


def _approve_all(desk: Desk, hints: Sequence[Hint]) -> tuple[Hint, ...]:
    """Approve every clear fix, by two people, and answer a question of names with its first choice."""
    ready = [hint for hint in hints if hint.operations]
    for hint in hints:
        if hint.kind == "add_leaf" and hint.support >= 3 and _is_written(hint):
            chosen = answer(desk, hint.id, 1, ENGINEERS[0])
            ready += [desk.ground().book.find(one) for one in chosen.ids]
    if ready:
        for who in ENGINEERS:
            approve(desk, [hint.id for hint in ready], who)
    return tuple(ready)


def _is_written(hint: Hint) -> bool:
    """Whether a question's first choice is a fix: a new leaf that nobody could write is work for a person."""
    first = hint.question.choices[0].hint if hint.question else None
    return first is not None and bool(first.operations)


def _bad_fix(desk: Desk) -> Verdict:
    """What a tired engineer might do: lower the fetch threshold so that "no account found" goes away."""
    target = target_branch(desk.repo, None)
    base = commit_of(desk.repo, target)
    snapshot = desk.tree(base)
    present = load_stored(snapshot, desk.cache).fetch.threshold
    was = int(present) if float(present).is_integer() else present
    edits = apply_operations(
        snapshot, [Operation("set_threshold", {"at": "fetch", "was": was, "to": 1})]
    ).edits
    message = "Quick fix: find an account for every ticket\n"
    desk.repo.commit(
        [NewCommit(QUICK_FIX, base, edits, message, expect=desk.repo.resolve(QUICK_FIX) or "0" * 40)]
    )
    return gate(desk, target, QUICK_FIX).verdict
