"""Hints written by hand, recorded and approved, for tests that are not about how hints are found."""

from collections.abc import Mapping, Sequence
from typing import Any

from fixloop.commands.desk import Desk
from fixloop.hints.model import Hint, Moves
from fixloop.hints.operation import Operation

NO_MOVES = Moves()


def hint_of(
    operations: Sequence[Mapping[str, Any]],
    cases: Sequence[Mapping[str, Any]] = (),
    near_misses: Sequence[Mapping[str, Any]] = (),
    moves: Moves = NO_MOVES,
    step: str = "plan",
    target: str = "plan_trees/transfer_failed.yaml",
    evidence: Sequence[str] = ("fb-0000000000000001", "fb-0000000000000002"),
) -> Hint:
    """A hint of some operations, its cases named."""
    typed = tuple(Operation.from_json(one) for one in operations)
    hint = Hint(step, typed[0].op, target, "A fix", tuple(evidence), typed, tuple(cases), tuple(near_misses))
    return Hint(
        step, hint.kind, target, hint.summary, hint.evidence, typed, hint.cases, hint.near_misses, moves
    ).named_cases()


def record(desk: Desk, hint: Hint, approved_by: Sequence[str] = ("ann@bank",)) -> Hint:
    """The hint on the record, proposed and approved as it stands."""
    ground = desk.ground("ann@bank")
    ground.record([ground.event("proposed", hint, digest=hint.digest)], "propose", hints=[hint])
    for who in approved_by:
        ground = desk.ground(who)
        ground.record([ground.event("approved", hint, digest=hint.digest)], "approve")
    return hint


def transfer_hint(moves: Moves = NO_MOVES) -> Hint:
    """What to check after a failed transfer, in more words; one case shows it."""
    return hint_of(
        [
            {
                "op": "edit_template",
                "template": "transfer_help",
                "language": None,
                "was": "Please check the account number of the payee.",
                "to": "Please check the account number and the name of the payee.",
            }
        ],
        [
            {
                "suite": "plan",
                "leaf": "transfer_failed",
                "expect": {"reply": {"template": "transfer_help", "contains": ["the name of the payee"]}},
            }
        ],
        moves=moves,
        step="template",
        target="workspace/templates.yaml#transfer_help",
    )
