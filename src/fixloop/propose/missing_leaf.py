"""One leaf that is missing, said once: for the tickets that scatter, and for whoever may mean a new leaf."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from fixloop.hints.model import Hint
from fixloop.propose.attempt import Desk
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.missing import scattered, unsurely_answered
from fixloop.propose.diagnosis.trying import MOST_OF_ONE_THING
from fixloop.propose.offer.ask import missing_leaf, says_what
from fixloop.propose.readings.interventions import NEW_LEAF

Explain = Callable[[Sequence[Diagnosis]], list[Hint]]
"""What a run says of some rejections."""


def with_missing_leaf(
    desk: Desk, left: Sequence[Diagnosis], found: Sequence[Hint], explain: Explain
) -> list[Hint]:
    """What was found; what nothing mends and one missing leaf explains is said so instead of being asked."""
    meant = scattered(desk.bench, left, desk.read)
    if not meant:
        return list(found)
    ids = _ids(meant)
    again: list[Hint] = []
    for hint in found:
        own = [one for one in left if one.feedback.id in {*hint.evidence} - ids]
        again += [hint] if not ids & {*hint.evidence} else explain(own) if own else ()
    return [*again, missing_leaf(meant)]


def of_one_missing_leaf(bench: Workbench, left: Sequence[Diagnosis], found: Sequence[Hint]) -> list[Hint]:
    """What was found; where a new leaf is named, who rather means one and was answered unsurely means it."""
    unsure = _ids(unsurely_answered(bench, [one for one in left if _means_new(one)]))
    silent = _ids(one for one in left if not says_what(one, NEW_LEAF.place))
    about = [hint for hint in found if hint.kind == NEW_LEAF.kind and not hint.operations]
    named = [hint for hint in about if hint.question is None and {*hint.evidence} <= silent]
    joined = [*named, *(hint for hint in about if hint.question and {*hint.evidence} <= unsure)]
    ids = {key for hint in joined for key in hint.evidence}
    members = [one for one in left if one.feedback.id in ids]
    too_many = len({one.feedback.text_digest for one in members}) > MOST_OF_ONE_THING
    if not named or len(joined) == 1 or too_many:
        return list(found)
    whole = replace(missing_leaf(members), confidence=max(hint.confidence for hint in named))
    return [*(hint for hint in found if hint not in joined), whole]


def _means_new(one: Diagnosis) -> bool:
    """Whether a rejection rather means a new leaf than anything else, and does not say which."""
    new = sum(r.probability for r in one.readings if r.intervention.kind == NEW_LEAF.kind)
    return new > 1 - new and not one.disputed and not says_what(one, NEW_LEAF.place)


def _ids(members: Iterable[Diagnosis]) -> set[str]:
    return {one.feedback.id for one in members}
