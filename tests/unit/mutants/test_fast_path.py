"""The quick road of guard strength against the plain one: write the fault into the files, evaluate all."""

import pytest

from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.mutants.measure import Measure
from fixloop.mutants.mutant import Mutant
from fixloop.mutants.operators import STEPS, find_mutants, operators
from fixloop.mutants.watch import TicketAsk, build_watch, seen_ticket
from fixloop.pipeline.compile import compile_pipeline
from fixloop.pipeline.fixture import NOT_FORCED
from fixloop.pipeline.proposal import Proposal
from fixloop.ports.cache import NoCache
from fixloop.workspace.load import load_workspace
from tests.support.faulty import with_fault
from tests.unit.mutants.busy import Busy

BUSY = Busy()
WATCH = build_watch(BUSY.workspace, BUSY.pipeline, BUSY.cases, BUSY.stored)
PASSING = {one.id for one in evaluate(BUSY.pipeline, BUSY.cases) if one.outcome == PASS}
MUTANTS = find_mutants(BUSY.workspace)
NAMES = [name for step in STEPS for name in operators(step)]


def named(mutant: Mutant) -> str:
    return f"{mutant.operator}: {mutant.summary}"


def test_every_operator_finds_something_in_the_world_it_is_tried_on() -> None:
    assert {mutant.operator for mutant in MUTANTS} == set(NAMES)
    assert len(NAMES) == 17


@pytest.mark.parametrize("operator", NAMES)
def test_a_fault_shown_to_whom_it_concerns_is_a_fault_evaluated_whole(operator: str) -> None:
    measure = Measure(WATCH)
    tried = [mutant for mutant in MUTANTS if mutant.operator == operator]
    for mutant in tried:
        slow = compile_pipeline(load_workspace(with_fault(BUSY.snapshot, mutant)), NoCache())
        failing = {one.id for one in evaluate(slow, BUSY.cases) if one.id in PASSING and one.outcome != PASS}
        looks = list(measure.looks(mutant))
        assert {look.ask.name for look in looks if look.fails} == failing, named(mutant)

        before = BUSY.pipeline.replay_many([(one.fixture, NOT_FORCED) for one in BUSY.stored])
        after = slow.replay_many([(one.fixture, NOT_FORCED) for one in BUSY.stored])
        moved = {one.id for one, old, new in zip(BUSY.stored, before, after, strict=True) if differ(old, new)}
        stored = {
            look.ask.name
            for look in looks
            if isinstance(look.ask, TicketAsk) and look.ask.feedback and look.seen
        }
        assert stored == moved, named(mutant)


def differ(old: Proposal, new: Proposal) -> bool:
    return seen_ticket(old) != seen_ticket(new)


def test_the_world_has_faults_of_all_three_kinds() -> None:
    outcomes = [one.outcome for one in Measure(WATCH).run(MUTANTS)]
    assert any(one.killed for one in outcomes)
    assert any(one.survived for one in outcomes)
    assert any(one.unseen for one in outcomes)


def test_the_first_case_that_minds_is_named_and_no_failing_one() -> None:
    by_summary = {one.outcome.mutant.summary: one.outcome for one in Measure(WATCH).run(MUTANTS)}
    gone = by_summary["branch fraud is gone"]
    assert gone.killed_by == "p2"
    assert all(one.killed_by != "i5" for one in by_summary.values())
