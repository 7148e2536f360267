"""`demo`: the loop happens, gets better, and refuses what is bad."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fixloop.commands.demo import _is_written
from fixloop.hints.model import Choice, Hint, Question
from fixloop.hints.operation import Operation
from tests.cli.conftest import Fixloop


@pytest.mark.slow
def test_the_demo_shows_the_loop(tmp_path: Path, fixloop: Fixloop) -> None:
    done = fixloop("demo", str(tmp_path / "tidewater"), "--json")
    assert done.code == 0, done.err
    shown = json.loads(done.out)
    before, after = shown["before"], shown["after"]
    assert before["of"] == after["of"] == 120
    assert after["right"] - before["right"] >= 35
    kinds = {hint["kind"] for hint in shown["propose"]["hints"] if hint["id"] in shown["approved"]}
    assert {"add_branch", "set_weight", "edit_template", "add_example"} <= kinds
    assert any(hint["question"] for hint in shown["propose"]["hints"])
    assert len(shown["merge"]["merged"]) >= 8
    assert shown["bad_fix"]["verdict"] == "fail"
    assert [c["id"] for c in shown["bad_fix"]["checks"] if c["status"] == "fail"] == ["regressions"]
    assert (tmp_path / "tidewater/plan_trees/payment_holiday.yaml").is_file()


def test_a_new_leaf_that_nobody_could_write_is_not_answered_for_the_engineer() -> None:
    blank = Hint("intent", "add_leaf", "workspace/intents.yaml", "something new", ("fb-1",))
    written = replace(blank, operations=(Operation("add_leaf", {"id": "card_fees"}),))

    def asked(first: Hint | None) -> Hint:
        return replace(blank, question=Question("What is meant?", (Choice("something new", first),)))

    assert [_is_written(asked(one)) for one in (written, blank, None)] == [True, False, False]
    assert not _is_written(blank)
