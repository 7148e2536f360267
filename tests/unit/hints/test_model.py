"""A hint file reads back as the hint it was written from."""

from dataclasses import replace

from fixloop.hints.model import Alternative, Choice, Hint, Measured, Moves, Question, fingerprint
from fixloop.hints.operation import Operation
from fixloop.hints.store import render_hint
from fixloop.workspace.yaml_source import parse_yaml

HINT = Hint(
    step="plan",
    kind="add_branch",
    target="plan_trees/account_locked.yaml",
    summary="Locked accounts with a fraud flag must go to security: “never unlock”",
    evidence=("fb-1", "fb-2"),
    operations=(
        Operation("add_branch", {"leaf": "account_locked", "before": "default", "branch": {"reply": "1e5"}}),
    ),
    cases=({"suite": "plan", "leaf": "account_locked", "expect": {"reply": "no"}},),
    near_misses=({"suite": "plan", "leaf": "account_locked", "expect": {"reply": "0o17"}},),
    moves=Moves(("account_locked/b-1",), ("account_locked/fraud",), 14),
    measured=Measured("4e1", 7, 8, (), 14, 2300),
    confidence=0.88,
    fingerprint=fingerprint("plan", "x", "add_branch", {"reply": "y"}),
    alternatives=(Alternative("fetch", "another record", 0.07),),
).named_cases()


def test_written_and_read_it_is_the_same() -> None:
    assert Hint.from_json(parse_yaml("h", render_hint(HINT)).value) == HINT


def test_a_question_carries_whole_hints() -> None:
    asked = replace(HINT, operations=(), question=Question("which?", (Choice("this", HINT), Choice("none"))))
    read = Hint.from_json(parse_yaml("h", render_hint(asked)).value)
    assert read == asked
    assert read.id != HINT.id


def test_an_approval_binds_operations_cases_and_moves_and_nothing_else() -> None:
    assert replace(HINT, summary="other words", confidence=0.1).digest == HINT.digest
    assert replace(HINT, moves=Moves((), (), 15)).digest != HINT.digest
    assert replace(HINT, cases=()).digest != HINT.digest
    assert replace(HINT, near_misses=()).digest != HINT.digest


def test_case_ids_come_from_the_hint() -> None:
    assert HINT.cases[0]["id"] == f"{HINT.id}-1"
    assert HINT.near_misses[0]["id"] == f"{HINT.id}-n1"
    assert HINT.named_cases() == HINT
