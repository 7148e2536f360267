"""Every draft is tried on an overlay before anyone reads it: a hint's claims are measured, not written."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fixloop.errors import FixloopError
from fixloop.evals.case import CaseSet
from fixloop.evals.compare import compare_reports
from fixloop.evals.given import given_cases
from fixloop.evals.protected import blocks
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.feedback.replays import place_of, replay_all
from fixloop.hints.model import Hint, JsonCase, Measured, Moves, fingerprint
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.draft import Draft
from fixloop.propose.workbench import Trial, Workbench


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft that did not stand the dry run, and why."""

    summary: str
    reason: str
    evidence: tuple[str, ...]


def dry_run(bench: Workbench, draft: Draft) -> Hint | Dropped:
    """The draft as a hint with its measured effect, or why it is no fix."""
    try:
        trial = bench.try_operations(draft.operations)
    except FixloopError as error:
        return _dropped(draft, f"the edit does not stand: {error.message}")
    after = replay_all(trial.pipeline, bench.stored)
    cases = _telling(bench.pipeline, trial.pipeline, draft.cases)
    if not cases:
        return _dropped(draft, "no case of it fails before and passes after")
    flipped = _flipped(trial.pipeline, draft.near_misses)
    if flipped:
        return _dropped(draft, f"{len(flipped)} near miss changes its answer, such as {flipped[0]}")
    report = evaluate(trial.pipeline, bench.cases)
    harm = blocks(compare_reports(bench.baseline, report), {c.id: c for c in bench.cases}, _flips(bench))
    if harm:
        return _dropped(draft, f"{harm[0].suite}: {harm[0].detail}")
    return _hint(bench, trial, draft, cases, after)


def _flips(bench: Workbench) -> float:
    return bench.workspace.config.gate.max_intent_flips


def _dropped(draft: Draft, reason: str) -> Dropped:
    return Dropped(draft.summary, reason, tuple(one.id for one in draft.evidence))


def _telling(base: Pipeline, trial: Pipeline, cases: Sequence[JsonCase]) -> tuple[JsonCase, ...]:
    """The cases that fail on the base and pass with the fix."""
    numbered = [{"id": f"n{n}", **case} for n, case in enumerate(cases)]
    asked = given_cases(numbered)
    before, after = _passing(base, asked), _passing(trial, asked)
    return tuple(case for n, case in enumerate(cases) if f"n{n}" in after - before)


def _passing(pipeline: Pipeline, cases: CaseSet) -> frozenset[str]:
    return frozenset(result.id for result in evaluate(pipeline, cases) if result.outcome == PASS)


def _flipped(trial: Pipeline, near_misses: Sequence[JsonCase]) -> list[str]:
    """What should have kept its answer and has not."""
    numbered = [{"id": f"n{n}", **case} for n, case in enumerate(near_misses)]
    kept = _passing(trial, given_cases(numbered))
    return [_name(case) for n, case in enumerate(near_misses) if f"n{n}" not in kept]


def _name(case: JsonCase) -> str:
    return f"“{case['text']}”" if "text" in case else f"{case.get('leaf', case['suite'])} → {case['expect']}"


def _hint(
    bench: Workbench, trial: Trial, draft: Draft, cases: tuple[JsonCase, ...], after: Mapping[str, Proposal]
) -> Hint:
    fixed = sum(
        wanted.met_by(proposal)
        for wanted, proposal in zip(draft.wanted.values(), _evidence_after(trial, draft), strict=True)
    )
    moves, moved = moves_between(bench.before, after)
    hint = Hint(
        step=draft.step,
        kind=draft.kind,
        target=draft.target,
        summary=draft.summary,
        evidence=tuple(sorted(one.id for one in draft.evidence)),
        operations=draft.operations,
        cases=cases,
        near_misses=draft.near_misses,
        moves=moves,
        measured=Measured(bench.commit, fixed, len(draft.evidence), (), moved, len(bench.stored)),
        confidence=draft.confidence,
        fingerprint=fingerprint(draft.step, draft.target, draft.kind, draft.idea),
        one_off=draft.one_off,
        open_work=draft.open_work,
    )
    return hint.named_cases()


def _evidence_after(trial: Trial, draft: Draft) -> list[Proposal]:
    evidence = {one.id: one for one in draft.evidence}
    chosen = [evidence[key] for key in draft.wanted]
    replayed = replay_all(trial.pipeline, chosen)
    return [replayed[key] for key in draft.wanted]


def moves_between(before: Mapping[str, Proposal], after: Mapping[str, Proposal]) -> tuple[Moves, int]:
    """Which outcomes (`leaf/branch`) stored tickets leave and reach, and how many tickets move."""
    moved = [key for key in after if before[key].outcome != after[key].outcome]
    sources = Counter(place_of(before[key]) for key in moved)
    targets = Counter(place_of(after[key]) for key in moved)
    return Moves(tuple(sorted(sources)), tuple(sorted(targets)), len(moved)), len(moved)
