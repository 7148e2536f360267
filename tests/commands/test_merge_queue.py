"""`merge`: batches, the search for culprits, fixes that no longer fit, and a run that is killed."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from fixloop.adapters.state_branch import StateBranch
from fixloop.commands.apply import apply
from fixloop.commands.cycle import cycle
from fixloop.commands.decide import Why, reject
from fixloop.commands.desk import Desk
from fixloop.commands.hook import Move, run_hook
from fixloop.commands.merge import merge
from fixloop.commands.receive import Push, Pushed, receive
from fixloop.hints.ledger import in_order
from fixloop.hints.model import Hint
from fixloop.ports.git import Repository
from tests.support.fixes import (
    ALEX_BLANK,
    approve_fixes,
    ask_which,
    branch_weighs,
    given_names_count,
    other_words,
    teach,
)
from tests.support.git_worlds import commit_all, run_git
from tests.support.loop import bank, desk_of

ALEX = {"evals/pipeline/alex.jsonl": json.dumps(ALEX_BLANK) + "\n"}
FETCH = "workspace/fetch.yaml"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A bank with one case of the whole pipeline."""
    return bank(tmp_path, **ALEX)


def three_fixes() -> list[Hint]:
    """Fixes that touch three different places, in the order in which they land."""
    return [other_words(), ask_which(), branch_weighs()]


def commits(desk: Desk, since: str) -> list[str]:
    return run_git(desk.folder, "rev-list", "--reverse", f"{since}..main").split()


def changed(desk: Desk, commit: str) -> set[str]:
    return set(run_git(desk.folder, "diff", "--name-only", f"{commit}~1", commit).split())


def statuses(desk: Desk, *hints: Hint) -> list[str]:
    book = desk_of(desk.folder).ground().book
    return [book.status(hint.id) for hint in hints]


def verdicts(desk: Desk) -> list[dict[str, Any]]:
    return [json.loads(data) for data in desk.state.read("verdicts/").values()]


# --- one batch ------------------------------------------------------------------------------------------


def test_fixes_apart_are_judged_together_and_land_as_a_commit_each(desk: Desk) -> None:
    base = run_git(desk.folder, "rev-parse", "main")
    fixes = three_fixes()
    approve_fixes(desk, *fixes)
    result = merge(desk, (), passing=True)
    assert [one.id for one in result.merged] == [hint.id for hint in fixes]
    assert [one.commit for one in result.merged] == commits(desk, base)
    for one in result.merged:
        assert f"evals/{'fetch' if one is result.merged[2] else 'plan'}/{one.id}.yaml" in changed(
            desk, one.commit
        )
    (verdict,) = verdicts(desk)
    final = run_git(desk.folder, "rev-parse", "main^{tree}")
    assert (verdict["base"], verdict["tree"], verdict["verdict"]) == (base, final, "pass")
    assert {one.judged for one in result.merged} == {final}
    own = next(check for check in verdict["checks"] if check["id"] == "fail_to_pass")
    assert [line.split(":")[0] for line in own["evidence"]] == [hint.id for hint in fixes]
    assert run_git(desk.folder, "status", "--porcelain") == ""


def test_fixes_that_meet_are_judged_one_after_the_other(desk: Desk) -> None:
    approve_fixes(desk, other_words(), other_words("the account number", "each digit"))
    assert len(merge(desk, (), passing=True).merged) == 2
    assert len(verdicts(desk)) == 2


def test_a_branch_that_a_person_has_worked_on_goes_alone(desk: Desk) -> None:
    """They left the scope of their fix; what was approved beside it lands all the same."""
    words, which = other_words(), ask_which()
    approve_fixes(desk, words, which)
    (made,) = apply(desk, [words.id]).prepared.applied
    run_git(desk.folder, "checkout", "-q", made.branch)
    handed_over = "leaf: login_problem\nowner: identity-team\nbranches: [{reply: handover}]\n"
    commit_all(desk.folder, {"plan_trees/login_problem.yaml": handed_over})
    run_git(desk.folder, "checkout", "-q", "main")
    result = merge(desk_of(desk.folder), (), passing=True)
    assert [(one.id, one.check) for one in result.refused] == [(words.id, "scope")]
    assert [one.id for one in result.merged] == [which.id]


