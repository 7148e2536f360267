"""The rubric: each criterion says what is missing, and the file decides how much it counts."""

from dataclasses import replace
from typing import Any

import pytest

from fixloop.errors import BadInput
from fixloop.hints.model import Choice, Hint, Measured, Moves, Question
from fixloop.hints.operation import Operation
from fixloop.propose.offer.rubric import CRITERIA, NEAR_MISSES, grade, is_ready
from fixloop.workspace.load import inspect_workspace, load_workspace
from fixloop.workspace.rubric import RUBRIC, WEIGHTS, Rubric, load_rubric
from tests.support.worlds import build_snapshot, minimal_world

SNAPSHOT = build_snapshot(minimal_world())
WORKSPACE = load_workspace(SNAPSHOT)
CASE = {"suite": "intent", "text": "cannot get in", "expect": "account_locked"}
GOOD = Hint(
    step="intent",
    kind="add_example",
    target="workspace/examples/account_locked.jsonl",
    summary="x",
    evidence=("fb-1", "fb-2"),
    operations=(Operation("add_example", {"leaf": "account_locked", "text": "cannot get in"}),),
    cases=(CASE,),
    moves=Moves(("other/-",), ("account_locked/-",), 2),
    measured=Measured("c", 2, 2, (), 2, 10),
)


def graded(rubric: Rubric | None = None, **changes: Any) -> dict[str, Any]:
    hint = replace(GOOD, **changes)
    return dict(grade(hint, SNAPSHOT, WORKSPACE, rubric or Rubric(), {"fb-1", "fb-2"}).rubric)


def test_a_hint_that_has_everything_is_ready() -> None:
    assert graded() == {"version": 1, "score": 1.0, "ready": True, "missing": []}


@pytest.mark.parametrize(
    ("changes", "criterion", "said"),
    [
        ({"step": "none"}, "step", "say which step is wrong"),
        ({"target": "workspace/nowhere.yaml"}, "target", "there is no workspace/nowhere.yaml"),
        ({"target": "workspace/templates.yaml#no_such"}, "target", "has no no_such"),
        (
            {"operations": (Operation("add_example", {"leaf": "no_such", "text": "x"}),)},
            "operation",
            "does not apply: ",
        ),
        ({"cases": ()}, "expectation", "no case says what should come out"),
        ({"measured": None}, "failing_case", "nobody has seen"),
        ({"evidence": ("fb-1", "fb-9")}, "evidence", "fb-9 is not on record"),
        ({"measured": Measured("c", 2, 2, ("plan-1",), 2, 10)}, "scope", "breaks plan-1"),
        ({"measured": Measured("c", 2, 2, (), 5, 10)}, "scope", "moves 3 tickets more than it declares"),
        ({"evidence": ("fb-1",)}, "generality", "rests on one rejection"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], criterion: str, said: str) -> None:
    found = graded(**changes)
    told = {name: rest for name, _, rest in (one.partition(": ") for one in found["missing"])}
    assert said in told[criterion]
    assert found["score"] < 1


def test_near_misses_stand_in_for_a_second_rejection() -> None:
    assert graded(evidence=("fb-1",), near_misses=(CASE,) * NEAR_MISSES)["missing"] == []


def test_a_leaf_without_an_owner_is_told() -> None:
    trees = {"account_locked": replace(WORKSPACE.plan_trees["account_locked"], owner="")}
    found = grade(GOOD, SNAPSHOT, replace(WORKSPACE, plan_trees=trees), Rubric(), {"fb-1", "fb-2"})
    assert found.rubric["missing"] == ["owner: nobody owns account_locked: name an owner in its plan tree"]
    assert is_ready(found)


def test_the_bar_and_what_is_required_decide() -> None:
    assert graded(measured=None)["ready"] is False
    lenient = Rubric(bar=0.1, criteria={"evidence": 1, "failing_case": 1}, required=())
    assert graded(lenient, measured=None) == {
        "version": 1,
        "score": 0.5,
        "ready": True,
        "missing": ["failing_case: nobody has seen its cases fail now and pass with it"],
    }


def test_of_a_question_the_choices_are_graded() -> None:
    asked = replace(GOOD, operations=(), question=Question("?", (Choice("a", GOOD), Choice("nothing"))))
    found = grade(asked, SNAPSHOT, WORKSPACE, Rubric(), {"fb-1", "fb-2"})
    assert found.rubric == {} and found.question is not None
    first, second = found.question.choices
    assert first.hint is not None and first.hint.rubric["score"] == 1.0 and second.hint is None


def test_every_criterion_has_a_weight_and_a_test_of_its_own() -> None:
    assert {*CRITERIA} == {*WEIGHTS}


def test_the_file_is_read_and_its_mistakes_are_told() -> None:
    text = "version: 3\nbar: 0.5\nrequired: []\ncriteria: {step: 1, owner: 2}\n"
    found = load_rubric(build_snapshot({**minimal_world(), RUBRIC: text}))
    assert found == Rubric(3, 0.5, {"step": 1, "owner": 2}, ())
    assert load_rubric(SNAPSHOT) == Rubric()
    wrong = build_snapshot({**minimal_world(), RUBRIC: text.replace("owner", "beauty")})
    with pytest.raises(BadInput, match="beauty"):
        load_rubric(wrong)
    assert any("beauty" in str(problem.message) for problem in inspect_workspace(wrong).errors)
