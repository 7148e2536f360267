"""How much a run asks and tries: a question that brings nothing waits, an unlikely leaf is not fitted."""

import pytest

from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.diagnosis.diagnose import Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.trying import Hypothesis
from fixloop.propose.offer.patience import MOST_QUESTIONS, put_off
from fixloop.propose.offer.tried import FELL, HARDLY, try_hypotheses
from fixloop.propose.readings.interventions import Intervention

TEACH = Operation("add_example", {"leaf": "card_stolen", "text": "my card is gone"})


def asked(name: str, support: int, *operations: Operation) -> Hint:
    fix = Hint("intent", "add_leaf", name, name, (name,), operations)
    evidence = tuple(f"{name}-{n}" for n in range(support))
    question = Question("what should have happened?", (Choice("a", fix), Choice("nothing is wrong")))
    return Hint("intent", "add_leaf", name, name, evidence, question=question)


def names(hints: list[Hint]) -> list[str]:
    return [hint.target for hint in hints]


def test_a_question_of_one_rejection_that_brings_no_fix_waits_behind_many_others() -> None:
    many = [asked(f"q{n}", 2) for n in range(MOST_QUESTIONS)]
    vague, useful = asked("vague", 1), asked("useful", 1, TEACH)
    assert names(put_off([*many, useful, vague])) == names([*many, useful])
    assert names(put_off([vague, useful, *many])) == names([useful, *many])


def test_few_questions_leave_nobody_waiting() -> None:
    some = [asked(f"q{n}", 1) for n in range(MOST_QUESTIONS)]
    fix = Hint("intent", "add_example", "fix", "", ("f",), (TEACH,))
    assert put_off([*some, fix]) == [*some, fix]


def test_no_more_wait_than_are_too_many() -> None:
    some = [asked(f"q{n}", 1) for n in range(MOST_QUESTIONS + 3)]
    assert names(put_off(some)) == names(some[:MOST_QUESTIONS])


def test_a_leaf_that_few_say_is_missing_waits_after_the_vague_ones() -> None:
    many = [asked(f"q{n}", 2) for n in range(MOST_QUESTIONS)]
    few, enough = (Hint("intent", "add_leaf", "new", "", tuple(map(str, range(n)))) for n in (4, 5))
    assert put_off([*many, few, enough]) == [*many, few, enough]
    one, other = asked("one", 1), asked("other", 2)
    assert put_off([*many, one, few, enough]) == [*many, few, enough]
    assert put_off([*many, other, few, enough]) == [*many, other, enough]


@pytest.mark.parametrize(
    ("step", "share", "is_tried"),
    [("intent", HARDLY * 0.9, False), ("intent", HARDLY, True), ("plan", HARDLY * 0.1, True)],
)
def test_what_is_hardly_likely_is_not_fitted(step: str, share: float, is_tried: bool) -> None:
    found = [hypothesis("fetch", "records", 0.8), hypothesis(step, "rival", 0.8 * share)]
    tries: list[tuple[str, ...]] = []

    def attempt(part: Group) -> None:
        tries.append(part.key)

    tried = try_hypotheses((), found, attempt)
    assert [key[1] for key in tries] == ["records", *(["rival"] if is_tried else [])]
    assert [one.probability for one in tried] == pytest.approx(
        [1 / (1 + share), share / (1 + share)], abs=1e-5
    )


def hypothesis(step: str, target: str, probability: float) -> Hypothesis:
    reading = Reading(Intervention(step, "k", target, Wanted(), None, 1.0), probability)
    return Hypothesis(reading, Group((step, target), ()))


def test_what_was_not_tried_counts_like_what_fell() -> None:
    assert 0 < HARDLY < FELL < 1
