"""Known-good grows by what staff accepted, and sheds what an approved fix replaces."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fixloop.commands.decide import Why, approve, reject
from fixloop.commands.desk import Desk
from fixloop.commands.gate import gate
from fixloop.commands.merge import Word, merge
from fixloop.commands.propose import propose
from fixloop.hints.model import Hint, Moves
from tests.support.git_worlds import commit_all, run_git
from tests.support.hints import hint_of, record, transfer_hint
from tests.support.loop import bank, desk_of, row, tell

JUDGE = Word("judge", why="they were right")


class Clock:
    def __init__(self, now: str) -> None:
        self._now = now

    def now(self) -> str:
        return self._now


def at(desk: Desk, now: str) -> Desk:
    return replace(desk_of(desk.folder), clock=Clock(now))


def accepted(number: int, text: str, **more: Any) -> Mapping[str, Any]:
    return row(number, text, outcome="accepted", **more)


TEXTS = [
    "NSB01234 my account is locked please",
    "locked out again, PQR77120",
    "my transfer to the landlord was rejected",
    "the transfer of yesterday failed",
    "signing in shows a blank page",
    "KTR05821 is locked, what now",
    "the account is locked and I have no number",
]


def grown(desk: Desk) -> list[Hint]:
    return [hint for hint in propose(desk).hints if hint.kind == "add_case"]


def test_a_week_old_and_five_at_most(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [accepted(n, text) for n, text in enumerate(TEXTS)])
    assert grown(at(desk, "2026-11-05T00:00:00Z")) == []
    (hint,) = grown(at(desk, "2026-11-21T08:00:00Z"))
    assert len(hint.operations) == 5
    assert len({one.args["to"]["expect"]["leaf"] for one in hint.operations}) >= 3
    for operation in hint.operations:
        assert operation.args["suite"] == "known_good"
        assert "rows" in operation.args["to"]
    assert len(hint.evidence) == 5
    assert grown(at(desk, "2026-11-21T08:00:00Z")) == []  # it waits


def test_they_land_in_the_judge_lane_and_then_stay(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [accepted(n, text) for n, text in enumerate(TEXTS)])
    (hint,) = grown(desk)
    approve(desk, [hint.id], "ann@bank")
    (refused,) = merge(desk, [hint.id], who="ann@bank").refused
    assert refused.check == "lane"
    assert merge(desk, [hint.id], who="ann@bank", word=JUDGE).merged
    (next_one,) = grown(desk_of(desk.folder))
    assert len(next_one.operations) == 2
    assert not set(next_one.evidence) & set(hint.evidence)
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    tree = (desk.folder / "plan_trees/transfer_failed.yaml").read_text()
    commit_all(desk.folder, {"plan_trees/transfer_failed.yaml": tree.replace("transfer_help", "handover")})
    run_git(desk.folder, "checkout", "-q", "main")
    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert [check.id for check in verdict.failures] == ["known_good"]


def test_fixes_come_first(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [accepted(n, text) for n, text in enumerate(TEXTS)])
    fix = record(desk, transfer_hint(), approved_by=())
    assert grown(desk_of(desk.folder)) == []
    reject(desk_of(desk.folder), [fix.id], Why("costly"), "ann@bank")
    assert len(grown(desk_of(desk.folder))) == 1


def test_a_rejected_growth_is_not_asked_again(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [accepted(n, text) for n, text in enumerate(TEXTS[:3])])
    (hint,) = grown(desk)
    reject(desk, [hint.id], Why("not_general"), "ann@bank")
    assert grown(desk_of(desk.folder)) == []


def test_what_somebody_disputes_or_no_longer_holds_is_left_out(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    same = "my transfer to the landlord was rejected"
    tell(
        desk,
        [
            accepted(1, same),
            row(2, same, "no, they wanted it recalled", reviewer="staff-9"),
            accepted(3, "my account is locked"),  # the text of an example
            accepted(4, "KTR05821 is locked", expected={"leaf": "account_locked"}),
        ],
    )
    old = (desk.folder / "plan_trees/account_locked.yaml").read_text()
    changed = old.replace("reply: security_escalation", "reply: handover")
    commit_all(desk.folder, {"plan_trees/account_locked.yaml": changed})
    for hint in propose(desk_of(desk.folder)).hints:
        reject(desk_of(desk.folder), [hint.id], Why("staff_wrong"), "ann@bank")
    assert grown(desk_of(desk.folder)) == []


def test_an_approved_fix_that_declares_it_retires_what_it_replaces(tmp_path: Path) -> None:
    desk = bank(tmp_path)
    tell(desk, [accepted(n, text) for n, text in enumerate(TEXTS)])
    (hint,) = grown(desk)
    approve(desk, [hint.id], "ann@bank")
    assert merge(desk, [hint.id], who="ann@bank", word=JUDGE).merged
    fix = hint_of(
        [
            {
                "op": "set_reply",
                "leaf": "transfer_failed",
                "branch": "default",
                "was": "transfer_help",
                "to": "handover",
            }
        ],
        [{"suite": "plan", "leaf": "transfer_failed", "expect": {"reply": "handover"}}],
        moves=Moves((place_of_transfers(desk),), (place_of_transfers(desk),), 9),
    )
    record(desk_of(desk.folder), fix)
    (refused,) = merge(desk_of(desk.folder), [fix.id], who="ann@bank").refused
    assert refused.check == "known_good"
    found = propose(desk_of(desk.folder)).hints
    (retire,) = [one for one in found if one.kind == "retire_case"]
    assert fix.id in retire.summary
    assert {one.op for one in retire.operations} == {"retire_case"}
    assert not [one for one in propose(desk_of(desk.folder)).hints if one.kind == "retire_case"]
    approve(desk_of(desk.folder), [retire.id], "ann@bank")
    assert merge(desk_of(desk.folder), [retire.id], who="ann@bank", word=JUDGE).merged
    result = merge(desk_of(desk.folder), [fix.id], who="ann@bank")
    assert result.merged, result.refused


def place_of_transfers(desk: Desk) -> str:
    found = [one.proposal for one in desk_of(desk.folder).ground().feedback]
    (branch,) = {one["branch"] for one in found if one["leaf"] == "transfer_failed"}
    return f"transfer_failed/{branch}"
