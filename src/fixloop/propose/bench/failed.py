"""What a branch meant and could not be carried out: the fallback answered instead, and the trace says why."""

import re
from dataclasses import replace

from fixloop.pipeline.proposal import Proposal, Reply, ToolCallMade
from fixloop.workspace.model import Branch, ToolCall

_WHY = re.compile(r"fallback: (template|tool) ([\w.-]+): (?:([\w.]+) is not there)?")


def meant_branch(before: Proposal) -> Branch | None:
    """The branch that held and whose answer could not be given."""
    trail = before.trace.trail
    return trail[-1] if trail and trail[-1].reply != before.reply.template else None


def failed_template(before: Proposal) -> str | None:
    """The template that was meant and gives no text for this ticket."""
    branch, why = meant_branch(before), _why(before)
    return branch.reply if branch is not None and why is not None and why[1] == "template" else None


def failed_call(before: Proposal) -> ToolCall | None:
    """The call that was meant and whose arguments have no value for this ticket."""
    branch, why = meant_branch(before), _why(before)
    if branch is None or why is None or why[1] != "tool":
        return None
    return next((call for call in branch.tools if call.name == why[2]), None)


def missing_variable(before: Proposal) -> str:
    """The path that has no value for this ticket, as the trace names it; "" where it names none."""
    why = _why(before)
    return (why[3] or "") if why is not None else ""


def as_meant(before: Proposal) -> Proposal:
    """The proposal as its branch meant it, without words; as it is where nothing failed."""
    branch = meant_branch(before)
    if branch is None or branch.reply is None or _why(before) is None:
        return before
    calls = tuple(ToolCallMade(call.name, call.args) for call in branch.tools)
    return replace(before, reply=Reply(branch.reply, ""), tools=calls)


def _why(before: Proposal) -> re.Match[str] | None:
    return next((found for note in before.trace.notes if (found := _WHY.match(note))), None)