# --- culprits -------------------------------------------------------------------------------------------


def test_two_fixes_right_alone_and_wrong_together(desk: Desk) -> None:
    which, names = ask_which(), given_names_count()
    approve_fixes(desk, which, names)
    result = merge(desk, (), passing=True)
    assert [one.id for one in result.merged] == [which.id]
    (refused,) = result.refused
    assert (refused.id, refused.check) == (names.id, "regressions")
    assert which.id in refused.detail
    assert "each right alone" in refused.detail
    assert statuses(desk, which, names) == ["merged", "failed"]


@pytest.mark.parametrize("lonely", ["which", "names"])
def test_either_of_the_two_lands_alone(desk: Desk, lonely: str) -> None:
    approve_fixes(desk, ask_which() if lonely == "which" else given_names_count())
    assert not merge(desk, (), passing=True).refused


def test_the_culprits_are_found_and_the_rest_lands(desk: Desk) -> None:
    words, which, names = other_words(), ask_which(), given_names_count()
    useless = teach("transfer_failed", "the transfer I made has failed", "my transfer was rejected again")
    approve_fixes(desk, words, which, names, useless)
    result = merge(desk, (), passing=True)
    assert [one.id for one in result.merged] == [words.id, which.id]
    refused = {one.id: one for one in result.refused}
    assert refused.keys() == {names.id, useless.id}
    assert refused[useless.id].check == "fail_to_pass"
    assert "each right alone" not in refused[useless.id].detail
    assert which.id in refused[names.id].detail


# --- fixes that no longer fit ---------------------------------------------------------------------------


def test_a_conflict_is_explained_and_its_approval_void(desk: Desk) -> None:
    fix = branch_weighs()
    approve_fixes(desk, fix, other_words())
    text = (desk.folder / FETCH).read_text().replace("match: branch, weight: 2", "match: branch, weight: 1")
    commit_all(desk.folder, {FETCH: text}, "by hand")
    result = merge(desk_of(desk.folder), (), passing=True)
    (refused,) = result.refused
    assert refused.check == "conflict"
    assert (
        refused.detail == f"set_weight at {FETCH}#account.branch=accounts.branch: expected weight 2, found 1"
    )
    assert len(result.merged) == 1
    book = desk_of(desk.folder).ground().book
    state = book.states[fix.id]
    assert (state.status, state.approved_digest) == ("conflict", "")
    (event,) = [one for one in book.events if one.event == "conflict"]
    assert (event.data["operation"], event.data["expected"], event.data["found"]) == (
        "set_weight",
        "weight 2",
        "1",
    )


def test_a_stale_branch_is_rebuilt_and_both_are_on_record(desk: Desk) -> None:
    fix = branch_weighs()
    approve_fixes(desk, fix)
    apply(desk, (), approved=True)
    commit_all(desk.folder, {"README.md": "something else"}, "meanwhile")
    later = desk_of(desk.folder)
    (applied,) = apply(later, (), approved=True).prepared.applied
    assert run_git(desk.folder, "rev-parse", f"{applied.branch}~1") == run_git(
        desk.folder, "rev-parse", "main"
    )
    events = [one.event for one in in_order(later.ground().book.events) if one.hint == fix.id]
    assert events == ["proposed", "approved", "applied", "stale", "applied"]


def test_what_the_base_has_already_is_said(desk: Desk) -> None:
    fix = other_words()
    approve_fixes(desk, fix)
    path = "workspace/templates.yaml"
    commit_all(desk.folder, {path: (desk.folder / path).read_text().replace("Please check", "Do check")})
    (refused,) = merge(desk_of(desk.folder), (), passing=True).refused
    assert refused.needless
    assert statuses(desk, fix) == ["already_fixed"]


