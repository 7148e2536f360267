"""How much one run asks: a person answers a few questions a day."""

from collections.abc import Sequence

from fixloop.hints.model import Hint
from fixloop.propose.offer.thin import FEWEST_FOR_A_LEAF

MOST_QUESTIONS = 20
"""So many sets are asked about in a run, and so many questions leave none for a single vague rejection."""


def put_off(asked: Sequence[Hint]) -> list[Hint]:
    """What is asked, without that of which enough is asked already; its rejections wait.

    Where a run asks many questions, one about a single rejection whose likeliest answer would bring no fix
    waits until others are of its kind, or until there is less to ask; so does a leaf that is only said to be
    missing, by fewer tickets than could teach it.
    """
    questions = sum(1 for hint in asked if hint.question is not None)
    most = max(0, questions - MOST_QUESTIONS)
    alone, few = ([hint for hint in reversed(asked) if is_early(hint)] for is_early in (_is_alone, _is_few))
    late = [*alone, *few][:most]
    return [hint for hint in asked if not any(hint is one for one in late)]


def _is_alone(hint: Hint) -> bool:
    """Whether a question is about one rejection, and its likeliest answer leads to no operation."""
    if hint.question is None or hint.support > 1:
        return False
    first = hint.question.choices[0].hint
    return first is None or not first.operations


def _is_few(hint: Hint) -> bool:
    return hint.is_unwritten and hint.kind == "add_leaf" and hint.support < FEWEST_FOR_A_LEAF
