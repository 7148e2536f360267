"""Examples for a leaf: two thirds of the evidence teach, a third (by digest order) becomes cases.

Beside them teach the accepted tickets of that leaf that lie nearest to the evidence: staff confirmed them,
and they stand where the leaf's border is in doubt.
"""

from collections.abc import Iterable

from fixloop.feedback.model import Feedback
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.propose.draft import Draft, Group, Unable
from fixloop.propose.near import nearest
from fixloop.propose.wanted import Wanted
from fixloop.propose.workbench import Workbench
from fixloop.workspace.text import text_digest

NEAR_MISSES = 3
NEIGHBOURS_OF_ONE = 4
MOST_EXAMPLES = 24
"""As many as a person still reads."""


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """add_example for the leaf the group wants, with intent cases and near misses."""
    leaf = next(r.intervention.wanted.leaf for m in group.members for r in m.readings if r.key == group.key)
    assert leaf is not None
    texts = fresh_texts(bench, group.evidence)
    if not texts:
        return Unable("every text of the evidence is an example or a case already")
    teach, ask = split_texts(texts)
    beside = neighbours(bench, texts, leaf)
    if not teach and not beside:
        return Unable("one rejection, and no accepted ticket near it to learn from: waiting for a second")
    taught = [*teach, *beside]
    return Draft(
        step="intent",
        kind="add_example",
        target=f"workspace/examples/{leaf}.jsonl",
        summary=_summary(leaf, group, len(taught)),
        evidence=group.evidence,
        operations=tuple(Operation("add_example", {"leaf": leaf, "text": text}) for text in taught),
        cases=intent_cases(ask, leaf),
        near_misses=near_misses(bench, texts, leaf),
        wanted={one.id: Wanted(leaf=leaf) for one in group.evidence},
        idea={"leaf": leaf},
        one_off=len(texts) == 1,
        confidence=group.confidence,
    )


def _summary(leaf: str, group: Group, count: int) -> str:
    came_out = sorted({member.before.leaf for member in group.members})
    shown = ", ".join(came_out[:3]) + (", …" if len(came_out) > 3 else "")
    examples = "one more example" if count == 1 else f"{count} more examples"
    return f"Tickets that mean {leaf} were answered as {shown}: teach {leaf} {examples}"


def fresh_texts(bench: Workbench, evidence: Iterable[Feedback]) -> list[str]:
    """The distinct texts that belong to no split yet, in digest order."""
    return unused(bench, (one.fixture.ticket.customer_text for one in evidence))


def unused(bench: Workbench, candidates: Iterable[str]) -> list[str]:
    """The distinct ones of some texts that are neither example nor case, in digest order."""
    texts = {text_digest(text): text for text in candidates}
    taken = texts.keys() & (bench.example_leaves.keys() | bench.case_texts)
    return [texts[digest] for digest in sorted(texts) if digest not in taken]


def split_texts(texts: list[str]) -> tuple[list[str], list[str]]:
    """(texts that teach, texts that become cases): a third, at least one, becomes cases."""
    asked = max(1, len(texts) // 3)
    return texts[asked:], texts[:asked]


def neighbours(bench: Workbench, texts: list[str], leaf: str) -> list[str]:
    """Accepted stored tickets of a leaf that lie near some texts, nearest first."""
    candidates = unused(bench, of_leaf(bench, leaf))
    most = max(NEIGHBOURS_OF_ONE, MOST_EXAMPLES - len(texts))
    return [candidates[n] for n in nearest(texts, candidates, most)]


def of_leaf(bench: Workbench, leaf: str) -> list[str]:
    """Tickets that staff accepted as a leaf's."""
    return [text for text, accepted in bench.accepted if accepted == leaf]


def intent_cases(texts: Iterable[str], leaf: str) -> tuple[JsonCase, ...]:
    """Intent cases that expect a leaf."""
    return tuple({"suite": "intent", "text": text, "expect": leaf} for text in texts)


def near_misses(bench: Workbench, texts: list[str], leaf: str) -> tuple[JsonCase, ...]:
    """The nearest texts known to belong elsewhere, which must keep the right answer they have."""
    known = [*bench.passing_intents, *bench.accepted]
    own = {text_digest(text) for text in texts}
    chosen: list[JsonCase] = []
    for n in nearest(texts, [text for text, _ in known], 50 * NEAR_MISSES):
        text, label = known[n]
        if label != leaf and text_digest(text) not in own and len(chosen) < NEAR_MISSES:
            chosen.append({"suite": "intent", "text": text, "expect": label})
    return tuple(chosen)
