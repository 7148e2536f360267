"""A set that was put down to one wrong record or value, taken apart by the branch that answered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.offer.tried import FELL
from fixloop.propose.parted import explain_apart
from fixloop.propose.readings.interventions import Intervention
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told, world

NOBODY = Operation("set_threshold", {"at": "fetch", "was": 4, "to": 99})
"""With it no record is selected: in the place of each answer about an account they are asked for it."""

FETCH = Reading(Intervention("fetch", "set_weight", "workspace/fetch.yaml", Wanted(), None, 1.0), 0.6)
PLAN = Reading(Intervention("plan", "set_condition", "plan_trees/x.yaml", Wanted(), None, 1.0), 0.3)


def rejected(*names: str) -> tuple[Workbench, list[Diagnosis]]:
    """Rejections of some locked tickets, each put down to its record first and to its tree then."""
    texts = [LOCKED[name] for name in names]
    shown = propose_all(world(), texts)
    bench = bench_of(world(), [told(text, shown[text], "rejected") for text in texts])
    return bench, [Diagnosis(one, bench.before[one.id], (FETCH, PLAN), False) for one in bench.stored]


def ids(members: Sequence[Diagnosis]) -> tuple[str, ...]:
    return tuple(sorted(one.feedback.id for one in members))


def hint(step: str, members: Sequence[Diagnosis], *operations: Operation) -> Hint:
    return Hint(step, "k", step, step, ids(members), operations)


def asked(first: Hint) -> Hint:
    """A question whose first choice is this."""
    return replace(first, operations=(), question=Question("what?", (Choice("a", first), Choice("nothing"))))


def test_each_branch_is_explained_by_itself_and_the_step_that_fell_counts_for_less() -> None:
    bench, members = rejected("fraud", "open", "quiet", "none")
    parts: list[list[Diagnosis]] = []

    def explain(part: Sequence[Diagnosis]) -> list[Hint]:
        parts.append(list(part))
        return [hint("plan", part)]

    found = explain_apart(bench, asked(hint("fetch", members)), members, explain)
    assert [len(part) for part in parts] == [2, 1, 1]
    assert {one.before.branch for one in parts[0]} == {members[1].before.branch}
    assert found is not None
    assert [one.evidence for one in found] == [ids(part) for part in parts]
    for one in (one for part in parts for one in part):
        assert [r.probability for r in one.readings] == [
            pytest.approx(FETCH.probability * FELL),
            PLAN.probability,
        ]


@pytest.mark.parametrize("step", ["fetch", "plan"])
@pytest.mark.parametrize("operations", [(), (NOBODY,)])
def test_a_set_is_left_whole_where_its_first_choice_stands_or_is_of_one_tree(
    step: str, operations: tuple[Operation, ...]
) -> None:
    bench, members = rejected("fraud", "open")
    question = asked(hint(step, members, *operations))
    found = explain_apart(bench, question, members, lambda part: [hint("plan", part)])
    assert (found is None) == (step == "plan" or bool(operations))


def test_a_set_of_one_branch_is_left_whole() -> None:
    bench, members = rejected("open", "quiet")
    assert explain_apart(bench, asked(hint("fetch", members)), members, lambda part: []) is None
    bench, members = rejected("open", "fraud")
    assert explain_apart(bench, None, members, lambda part: []) is None


@pytest.mark.parametrize(("step", "mends_both"), [("fetch", True), ("plan", False)])
def test_who_is_mended_by_the_fix_of_another_part_is_not_asked(step: str, mends_both: bool) -> None:
    bench, members = rejected("fraud", "open")
    first, other = members

    def explain(part: Sequence[Diagnosis]) -> list[Hint]:
        return [hint(step, part, NOBODY) if part[0] == _fallen(first) else asked(hint("intent", part))]

    found = explain_apart(bench, asked(hint("fetch", members)), members, explain)
    assert found is not None
    assert [one.evidence for one in found if one.operations] == [ids(members if mends_both else [first])]
    assert [one.evidence for one in found if one.question] == ([] if mends_both else [ids([other])])


def _fallen(one: Diagnosis) -> Diagnosis:
    less = replace(FETCH, probability=FETCH.probability * FELL)
    return replace(one, readings=(less, PLAN))
