"""What a fix does to proposals that staff accepted: the ground truth that no case file has to repeat."""

from collections.abc import Mapping
from dataclasses import dataclass

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Outcome, Proposal, outcome_of
from fixloop.propose.bench.workbench import Workbench

Kept = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """Accepted tickets that lose the accepted answer, and those that get it back."""

    lost: tuple[Feedback, ...]
    regained: tuple[Feedback, ...]


def effect_on_accepted(
    bench: Workbench, after: Mapping[str, Proposal], but: frozenset[str], text_counts: bool
) -> Effect:
    """Accepted stored tickets whose answer a fix takes away or gives back.

    `but` are text digests that others rejected. The reply's text counts unless the fix is of a text: then
    every ticket with that template is meant to change.
    """
    lost, regained = [], []
    for one in bench.stored:
        if one.outcome != "accepted" or after[one.id] is bench.before[one.id] or one.text_digest in but:
            continue
        accepted = _kept(outcome_of(one.proposal), text_counts)
        was = _kept(bench.before[one.id].outcome, text_counts)
        now = _kept(after[one.id].outcome, text_counts)
        if was == accepted != now:
            lost.append(one)
        elif now == accepted != was:
            regained.append(one)
    return Effect(tuple(lost), tuple(regained))


def _kept(made: Outcome, text_counts: bool) -> Kept:
    """What staff accepted: leaf, records, template and calls; a branch's name is not seen."""
    seen = (made.leaf, tuple(sorted(made.records)), made.template, made.tools)
    return (*seen, made.text) if text_counts else seen