def test_local_changes_stop_the_fix_they_touch_and_no_other(desk: Desk) -> None:
    fixes = three_fixes()
    approve_fixes(desk, *fixes)
    mine = (desk.folder / FETCH).read_text() + "# mine\n"
    (desk.folder / FETCH).write_text(mine)
    result = merge(desk, (), passing=True)
    assert [one.id for one in result.merged] == [fixes[0].id, fixes[1].id]
    (refused,) = result.refused
    assert (refused.id, refused.check) == (fixes[2].id, "checkout")
    assert FETCH in refused.detail
    assert (desk.folder / FETCH).read_text() == mine


# --- not too many branches ------------------------------------------------------------------------------


def test_no_more_branches_than_policy_lets_be_open(tmp_path: Path) -> None:
    desk = bank(tmp_path, **ALEX)
    config = (desk.folder / "fixloop.yaml").read_text() + "policy: {max_open_fixes: 2}\n"
    commit_all(desk.folder, {"fixloop.yaml": config}, "policy")
    desk = desk_of(desk.folder)
    fixes = three_fixes()
    approve_fixes(desk, *fixes)
    first = apply(desk, [hint.id for hint in fixes[:2]]).prepared
    assert (len(first.applied), first.waiting) == (2, ())
    result = apply(desk_of(desk.folder), (), approved=True)
    assert [one.id for one in result.prepared.applied] == [hint.id for hint in fixes[:2]]
    assert result.prepared.waiting == (fixes[2].id,)
    (waiting,) = result.to_json()["waiting"]
    assert waiting["id"] == fixes[2].id
    assert "max_open_fixes" in waiting["detail"]
    assert len(run_git(desk.folder, "branch", "--list", "fixloop/fix/*").splitlines()) == 2
    merge(desk_of(desk.folder), [fixes[0].id])
    third = apply(desk_of(desk.folder), [fixes[2].id]).prepared
    assert (len(third.applied), third.waiting) == (1, ())


def test_cycle_says_for_how_many_no_branch_was_free(tmp_path: Path) -> None:
    desk = bank(tmp_path, **ALEX)
    config = (desk.folder / "fixloop.yaml").read_text() + "policy: {max_open_fixes: 2}\n"
    commit_all(desk.folder, {"fixloop.yaml": config}, "policy")
    fixes = three_fixes()
    approve_fixes(desk_of(desk.folder), *fixes)
    result = cycle(desk_of(desk.folder))
    assert "apply: 2 on branches, 1 without a free one" in result.summary
    assert result.to_json()["no_branch_free"] == [fixes[2].id]


def test_merge_needs_no_branch_and_so_no_free_one(tmp_path: Path) -> None:
    desk = bank(tmp_path, **ALEX)
    config = (desk.folder / "fixloop.yaml").read_text() + "policy: {max_open_fixes: 1}\n"
    commit_all(desk.folder, {"fixloop.yaml": config}, "policy")
    approve_fixes(desk_of(desk.folder), *three_fixes())
    assert len(merge(desk_of(desk.folder), (), passing=True).merged) == 3


# --- hooks know a move of ours --------------------------------------------------------------------------


def test_a_hook_knows_the_move_of_a_batch_and_of_two_in_a_row(desk: Desk) -> None:
    base = run_git(desk.folder, "rev-parse", "main")
    approve_fixes(desk, *three_fixes(), other_words("the account number", "each digit"))
    assert len(merge(desk, (), passing=True).merged) == 4
    assert len(verdicts(desk)) == 2
    whole = Move("pre-push", "refs/heads/main", base, run_git(desk.folder, "rev-parse", "main"))
    assert run_hook(desk_of(desk.folder), whole).reason == "on record"


# --- killed, and run again ------------------------------------------------------------------------------


