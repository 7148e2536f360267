"""How a diagnosis came about: what was tried on a rejection, what spoke for and against each, why it asks."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.causes import share_causes
from fixloop.propose.diagnosis.diagnose import CLEAR_WITHIN, Asking, Diagnosis, Judgement
from fixloop.propose.evidence.leaf_evidence import learn_comments
from fixloop.propose.evidence.score import by_kind
from fixloop.propose.offer.described import describe
from fixloop.propose.run import disputed_texts

SHOWN = 6
"""Readings that are shown of each rejection."""


@dataclass(frozen=True, slots=True)
class Told:
    """One reading in words, its probability alone and in company, what each kind of evidence adds (nats)."""

    says: str
    step: str
    target: str
    alone: float
    probability: float
    evidence: dict[str, float]

    def to_json(self) -> dict[str, Any]:
        """A reading of `propose --explain --json`."""
        return {
            "says": self.says,
            "step": self.step,
            "target": self.target,
            "alone": self.alone,
            "probability": self.probability,
            "evidence": self.evidence,
        }


@dataclass(frozen=True, slots=True)
class Explained:
    """One rejection with its readings, likeliest first.

    `tried` counts interventions by step, `place` is what was answered, `why` says why it is clear or asked.
    """

    feedback: Feedback
    place: str
    tried: dict[str, int]
    readings: tuple[Told, ...]
    clear: bool
    why: str

    def to_json(self) -> dict[str, Any]:
        """A rejection of `propose --explain --json`."""
        return {
            "feedback": self.feedback.id,
            "ticket": self.feedback.fixture.ticket.customer_text,
            "comment": self.feedback.comment,
            "place": self.place,
            "tried": self.tried,
            "readings": [one.to_json() for one in self.readings],
            "clear": self.clear,
            "why": self.why,
        }


def explain(
    bench: Workbench,
    rejections: Sequence[Feedback],
    feedback: Sequence[Feedback],
    judgement: Judgement,
    wanted: Sequence[str] = (),
) -> list[Explained]:
    """What was tried on each of the wanted rejections (all without any), in the company of all of them."""
    learnt = learn_comments(bench.workspace, feedback, bench.asked_leaves)
    asking = Asking.of(bench, rejections, disputed_texts(feedback), learnt, judgement, feedback)
    alone = [asking.diagnosis(row) for row in range(len(rejections))]
    rows = [row for row, one in enumerate(rejections) if not wanted or one.id in wanted]
    shared = share_causes(bench, alone)
    return [_explained(asking, row, alone[row], shared[row]) for row in rows]


def _explained(asking: Asking, row: int, alone: Diagnosis, shared: Diagnosis) -> Explained:
    weighed = asking.weigh(row)
    before = shared.before
    by_place = {(one.outcome.intervention.key): one for one in sorted(weighed, key=lambda one: one.score)}
    first = {reading.intervention.wanted: reading.probability for reading in alone.readings}
    told = []
    for reading in shared.readings[:SHOWN]:
        same = by_place.get(reading.key) or next(
            (one for one in weighed if one.outcome.intervention.wanted == reading.intervention.wanted), None
        )
        told.append(
            Told(
                describe(reading.intervention),
                reading.intervention.step,
                reading.intervention.target,
                first.get(reading.intervention.wanted, 0.0),
                reading.probability,
                by_kind(same.features, asking.judgement.weights) if same else {},
            )
        )
    tried = Counter(one.outcome.intervention.step for one in weighed)
    place = f"{before.leaf}/{before.branch or 'fallback'}"
    return Explained(
        shared.feedback, place, dict(sorted(tried.items())), tuple(told), shared.clear, why_of(shared)
    )


def why_of(one: Diagnosis) -> str:
    """Why a diagnosis is clear enough to act on, or is asked about."""
    margin = f"the best reading leads by {one.margin:.2f}"
    if one.moved_since:
        return f"{margin}; the ticket gets another leaf today than the one that was rejected"
    if one.disputed:
        return f"asked: {margin}, but a colleague accepted the same"
    if one.margin < one.needed:
        return f"asked: {margin}, less than {one.needed:g}"
    if one.within < CLEAR_WITHIN:
        part = f"{one.within:.2f} of it, less than {CLEAR_WITHIN:g}"
        return f"asked: {margin}, but what is wanted there has {part}"
    return f"clear: {margin}, at least {one.needed:g}"
