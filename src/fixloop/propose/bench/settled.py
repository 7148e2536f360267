"""Rejections that a later change has answered: the base no longer gives the proposal that staff rejected."""

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Outcome, outcome_of
from fixloop.propose.bench.wanted import satisfied_share
from fixloop.propose.bench.workbench import Workbench


def is_settled(bench: Workbench, one: Feedback) -> bool:
    """Whether the proposal has changed since, in what staff asked for as far as they said it.

    A changed text alone settles only what was said about a text: another reply was asked for then. Where
    replay has another answer because names were replaced, no change of the base is seen in it.
    """
    if one.replay != "exact":
        return False
    before = bench.before[one.id]
    if _place(before.outcome) == _place(outcome_of(one.proposal)):
        return bool(one.reply) and before.reply.text == one.reply
    return satisfied_share(one.expected or {}, before) == 1.0


def _place(shown: Outcome) -> tuple[object, ...]:
    """All but the text. Records that tie stand in any order: surrogates sort otherwise than numbers."""
    return (shown.leaf, shown.branch, sorted(shown.records), shown.template, shown.tools)
