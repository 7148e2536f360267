"""Attacks on what judges: cases that are edited, weakened, moved, doubled, drowned or dodged."""

import json
from pathlib import Path

import pytest

from fixloop.commands.desk import Desk
from tests.attacks.world import CASES, INTENT, PLAN, TRANSFER, WORLD, attack, defended, refusals
from tests.support.git_worlds import commit_all, run_git
from tests.support.loop import desk_of

BENT = WORLD[TRANSFER].replace("transfer_help", "handover")
WEAK = CASES[PLAN].replace("expect: {reply: transfer_help}", "expect: {needs_review: false}")
SKIPPED = CASES[PLAN].replace("{id: p-transfer,", "{id: p-transfer, skip: true,")
TAUGHT = "workspace/examples/transfer_failed.jsonl"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return defended(tmp_path)


@pytest.mark.parametrize(
    ("files", "checks"),
    [
        pytest.param({PLAN: CASES[PLAN].replace("transfer_help", "handover")}, ["lane"], id="edited"),
        pytest.param({PLAN: WEAK}, ["lane"], id="weakened"),
        pytest.param({PLAN: None}, ["lane"], id="deleted"),
        pytest.param({PLAN: None, "evals/plan/new.yaml": CASES[PLAN]}, ["structure"], id="renamed file"),
        pytest.param({PLAN: CASES[PLAN].replace("p-transfer", "p-other")}, ["lane"], id="renamed case"),
        pytest.param({PLAN: SKIPPED}, ["structure"], id="skipped"),
        pytest.param({PLAN: "[]\n"}, ["lane"], id="emptied"),
        pytest.param({PLAN: None, "evals/plan/base.md": CASES[PLAN]}, ["lane"], id="hidden as a note"),
        pytest.param({PLAN: None, "evals/plan/.base.yaml": CASES[PLAN]}, ["lane"], id="hidden as a dot file"),
    ],
)
def test_a_case_is_changed(desk: Desk, files: dict[str, str | None], checks: list[str]) -> None:
    found = refusals(attack(desk, files))
    assert found[:1] == checks or (checks == ["structure"] and found == ["lane"])


@pytest.mark.parametrize(
    "files",
    [{PLAN: CASES[PLAN].replace("transfer_help", "handover")}, {PLAN: None}, {PLAN: WEAK}, {PLAN: "[]\n"}],
)
def test_a_case_is_changed_together_with_what_it_judges(desk: Desk, files: dict[str, str | None]) -> None:
    found = refusals(attack(desk, {**files, TRANSFER: BENT}, allow="judge", why="because"))
    # A reason does not help: both lanes at once is never allowed, and the base's own case decides.
    assert found == ["lane", "regressions"]


@pytest.mark.parametrize(
    "name",
    [
        "p-none",
        "P-None",
        "p\u2011none",  # a hyphen that does not break
        "p\u2212none",  # a minus
        "p-n\u043ene",  # Cyrillic o
        "p-n\u03bfne",  # Greek o
        "\u0440-none",  # Cyrillic er
        "p-no\uff4ee",  # full width
        "\U0001d529-none".replace("\U0001d529", "\U0001d52d"),  # a mathematical p
    ],
)
def test_an_id_that_is_taken_or_looks_it(desk: Desk, name: str) -> None:
    case = json.dumps({"id": name, "leaf": "transfer_failed", "expect": {"reply": "transfer_help"}})
    verdict = attack(desk, {"evals/plan/mine.jsonl": case + "\n"})
    assert refusals(verdict) == ["structure"]


@pytest.mark.parametrize(
    "sign", ["\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u115f", "\u202e", "\u034f"]
)
def test_an_id_with_an_invisible_character(desk: Desk, sign: str) -> None:
    case = {"id": f"p-no{sign}ne", "leaf": "transfer_failed", "expect": {"reply": "transfer_help"}}
    assert refusals(attack(desk, {"evals/plan/mine.jsonl": json.dumps(case) + "\n"})) == ["structure"]


def test_a_doubled_id_in_another_suite(desk: Desk) -> None:
    case = '{"id": "p-none", "text": "nothing at all", "expect": "other"}\n'
    assert refusals(attack(desk, {"evals/intent/mine.jsonl": case})) == ["structure"]


def test_a_case_is_moved_into_the_examples(desk: Desk) -> None:
    first, *rest = CASES[INTENT].splitlines(keepends=True)
    taught = WORLD[TAUGHT] + json.dumps({"text": json.loads(first)["text"]}) + "\n"
    found = refusals(attack(desk, {INTENT: "".join(rest), TAUGHT: taught}))
    assert found == ["lane", "split"]


def test_a_case_is_moved_to_another_suite(desk: Desk) -> None:
    first, *rest = CASES[INTENT].splitlines(keepends=True)
    case = json.loads(first)
    moved = {"id": case["id"], "text": case["text"], "expect": {"account": {"branch": ["Easton"]}}}
    found = refusals(
        attack(desk, {INTENT: "".join(rest), "evals/extraction/m.jsonl": json.dumps(moved) + "\n"})
    )
    assert "structure" in found or "lane" in found


