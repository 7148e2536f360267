"""A draft of examples that fell in the dry run, tried once more: other examples, or other cases."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fixloop.hints.operation import Operation
from fixloop.propose.draft import Draft
from fixloop.propose.near import nearest
from fixloop.workspace.text import text_digest

DROPPED_A_MISS = 2
"""Examples that go for each text that must keep its answer."""

FEWEST_LEFT = 2


def spare(draft: Draft, texts: Sequence[str]) -> Draft | None:
    """Without the examples nearest to texts that lost their answer; None where too few would be left."""
    taught = taught_texts(draft)
    gone = {taught[n] for text in texts for n in nearest([text], taught, DROPPED_A_MISS)}
    if not gone or len(taught) - len(gone) < FEWEST_LEFT:
        return None
    kept = tuple(o for o in draft.operations if o.op != "add_example" or o.args["text"] not in gone)
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
    """The examples a draft adds, in their order."""
    return [str(o.args["text"]) for o in draft.operations if o.op == "add_example"]
