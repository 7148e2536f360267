"""What each piece of evidence is worth, in nats: every constant of the evidence model, in one place.

A reading's log-odds are the sum of its features times these; `evidence` says what each feature is. The priors
of the steps can be changed by `workspace/improver.yaml`.
"""

from collections.abc import Mapping

PRIORS: Mapping[str, float] = {
    "none": 0.120,
    "intent": 0.300,
    "new_leaf": 0.060,
    "extraction": 0.100,
    "fetch": 0.100,
    "plan": 0.220,
    "template": 0.100,
}
"""How often each step is what was wrong, before anything was said; `new_leaf` is a part of intent."""

WEIGHTS: Mapping[str, float] = {
    "share": 1.00,
    "expected.met": 9.00,
    "expected.missed": -5.00,
    "reason.fits": 2.50,
    "reason.differs": -2.50,
    "reply.exact": 9.00,
    "reply.gain": 9.00,
    "reply.edit": 9.00,
    "reply.edit.explained": -6.00,
    "reply.missing": -1.50,
    "reply.given": -3.00,
    "moved": -4.00,
    "words.in": 6.00,
    "words.in.negated": -4.00,
    "words.out": -2.00,
    "words.out.negated": 2.50,
    "words.like": 4.00,
    "words.unknown": -3.00,
    "words.column": 3.00,
    "words.fact": 2.00,
    "words.kept": 1.00,
    "words.new": 3.00,
    "cue": 1.60,
    "cue.other": -0.50,
    "value.named": 4.00,
    "field.named": 2.00,
    "record.named": 4.00,
    "record.named.out": 1.00,
    "quote.sent": 5.00,
    "quote.absent": 1.50,
    "company.leaf": 1.00,
    "company.fresh": 1.00,
    "company.none": 1.00,
    "disputed": 2.00,
    "near.gain": 4.00,
    "near.here": -2.00,
    "near.anything": -2.00,
    "held_back": 1.00,
    "unreachable": 3.00,
    "to_other": -0.50,
    "doubt": 1.00,
    "trouble.none": -0.50,
    "trouble.intent": 0.30,
    "trouble.fetch": 0.40,
    "trouble.plan": 0.50,
    "trouble.template": 0.50,
    "trouble.extraction": 0.30,
    "lonely": 0.50,
    "unchanged": -3.00,
    "fits": 0.50,
    "unseen": -0.50,
    "own": 0.50,
    "unused": 2.00,
    "tools.only": 0.00,
    "at_home": 3.00,
    "found": 1.50,
    "known": 0.50,
    "information": 0.30,
    "to_none": 0.00,
    "to_several": 0.00,
    "weakly": 1.00,
}
"""Feature to weight; fitted by `benchmarks/faults/fit_evidence.py` where it says so in docs/benchmarks.md."""

NOTE = 2.0
"""How much more an engineer's note counts than a comment."""

TEMPERATURE = 1.0
"""Log-odds are divided by it: 1 says that they are calibrated as they are."""
