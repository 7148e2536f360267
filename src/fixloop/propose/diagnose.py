"""Diagnosis by counterfactual replay: which single-step change explains a rejection best, and how surely.

For one rejection every intervention is forced, the steps below it are replayed on the fixture, and the result
is scored by how well it explains the feedback (`evidence`). Scores with their priors become a posterior over
readings; a small margin between the best two makes the diagnosis unclear, and then a person is asked.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import exp, log
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.company import Voices
from fixloop.propose.evidence import WEIGHTS, Heard, Weights, likeness, score
from fixloop.propose.interventions import Intervention, Outcome, interventions, replay_all
from fixloop.propose.leaf_evidence import LeafEvidence, Learnt, hear_leaves
from fixloop.propose.lexicon import Lexicon, build_lexicon
from fixloop.propose.words import read_comment
from fixloop.propose.workbench import Workbench

CLEAR_MARGIN = 0.25
"""How much more probable than the second the best reading must be to count as clear."""

KEPT_READINGS = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One explanation of a rejection with its posterior probability, 0…1."""

    intervention: Intervention
    probability: float

    @property
    def key(self) -> tuple[Any, ...]:
        """Rejections with one key ask for the same change."""
        return self.intervention.key


@dataclass(frozen=True, slots=True)
class Company:
    """All rejections of a run, and which row of them this one is."""

    voices: Voices
    row: int


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A rejection with its best readings, most probable first.

    `silent`: neither comment nor anything else says what was wrong; only its company can.
    """

    feedback: Feedback
    before: Proposal
    readings: tuple[Reading, ...]
    says_anything: bool
    silent: bool = False
    company: Company | None = None

    @property
    def best(self) -> Reading:
        """The most probable reading."""
        return self.readings[0]

    @property
    def moved_since(self) -> bool:
        """Whether the ticket no longer gets the leaf that was rejected: it may be mended already."""
        rejected = self.feedback.proposal.get("leaf")
        return rejected is not None and rejected != self.before.leaf

    @property
    def margin(self) -> float:
        """Probability of the best reading minus that of the second."""
        return self.best.probability - (self.readings[1].probability if len(self.readings) > 1 else 0.0)

    @property
    def clear(self) -> bool:
        """Whether the best reading stands far enough from the second to act on."""
        return self.margin >= CLEAR_MARGIN


def diagnose(
    bench: Workbench,
    rejections: Sequence[Feedback],
    disputed: frozenset[str] = frozenset(),
    learnt: Learnt | None = None,
    weights: Weights = WEIGHTS,
) -> list[Diagnosis]:
    """The readings of every rejection, alone first, then in the light of the others.

    `disputed` holds the text digests that other staff accepted; `learnt` comments that led to a leaf before.
    """
    lexicon = build_lexicon(bench.workspace, learnt, (one.comment for one in rejections))
    leaves = hear_leaves(bench.workspace, bench.pipeline, rejections, learnt or {})
    alone = [
        _diagnose_one(bench, one, leaves, n, lexicon, weights, disputed) for n, one in enumerate(rejections)
    ]
    return _in_company(alone)


def _diagnose_one(
    bench: Workbench,
    feedback: Feedback,
    leaves: LeafEvidence,
    n: int,
    lexicon: Lexicon,
    weights: Weights,
    disputed: frozenset[str],
) -> Diagnosis:
    heard = _hear(bench, feedback, disputed)
    found = interventions(feedback, heard.before, bench.workspace, leaves.ticket_shares(n))
    outcomes = replay_all(bench.pipeline, feedback, heard.before, found)
    scores = [
        _prior(outcome.intervention, weights)
        + leaves.bonus(n, outcome.intervention)
        + score(heard, outcome, lexicon, weights)
        for outcome in outcomes
    ]
    silent = not leaves.telling(n) and not (feedback.expected or feedback.reply or feedback.reason)
    readings, company = _posterior(outcomes, scores), Company(leaves.voices, n)
    return Diagnosis(feedback, heard.before, readings, heard.said.says_anything, silent, company)


def _hear(bench: Workbench, feedback: Feedback, disputed: frozenset[str]) -> Heard:
    before = bench.before[feedback.id]
    alike = likeness(before.reply.text, feedback.reply) if feedback.reply else 0.0
    return Heard(feedback, before, read_comment(feedback.comment), alike, feedback.text_digest in disputed)


def _prior(intervention: Intervention, weights: Weights) -> float:
    step = "new_leaf" if intervention.kind == "add_leaf" else intervention.step
    return log(weights.prior[step]) + log(max(intervention.share, 1e-6))


def _posterior(outcomes: Sequence[Outcome], scores: Sequence[float]) -> tuple[Reading, ...]:
    """Softmax over interventions, summed over those that ask for one change, best first."""
    top = max(scores)
    mass: dict[tuple[Any, ...], float] = defaultdict(float)
    strongest: dict[tuple[Any, ...], tuple[float, Intervention]] = {}
    for outcome, value in zip(outcomes, scores, strict=True):
        key = outcome.intervention.key
        mass[key] += exp(value - top)
        if key not in strongest or value > strongest[key][0]:
            strongest[key] = (value, outcome.intervention)
    total = sum(mass.values())
    ranked = sorted(mass, key=lambda key: (-mass[key], repr(key)))[:KEPT_READINGS]
    return tuple(Reading(strongest[key][1], round(mass[key] / total, 6)) for key in ranked)


def _in_company(alone: Sequence[Diagnosis]) -> list[Diagnosis]:
    """What says little leans on clear rejections of the same branch: one fault is likelier than two."""
    support: dict[tuple[Any, ...], dict[tuple[Any, ...], int]] = defaultdict(lambda: defaultdict(int))
    for one in alone:
        if one.clear:
            support[_place(one.before)][one.best.key] += 1
    return [one if one.clear else _lean(one, support[_place(one.before)]) for one in alone]


def _place(before: Proposal) -> tuple[Any, ...]:
    return (before.leaf, before.branch)


def _lean(one: Diagnosis, support: Mapping[tuple[Any, ...], int]) -> Diagnosis:
    boosted = [
        replace(reading, probability=reading.probability * (1 + support.get(reading.key, 0)) ** 1.5)
        for reading in one.readings
    ]
    kept = sum(reading.probability for reading in one.readings)
    total = sum(reading.probability for reading in boosted)
    scaled = [replace(r, probability=round(r.probability * kept / total, 6)) for r in boosted]
    return replace(one, readings=tuple(sorted(scaled, key=lambda r: (-r.probability, repr(r.key)))))


def texts_of(diagnoses: Iterable[Diagnosis]) -> list[str]:
    """The customers' texts of some diagnoses."""
    return [one.feedback.fixture.ticket.customer_text for one in diagnoses]
