"""Words that nothing here is called by, said again and again of what customers ask for."""

from dataclasses import replace
from math import log

import pytest

from fixloop.propose.evidence.strange import Strange, examples_said
from fixloop.propose.words.words import stems
from tests.support.worlds import build_workspace, minimal_world
from tests.unit.propose.synthesis.benches import propose_all, told, world

TEXTS = ("can I pause the contract", "please pause it", "we are away until may")
KNOWN = frozenset({"contract"})


def shared(comments: tuple[str, ...], texts: tuple[str, ...] = TEXTS) -> tuple[float, ...]:
    shown = propose_all(world(), texts)
    rejections = [
        replace(told(text, shown[text], "rejected"), comment=comment)
        for text, comment in zip(texts, comments, strict=True)
    ]
    return Strange.of(rejections, comments, KNOWN).shared


def test_a_word_of_several_tickets_that_customers_write_counts_by_how_many_others() -> None:
    assert shared(("wants a pause", "pause", "a pause")) == (log(3),) * 3


@pytest.mark.parametrize(
    "comments",
    [
        ("pause", "pause", "no"),  # of too few
        ("nonsense", "nonsense", "nonsense"),  # no customer writes it
        ("contract", "contract", "contract"),  # something here is called by it
        ("no pause", "not a pause", "pause"),  # most deny it
    ],
)
def test_other_words_say_nothing(comments: tuple[str, ...]) -> None:
    assert shared(comments) == (0.0, 0.0, 0.0)


def test_what_staff_say_of_everything_is_a_habit_of_theirs() -> None:
    texts = (*TEXTS[:2], *(f"something else {n}" for n in range(7)))
    assert shared(("pause",) * len(texts), texts) == (0.0,) * len(texts)
    fewer = texts[:8]
    assert shared(("pause",) * len(fewer), fewer) == (log(6),) * len(fewer)


def test_words_of_examples_are_known() -> None:
    workspace = build_workspace(minimal_world())
    texts = [one.text for found in workspace.examples.values() for one in found]
    assert examples_said(workspace) == frozenset().union(*map(stems, texts))
