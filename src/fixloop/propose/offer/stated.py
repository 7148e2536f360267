"""How sure a hint says it is: what hints that were as sure came to, on planted faults.

A monotone map of log-odds, of two numbers each for what is named and for what is asked (Platt, 1999). A fix
that was tried and stands is right a little oftener than its reading is probable, the first choice of a
question hardly oftener the likelier it seemed: what is asked is what could not be told.
`benchmarks/faults/fit_confidence.py` fits and checks them; here stands half of the way for what is named.
"""

from dataclasses import replace
from math import exp, log

from fixloop.hints.model import Hint
from fixloop.propose.offer.question import MOST_SURE

NAMED, ASKED = (0.1, 1.1), (-0.3, 0.4)
"""What is added to the log-odds after they are multiplied, and by what."""

SUREST = 0.01
"""How near to 0 and 1 a confidence is still told from them."""


def stated(hint: Hint) -> Hint:
    """The hint as sure as such hints turned out to be; what has no fix stays as it is."""
    if hint.question is not None:
        return replace(hint, confidence=mapped(min(MOST_SURE, hint.confidence), *ASKED))
    if hint.step in ("none", "eval_data", "code") or not hint.operations:
        return hint
    return replace(hint, confidence=mapped(hint.confidence, *NAMED))


def mapped(confidence: float, more: float, times: float) -> float:
    """A probability with its log-odds multiplied and something added."""
    inside = min(1 - SUREST, max(SUREST, confidence))
    return round(1 / (1 + exp(-(more + times * log(inside / (1 - inside))))), 6)
