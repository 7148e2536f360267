"""Which fixes may stand in one batch."""

from collections.abc import Mapping

import pytest

from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.queue.overlap import MOST_TOGETHER, next_batch, places_of
from tests.support.fixes import ask_which, branch_weighs, given_names_count, other_words, teach
from tests.support.worlds import build_workspace

WORKSPACE = build_workspace()


def hint(target: str, *operations: Mapping[str, object]) -> Hint:
    """A hint of some operations."""
    made = tuple(Operation.from_json(one) for one in operations)
    return Hint(
        str(operations[0].get("step", "intent")), str(operations[0]["op"]), target, "s", ("fb-1",), made
    )


def example(leaf: str, text: str) -> Mapping[str, object]:
    return {"op": "add_example", "leaf": leaf, "text": text}


def new_leaf(name: str, *shored: Mapping[str, object]) -> Hint:
    added = {"op": "add_leaf", "id": name, "parents": ["payments"], "description": "New."}
    return hint(f"workspace/intents.yaml#{name}", added, example(name, f"what about {name}"), *shored)


def meet(one: Hint, other: Hint) -> bool:
    return places_of(one, WORKSPACE).meets(places_of(other, WORKSPACE))


LOCKED = "plan_trees/account_locked.yaml"
SET_REPLY = {"op": "set_reply", "leaf": "account_locked", "branch": "default", "was": "unlock_instructions"}
HOTLINE = {"op": "edit_template", "template": "unlock_instructions", "was": "Please call", "to": "Do call"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(branch_weighs(), given_names_count(), id="two weights"),
        pytest.param(other_words(), other_words("the payee", "whom you pay"), id="one template"),
        pytest.param(ask_which(), hint("t", {**HOTLINE}), id="a tree and a template it answers with"),
        pytest.param(
            hint(LOCKED, {**SET_REPLY, "to": "handover"}),
            hint("t", {**HOTLINE}),
            id="a template and a tree that answers with it",
        ),
        pytest.param(
            teach("login_problem", "a", "b"), teach("login_problem", "c", "d"), id="one leaf taught"
        ),
        pytest.param(
            teach("login_problem", "a", "b"), teach("account_locked", "A ", "d"), id="one text taught"
        ),
        pytest.param(new_leaf("refund"), new_leaf("refund", example("refund", "x")), id="one new leaf"),
    ],
)
def test_these_meet(one: Hint, other: Hint) -> None:
    assert meet(one, other)
    assert meet(other, one)
    assert next_batch([one, other], WORKSPACE) == ([one], [other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(ask_which(), branch_weighs(), id="a tree and a weight"),
        pytest.param(ask_which(), other_words(), id="a tree and another's template"),
        pytest.param(ask_which(), teach("login_problem", "a", "b"), id="a leaf's tree and its examples"),
        pytest.param(teach("login_problem", "a", "b"), teach("account_locked", "c", "d"), id="two leaves"),
        pytest.param(new_leaf("refund"), new_leaf("cheque"), id="two new leaves of one parent"),
        pytest.param(
            new_leaf("refund", example("payment_recall", "near")),
            new_leaf("cheque", example("payment_recall", "too")),
            id="two that shore up one neighbour",
        ),
    ],
)
def test_these_are_apart(one: Hint, other: Hint) -> None:
    assert not meet(one, other)
    assert not meet(other, one)
    assert next_batch([one, other], WORKSPACE) == ([one, other], [])


def test_a_fix_named_to_go_alone_does() -> None:
    first, second, third = ask_which(), branch_weighs(), other_words()
    assert next_batch([first, second, third], WORKSPACE, frozenset({second.id})) == ([first, third], [second])
    assert next_batch([second, first], WORKSPACE, frozenset({second.id})) == ([second], [first])


def test_what_decides_and_what_cannot_be_read_go_alone() -> None:
    case = hint("evals/plan/#x", {"op": "retire_case", "suite": "plan", "id": "x", "was": {"expect": {}}})
    odd = hint("t", {"op": "no_such_operation"})
    for one in (case, odd):
        assert next_batch([ask_which(), one], WORKSPACE) == ([ask_which()], [one])
        assert next_batch([one, ask_which()], WORKSPACE) == ([one], [ask_which()])


def test_a_batch_has_an_end() -> None:
    many = [new_leaf(f"leaf_{number}") for number in range(MOST_TOGETHER + 3)]
    together, later = next_batch(many, WORKSPACE)
    assert (len(together), len(later)) == (MOST_TOGETHER, 3)
    assert [*together, *later] == many
