"""What each piece of evidence is worth, in nats: every constant of the evidence model, in one place.

A reading's log-odds are the sum of its features times these; `evidence` says what each feature is. The priors
of the steps can be changed by `workspace/improver.yaml`.
"""

from collections.abc import Mapping

PRIORS: Mapping[str, float] = {
    "none": 0.020,
    "intent": 0.393,
    "new_leaf": 0.091,
    "extraction": 0.111,
    "fetch": 0.149,
    "plan": 0.161,
    "template": 0.075,
}
"""How often each step is what was wrong, before anything was said; `new_leaf` is a part of intent."""

WEIGHTS: Mapping[str, float] = {
    "share": 1.64,
    "expected.met": 6.22,
    "pair": 8.0,
    "expected.missed": -2.22,
    "reason.fits": 0.84,
    "reason.differs": -0.84,
    "reply.exact": 8.51,
    "reply.gain": 9.00,
    "reply.edit": 9.00,
    "reply.edit.explained": -6.00,
    "reply.missing": -2.51,
    "reply.given": -2.31,
    "moved": -4.00,
    "words.in": 3.64,
    "words.in.negated": -2.25,
    "words.out": -1.92,
    "words.out.negated": 2.52,
    "words.like": 4.31,
    "words.unknown": -2.01,
    "words.column": 3.23,
    "words.fact": 0.64,
    "words.kept": 0.28,
    "told.none": -1.00,
    "says.none": 0.00,
    "words.sent": 0.50,
    "words.not_sent": -1.00,
    "words.new": 1.80,
    "cue": 1.54,
    "cue.other": -0.44,
    "value.named": 2.48,
    "value.absent": 4.00,
    "unrendered": 5.00,
    "text.odd": 2.50,
    "field.named": 0.62,
    "record.named": 4.00,
    "record.named.out": 0.32,
    "quote.sent": 5.80,
    "quote.absent": 3.21,
    "company.leaf": 0.81,
    "company.fresh": 1.00,
    "company.none": 0.74,
    "disputed": 3.92,
    "near.gain": 5.03,
    "near.here": 2.41,
    "near.anything": -2.84,
    "held_back": 0.53,
    "unreachable": 6.56,
    "to_other": -0.75,
    "doubt": 3.88,
    "trouble.none": 0.73,
    "trouble.intent": 1.29,
    "trouble.fetch": 2.58,
    "trouble.plan": 1.3,
    "trouble.template": 2.32,
    "trouble.extraction": 1.70,
    "trouble.unread": 1.70,
    "lonely": 1.43,
    "unchanged": -6.00,
    "fits": 0.66,
    "unseen": 0.07,
    "own": 0.6,
    "unused": 6.49,
    "tools.only": 1.41,
    "at_home": 3.02,
    "found": 3.23,
    "known": 0.50,
    "information": 0.50,
    "to_none": 2.15,
    "to_several": -0.08,
    "weakly": 1.00,
    "argument.named": 1.57,
    "tree.share": 1.0,
    "tree.stands": 0.4,
    "kin.condition": 1.0,
    "kin.tools": 1.2,
    "kin.argument": 1.5,
    "tool.argument": 0.0,
    "tool.in": -1.81,
    "tool.in.home": 4.00,
    "tool.in.like": 3.70,
    "tool.in.uncalled": 2.00,
    "tool.in.usual": 0.29,
    "tool.out": 0.21,
    "tool.out.home": -1.64,
    "tool.out.like": 0.90,
    "tool.out.usual": 0.18,
}
"""Feature to weight, fitted by `benchmarks/faults/fit_evidence.py` on the tuning half.

By hand, for planted faults say too little of them: `pair`, `unchanged`, `words.new`, `company.fresh`,
`tool.in.uncalled`, `trouble.unread` (as any other trouble), `value.absent`,
`unrendered`, `text.odd`, what begins with `tree` and `kin`.
"""

NOTE = 2.0
"""How much more an engineer's note counts than a comment."""

TEMPERATURE = 1.0
"""Log-odds are divided by it: 1 says that they are calibrated as they are."""
