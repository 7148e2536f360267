"""Thresholdout for one question: what is believed, what is answered, what it costs, and that it repeats."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, pstdev

import pytest

from fixloop.errors import BadInput, FixloopError
from fixloop.gate.held_out import NOTHING_DIFFERS, WORN_OUT, HeldOutSet, Noise, settle
from fixloop.gate.side import Side
from fixloop.ports.cache import NoCache
from fixloop.ports.held_out import Question
from tests.support.worlds import build_snapshot, minimal_world

STILL = Noise(0.0, 0.0, 0.0)
CASES = "".join(
    f'{{"id": "s-{n}", "leaf": "transfer_failed", "expect": {{"reply": "transfer_help"}}}}\n'
    for n in range(40)
)


class Folder:
    """A held-out set in memory."""

    def __init__(self, files: Mapping[str, str] | None = None, key: bytes = b"k" * 32) -> None:
        said = {"evals/plan/s.jsonl": CASES} if files is None else files
        self.files = {path: text.encode() for path, text in said.items()}
        self.key = key
        self.asked: list[Question] = []

    def questions(self) -> Sequence[Question]:
        return self.asked

    def record(self, question: Question, base: str, head: str) -> None:
        self.asked.append(question)


def side(**overrides: str | None) -> Side:
    return Side(build_snapshot(minimal_world(**overrides)), NoCache(), {})


BENT = minimal_world()["plan_trees/transfer_failed.yaml"].replace("transfer_help", "handover")
REMARK = minimal_world()["plan_trees/transfer_failed.yaml"] + "# a remark\n"


@pytest.mark.parametrize(
    ("net", "promised", "answer", "used"),
    [
        (0, 0.0, "pass", False),
        (-4, 0.0, "pass", False),  # within the threshold: believed
        (-5, 0.0, "fail", True),  # beyond it, and beyond the margin
        (0, 6.0, "pass", True),  # promises much and keeps nothing, but harms nobody
        (-1, 6.0, "pass", True),
        (-3, 6.0, "fail", True),
        (30, 0.0, "pass", False),  # better than promised costs nothing
    ],
)
def test_what_is_believed_and_what_is_answered(net: int, promised: float, answer: str, used: bool) -> None:
    assert settle("q", net, promised, 1.0, STILL) == Question("q", answer, used)


def test_a_larger_set_has_a_larger_unit() -> None:
    assert settle("q", -10, 0.0, 3.0, STILL).answer == "pass"
    assert settle("q", -13, 0.0, 3.0, STILL).answer == "fail"


def test_noise_is_laplace_and_drawn_from_the_question() -> None:
    held_out = HeldOutSet(Folder())
    draws = [held_out.noise("base", f"head {n}").query for n in range(4000)]
    assert abs(fmean(draws)) < 0.1
    assert abs(pstdev(draws) - math.sqrt(2)) < 0.1  # Laplace(0, 1)
    assert held_out.noise("a", "b") == held_out.noise("a", "b")
    assert held_out.noise("a", "b") != held_out.noise("a", "c")
    assert held_out.noise("a", "b") != HeldOutSet(Folder(key=b"x" * 32)).noise("a", "b")


def test_a_harm_fails_and_is_counted_once_however_often_it_is_asked() -> None:
    folder = Folder()
    answers = [HeldOutSet(folder).ask(side(), side(transfer_failed=BENT), {}) for _ in range(5)]
    assert {one.said for one in answers} == {"fail"}
    assert {one.asked for one in answers} == {1}
    assert [one.used for one in folder.asked] == [True]


def test_a_harmless_change_passes_and_wears_nothing() -> None:
    folder = Folder()
    assert HeldOutSet(folder).ask(side(), side(transfer_failed=REMARK), {}).said == "pass"
    assert [one.used for one in folder.asked] == [False]


def test_a_change_of_cases_alone_is_no_question() -> None:
    folder = Folder()
    more = {**minimal_world(), "evals/plan/x.yaml": "[]\n"}
    with_case = Side(build_snapshot(more), NoCache(), {})
    assert HeldOutSet(folder).ask(side(), with_case, {}).said == NOTHING_DIFFERS
    assert folder.asked == []


def test_a_worn_out_set_answers_no_new_question_and_every_old_one() -> None:
    folder = Folder()
    old = HeldOutSet(folder).ask(side(), side(transfer_failed=BENT), {})
    folder.asked += [Question(f"{n}", "pass", True) for n in range(HeldOutSet(folder).budget)]
    assert HeldOutSet(folder).ask(side(), side(transfer_failed=REMARK), {}).said == WORN_OUT
    again = HeldOutSet(folder).ask(side(), side(transfer_failed=BENT), {})
    assert (again.said, again.rotate) == (old.said, True)


def test_a_question_that_passed_unworn_does_not_count_against_the_budget() -> None:
    folder = Folder()
    folder.asked += [Question(f"{n}", "pass", False) for n in range(1000)]
    answer = HeldOutSet(folder).ask(side(), side(transfer_failed=REMARK), {})
    assert (answer.said, answer.rotate, answer.asked) == ("pass", False, 1001)


def test_a_set_that_cannot_be_read_says_where_and_never_what() -> None:
    folder = Folder({"evals/plan/s.jsonl": '{"id": "secret-id", "leaf": "hush", "wrong": 1}\n'})
    with pytest.raises(BadInput) as told:
        _ = HeldOutSet(folder).cases
    assert "plan, line 1" in str(told.value)
    assert not {"secret-id", "hush", "wrong"} & set(str(told.value).replace(",", " ").split())


def test_an_error_on_the_way_says_its_kind_and_never_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ValueError("secret-text")

    monkeypatch.setattr("fixloop.gate.held_out.evaluate", crash)
    with pytest.raises(FixloopError) as told:
        HeldOutSet(Folder()).ask(side(), side(transfer_failed=REMARK), {})
    assert str(told.value).startswith("the held-out set could not be asked: ValueError")
    assert told.value.__cause__ is None
    assert told.value.__context__ is None


def test_texts_are_known_whatever_they_look_like() -> None:
    text = '{"id": "i-1", "text": "My card was stolen!", "expect": "account_locked"}\n'
    held_out = HeldOutSet(Folder({"evals/intent/s.jsonl": text}))
    assert held_out.holds(["my card  WAS sto\u200blen", "my c\u0430rd was stolen", "my card was lost"]) == 2


def test_nothing_of_it_reaches_a_cache() -> None:
    saved: list[str] = []

    class Watched(NoCache):
        def save(self, kind: str, key: str, data: bytes) -> None:
            saved.append(kind)

    text = "".join(f'{{"id": "i-{n}", "text": "secret {n}", "expect": "other"}}\n' for n in range(25))
    base, result = (replace(one, cache=Watched()) for one in (side(), side(transfer_failed=REMARK)))
    for one in (base, result):
        assert one.workspace  # kept by its own right
    assert saved
    saved.clear()
    HeldOutSet(Folder({"evals/intent/s.jsonl": text})).ask(base, result, {})
    assert saved == []
