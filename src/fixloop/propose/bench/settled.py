"""Rejections that a later change has answered: the base no longer gives the proposal that staff rejected."""

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal, outcome_of
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.bench.workbench import Workbench


def is_settled(bench: Workbench, one: Feedback) -> bool:
    """Whether the proposal has changed since, in what staff asked for as far as they said it.

    A changed text alone settles only what was said about a text: another reply was asked for then.
    """
    before = bench.before[one.id]
    if _place(before) == _recorded_place(one):
        return bool(one.reply) and before.reply.text == one.reply
    return satisfied_share(one.expected or {}, before) == 1.0


def _place(proposal: Proposal) -> tuple[object, ...]:
    made = proposal.outcome
    return (made.leaf, made.branch, made.records, made.template, made.tools)


def _recorded_place(one: Feedback) -> tuple[object, ...]:
    shown = outcome_of(one.proposal)
    return (shown.leaf, shown.branch, shown.records, shown.template, shown.tools)
