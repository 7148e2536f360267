"""A fix that only a wrong case stands against, and the case's correction beside it."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.propose.run import Proposed, propose
from tests.support.worlds import minimal_world
from tests.unit.propose.diagnosis.test_diagnosis import bench_of, said_of

TEXTS = (
    "my account is locked at the second screen",
    "at the second screen my account is locked",
    "my account is locked at the second screen!!",
    "hello, my account is locked at the second screen",
)
ITS_OWN, NEARLY = TEXTS[0], "my account is locked at the second screen, hello"
NOW, WANTED = "account_locked", "login_problem"


def proposed(
    case_text: str,
    reviewers: Sequence[str] = ("staff-1", "staff-2"),
    accepted: Sequence[str] = (),
    more: Sequence[str] = (),
) -> Proposed:
    """The minimal world with a case, and staff who want another leaf for texts like it."""
    lines = [
        f'{{"id": "int-{n}", "text": "{text}", "expect": "{NOW}"}}\n'
        for n, text in enumerate((case_text, *more))
    ]
    world = {**minimal_world(), "evals/intent/base.jsonl": "".join(lines)}
    feedback: list[Feedback] = []
    for n, text in enumerate(TEXTS):
        one = said_of(world, n, text, f"this is {WANTED}")
        assert one.proposal["leaf"] == NOW
        feedback.append(replace(one, expected={"leaf": WANTED}, reviewer=reviewers[n % len(reviewers)]))
    feedback += [said_of(world, 90 + n, text, "", "accepted") for n, text in enumerate(accepted)]
    return propose(bench_of(world, feedback), feedback, (), {})


def fixes_of(found: Proposed) -> dict[str, Hint]:
    return {one.kind: one for one in found.hints if one.operations}


@pytest.mark.parametrize("case_text", [ITS_OWN, NEARLY])
def test_the_fix_names_the_correction_it_needs(case_text: str) -> None:
    fixes = fixes_of(proposed(case_text))
    correction, fix = fixes["fix_case"], fixes["add_example"]
    assert correction.step == "eval_data"
    assert correction.operations[0].args["id"] == "int-0"
    assert correction.operations[0].args["to"] == {"expect": WANTED}
    assert fix.needs == (correction.id,)
    assert fix.measured is not None
    assert fix.measured.broken == ("int-0",)
    assert all(one.op != "fix_case" for one in fix.operations)
    assert Hint.from_json(fix.to_json()).needs == fix.needs


def test_one_reviewer_contradicts_no_case() -> None:
    assert "fix_case" not in fixes_of(proposed(ITS_OWN, ["staff-1"]))


def test_what_somebody_accepted_is_not_corrected() -> None:
    accepted = ["my account is locked at the second screen."]
    assert "fix_case" not in fixes_of(proposed(NEARLY, accepted=accepted))


def test_three_cases_are_no_slip() -> None:
    more = [
        "hello hello, my account is locked at the second screen",
        "at the second screen account locked is my",
    ]
    assert "fix_case" not in fixes_of(proposed(NEARLY, more=more))
