"""One scenario told in full: the fault, what staff said, what was found, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from measure import Judged, run_scenario
from plant import Fault
from scenario import Rejection, Scenario

from fixloop.fixes.apply import describe
from fixloop.hints.model import Hint
from fixloop.propose.run import Proposed


def explain(one: Scenario, options: Mapping[str, Any]) -> None:
    """Print a scenario."""
    fault = one.showing.fault
    print(f"=== {fault.id} · {fault.kind} · {one.manner}")
    _print_fault(fault)
    if one.second:
        print("and a second fault:")
        _print_fault(one.second.fault)
    outcome, found = run_scenario(one, options)
    for row, judged in zip(one.rejections, outcome.rejections, strict=True):
        _print_rejection(one, row, judged)
    _print_found(found)
    print(f"unseen, top hint approved: {outcome.top}")
    print(f"{outcome.seconds} s, {len(one.feedback) - len(one.rejections)} accepted tickets beside\n")


def _print_fault(fault: Fault) -> None:
    print(f"  {fault.place}  step {fault.step}, target {' or '.join(fault.targets)}")
    for line in describe(fault.operations):
        print(f"  planted: {line}")
    for path in fault.edits:
        print(f"  planted: {path} rewritten")


def _print_rejection(one: Scenario, row: Rejection, judged: Judged) -> None:
    feedback = row.feedback
    given, right = one.base.given[str(feedback.ticket["id"])], one.world.truth[str(feedback.ticket["id"])]
    print(f"- [{row.truth}, {row.manner}] {feedback.id} “{feedback.ticket['text']}”")
    for name, proposal in (("given", given), ("right", right)):
        records = ",".join(record.id for record in proposal.records)
        tools = ", ".join(f"{tool.name}{dict(tool.args)}" for tool in proposal.tools)
        reply = proposal.reply.template
        print(f"    {name}: {proposal.leaf}/{proposal.branch} [{records}] {reply} {tools}")
    said = [f"said: “{feedback.comment}”"] if feedback.comment else []
    said += [f"{k}={v}" for k in ("reason", "expected", "reply") if (v := getattr(feedback, k))]
    print("    " + " ".join(said))
    right_word = "right" if judged.target_right else "step right" if judged.step_right else "wrong"
    stated = "" if judged.confidence is None else f" {judged.confidence:.2f}"
    print(f"    -> {judged.verdict} {judged.step} {judged.kind} {judged.target}{stated}: {right_word}")


def _print_found(found: Proposed) -> None:
    for hint in found.hints:
        _print_hint(hint, "  ")
    for dropped in found.dropped:
        print(f"  dropped: {dropped.summary}: {dropped.reason}")
    print(f"  {found.ended}")


def _print_hint(hint: Hint, indent: str) -> None:
    asked = " ?" if hint.question else ""
    where = f"{hint.step} {hint.kind} {hint.target}"
    print(f"{indent}hint{asked} {where} {hint.confidence:.2f} x{hint.support}: {hint.summary}")
    for line in describe(hint.operations):
        print(f"{indent}    {line}")
    for other in hint.alternatives:
        print(f"{indent}    or {other.step}: {other.summary} {other.confidence:.2f}")
    for choice in hint.question.choices if hint.question else ():
        print(f"{indent}  choice: {choice.label}")
        if choice.hint:
            _print_hint(choice.hint, indent + "    ")
