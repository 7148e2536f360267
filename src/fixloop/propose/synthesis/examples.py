"""Examples for a leaf: two thirds of the evidence teach, a third (by digest order) becomes cases."""

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


def synthesise(bench: Workbench, group: Group) -> Draft | Unable:
    """add_example for the leaf the group wants, with intent cases and near misses."""
    leaf = group.members[0].best.intervention.wanted.leaf
    leaf = next(r.intervention.wanted.leaf for m in group.members for r in m.readings if r.key == group.key)
    assert leaf is not None
    texts = fresh_texts(bench, group.evidence)
    if not texts:
        return Unable("every text of the evidence is an example or a case already")
    teach, ask = split_texts(texts)
    if not teach:
        teach = neighbours(bench, ask, leaf)
        if not teach:
            return Unable("one rejection, and no accepted ticket near it to learn from: waiting for a second")
    return Draft(
        step="intent",
        kind="add_example",
        target=f"workspace/examples/{leaf}.jsonl",
        summary=_summary(leaf, group, len(teach)),
        evidence=group.evidence,
        operations=tuple(Operation("add_example", {"leaf": leaf, "text": text}) for text in teach),
        cases=intent_cases(ask, leaf),
        near_misses=near_misses(bench, (*teach, *ask), leaf),
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
    taken = {text_digest(one.text) for examples in bench.workspace.examples.values() for one in examples}
    taken |= bench.case_texts
    texts = {text_digest(text): text for text in (one.fixture.ticket.customer_text for one in evidence)}
    return [texts[digest] for digest in sorted(texts) if digest not in taken]


def split_texts(texts: list[str]) -> tuple[list[str], list[str]]:
    """(texts that teach, texts that become cases): a third, at least one, becomes cases."""
    asked = max(1, len(texts) // 3)
    return texts[asked:], texts[:asked]


def neighbours(bench: Workbench, asked: list[str], leaf: str) -> list[str]:
    """Accepted stored tickets of a leaf that lie near a text, for a rejection that stands alone."""
    accepted = [
        one for one in bench.stored if one.outcome == "accepted" and bench.before[one.id].leaf == leaf
    ]
    texts = fresh_texts(bench, accepted)
    return [texts[n] for n in nearest(asked, texts, NEIGHBOURS_OF_ONE)]


def intent_cases(texts: Iterable[str], leaf: str) -> tuple[JsonCase, ...]:
    """Intent cases that expect a leaf."""
    return tuple({"suite": "intent", "text": text, "expect": leaf} for text in texts)


def near_misses(bench: Workbench, texts: tuple[str, ...], leaf: str) -> tuple[JsonCase, ...]:
    """The nearest texts known to belong elsewhere, which must keep the right answer they have."""
    known = [(text, label) for text, label in _right_elsewhere(bench) if label != leaf]
    chosen = nearest(texts, [text for text, _ in known], NEAR_MISSES)
    return tuple({"suite": "intent", "text": known[n][0], "expect": known[n][1]} for n in chosen)


def _right_elsewhere(bench: Workbench) -> list[tuple[str, str]]:
    """(text, leaf) of what is answered rightly today: passing intent cases, then accepted tickets."""
    passing = [(text, leaf) for text, leaf in bench.passing_intents]
    accepted = [
        (one.fixture.ticket.customer_text, bench.before[one.id].leaf)
        for one in bench.stored
        if one.outcome == "accepted" and one.proposal.get("leaf") == bench.before[one.id].leaf
    ]
    return passing + accepted
