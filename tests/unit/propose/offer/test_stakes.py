"""What stands beside a hint, and what it does to the order."""

from dataclasses import replace

import pytest

from fixloop.evals.given import given_cases
from fixloop.hints.model import Choice, Hint, Measured, Moves, Question
from fixloop.hints.operation import Operation
from fixloop.propose.offer.rank import rank, risk_of
from fixloop.propose.offer.stakes import Guard, Stakes, Surroundings, places_asked, stakes_of
from tests.support.worlds import build_workspace, minimal_world

WORLD = minimal_world()
TREE = WORLD["plan_trees/account_locked.yaml"].replace("stability: open", "stability: guarded")
WORKSPACE = build_workspace({**WORLD, "plan_trees/account_locked.yaml": TREE})
LOCKED, LOGIN = "plan_trees/account_locked.yaml", "plan_trees/login_problem.yaml"


def tool_hint(leaf: str = "account_locked", support: int = 2, arg: str = "x") -> Hint:
    operation = Operation("remove_branch", {"leaf": leaf, "branch": arg})
    evidence = tuple(f"fb-{leaf}-{arg}-{n}" for n in range(support))
    measured = Measured("0" * 40, support, support, (), support, 40)
    moves = Moves((f"{leaf}/a",), (f"{leaf}/b",), support)
    return Hint(
        "plan", "remove_branch", f"plan_trees/{leaf}.yaml", "A fix", evidence, (operation,), moves=moves,
        measured=measured, confidence=0.9,
    )  # fmt: skip


def test_owner_stability_churn_guard_and_reach_stand_beside_a_hint() -> None:
    changes = [frozenset({LOCKED}), frozenset(), frozenset({LOGIN, LOCKED})]
    around = Surroundings(WORKSPACE, changes, {"account_locked": 0.25}, {"account_locked": (1, 2)})
    found = stakes_of(tool_hint(), around)
    assert (found.owners, found.stability) == ((WORKSPACE.plan_trees["account_locked"].owner,), "guarded")
    assert (found.churn, found.commits) == (2, 3)
    assert found.guard == Guard("account_locked", 0.25, measured=True)
    assert found.weakness == pytest.approx(1 - 0.25 / 0.8)
    assert (found.moved, found.tickets, found.leaves) == (2, 40, ("account_locked",))


def test_a_leaf_nobody_measured_is_told_by_what_cases_ask_about() -> None:
    around = Surroundings(WORKSPACE, asked={"account_locked": (1, 2)})
    assert stakes_of(tool_hint(), around).guard == Guard("account_locked", 0.5, measured=False)
    assert stakes_of(tool_hint("login_problem"), around).guard is None


def test_a_hint_for_several_leaves_shows_all_owners_the_strictest_and_the_weakest() -> None:
    wide = replace(
        tool_hint(),
        operations=(
            Operation(
                "edit_template",
                {"template": "unlock_instructions", "language": None, "was": "Please call", "to": "Call"},
            ),
        ),
        moves=Moves(("transfer_failed/b",), ("transfer_failed/c",), 1),
    )
    found = stakes_of(
        wide, Surroundings(WORKSPACE, strengths={"account_locked": 0.9, "transfer_failed": 0.1})
    )
    assert found.stability == "guarded"
    # It edits account_locked's answer; of transfer_failed only tickets move.
    assert found.guard == Guard("account_locked", 0.9, measured=True)
    assert found.weakness == 0.0


def test_a_question_is_weighed_by_the_first_fix_it_offers() -> None:
    asking = replace(
        tool_hint(),
        operations=(),
        question=Question("Which?", (Choice("nothing"), Choice("this", tool_hint()))),
    )
    assert stakes_of(asking, Surroundings(WORKSPACE)).stability == "guarded"


def test_a_hint_whose_leaf_is_gone_has_nothing_at_stake_and_no_traceback() -> None:
    assert stakes_of(replace(tool_hint("no_such_leaf"), moves=Moves()), Surroundings(WORKSPACE)).owners == ()


def test_places_are_the_leaf_itself_and_each_of_its_answers() -> None:
    tree = WORKSPACE.plan_trees["account_locked"]
    answers = {branch.reply for branch in tree.branches}
    cases = given_cases(
        [
            {"id": "i", "suite": "intent", "text": "my account is shut", "expect": "account_locked"},
            {"id": "p", "suite": "plan", "leaf": "account_locked",
             "expect": {"reply": {"template": "unlock_instructions", "contains": ["call"]}}},
            {"id": "q", "suite": "plan", "leaf": "account_locked", "expect": {"reply": "handover"}},
        ]
    )  # fmt: skip
    asked = places_asked(WORKSPACE, cases)
    assert asked["account_locked"] == (2, len(answers) + 1)
    assert asked["login_problem"][0] == 0


# --- the order --------------------------------------------------------------------------------------------


def test_a_guarded_or_weakly_guarded_leaf_waits_behind_an_equal_one() -> None:
    equal = [tool_hint(leaf) for leaf in ("account_locked", "login_problem", "transfer_failed")]
    locked, login, failed = (hint.id for hint in equal)
    stakes = {locked: Stakes(stability="frozen"), login: Stakes(weakness=1.0), failed: Stakes()}
    assert [hint.id for hint in rank(equal, stakes)] == [failed, login, locked]
    assert risk_of(equal[0], stakes[locked]) > risk_of(equal[0], Stakes(stability="guarded")) > 1


def test_versions_that_rest_on_the_same_rejections_do_not_fill_the_top() -> None:
    first = tool_hint(support=6)
    again = [replace(tool_hint(leaf, 6), evidence=first.evidence) for leaf in ("login_problem", "savings")]
    other = tool_hint("transfer_failed", 4)
    ranked = rank([*again, first, other])
    assert ranked[1].id == other.id
