"""Near misses that are known already: what is right today and lies next to a fix must go on being right.

Where too few accepted tickets and variants show where a fix ends, the base's own cases do: those of the
leaves it is for, then of the leaves beside them, then of the others. They are not written a second time.
Where there are no cases either, examples of other leaves have to keep their leaf, and what was rejected has
to get the answer it gets today once it is another leaf's.
"""

from collections.abc import Iterator, Mapping, Sequence

from fixloop.evals.case import Case
from fixloop.evals.result import PASS
from fixloop.evals.splits import case_text, text_in
from fixloop.gate.reach import leaf_of
from fixloop.hints.model import A_CASE, JsonCase
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.words.near import nearest
from fixloop.workspace.model import Workspace
from fixloop.workspace.text import text_digest

_OF_STEP: Mapping[str, str] = {
    "intent": "intent",
    "extraction": "extraction",
    "fetch": "fetch",
    "plan": "plan",
    "template": "plan",
}
_WHOLE = ("pipeline", "known_good")


def case_near_misses(bench: Workbench, draft: Draft, leaves: Sequence[str]) -> Iterator[JsonCase]:
    """Passing cases of a fix's own step, then of whole tickets; nearest leaves first, then nearest texts."""
    rings = _rings(bench.workspace, leaves)
    told = {one.text_digest for one in draft.evidence}
    told |= {text_digest(text) for case in draft.cases if (text := text_in(case["suite"], case))}
    asked = [one.fixture.ticket.customer_text for one in draft.evidence]
    for suite in (_OF_STEP.get(draft.step, "plan"), *_WHOLE):
        report = bench.baseline.suites.get(suite)
        passing = [one.case for one in report.with_outcome(PASS)] if report else []
        free = [one for one in passing if text_digest(case_text(one) or "") not in told]
        for case in sorted(_by_text(free, asked), key=lambda case: rings.get(leaf_of(case) or "", FARTHEST)):
            yield _as_near_miss(case)


FARTHEST = 2


def _rings(workspace: Workspace, leaves: Sequence[str]) -> dict[str, int]:
    """0 for the leaves themselves, 1 for those that hang below one parent with them."""
    groups = [one.children for one in workspace.intents.intents.values()]
    beside = {str(leaf) for group in groups if not set(leaves).isdisjoint(map(str, group)) for leaf in group}
    return {**dict.fromkeys(beside, 1), **dict.fromkeys(leaves, 0)}


def _by_text(cases: Sequence[Case], asked: Sequence[str]) -> list[Case]:
    """The cases, those whose texts are nearest to some texts first; without a text, by id."""
    ordered = sorted(cases, key=lambda case: case.id)
    worded = [case for case in ordered if case_text(case)]
    order = nearest(asked, [case_text(case) or "" for case in worded], len(worded))
    near = [worded[n] for n in order] if order else worded
    return [*near, *(case for case in ordered if not case_text(case))]


def example_near_misses(bench: Workbench, draft: Draft, most: int) -> list[JsonCase]:
    """The nearest examples of leaves that the fix teaches nothing, where they are answered as such today."""
    touched = {str(one.args.get("leaf", one.args.get("id"))) for one in draft.operations}
    known = [
        (one.text, str(leaf))
        for leaf, found in sorted(bench.workspace.examples.items())
        if str(leaf) not in touched
        for one in found
    ]
    asked = [one.fixture.ticket.customer_text for one in draft.evidence]
    near = [known[n] for n in nearest(asked, [text for text, _ in known], LOOKED_AT)]
    answers = bench.pipeline.classify([text for text, _ in near]) if near else []
    right = [(text, leaf) for (text, leaf), one in zip(near, answers, strict=True) if one.leaf == leaf]
    return [{"suite": "intent", "text": text, "expect": leaf} for text, leaf in right[:most]]


LOOKED_AT = 30
"""Examples that are asked for their leaf today."""


def _as_near_miss(case: Case) -> JsonCase:
    spec = {key: value for key, value in case.spec.items() if key != "id"}
    return {**spec, "suite": case.suite, "source": A_CASE + case.id}
