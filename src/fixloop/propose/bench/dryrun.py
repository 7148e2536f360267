"""Every draft is tried on an overlay before anyone reads it: a hint's claims are measured, not written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fixloop.errors import FixloopError
from fixloop.evals.case import CaseSet
from fixloop.evals.cases import load_cases
from fixloop.evals.compare import compare_reports, with_gains
from fixloop.evals.given import given_cases
from fixloop.evals.protected import blocks
from fixloop.evals.result import FAIL, PASS, CaseResult
from fixloop.evals.run import evaluate
from fixloop.feedback.replays import place_of, replay_all
from fixloop.fixes.apply import apply_operations
from fixloop.gate.copied import masked
from fixloop.hints.model import Hint, JsonCase, Measured, Moves, fingerprint
from fixloop.pipeline.compile import Pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.copying import refused_by_gate, taken_over
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.harm import Effect, effect_on_accepted
from fixloop.propose.bench.reach import is_below_intent, replayed, unasked_suites
from fixloop.propose.bench.repair import Lost, shore, spare, turn
from fixloop.propose.bench.workbench import Trial, Workbench


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
OTHERS_AMONG = 3
"""One in so many rejections of a fix may be about something else; where it leaves more, they stay its own."""

WORTH_MORE = 5
"""Pieces of evidence from which a draft is worth more tries."""


def dry_run(bench: Workbench, draft: Draft) -> Hint | Dropped:
    """The draft as a hint with its measured effect, or why it is no fix.

    What falls is repaired where it can be (other examples), else the next smallest fix takes its place.
    """
    fell: list[str] = []
    for one in (draft, *draft.instead):
        found = _with_repairs(bench, one)
        if isinstance(found, Hint):
            return found
        fell.append(found.reason)
    return _dropped(draft, "; ".join(dict.fromkeys(fell)))


def untried(bench: Workbench, draft: Draft) -> Hint:
    """The draft as a hint that nobody has tried: nothing is measured."""
    return _hint(bench, draft, draft.cases, bench.before, 0)


def try_once(bench: Workbench, draft: Draft) -> Hint | Dropped:
    """One try without a repair: what a person has written is taken as it is."""
    found = _try(bench, draft)
    return found if isinstance(found, Hint) else _dropped(draft, found.reason)


def _with_repairs(bench: Workbench, draft: Draft) -> Hint | _Fell:
    found, shored = _try(bench, draft), frozenset[Lost]()
    for _ in range(MOST_REPAIRS if len(draft.evidence) >= WORTH_MORE else FEW_REPAIRS):
        mended = _mended(bench, draft, found, shored) if isinstance(found, _Fell) else None
        if mended is None:
            break
        shored |= frozenset(found.lost or ()) if isinstance(found, _Fell) else shored
        draft, found = mended, _try(bench, mended)
    return found


def _mended(bench: Workbench, draft: Draft, fell: _Fell, shored: frozenset[Lost]) -> Draft | None:
    """Other cases where none tells; a border shored up where a neighbour lost, or examples less."""
    if not draft.cases or not any(one.op in ("add_example", "add_edge") for one in draft.operations):
        return None
    if fell.lost is None:
        return turn(draft)
    fresh = [one for one in fell.lost if one not in shored]
    return shore(bench, draft, fresh) or spare(draft, [one.text for one in fell.lost])


def _try(bench: Workbench, draft: Draft) -> Hint | _Fell:
    """One try, the cheap questions first."""
    copied = taken_over(bench, draft.operations, draft.evidence)
    if copied:
        told = ", ".join(map(masked, copied[:3]))
        return _Fell(f"it would write a customer's own value into a rule: {told}")
    if draft.step == "eval_data":
        return _judged_otherwise(bench, draft)
    if draft.cases and len(_passing(bench.pipeline, _numbered(draft.cases))) == len(draft.cases):
        return _Fell("every case of it passes already", None)
    try:
        trial = bench.try_operations(draft.operations)
    except FixloopError as error:
        return _Fell(f"the edit does not stand: {_on_one_line(error.message)}")
    refused = refused_by_gate(bench, trial)
    if refused:
        return _Fell(f"the gate would refuse it for copying: {'; '.join(refused[:3])}")
    rejected = [bench.before[one.id] for one in draft.evidence if one.id in bench.before]
    cases = _telling(bench.pipeline, trial.pipeline, draft, rejected)
    if not cases:
        return _Fell("no case of it fails before and passes after", None)
    guarded = _guarded(bench, trial, draft)
    return guarded if isinstance(guarded, _Fell) else _measured(bench, trial, guarded, cases)


def _on_one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines())


def _judged_otherwise(bench: Workbench, draft: Draft) -> Hint | _Fell:
    """A change of cases changes no answer: it has to be possible, and to leave the cases readable."""
    try:
        load_cases(apply_operations(bench.snapshot, draft.operations).snapshot)
    except FixloopError as error:
        return _Fell(f"the edit does not stand: {_on_one_line(error.message)}")
    return _hint(bench, draft, (), bench.before, len(draft.evidence))


def _guarded(bench: Workbench, trial: Trial, draft: Draft) -> Draft | _Fell:
    """The draft with the near misses that behave; accepted ones and all of a leaf's examples have to."""
    flipped = _flipped(trial.pipeline, draft.near_misses)
    if flipped:
        named = f"{len(flipped)} near miss changes its answer, such as {_name(flipped[0])}"
        return _Fell(named, _lost(flipped))
    return draft


