"""Eval data that staff contradict: a case corrected, or retired where what is right cannot be said.

A change of the judge, so it goes its own lane and a person allows it. It needs two reviewers at least who say
the same of the case's own text, and nobody who accepted what the case expects.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fixloop.evals.case import Case
from fixloop.evals.splits import case_text
from fixloop.feedback.model import Feedback
from fixloop.hints.ids import canonical_json
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention
from fixloop.workspace.text import text_digest

REVIEWERS = 2


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """fix_case with what staff say is right; retire_case stands behind it."""
    case = _case_of(bench, group)
    if case is None:
        return Unable("no case has the text of these tickets")
    speakers = {m.feedback.reviewer for m in group.members if m.feedback.reviewer}
    if len(speakers) < REVIEWERS:
        return Unable(f"a case is corrected when {REVIEWERS} reviewers contradict it, not one")
    kept = _accepted_as_it_is(bench, case)
    if kept:
        return Unable(f"{kept} reviewers accepted what the case expects: staff contradict each other")
    wished = _wished(group, case)
    retire = _draft(bench, group, case, Operation("retire_case", {"suite": case.suite, "id": case.id}), None)
    if wished is None:
        return retire
    was, to = {"expect": case.expect}, {"expect": wished}
    fix = Operation("fix_case", {"suite": case.suite, "id": case.id, "was": was, "to": to})
    return replace(_draft(bench, group, case, fix, wished), instead=(retire,))


def case_texts(bench: Workbench) -> dict[str, Case]:
    """Each case that judges a customer's text, by the text's digest."""
    found: dict[str, Case] = {}
    for case in bench.cases:
        text = case_text(case)
        if text:
            found.setdefault(text_digest(text), case)
    return found


def _case_of(bench: Workbench, group: Group) -> Case | None:
    named = str(group.key[2]).rpartition("#")[2] if len(group.key) > 2 else ""
    by_text = case_texts(bench)
    asked = (by_text.get(member.feedback.text_digest) for member in group.members)
    by_id = next((case for case in bench.cases if case.id == named), None)
    return by_id or next((case for case in asked if case is not None), None)


def _accepted_as_it_is(bench: Workbench, case: Case) -> int:
    digest = text_digest(case_text(case) or "")
    same = [one for one in bench.stored if one.text_digest == digest and one.outcome == "accepted"]
    return len({one.reviewer for one in same})


def _wished(group: Group, case: Case) -> Any | None:
    """What most of the members say, in the shape of the case's `expect`; None where they do not say it."""
    said = [wish for m in group.members if (wish := _wish(group, m, case)) is not None]
    counts = Counter(map(canonical_json, said))
    if not counts:
        return None
    best = min(counts, key=lambda one: (-counts[one], one))
    wish = next(one for one in said if canonical_json(one) == best)
    return None if 2 * counts[best] <= len(group.members) or wish == case.expect else wish


def _wish(group: Group, member: Diagnosis, case: Case) -> Any | None:
    asked: list[Intervention] = [r.intervention for r in member.readings]
    mine = [one for one in asked if group.key in (one.key, one.place)]
    told = {**(mine[0].wanted.to_expect() if mine else {}), **(member.feedback.expected or {})}
    if case.suite == "intent":
        return told.get("leaf")
    if case.suite == "extraction":
        return told.get("fields")
    known = {key: value for key, value in told.items() if key in case.expect}
    return {**case.expect, **known} if known else None


def _draft(bench: Workbench, group: Group, case: Case, operation: Operation, wished: Any | None) -> Draft:
    evidence: Sequence[Feedback] = group.evidence
    what = f"expects {wished}" if wished is not None else "goes: staff do not agree what is right"
    return Draft(
        step="eval_data",
        kind=operation.op,
        target=f"evals/{case.suite}/#{case.id}",
        summary=f"{len(evidence)} rejections contradict the {case.suite} case {case.id}: it {what}",
        evidence=tuple(evidence),
        operations=(operation,),
        cases=(),
        near_misses=(),
        wanted={one.id: Wanted() for one in evidence},
        idea={"case": case.id},
        open_work=("a change of the judge: fixloop gate --allow judge --why TEXT",),
        confidence=group.confidence,
    )
