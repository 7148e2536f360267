"""Eval data that staff contradict: corrected when two say so, and never against somebody who accepted it."""

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.pipeline.fixture import Forced
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.case_edit import synthesise
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, minimal_world
from tests.unit.propose.synthesis.benches import bench_of, group, ops, propose_all, told

TEXT = "the app says no when I sign in to my account"
CASES = f'{{"id": "int-1", "text": "{TEXT}", "expect": "account_locked"}}\n'


def judged() -> Snapshot:
    return build_snapshot({**minimal_world(), "evals/intent/a.jsonl": CASES})


def _bench(reviewers: tuple[str, ...], accepted: bool = False) -> tuple[Workbench, list[Feedback]]:
    shown = propose_all(judged(), [TEXT])[TEXT]
    feedback = [told(TEXT, shown, "rejected", reviewer=one) for one in reviewers]
    said = [told(TEXT, shown, reviewer="staff-0")] if accepted else []
    return bench_of(judged(), [*said, *feedback] if accepted else feedback, passing_only=False), feedback


def _draft(bench: Workbench, feedback: list[Feedback]) -> Draft | Unable:
    change = Intervention(
        "eval_data",
        "fix_case",
        "evals/intent/#int-1",
        Wanted(leaf="login_problem"),
        Forced(leaf="login_problem"),
        1.0,
    )
    return synthesise(bench, group(bench, [(one, change) for one in feedback]))


def test_two_reviewers_correct_a_case() -> None:
    bench, feedback = _bench(("staff-1", "staff-2"))
    draft = _draft(bench, feedback)
    assert isinstance(draft, Draft)
    assert ops(draft.operations) == [
        {
            "op": "fix_case",
            "suite": "intent",
            "id": "int-1",
            "was": {"expect": "account_locked"},
            "to": {"expect": "login_problem"},
        }
    ]
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    assert hint.step == "eval_data"
    assert "judge" in hint.open_work[0]


def test_one_reviewer_does_not() -> None:
    bench, feedback = _bench(("staff-1",))
    found = _draft(bench, feedback)
    assert isinstance(found, Unable)
    assert "2 reviewers" in found.reason


def test_staff_who_accepted_it_speak_for_the_case() -> None:
    bench, feedback = _bench(("staff-1", "staff-2"), accepted=True)
    kept = [one for one in bench.stored if one.outcome == "accepted"]
    found = _draft(bench, feedback)
    if kept:
        assert isinstance(found, Unable)
        assert "contradict each other" in found.reason
    else:
        assert isinstance(found, Draft)
