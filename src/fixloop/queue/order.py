"""In which order fixes land: the narrow before the wide, so that none moves tickets that others count on."""

from collections.abc import Iterable

from fixloop.hints.model import STEPS, Hint

_WIDTH = {"template": 0, "plan": 1, "fetch": 2, "extraction": 3, "intent": 4}
"""A fix changes what the steps below its own are asked: a leaf that learns sends more to its templates."""


def landing_order(hints: Iterable[Hint]) -> list[Hint]:
    """By how far down the pipeline a fix works, then by id."""
    return sorted(hints, key=lambda hint: (_WIDTH.get(hint.step, len(STEPS)), hint.id))
