"""`revert`: a merged fix taken back, its cases with it, by a person whose word is on record."""

import json
from pathlib import Path

import pytest

from fixloop.commands.decide import Why
from fixloop.commands.desk import Desk
from fixloop.commands.hook import Move, run_hook
from fixloop.commands.merge import merge
from fixloop.commands.propose import rejected_ideas
from fixloop.commands.revert import revert
from fixloop.errors import BadInput
from fixloop.hints.model import Hint
from tests.support.fixes import approve_fixes, ask_which, branch_weighs, other_words
from tests.support.git_worlds import commit_all, picture, run_git
from tests.support.loop import bank, desk_of

WHY = Why("too_risky_now", "the fraud desk objects")
PATH = "plan_trees/login_problem.yaml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank on which three fixes have landed."""
    desk = bank(tmp_path)
    approve_fixes(desk, *fixes())
    assert len(merge(desk, (), passing=True).merged) == 3
    return desk_of(desk.folder)


def fixes() -> list[Hint]:
    return [other_words(), ask_which(), branch_weighs()]


def test_the_fix_and_its_cases_go_and_all_else_stays(desk: Desk) -> None:
    words, which, _ = fixes()
    before = run_git(desk.folder, "rev-parse", "main")
    done = revert(desk, which.id, WHY, "ann@bank").done
    assert done is not None
    assert "ask_which_account" not in (desk.folder / PATH).read_text()
    assert "Do check" in (desk.folder / "workspace/templates.yaml").read_text()
    assert done.cases == (f"{which.id}-1",)
    assert not (desk.folder / f"evals/plan/{which.id}.yaml").exists()
    assert (desk.folder / f"evals/plan/{words.id}.yaml").exists()
    assert run_git(desk.folder, "rev-list", "--reverse", f"{before}..main").split() == list(done.commits)
    assert run_git(desk.folder, "status", "--porcelain") == ""
    subjects = run_git(desk.folder, "log", "--format=%s", f"{before}..main").splitlines()
    assert [one.split()[0] for one in subjects] == ["Revert:", "Retire"]


def test_who_and_why_are_on_record_and_the_idea_counts_as_rejected(desk: Desk) -> None:
    which = fixes()[1]
    revert(desk, which.id, WHY, "ben@bank")
    book = desk_of(desk.folder).ground().book
    (event,) = [one for one in book.events if one.event == "reverted"]
    assert (event.who, event.hint, event.why) == ("ben@bank", which.id, WHY.to_json())
    assert book.status(which.id) == "reverted"
    assert rejected_ideas(book) == {which.fingerprint: 1}


def test_hooks_take_the_persons_word(desk: Desk) -> None:
    before = run_git(desk.folder, "rev-parse", "main")
    revert(desk, fixes()[1].id, WHY, "ann@bank")
    move = Move("pre-push", "refs/heads/main", before, run_git(desk.folder, "rev-parse", "main"))
    assert run_hook(desk_of(desk.folder), move).reason == "on record"


def test_twice_is_once(desk: Desk) -> None:
    which = fixes()[1]
    revert(desk, which.id, WHY, "ann@bank")
    tip = run_git(desk.folder, "rev-parse", "main")
    assert revert(desk_of(desk.folder), which.id, WHY, "ann@bank").done is None
    assert run_git(desk.folder, "rev-parse", "main") == tip


def test_what_is_not_merged_cannot_be_reverted(desk: Desk) -> None:
    fix = other_words("the account number", "each digit")
    approve_fixes(desk, fix)
    with pytest.raises(BadInput, match="approved, not merged"):
        revert(desk, fix.id, WHY, "ann@bank")


def test_a_fix_that_another_was_built_on_names_it(desk: Desk) -> None:
    words = fixes()[0]
    later = other_words("Do check the account", "Do check now the account")
    approve_fixes(desk, later)
    assert merge(desk, (), passing=True).merged
    before = picture(desk.folder)
    with pytest.raises(BadInput) as refused:
        revert(desk_of(desk.folder), words.id, WHY, "ann@bank")
    assert "workspace/templates.yaml" in refused.value.message
    assert later.id in refused.value.message
    assert later.id in str(refused.value.mend)
    assert picture(desk.folder) == before


def test_what_the_gate_says_is_told_and_does_not_stop_it(desk: Desk) -> None:
    """A case of somebody else's that the fix made pass fails without it."""
    case = {"id": "plan-mine", "leaf": "login_problem", "records": [{"account_id": "a1", "hotline": "1"}] * 2}
    text = json.dumps([{**case, "expect": {"reply": "ask_which_account"}}])
    commit_all(desk.folder, {"evals/plan/mine.yaml": text}, "a case")
    done = revert(desk_of(desk.folder), fixes()[1].id, WHY, "ann@bank").done
    assert done is not None
    (failed,) = done.failed
    assert (failed.id, failed.evidence) == ("regressions", ("plan-mine",))


def test_local_changes_are_not_written_over(desk: Desk) -> None:
    mine = (desk.folder / PATH).read_text() + "# mine\n"
    (desk.folder / PATH).write_text(mine)
    with pytest.raises(BadInput, match="local changes"):
        revert(desk, fixes()[1].id, WHY, "ann@bank")
    assert (desk.folder / PATH).read_text() == mine