def _measured(bench: Workbench, trial: Trial, draft: Draft, cases: tuple[JsonCase, ...]) -> Hint | _Fell:
    """The hint, unless a protected case or what staff accepted would be lost."""
    report = bench.judge(trial.pipeline, unasked_suites(draft.operations))
    known = {c.id: c for c in bench.cases}
    compared = dict(compare_reports(bench.baseline, report))
    answered = {case.id: case for case in _numbered(cases) if case.suite == "intent"}
    if answered and "intent" in compared:
        compared["intent"] = with_gains(compared["intent"], [*answered])
    harm = blocks(compared, {**known, **answered}, _flips(bench))
    if harm:
        return _Fell(f"{harm[0].suite}: {harm[0].detail}", _lost(known[one].spec for one in harm[0].cases))
    after = replayed(bench, trial, draft.operations)
    mended = _mended_ids(trial, draft, after)
    if not mended and draft.evidence:
        return _Fell("it changes nothing for the tickets that were rejected")
    whole, draft, fixed = draft, _with_what_it_mends(draft, mended), len(mended)
    if _leads_one_of_several(bench, whole, draft):
        return _Fell(
            "of the tickets that were rejected it leads one text alone to a leaf that has a way already"
        )
    rejected = frozenset(one.text_digest for one in draft.evidence)
    effect = effect_on_accepted(bench, after, rejected, draft.step != "template")
    loss = _loss(bench, draft, effect, fixed)
    return loss if loss is not None else _hint(bench, draft, cases, after, fixed, len(effect.lost))


def _loss(bench: Workbench, draft: Draft, effect: Effect, fixed: int) -> _Fell | None:
    """Why a fix loses more than it wins among accepted tickets; below the intent step it may lose none."""
    allowed = (fixed + len(effect.regained) - 1) // 2 if not is_below_intent(draft.operations) else 0
    if len(effect.lost) <= allowed:
        return None
    lost = tuple(Lost(one.fixture.ticket.customer_text, bench.before[one.id].leaf) for one in effect.lost)
    count = "1 accepted ticket" if len(lost) == 1 else f"{len(lost)} accepted tickets"
    return _Fell(f"{count} would lose the answer that staff accepted", lost)


def _lost(cases: Iterable[JsonCase]) -> tuple[Lost, ...]:
    return tuple(Lost(str(case["text"]), str(case["expect"])) for case in cases if "text" in case)


def _flips(bench: Workbench) -> float:
    return bench.workspace.config.gate.max_intent_flips


def _dropped(draft: Draft, reason: str) -> Dropped:
    return Dropped(draft.summary, reason, tuple(one.id for one in draft.evidence))


def _telling(
    base: Pipeline, trial: Pipeline, draft: Draft, rejected: Iterable[Proposal]
) -> tuple[JsonCase, ...]:
    """The cases that fail on the base, for the reason the fix is about, and pass with it."""
    asked = _numbered(draft.cases)
    crashes = draft.step == "template" or any(_crashed_before(one) for one in rejected)
    before = {result.id for result in evaluate(base, asked) if _fails_rightly(result, crashes)}
    after = _passing(trial, asked)
    return tuple(case for n, case in enumerate(draft.cases) if f"n{n}" in after & before)