def test_an_example_equal_to_a_case(desk: Desk) -> None:
    taught = WORLD[TAUGHT] + '{"text": "My  TRANSFER was sent back"}\n'
    assert refusals(attack(desk, {TAUGHT: taught})) == ["split"]


@pytest.mark.parametrize(
    "text",
    [
        "my transfer was sent back!",
        "my trans\u200bfer was sent back",
        "my tr\u0430nsfer was sent back",
        "my transfer, was sent back...",
        "my transfer was sent\u2003back",
    ],
)
def test_an_example_that_only_looks_different_from_a_case(desk: Desk, text: str) -> None:
    verdict = attack(desk, {TAUGHT: WORLD[TAUGHT] + json.dumps({"text": text}) + "\n"})
    assert refusals(verdict) == ["split"]


def test_an_old_overlap_does_not_hide_a_new_one(tmp_path: Path) -> None:
    """A text of one leaf is an example and a case already; that excuses no other text of the leaf."""
    old = '{"id": "old", "text": "my transfer was rejected", "expect": "transfer_failed"}\n'
    desk = defended(tmp_path, **{"evals/intent/old.jsonl": old})
    mine = '{"id": "mine", "text": "why did the transfer fail", "expect": "transfer_failed"}\n'
    assert refusals(attack(desk, {"evals/intent/mine.jsonl": mine})) == ["split"]


def test_an_extraction_case_may_use_the_text_of_an_example(desk: Desk) -> None:
    """Extraction learns nothing from examples: the overlap is a warning of `check`, no reason to refuse."""
    mine = '{"id": "mine", "text": "my transfer was rejected", "expect": {}, "exact": true}\n'
    assert refusals(attack(desk, {"evals/extraction/mine.jsonl": mine})) == []


def test_a_case_that_only_looks_different_from_an_example(desk: Desk) -> None:
    case = '{"id": "mine", "text": "my transfer was rejected!!", "expect": "transfer_failed"}\n'
    assert refusals(attack(desk, {"evals/intent/mine.jsonl": case})) == ["split"]


def test_a_case_of_another_leaf_for_a_text_that_has_one(desk: Desk) -> None:
    case = '{"id": "mine", "text": "my transfer was sent back", "expect": "payment_recall"}\n'
    assert "split" in refusals(attack(desk, {"evals/intent/mine.jsonl": case}))


def test_ten_thousand_cases_drown_the_failing_one(desk: Desk) -> None:
    many = "".join(
        json.dumps(
            {"id": f"m-{n}", "leaf": "login_problem", "expect": {"reply": "request_account_information"}}
        )
        + "\n"
        for n in range(10_000)
    )
    verdict = attack(desk, {"evals/plan/many.jsonl": many, TRANSFER: BENT})
    assert refusals(verdict) == ["regressions"]
    assert verdict.failures[0].evidence == ("p-transfer",)
    bad = json.dumps({"id": "m-bad", "leaf": "transfer_failed", "expect": {"reply": "handover"}}) + "\n"
    verdict = attack(desk, {"evals/plan/many.jsonl": many + bad})
    assert refusals(verdict) == ["fail_to_pass"]
    assert verdict.failures[0].evidence == ("m-bad",)


def test_a_case_that_passes_by_crashing(desk: Desk) -> None:
    # The template is sound to read and cannot be rendered: the fallback answers, which no case may like.
    broken = WORLD["workspace/templates.yaml"].replace(
        "Please check the account number of the payee.", "'{{ 1 / (fetched.count * 0) }}'"
    )
    verdict = attack(desk, {"workspace/templates.yaml": broken})
    assert refusals(verdict) == ["regressions"]
    assert "p-transfer" in verdict.failures[0].evidence
    mine = "- {id: mine, leaf: transfer_failed, expect: {reply: handover}}\n"
    both = {"workspace/templates.yaml": broken, "evals/plan/mine.yaml": mine}
    assert refusals(attack(desk, both)) == ["fail_to_pass", "regressions"]


def test_a_case_that_nothing_could_fail(desk: Desk) -> None:
    mine = "- {id: mine, leaf: transfer_failed, expect: {}}\n"
    assert refusals(attack(desk, {"evals/plan/mine.yaml": mine})) == ["structure"]


def test_two_commits_where_the_first_opens_the_door(desk: Desk) -> None:
    run_git(desk.folder, "checkout", "-q", "-B", "work", "main")
    commit_all(desk.folder, {PLAN: WEAK}, "open the door")
    commit_all(desk.folder, {TRANSFER: BENT}, "go through")
    commit_all(desk.folder, {PLAN: CASES[PLAN]}, "close it again")
    run_git(desk.folder, "checkout", "-q", "main")
    from fixloop.commands.gate import gate

    verdict = gate(desk_of(desk.folder), "main", "work").verdict
    assert refusals(verdict) == ["regressions"]
