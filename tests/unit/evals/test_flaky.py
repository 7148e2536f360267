"""Several runs of a case as one result."""

from fixloop.evals.case import Case
from fixloop.evals.flaky import Counts, counts_of, in_quarantine, repeated, together, until, wavering
from fixloop.evals.result import FAIL, PASS, UNSCORED, CaseResult

CASE = Case("intent", "c", {"id": "c", "text": "x", "expect": "other"})


def runs(*outcomes: str) -> CaseResult:
    return together([CaseResult(CASE, outcome, got=number) for number, outcome in enumerate(outcomes)])


def test_a_pass_is_a_pass_each_time() -> None:
    assert runs(PASS, PASS, PASS).outcome == PASS
    assert runs(PASS, FAIL, PASS).outcome == FAIL
    assert runs(PASS, UNSCORED, PASS).outcome == UNSCORED
    assert runs(UNSCORED, FAIL, PASS).outcome == FAIL


def test_the_first_run_that_failed_is_shown_with_its_counts() -> None:
    found = runs(PASS, FAIL, FAIL)
    assert found.got == 1
    assert counts_of(found) == Counts(1, 3)
    assert found.to_json()["passes"] == 1
    assert found.to_json()["of"] == 3


def test_a_case_that_was_asked_once_has_no_counts() -> None:
    assert counts_of(CaseResult(CASE, PASS)) is None
    assert wavering([CaseResult(CASE, PASS)]) == {}


def test_wavering_is_neither_always_nor_never() -> None:
    assert [Counts(k, 3).wavers for k in range(4)] == [False, True, True, False]


def test_every_run_asks_every_case() -> None:
    asked: list[int] = []

    def run(cases: object) -> list[CaseResult]:
        asked.append(1)
        return [CaseResult(CASE, PASS if len(asked) != 2 else FAIL)]

    (found,) = repeated(run, [CASE], 4)
    assert (len(asked), counts_of(found)) == (4, Counts(3, 4))


def test_a_quarantine_ends() -> None:
    assert until("2026-11-21T08:00:00Z", 14) == "2026-12-05T08:00:00Z"
    seen = [{"a": "2026-11-22T00:00:00Z"}, {"a": "2026-12-01T00:00:00Z", "b": "2026-11-21T07:59:59Z"}]
    assert in_quarantine(seen, "2026-11-21T08:00:00Z") == {"a": "2026-12-01T00:00:00Z"}
