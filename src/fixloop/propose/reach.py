"""Which stored tickets a fix can reach at all, so that a dry run replays those and no others."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.operation import Operation
from fixloop.pipeline.compile import Forced, Pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.workbench import Trial, Workbench

_PLAN = frozenset(
    {
        "add_branch",
        "remove_branch",
        "move_branch",
        "set_condition",
        "set_reply",
        "add_tool",
        "remove_tool",
        "set_tool_arg",
    }
)
_TEMPLATE = frozenset({"edit_template"})
_SILENT = frozenset({"add_template", "fix_case", "retire_case", "add_case"})
"""Nothing answers otherwise by these alone."""

_FETCH = frozenset({"set_weight", "add_signal", "remove_signal"})
_EXTRACTION = frozenset({"add_pattern", "remove_pattern", "add_value", "set_variants"})


def replayed(bench: Workbench, trial: Trial, operations: Sequence[Operation]) -> dict[str, Proposal]:
    """Every stored ticket's proposal with a fix, by feedback id; what it cannot reach is as it was."""
    if not all(_is_below_intent(one) for one in operations):
        return dict(_replay(trial.pipeline, bench.stored))
    reached = [one for one in bench.stored if any(_reaches(op, bench.before[one.id]) for op in operations)]
    after = {one.id: bench.before[one.id] for one in bench.stored}
    return after | replay_below_intent(bench, trial.pipeline, reached)


def replay_below_intent(
    bench: Workbench, pipeline: Pipeline, feedback: Sequence[Feedback]
) -> dict[str, Proposal]:
    """Proposals with the leaf each ticket has today: nothing below changes it, so nothing is classified."""
    asked = [(one.fixture, Forced(leaf=bench.before[one.id].leaf)) for one in feedback]
    return {one.id: proposal for one, proposal in zip(feedback, pipeline.replay_many(asked), strict=True)}


def is_below_intent(operations: Sequence[Operation]) -> bool:
    """Whether no operation can change the leaf of any ticket."""
    return all(_is_below_intent(one) for one in operations)


def _is_below_intent(operation: Operation) -> bool:
    name = operation.op
    if name == "set_threshold":
        return operation.args.get("at") == "fetch"
    return name in _PLAN | _TEMPLATE | _SILENT | _FETCH | _EXTRACTION


def _reaches(operation: Operation, before: Proposal) -> bool:
    args: Mapping[str, Any] = operation.args
    if operation.op in _PLAN:
        return bool(before.leaf == args["leaf"])
    if operation.op in _TEMPLATE:
        return bool(before.reply.template == args["template"])
    if operation.op in _FETCH or operation.op == "set_threshold":
        return bool(before.candidates) or operation.op == "add_signal"
    return operation.op not in _SILENT


def _replay(pipeline: Pipeline, feedback: Sequence[Feedback]) -> Mapping[str, Proposal]:
    from fixloop.feedback.replays import replay_all

    return replay_all(pipeline, feedback)
