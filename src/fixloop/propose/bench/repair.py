"""A draft of examples that fell in the dry run, tried once more: other examples, or other cases.

Where a leaf learns, its neighbours lose texts at the border. The neighbour is shored up first, with accepted
tickets of its own that lie there; if that does not hold, the examples that reach over go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from fixloop.evals.splits import text_in
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.workbench import Workbench, of_leaf, unused
from fixloop.propose.words.near import nearest
from fixloop.workspace.text import text_digest

SHORES = 3
"""Accepted tickets that shore up each text that lost its answer."""

MOST_SHORED, SHORED_EACH = 12, 2
"""In all, for a person has to read them, and for each piece of evidence: what has to be held up with more
takes more than it gives."""

DROPPED_A_MISS = 2
"""Examples that go for each text that must keep its answer."""

FEWEST_LEFT = 2


class Lost(NamedTuple):
    """A text that lost its answer, and the leaf it should have kept."""

    text: str
    leaf: str


def shore(bench: Workbench, draft: Draft, lost: Sequence[Lost]) -> Draft | None:
    """With accepted tickets near each lost text as examples of the leaf that lost it; None without any."""
    asked = (text_in(case["suite"], case) for case in (*draft.cases, *draft.near_misses))
    taken = {text_digest(text) for text in (*draft.examples, *asked) if text}
    most = min(MOST_SHORED, max(SHORES, SHORED_EACH * len(draft.evidence)))
    added: dict[str, Operation] = {}
    for text, leaf in lost:
        own = [one for one in unused(bench, of_leaf(bench, leaf)) if text_digest(one) not in taken]
        for n in nearest([text], own, SHORES):
            if len(added) < most:
                added[own[n]] = Operation("add_example", {"leaf": leaf, "text": own[n]})
    return replace(draft, operations=(*draft.operations, *added.values())) if added else None


def spare(draft: Draft, texts: Sequence[str]) -> Draft | None:
    """Without the examples nearest to texts that lost their answer; None where too few would be left."""
    taught = taught_texts(draft)
    gone = {taught[n] for text in texts for n in nearest([text], taught, DROPPED_A_MISS)}
    if not gone or len(taught) - len(gone) < FEWEST_LEFT:
        return None
    # One that was to be moved stays where it is: its removal goes as well.
    kept = tuple(o for o in draft.operations if "example" not in o.op or o.args["text"] not in gone)
    return replace(draft, operations=kept)


def turn(draft: Draft) -> Draft | None:
    """The next third of the evidence as cases and the present cases as examples; None where there is none.

    A case that passes neither before nor after shows nothing; another text of the evidence may.
    """
    asked = [str(case["text"]) for case in draft.cases]
    evidence = {text_digest(one.fixture.ticket.customer_text) for one in draft.evidence}
    own = [text for text in taught_texts(draft) if text_digest(text) in evidence]
    if not own:
        return None
    fresh = own[: len(asked)]
    swapped = dict(zip(fresh, asked, strict=False))
    operations = tuple(_with_text(o, swapped) for o in draft.operations)
    cases = tuple({**case, "text": text} for case, text in zip(draft.cases, fresh, strict=False))
    return replace(draft, operations=_rotated(operations, len(fresh)), cases=cases)


def _with_text(operation: Operation, swapped: Mapping[str, str]) -> Operation:
    text = str(operation.args.get("text"))
    if operation.op != "add_example" or text not in swapped:
        return operation
    return Operation(operation.op, {**operation.args, "text": swapped[text]})


def _rotated(operations: tuple[Operation, ...], count: int) -> tuple[Operation, ...]:
    """The swapped-in examples last, so that the next turn takes others."""
    head = tuple(o for o in operations if o.op != "add_example")
    examples = tuple(o for o in operations if o.op == "add_example")
    return (*head, *examples[count:], *examples[:count])


def taught_texts(draft: Draft) -> list[str]:
    """The examples a draft adds to the leaf that its cases ask for, in their order."""
    own = str(draft.cases[0]["expect"])
    return [str(o.args["text"]) for o in draft.operations if o.op == "add_example" and o.args["leaf"] == own]