class Dies:
    """A repository whose process ends, as by kill -9, before or after its n-th step that changes anything."""

    STEPS = frozenset({"commit", "carry_checkout", "move_refs"})

    def __init__(self, repo: Repository, at: int) -> None:
        self._repo = repo
        self._left = at

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._repo, name)
        if name not in self.STEPS:
            return real

        def step(*args: Any) -> Any:
            self._tick()
            done = real(*args)
            self._tick()
            return done

        return step

    def _tick(self) -> None:
        if self._left == 0:
            os._exit(9)
        self._left -= 1


def merge_and_die(folder: Path, at: int) -> bool:
    """Whether a run that dies at a step was killed there; False when it came to its end."""
    child = os.fork()
    if child == 0:
        try:
            desk = desk_of(folder)
            repo = cast(Repository, Dies(desk.repo, at))
            merge(replace(desk, repo=repo, state=StateBranch(repo)), (), passing=True)
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_killed_between_any_two_steps_the_next_run_finishes(desk: Desk, tmp_path: Path) -> None:
    fixes = [other_words(), ask_which()]
    approve_fixes(desk, *fixes)
    apply(desk, (), approved=True)
    deaths = 0
    while True:
        copy = tmp_path / f"copy-{deaths}"
        shutil.copytree(desk.folder, copy, symlinks=True)
        if not merge_and_die(copy, deaths):
            break
        deaths += 1
        here = run_git(copy, "rev-parse", "main")
        again = desk_of(copy)
        merge(again, (), passing=True)
        assert statuses(again, *fixes) == ["merged", "merged"], deaths
        assert len(commits(again, run_git(desk.folder, "rev-parse", "main"))) == 2
        assert run_git(copy, "merge-base", "--is-ancestor", here, "main") == ""
        assert run_git(copy, "status", "--porcelain") == ""
        assert run_git(copy, "branch", "--list", "fixloop/fix/*") == ""
        assert merge(desk_of(copy), (), passing=True).merged == ()
    assert deaths >= 10


def test_what_is_rejected_after_a_kill_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    """The files came along, the branch did not, and then a person says no."""
    fixes = [other_words(), ask_which()]
    approve_fixes(desk, *fixes)
    base = run_git(desk.folder, "rev-parse", "main")
    steps = iter(range(20))
    while True:
        copy = tmp_path / f"copy-{next(steps)}"
        shutil.copytree(desk.folder, copy, symlinks=True)
        assert merge_and_die(copy, int(copy.name.split("-")[1])), (
            "no step left the checkout ahead of its branch"
        )
        if run_git(copy, "rev-parse", "main") == base and run_git(copy, "status", "--porcelain"):
            break
    again = desk_of(copy)
    reject(again, [fixes[1].id], Why("too_risky_now"), "ann@bank")
    (landed,) = merge(desk_of(copy), (), passing=True).merged
    assert landed.id == fixes[0].id
    assert "ask_which_account" not in run_git(copy, "show", "main:plan_trees/login_problem.yaml")
    assert run_git(copy, "status", "--porcelain") == ""


def test_a_server_takes_a_batch_as_one_step_and_asks_each_fix_for_itself(desk: Desk) -> None:
    base = run_git(desk.folder, "rev-parse", "main")
    approve_fixes(desk, *three_fixes())
    tip = merge(desk, (), passing=True).merged[-1].commit
    push = Push((Pushed("refs/heads/main", base, tip),), {}, "ada")
    found = receive(desk_of(desk.folder), push, ["refs/heads/main"], lambda _: desk.state)
    (verdict,) = found.verdicts
    assert (verdict.base, verdict.tree) == (base, run_git(desk.folder, "rev-parse", f"{tip}^{{tree}}"))
    statuses = {check.id: check.status for check in verdict.checks}
    assert [statuses[name] for name in ("scope", "identity", "fail_to_pass")] == ["pass"] * 3
