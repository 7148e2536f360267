"""Every draft is tried on an overlay before anyone reads it: a hint's claims are measured, not written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
from fixloop.propose.repair import Lost, shore, spare, turn
from fixloop.propose.workbench import Trial, Workbench


@dataclass(frozen=True, slots=True)
class Dropped:
    """A draft that did not stand the dry run, and why."""

    summary: str
    reason: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Fell:
    """Why a try failed, and the texts that lost their answer; None: nothing showed its effect."""

    reason: str
    lost: tuple[Lost, ...] | None = ()


FEW_REPAIRS, MOST_REPAIRS = 2, 5
WORTH_MORE = 5
"""Pieces of evidence from which a draft is worth more tries."""


def dry_run(bench: Workbench, draft: Draft) -> Hint | Dropped:
    """The draft as a hint with its measured effect, or why it is no fix; examples are repaired first."""
    found, shored = _try(bench, draft), frozenset[Lost]()
    for _ in range(MOST_REPAIRS if len(draft.evidence) >= WORTH_MORE else FEW_REPAIRS):
        mended = _mended(bench, draft, found, shored) if isinstance(found, _Fell) else None
        if mended is None:
            break
        shored |= frozenset(found.lost or ()) if isinstance(found, _Fell) else shored
        draft, found = mended, _try(bench, mended)
    return _dropped(draft, found.reason) if isinstance(found, _Fell) else found


def _mended(bench: Workbench, draft: Draft, fell: _Fell, shored: frozenset[Lost]) -> Draft | None:
    """Other cases where none tells; a border shored up where a neighbour lost, or examples less."""
    if draft.step != "intent":
        return None
    if fell.lost is None:
        return turn(draft)
    fresh = [one for one in fell.lost if one not in shored]
    return shore(bench, draft, fresh) or spare(draft, [one.text for one in fell.lost])


def _try(bench: Workbench, draft: Draft) -> Hint | _Fell:
    if draft.cases and len(_passing(bench.pipeline, _numbered(draft.cases))) == len(draft.cases):
        return _Fell("every case of it passes already", None)
    try:
        trial = bench.try_operations(draft.operations)
    except FixloopError as error:
        return _Fell(f"the edit does not stand: {error.message}")
    cases = _telling(bench.pipeline, trial.pipeline, draft.cases)
    if not cases:
        return _Fell("no case of it fails before and passes after", None)
    flipped = _flipped(trial.pipeline, draft.near_misses)
    if flipped:
        named = f"{len(flipped)} near miss changes its answer, such as {_name(flipped[0])}"
        return _Fell(named, _lost(flipped))
    report = evaluate(trial.pipeline, bench.cases)
    known = {c.id: c for c in bench.cases}
    harm = blocks(compare_reports(bench.baseline, report), known, _flips(bench))
    if harm:
        return _Fell(f"{harm[0].suite}: {harm[0].detail}", _lost(known[one].spec for one in harm[0].cases))
    return _hint(bench, trial, draft, cases, replay_all(trial.pipeline, bench.stored))


def _lost(cases: Iterable[JsonCase]) -> tuple[Lost, ...]:
    return tuple(Lost(str(case["text"]), str(case["expect"])) for case in cases if "text" in case)


def _flips(bench: Workbench) -> float:
    return bench.workspace.config.gate.max_intent_flips


def _dropped(draft: Draft, reason: str) -> Dropped:
    return Dropped(draft.summary, reason, tuple(one.id for one in draft.evidence))


def _telling(base: Pipeline, trial: Pipeline, cases: Sequence[JsonCase]) -> tuple[JsonCase, ...]:
    """The cases that fail on the base and pass with the fix."""
    asked = _numbered(cases)
    before, after = _passing(base, asked), _passing(trial, asked)
    return tuple(case for n, case in enumerate(cases) if f"n{n}" in after - before)


def _numbered(cases: Sequence[JsonCase]) -> CaseSet:
    return given_cases([{"id": f"n{n}", **case} for n, case in enumerate(cases)])


def _passing(pipeline: Pipeline, cases: CaseSet) -> frozenset[str]:
    return frozenset(result.id for result in evaluate(pipeline, cases) if result.outcome == PASS)


def _flipped(trial: Pipeline, near_misses: Sequence[JsonCase]) -> list[JsonCase]:
    """What should have kept its answer and has not."""
    kept = _passing(trial, _numbered(near_misses))
    return [case for n, case in enumerate(near_misses) if f"n{n}" not in kept]


def _name(case: JsonCase) -> str:
    return f"“{case['text']}”" if "text" in case else f"{case.get('leaf', case['suite'])} → {case['expect']}"


def _hint(
    bench: Workbench, trial: Trial, draft: Draft, cases: tuple[JsonCase, ...], after: Mapping[str, Proposal]
) -> Hint:
    fixed = sum(
        wanted.met_by(proposal)
        for wanted, proposal in zip(draft.wanted.values(), _evidence_after(trial, draft, after), strict=True)
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


def _evidence_after(trial: Trial, draft: Draft, after: Mapping[str, Proposal]) -> list[Proposal]:
    evidence = {one.id: one for one in draft.evidence}
    missing = [evidence[key] for key in draft.wanted if key not in after]
    replayed = {**after, **replay_all(trial.pipeline, missing)}
    return [replayed[key] for key in draft.wanted]


def moves_between(before: Mapping[str, Proposal], after: Mapping[str, Proposal]) -> tuple[Moves, int]:
    """Which outcomes (`leaf/branch`) stored tickets leave and reach, and how many tickets move."""
    moved = [key for key in after if before[key].outcome != after[key].outcome]
    sources = Counter(place_of(before[key]) for key in moved)
    targets = Counter(place_of(after[key]) for key in moved)
    return Moves(tuple(sorted(sources)), tuple(sorted(targets)), len(moved)), len(moved)
