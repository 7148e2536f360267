"""A fix that only a wrong case stands against: its correction is proposed beside it, in the judge's lane.

A case may be wrong where two reviewers at least say otherwise on its own text or on one nearly the same, and
nobody accepted what it expects. It is what stands in the way where the fix holds without it. Neither is in
the other: evaluator and improver never move together, so the fix says that it `needs` the correction first.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from fixloop.evals.case import Case, CaseSet
from fixloop.evals.memo import ResultMemo
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.evals.splits import case_text
from fixloop.hints.model import Hint
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.dryrun import Dropped, dry_run
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.case_edit import REVIEWERS, synthesise
from fixloop.workspace.text import normalise

MOST_WRONG = 2
"""Cases that staff contradict and that may be wrong; more are a matter of what is wanted, not of a slip."""

NEARLY_THE_SAME = 0.8
"""Share of their words that two texts have in common from which they ask the same (Jaccard, 1912)."""

Attempt = Callable[[Workbench, Group], Hint | Dropped]


def beside_wrong_cases(bench: Workbench, group: Group, attempt: Attempt) -> list[Hint]:
    """The corrections of cases that a group contradicts and the fix that stands without them; or nothing."""
    own = Group(group.key, tuple(m for m in group.members if m.best.key == group.members[0].best.key))
    wrong = _contradicted(bench, own)
    if not 0 < len(wrong) <= MOST_WRONG:
        return []
    mended = [found for case, members in wrong if (found := _correction(bench, case, members)) is not None]
    if len(mended) < len(wrong):
        return []
    fix = attempt(_without(bench, [case for case, _ in wrong]), own)
    if not isinstance(fix, Hint) or not fix.operations or fix.measured is None:
        return []
    measured = replace(fix.measured, broken=tuple(sorted(case.id for case, _ in wrong)))
    return [*mended, replace(fix, measured=measured, needs=tuple(sorted(one.id for one in mended)))]


def _contradicted(bench: Workbench, group: Group) -> list[tuple[Case, tuple[Diagnosis, ...]]]:
    """Passing cases with a text, each with the members that say otherwise of it, two reviewers at least."""
    passing = [one.case for report in bench.baseline.suites.values() for one in report.with_outcome(PASS)]
    cases = [
        case for case in passing if case.suite in ("intent", "pipeline", "known_good") and case_text(case)
    ]
    if not cases or len({m.feedback.reviewer for m in group.members}) < REVIEWERS:
        return []
    texts = [_words(m.feedback.fixture.ticket.customer_text) for m in group.members]
    found = []
    for case in cases:
        words = _words(case_text(case) or "")
        members = tuple(m for m, own in zip(group.members, texts, strict=True) if _same(words, own))
        if len({m.feedback.reviewer for m in members if m.feedback.reviewer}) >= REVIEWERS:
            found.append((case, members))
    return found


def _correction(bench: Workbench, case: Case, members: Sequence[Diagnosis]) -> Hint | None:
    """The case as these members have it, tried as every draft is."""
    change = replace(
        members[0].best.intervention,
        step="eval_data",
        kind="fix_case",
        target=f"evals/{case.suite}/#{case.id}",
    )
    said = tuple(_saying(member, change) for member in members)
    draft = synthesise(bench, Group(change.key, said))
    if not isinstance(draft, Draft) or _accepted_near(bench, case):
        return None
    found = dry_run(bench, draft)
    return found if isinstance(found, Hint) else None


def _saying(member: Diagnosis, change: Intervention) -> Diagnosis:
    return replace(member, readings=(replace(member.best, intervention=change),))


def _accepted_near(bench: Workbench, case: Case) -> bool:
    """Whether staff accepted today's answer to a text nearly the same."""
    words = _words(case_text(case) or "")
    return any(_same(words, _words(text)) for text, _ in bench.accepted)


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", normalise(text)))


def _same(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= NEARLY_THE_SAME * len(one | other)


def _without(bench: Workbench, cases: Sequence[Case]) -> Workbench:
    """The bench as if these cases were not there."""
    gone = {case.id for case in cases}
    kept = CaseSet(tuple(case for case in bench.cases if case.id not in gone))
    baseline = evaluate(bench.pipeline, kept, memo=ResultMemo(bench.memo, bench.pipeline))
    return replace(bench, cases=kept, baseline=baseline)
