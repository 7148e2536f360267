"""How much one run asks: a person answers a few questions a day."""

from collections.abc import Sequence

from fixloop.hints.model import Hint

MOST_QUESTIONS = 20
"""So many sets are asked about in a run, and so many questions leave none for a single vague rejection."""


def put_off(asked: Sequence[Hint]) -> list[Hint]:
    """What is asked, without questions of which enough is asked already; their rejections wait.

    Where a run asks many questions, one about a single rejection whose likeliest answer would bring no fix
    waits until others are of its kind, or until there is less to ask.
    """
    questions = sum(1 for hint in asked if hint.question is not None)
    most = max(0, questions - MOST_QUESTIONS)
    late = [hint for hint in reversed(asked) if _brings_nothing_yet(hint)][:most]
    return [hint for hint in asked if not any(hint is one for one in late)]


def _brings_nothing_yet(hint: Hint) -> bool:
    """Whether a question is about one rejection, and its likeliest answer leads to no operation."""
    if hint.question is None or hint.support > 1:
        return False
    first = hint.question.choices[0].hint
    return first is None or not first.operations
