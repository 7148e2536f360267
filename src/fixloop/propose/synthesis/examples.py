"""Examples for a leaf: two thirds of the evidence teach, a third (by digest order) becomes cases.

Beside them teach accepted tickets that lie nearest to the evidence, for staff confirmed them and they stand
where a border is in doubt: those of the leaf itself, and those of its neighbours, which would else lose texts
to a leaf that learns alone (examples near the border teach most: Lewis and Gale, SIGIR 1994).
"""

from collections.abc import Iterable
from typing import NamedTuple

from fixloop.feedback.model import Feedback
from fixloop.hints.model import JsonCase
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench, of_leaf, unused
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.words.near import nearest
from fixloop.workspace.text import text_digest

NEAR_MISSES = 3
NEIGHBOURS_OF_ONE = 4
MOST_EXAMPLES = 24
MOST_ACROSS = 12
"""Examples for the leaf and for its neighbours: as many as a person still reads."""

BESIDE_EACH, ACROSS_EACH = 4, 2
"""Accepted tickets that teach the leaf, and its neighbours, for each text of the evidence: a leaf that learns
more than was asked for takes tickets nobody spoke of."""

ASKED = 150
"""How many of the nearest texts known to belong elsewhere are looked at."""


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
    border = border_of(bench, texts, leaf)
    return Draft(
        step="intent",
        kind="add_example",
        target=f"workspace/examples/{leaf}.jsonl",
        summary=_summary(leaf, group, len(taught)),
        evidence=group.evidence,
        operations=(*teaching(taught, leaf), *border.across),
        cases=intent_cases(ask, leaf),
        near_misses=border.near_misses,
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


def split_texts(texts: list[str]) -> tuple[list[str], list[str]]:
    """(texts that teach, texts that become cases): a third, at least one, becomes cases."""
    asked = max(1, len(texts) // 3)
    return texts[asked:], texts[:asked]


def neighbours(bench: Workbench, texts: list[str], leaf: str) -> list[str]:
    """Accepted stored tickets of a leaf that lie near some texts, nearest first."""
    candidates = unused(bench, of_leaf(bench, leaf))
    most = max(NEIGHBOURS_OF_ONE, min(BESIDE_EACH * len(texts), MOST_EXAMPLES - len(texts)))
    return [candidates[n] for n in nearest(texts, candidates, most, bench.embedder)]


def intent_cases(texts: Iterable[str], leaf: str) -> tuple[JsonCase, ...]:
    """Intent cases that expect a leaf."""
    return tuple({"suite": "intent", "text": text, "expect": leaf} for text in texts)


def teaching(texts: Iterable[str], leaf: str) -> tuple[Operation, ...]:
    """The operations that teach a leaf some texts."""
    return tuple(Operation("add_example", {"leaf": leaf, "text": text}) for text in texts)


class Border(NamedTuple):
    """What lies just outside: cases that must keep their answer, and examples for the leaves they are of."""

    near_misses: tuple[JsonCase, ...]
    across: tuple[Operation, ...]


def border_of(bench: Workbench, texts: list[str], leaf: str) -> Border:
    """The nearest texts known to belong elsewhere: the first are asked, accepted ones after them teach."""
    known = [*bench.passing_intents, *bench.accepted]
    own = {text_digest(text) for text in texts}
    near = [known[n] for n in nearest(texts, [text for text, _ in known], ASKED, bench.embedder)]
    outside = [(text, label) for text, label in near if label != leaf and text_digest(text) not in own]
    asked, rest = outside[:NEAR_MISSES], outside[NEAR_MISSES:]
    free = set(unused(bench, (text for text, _ in rest)))
    most = min(MOST_ACROSS, ACROSS_EACH * len(texts))
    across = [(text, label) for text, label in rest if text in free][:most]
    return Border(
        tuple({"suite": "intent", "text": text, "expect": label} for text, label in asked),
        tuple(operation for text, label in across for operation in teaching([text], label)),
    )
