"""One leaf that is missing, said once: for the tickets that scatter, and for whoever may mean a new leaf."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fixloop.hints.model import Hint
from fixloop.propose.attempt import Desk
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.missing import scattered
from fixloop.propose.diagnosis.trying import MOST_OF_ONE_THING
from fixloop.propose.offer.ask import missing_leaf
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
    ids = {one.feedback.id for one in meant}
    again: list[Hint] = []
    for hint in found:
        own = [one for one in left if one.feedback.id in {*hint.evidence} - ids]
        again += [hint] if not ids & {*hint.evidence} else explain(own) if own else ()
    return [*again, missing_leaf(meant)]


def of_one_missing_leaf(left: Sequence[Diagnosis], found: Sequence[Hint]) -> list[Hint]:
    """What was found; who rather means a new leaf, or says nothing, means the one that is missing anyway."""
    about = [hint for hint in found if hint.kind == NEW_LEAF.kind and not hint.operations]
    named = [hint for hint in about if hint.question is None]
    may = {one.feedback.id for one in left if not one.disputed and (one.wordless or _rather_means_new(one))}
    asked = [hint for hint in about if hint.question and set(hint.evidence) <= may]
    ids = {key for hint in (*named, *asked) for key in hint.evidence}
    members = [one for one in left if one.feedback.id in ids]
    if len(named) != 1 or not asked or len({one.feedback.text_digest for one in members}) > MOST_OF_ONE_THING:
        return list(found)
    joined = replace(missing_leaf(members), confidence=named[0].confidence)
    return [*(hint for hint in found if hint not in (*named, *asked)), joined]


def _rather_means_new(one: Diagnosis) -> bool:
    new = [r.probability for r in one.readings if r.intervention.kind == NEW_LEAF.kind]
    return sum(new) > 1 - sum(new)
