"""Known-good grows by what staff accepted, a few outcomes at a time, and sheds what a later fix replaces."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fixloop.errors import FixloopError
from fixloop.evals.case import Case, CaseSet
from fixloop.evals.given import given_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.evals.suites.pipeline import fixture_of, ticket_of
from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import place_of
from fixloop.hints.model import Hint, fingerprint
from fixloop.hints.operation import Operation
from fixloop.pipeline.fixture import NOT_FORCED
from fixloop.pipeline.proposal import Proposal
from fixloop.propose.bench.workbench import Workbench
from fixloop.workspace.text import count

SUITE = "known_good"
TARGET = "evals/known_good/"
MOST_AT_ONCE = 5
"""Outcomes that one branch adds: few enough for a person to read."""
RIPE_AFTER = timedelta(days=7)
"""Whoever objects to an outcome does so within a week."""


def ripe(feedback: Iterable[Feedback], now: str, handled: Collection[str] = ()) -> list[Feedback]:
    """What may become known-good: accepted, replayable, disputed by nobody, a week old; oldest first.

    `now` is the clock's word (RFC 3339, UTC); `handled` are pieces that a hint rests on already.
    """
    found = list(feedback)
    disputed = {one.text_digest for one in found if one.outcome != "accepted"}
    latest = (datetime.fromisoformat(now.replace("Z", "+00:00")) - RIPE_AFTER).strftime("%Y-%m-%dT%H:%M:%S")
    accepted = [
        one
        for one in found
        if one.outcome == "accepted"
        and one.replay == "exact"
        and one.id not in handled
        and "" < one.at[:19] <= latest
        and one.text_digest not in disputed
    ]
    first = {one.text_digest: one for one in sorted(accepted, key=lambda one: (one.at, one.id), reverse=True)}
    return sorted(first.values(), key=lambda one: (one.at, one.id))


def grow_known_good(
    bench: Workbench, feedback: Sequence[Feedback], now: str, handled: Collection[str] = ()
) -> list[Hint]:
    """One hint that adds a few accepted outcomes, the least guarded leaves first; or none.

    Added is what the base answers as staff accepted it, and what is no text of another split.
    """
    taken = bench.case_texts | bench.example_leaves.keys()
    free = [one for one in ripe(feedback, now, handled) if one.text_digest not in taken]
    same = [one for one in free if one.id in bench.before and _as_accepted(one, bench.before[one.id])]
    chosen = _spread(bench, same)
    if not chosen:
        return []
    operations = tuple(
        Operation("add_case", {"suite": SUITE, "id": case.id, "to": _without_id(case)}) for _, case in chosen
    )
    leaves = sorted({str(case.expect["leaf"]) for _, case in chosen})
    return [
        Hint(
            step="eval_data",
            kind="add_case",
            target=TARGET,
            summary=f"Keep {count(len(chosen), 'accepted outcome')} as known-good: {', '.join(leaves)}",
            evidence=tuple(sorted(one.id for one, _ in chosen)),
            operations=operations,
            confidence=1.0,
            fingerprint=fingerprint("eval_data", TARGET, "add_case", [case.id for _, case in chosen]),
        )
    ]


def _spread(bench: Workbench, feedback: Sequence[Feedback]) -> list[tuple[Feedback, Case]]:
    """A few of them whose case passes on the base, leaf by leaf, the least guarded leaves first."""
    had = Counter(str(case.expect.get("leaf", "")) for case in bench.cases.of(SUITE))
    rest, chosen = list(feedback), list[tuple[Feedback, Case]]()
    while rest and len(chosen) < MOST_AT_ONCE:
        best = min(rest, key=lambda one: (had[bench.before[one.id].leaf], one.at, one.id))
        rest.remove(best)
        case = _case_of(best, bench.before[best.id])
        if case is not None and _passing(bench, [case]):
            had[bench.before[best.id].leaf] += 1
            chosen.append((best, case))
    return chosen


def _case_of(one: Feedback, answer: Proposal) -> Case | None:
    """The outcome as a case with the rows its lookups returned, so that it needs no live source."""
    expect: dict[str, Any] = {
        "leaf": answer.leaf,
        "records": [record.id for record in answer.records],
        "reply": answer.reply.template,
        "tools": [call.name for call in answer.tools],
    }
    spec = {
        "suite": SUITE,
        "id": f"kg-{one.id.split('-', 1)[1]}",
        "ticket": {key: value for key, value in one.ticket.items() if value not in (None, [], {})},
        "rows": {
            source: [dict(row) for row in rows] for source, rows in one.proposal.get("rows", {}).items()
        },
        "expect": expect,
        "source": one.id,
    }
    try:
        return next(iter(given_cases([spec])))
    except FixloopError:
        return None


def _without_id(case: Case) -> dict[str, Any]:
    return {key: value for key, value in case.spec.items() if key != "id"}


def _as_accepted(one: Feedback, now: Proposal) -> bool:
    """Whether the base still answers what staff accepted."""
    seen = one.proposal
    records = [record["id"] for record in seen.get("records", ())]
    tools = [call["name"] for call in seen.get("tools", ())]
    told = (seen.get("leaf"), (seen.get("reply") or {}).get("template"), records, tools)
    return now.failure is None and told == (
        now.leaf,
        now.reply.template,
        [record.id for record in now.records],
        [call.name for call in now.tools],
    )


def _passing(bench: Workbench, cases: Sequence[Case]) -> frozenset[str]:
    report = evaluate(bench.pipeline, CaseSet(tuple(cases)))
    return frozenset(result.id for result in report if result.outcome == PASS)


# --- what a later fix replaces ----------------------------------------------------------------------------


def retire_outdated(bench: Workbench, approved: Sequence[Hint]) -> list[Hint]:
    """A hint for each approved fix that declares to move known-good outcomes, and would: they are outdated.

    The fix lands after it: a change of what decides is never in one with what it judges.
    """
    cases = bench.cases.of(SUITE)
    places = _places(bench, cases)
    found = [_retired_by(bench, hint, cases, places) for hint in approved]
    return [hint for hint in found if hint is not None]


def _retired_by(bench: Workbench, fix: Hint, cases: Sequence[Case], places: Mapping[str, str]) -> Hint | None:
    declared = [case for case in cases if places.get(case.id) in fix.moves.from_]
    if not declared:
        return None
    try:
        trial = bench.try_operations(fix.operations)
    except FixloopError:
        return None
    before = _passing(bench, declared)
    after = evaluate(trial.pipeline, CaseSet(tuple(declared)))
    lost = sorted(before - {result.id for result in after if result.outcome == PASS})
    if not lost:
        return None
    return Hint(
        step="eval_data",
        kind="retire_case",
        target=TARGET,
        summary=f"Retire {count(len(lost), 'known-good outcome')} that {fix.id} replaces",
        evidence=fix.evidence,
        operations=tuple(Operation("retire_case", {"suite": SUITE, "id": name}) for name in lost),
        confidence=fix.confidence,
        fingerprint=fingerprint("eval_data", TARGET, "retire_case", lost),
    )


def _places(bench: Workbench, cases: Sequence[Case]) -> dict[str, str]:
    """Where each case comes out on the base: `leaf/branch`."""
    live = [case for case in cases if "rows" not in case.spec]
    fixed = [case for case in cases if "rows" in case.spec]
    proposals = [
        *bench.pipeline.propose([ticket_of(case) for case in live]),
        *bench.pipeline.replay_many([(fixture_of(case), NOT_FORCED) for case in fixed]),
    ]
    return {case.id: place_of(one) for case, one in zip([*live, *fixed], proposals, strict=True)}