def _fails_rightly(result: CaseResult, crashes: bool) -> bool:
    """Whether a case fails by the answer it gets, not by a crash of its own.

    Where the rejected proposals themselves could not be rendered, that is what the fix is about.
    """
    if result.outcome != FAIL:
        return False
    return crashes or not (isinstance(result.got, Mapping) and _crashed(result.got))


def _crashed_before(one: Proposal) -> bool:
    return bool(one.trace.trail) and one.trace.trail[-1].reply != one.reply.template


def _crashed(got: Mapping[str, Any]) -> bool:
    reply = got.get("reply")
    return isinstance(reply, Mapping) and "error" in reply


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
    bench: Workbench,
    draft: Draft,
    cases: tuple[JsonCase, ...],
    after: Mapping[str, Proposal],
    fixed: int,
    lost: int = 0,
) -> Hint:
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
        measured=Measured(bench.commit, fixed, len(draft.evidence), (), moved, len(bench.stored), lost),
        confidence=draft.confidence,
        fingerprint=fingerprint(draft.step, draft.target, draft.kind, draft.idea),
        one_off=draft.one_off,
        open_work=draft.open_work,
    )
    return hint.named_cases()


def _mended_ids(trial: Trial, draft: Draft, after: Mapping[str, Proposal]) -> frozenset[str]:
    """The pieces of evidence that come out as wanted."""
    proposals = _evidence_after(trial, draft, after)
    found = zip(draft.wanted.items(), proposals, strict=True)
    return frozenset(key for (key, wanted), one in found if wanted.met_by(one))


def _with_what_it_mends(draft: Draft, mended: frozenset[str]) -> Draft:
    """The draft without the few pieces of evidence that it does nothing for: they are of something else.

    An edge leads where it leads; what is taught may yet do more for the next ticket.
    """
    left = draft.wanted.keys() - mended
    few = len(left) * OTHERS_AMONG <= len(draft.wanted)
    if not left or not (few or draft.kind == "add_edge"):
        return draft
    wanted = {key: one for key, one in draft.wanted.items() if key not in left}
    kept = tuple(one for one in draft.evidence if one.id not in left)
    found = replace(draft, evidence=kept, wanted=wanted)
    was, now = (f"{len(_texts(one))} tickets " for one in (draft, found))
    if not draft.summary.startswith(was):
        return found
    # The summary counts the tickets that asked: those that are left behind are counted out.
    return replace(found, summary=now + draft.summary.removeprefix(was))


def _texts(draft: Draft) -> set[str]:
    return {one.text_digest for one in draft.evidence}


def _leads_one_of_several(bench: Workbench, whole: Draft, left: Draft) -> bool:
    """Whether a second way to a leaf was asked for by several texts, and does something for one of them."""
    if left.kind != "add_edge" or _texts(whole) == _texts(left):
        return False
    dag = bench.workspace.intents
    hung = all(dag.parents_of(str(one.args["child"])) for one in left.operations if one.op == "add_edge")
    return hung and len(_texts(left)) == 1


def _evidence_after(trial: Trial, draft: Draft, after: Mapping[str, Proposal]) -> list[Proposal]:
    evidence = {one.id: one for one in draft.evidence}
    missing = [evidence[key] for key in draft.wanted if key not in after]
    replays = {**after, **replay_all(trial.pipeline, missing)}
    return [replays[key] for key in draft.wanted]


def moves_between(before: Mapping[str, Proposal], after: Mapping[str, Proposal]) -> tuple[Moves, int]:
    """Which outcomes (`leaf/branch`) stored tickets leave and reach, and how many tickets move."""
    changed = [key for key in after if before[key] is not after[key]]
    moved = [key for key in changed if before[key].outcome != after[key].outcome]
    sources = Counter(place_of(before[key]) for key in moved)
    targets = Counter(place_of(after[key]) for key in moved)
    return Moves(tuple(sorted(sources)), tuple(sorted(targets)), len(moved)), len(moved)
