"""Scores, and the case that would catch each survivor."""

from dataclasses import replace

import pytest

from fixloop.evals.given import given_cases
from fixloop.evals.result import PASS
from fixloop.evals.run import evaluate
from fixloop.mutants.guard import guard_strength
from fixloop.mutants.killers import MADE_UP
from fixloop.mutants.operators import find_mutants
from fixloop.mutants.report import GuardReport, Outcome, Score
from fixloop.mutants.texts import texts_for
from fixloop.pipeline.compile import compile_pipeline
from fixloop.ports.cache import NoCache
from fixloop.workspace.model import Engines
from tests.unit.mutants.busy import Busy

BUSY = Busy()
REPORT = guard_strength(BUSY.workspace, BUSY.pipeline, BUSY.cases, BUSY.stored, unseen_too=True)
WITH_CASE = [one for one in REPORT.outcomes if one.killer]


def test_a_score_counts_what_shows() -> None:
    score = Score(mutants=10, killed=6, unseen=2, cases=3)
    assert score.raw == pytest.approx(0.6)
    assert score.effective == pytest.approx(0.75)
    assert score.meets(0.75)
    assert not score.meets(0.8)


def test_a_leaf_that_no_case_looks_at_is_guarded_by_nothing() -> None:
    assert Score(mutants=4, unseen=4, cases=0).effective == 0.0
    assert Score(mutants=4, unseen=4, cases=2).effective is None
    assert not Score(mutants=4, unseen=4, cases=2).meets(0.0)
    assert Score().raw is None


def test_leaves_stand_the_weakest_first_and_shared_faults_in_none() -> None:
    strengths = [guard.score.effective for guard in REPORT.leaves]
    known = [one for one in strengths if one is not None]
    assert known == sorted(known)
    assert sum(guard.score.mutants for guard in REPORT.leaves) == sum(
        bool(one.mutant.leaf) for one in REPORT.outcomes
    )
    assert sum(score.mutants for score in REPORT.steps.values()) == REPORT.total.mutants


def test_faults_are_killed_survive_or_show_nowhere() -> None:
    for one in REPORT.outcomes:
        assert one.killed + one.survived + one.unseen == 1
    total = REPORT.total
    assert total.mutants == total.killed + total.unseen + len(REPORT.survivors)


@pytest.mark.parametrize("outcome", WITH_CASE, ids=lambda one: str(one.mutant.id))
def test_a_case_that_is_offered_passes_today_and_fails_with_the_fault(outcome: Outcome) -> None:
    assert outcome.killer is not None
    cases = given_cases([outcome.killer.case])
    faulty = compile_pipeline(outcome.mutant.apply(BUSY.workspace), NoCache())
    assert [one.outcome for one in evaluate(BUSY.pipeline, cases)] == [PASS]
    assert [one.outcome for one in evaluate(faulty, cases)] != [PASS]


def test_cases_are_offered_for_every_step() -> None:
    assert {one.mutant.step for one in WITH_CASE} == {"intent", "extraction", "fetch", "plan"}


def test_what_a_case_ran_over_is_asked_the_next_time() -> None:
    one = by_summary("branch fraud calls escalate_to_security with no urgency")
    assert one.seen_by == "p2"
    assert one.killer is not None
    assert one.killer.origin == "case p2"
    assert one.killer.case["expect"]["tools"] == [
        {"name": "escalate_to_security", "args": {"account_id": "a1", "urgency": "high"}}
    ]


def test_a_case_is_cut_down_to_what_the_difference_needs() -> None:
    one = by_summary("branch fraud calls escalate_to_security with no urgency")
    assert one.killer is not None
    [record] = one.killer.case["records"]
    assert record.keys() == {"account_id", "fraud_flag", "account_number"}  # the reply names the number


def test_inputs_are_made_up_where_nobody_ever_was() -> None:
    nested = [one for one in WITH_CASE if one.killer and one.killer.origin == MADE_UP]
    assert any(one.mutant.step == "plan" for one in nested)
    assert any(one.mutant.step == "extraction" for one in nested)


def test_a_ticket_that_staff_rejected_is_no_example_of_what_is_right() -> None:
    rejected = [replace(one, outcome="rejected") for one in BUSY.stored]
    report = guard_strength(BUSY.workspace, BUSY.pipeline, BUSY.cases, rejected)
    assert not any(one.killer and one.killer.origin.startswith("ticket") for one in report.outcomes)
    accepted = guard_strength(BUSY.workspace, BUSY.pipeline, BUSY.cases, BUSY.stored)
    assert any(one.killer and one.killer.origin.startswith("ticket") for one in accepted.outcomes)


def test_a_rejected_ticket_that_shows_the_fault_hides_no_accepted_one() -> None:
    told = [one for one in REPORT.outcomes if one.killer and one.killer.origin.startswith("ticket")]
    first = told[0].seen_by
    doubled = [replace(one, id=f"{one.id}-again") for one in BUSY.stored]
    disputed = [replace(one, outcome="rejected") for one in BUSY.stored]
    report = guard_strength(BUSY.workspace, BUSY.pipeline, BUSY.cases, [*disputed, *doubled])
    found = next(one for one in report.outcomes if one.mutant.id == told[0].mutant.id)
    assert found.seen_by == first
    assert found.killer is not None
    assert found.killer.origin.endswith("-again")


def test_the_same_case_has_the_same_name_whichever_fault_asked_for_it() -> None:
    cases: dict[str, object] = {}
    for one in WITH_CASE:
        assert one.killer is not None
        asked = {key: value for key, value in one.killer.case.items() if key != "id"}
        assert cases.setdefault(one.killer.case["id"], asked) == asked


def test_the_offered_cases_strengthen_the_guard() -> None:
    more = given_cases({one.killer.case["id"]: one.killer.case for one in WITH_CASE if one.killer}.values())
    report = guard_strength(BUSY.workspace, BUSY.pipeline, (*BUSY.cases, *more), BUSY.stored)
    assert report.total.killed == REPORT.total.killed + len(WITH_CASE)
    before, after = REPORT.total.effective, report.total.effective
    assert before is not None
    assert after is not None
    assert after > before


def test_an_engine_of_ones_own_is_not_spoilt() -> None:
    engines = Engines(intent="python:mine:make", extraction="python:mine:make")
    config = replace(BUSY.workspace.config, engines=engines)
    from fixloop.mutants.guard import spoilable

    assert spoilable(replace(BUSY.workspace, config=config), ("intent", "extraction", "plan")) == ("plan",)


def test_a_report_without_faults_divides_by_nothing() -> None:
    empty = GuardReport(())
    assert empty.to_json()["total"]["effective"] is None
    assert empty.leaves == ()


def test_texts_around_a_pattern_hold_what_it_finds_and_what_it_misses() -> None:
    import re

    pattern = re.compile(r"\b[A-Z]{3,4}[0-9O]{4,5}\b")
    texts = list(texts_for(pattern.pattern))
    assert any(pattern.search(text) for text in texts)
    assert any(not pattern.search(text) for text in texts)
    assert texts == list(texts_for(pattern.pattern))
    assert list(texts_for("(unclosed")) == []


def test_all_faults_of_the_world_are_reported_in_the_order_they_are_found() -> None:
    assert [one.mutant.id for one in REPORT.outcomes] == [one.id for one in find_mutants(BUSY.workspace)]


def by_summary(summary: str) -> Outcome:
    return next(one for one in REPORT.outcomes if one.mutant.summary == summary)
