"""What rests on one text is asked about, unless somebody has said that it is what should happen."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint, Measured
from fixloop.hints.operation import Operation
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.offer.ask import MANY, RATHER_RIGHT, SURER
from fixloop.propose.offer.thin import DOUBT, FEWEST_FOR_A_LEAF, MOST_TAUGHT, is_thin, sobered
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.run import _Made, _take
from tests.unit.propose.synthesis.benches import bench_of, propose_all, told, world

TEXTS = ("my account is locked, please help", "my transfer was rejected again")
BRANCH = {"when": {"record.fraud_flag": True}, "reply": "security_escalation"}


def members_of(*said: dict[str, Any]) -> tuple[Diagnosis, ...]:
    right = world()
    texts = TEXTS[: len(said)]
    shown = propose_all(right, texts)
    feedback = [told(text, shown[text], "rejected") for text in texts]
    bench = bench_of(right, feedback)
    return tuple(
        Diagnosis(replace(one, **more), bench.before[one.id], (), True)
        for one, more in zip(feedback, said, strict=True)
    )


def hint_of(step: str, members: Sequence[Diagnosis], *operations: Operation) -> Hint:
    evidence: tuple[Feedback, ...] = tuple(m.feedback for m in members)
    return Hint(step, operations[0].op, "", "", tuple(one.id for one in evidence), operations)


def taught(count: int) -> list[Operation]:
    return [Operation("add_example", {"leaf": "account_locked", "text": f"text {n}"}) for n in range(count)]


def test_one_text_answers_for_few_examples() -> None:
    alone = members_of({"comment": "locked"})
    assert is_thin(alone, hint_of("intent", alone, *taught(MOST_TAUGHT + 1)))
    assert not is_thin(alone, hint_of("intent", alone, *taught(MOST_TAUGHT)))
    expected = members_of({"expected": {"leaf": "account_locked"}})
    assert not is_thin(expected, hint_of("intent", expected, *taught(MOST_TAUGHT + 1)))
    two = members_of({"comment": "locked"}, {"comment": "locked"})
    assert not is_thin(two, hint_of("intent", two, *taught(MOST_TAUGHT + 1)))
    out = [Operation("remove_example", {"leaf": "card_blocked", "text": f"text {n}"}) for n in range(4)]
    assert is_thin(alone, hint_of("intent", alone, *out, *taught(MOST_TAUGHT + 1)))


def test_a_threshold_that_one_text_needs_for_want_of_examples_is_asked_about() -> None:
    alone = members_of({"comment": "locked"})
    moved = Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.2})
    assert is_thin(alone, hint_of("intent", alone, moved))
    assert not is_thin(alone, hint_of("intent", alone, moved), sure=True)
    held = Intervention("intent", "set_threshold", "x", Wanted(leaf="account_locked"), None, 1.0)
    cause = tuple(replace(one, readings=(Reading(held, 0.9),)) for one in alone)
    assert not is_thin(cause, hint_of("intent", cause, moved))
    two = members_of({"comment": "locked"}, {"comment": "locked"})
    assert not is_thin(two, hint_of("intent", two, moved))


def test_examples_that_hold_the_border_of_a_new_edge_teach_no_leaf() -> None:
    alone = members_of({"comment": "no"})
    edge = Operation("add_edge", {"parent": "root", "child": "accounts"})
    fix = hint_of("intent", alone, edge, *taught(MOST_TAUGHT + 1))
    assert not is_thin(alone, fix, sure=True)
    two = members_of({"comment": "no"}, {"comment": "cards"})
    assert not is_thin(two, hint_of("intent", two, edge, *taught(MOST_TAUGHT + 1)))


def test_a_second_way_to_a_leaf_from_one_text_is_asked_about() -> None:
    edge = Operation("add_edge", {"parent": "root", "child": "accounts"})
    told_leaf = members_of({"expected": {"leaf": "accounts"}})
    assert is_thin(told_leaf, hint_of("intent", told_leaf, edge))
    cut_off = Intervention("intent", "add_edge", "x", Wanted(leaf="accounts"), None, 1.0)
    only_way = tuple(replace(one, readings=(Reading(cut_off, 0.9),)) for one in told_leaf)
    assert not is_thin(only_way, hint_of("intent", only_way, edge))


def test_what_the_workspace_is_all_but_sure_of_needs_no_words_in_a_tree_and_does_for_another_test() -> None:
    alone = members_of({"comment": "no"})
    reply = Operation("set_reply", {"leaf": "account_locked", "branch": "b-1", "was": "a", "to": "b"})
    branch = Operation("add_branch", {"leaf": "account_locked", "before": "default", "branch": BRANCH})
    where = {"leaf": "account_locked", "branch": "b-1", "was": {}}
    more = Operation("set_condition", {**where, "to": {"record.fraud_flag": True}})
    for operation, thin in ((reply, False), (branch, False), (more, True)):
        hint = hint_of("plan", alone, operation)
        assert is_thin(alone, hint)
        assert is_thin(alone, hint, sure=True) is thin


def test_a_branch_from_one_rejection_needs_words_of_it() -> None:
    branch = Operation("add_branch", {"leaf": "account_locked", "before": "default", "branch": BRANCH})
    for said, thin in (
        ({"comment": "no idea why but I don't like it"}, True),
        ({"comment": "the fraud flag is set"}, False),
        ({"comment": "this should be the security escalation"}, True),
        ({"comment": "no", "reply": "Our security team will call you."}, True),
        ({"comment": "no", "expected": {"reply": "security_escalation"}}, False),
    ):
        alone = members_of(said)
        assert is_thin(alone, hint_of("plan", alone, branch)) is thin, said
    both = members_of({"comment": "security escalation"}, {"comment": "no"})
    assert not is_thin(both, hint_of("plan", both, branch))


def test_what_rests_on_less_is_stated_less_sure() -> None:
    one, two = members_of({}), members_of({}, {})
    sure = [replace(hint_of("plan", some, *taught(1)), confidence=1.0) for some in (one, two)]
    assert [sobered(hint).confidence for hint in sure] == [1 - DOUBT, 1 - DOUBT / 2]
    nothing = replace(sure[0], step="none", operations=())
    assert sobered(nothing) == nothing


def test_another_reply_with_another_call_is_read_by_its_reply() -> None:
    reply = {
        "leaf": "account_locked",
        "branch": "b-1",
        "was": "unlock_instructions",
        "to": "security_escalation",
    }
    call = {"leaf": "account_locked", "branch": "b-1", "tool": {"name": "escalate_to_security", "args": {}}}
    operations = (Operation("set_reply", reply), Operation("add_tool", call))
    for comment, thin in (("no", True), ("security has to look at it", False)):
        alone = members_of({"comment": comment})
        assert is_thin(alone, hint_of("plan", alone, *operations)) is thin


def test_a_condition_that_tests_something_more_needs_somebody_who_says_something() -> None:
    where = {"leaf": "account_locked", "branch": "fraud", "was": {"record.fraud_flag": True}}
    turned = Operation("set_condition", {**where, "to": {"not": {"record.fraud_flag": True}}})
    more = {"any": [{"record.fraud_flag": True}, {"all": [{"record.branch": "Riverton"}]}]}
    wider = Operation("set_condition", {**where, "to": more})
    silent = members_of({"comment": "meh, no"}, {"comment": "nope"})
    assert is_thin(silent, hint_of("plan", silent, wider))
    assert not is_thin(silent, hint_of("plan", silent, turned))
    for said in ({"comment": "not for Riverton"}, {"reply": "Our security team will call you."}):
        spoken = members_of(said, {"comment": "nope"})
        assert not is_thin(spoken, hint_of("plan", spoken, wider))
    case = {"suite": "plan", "expect": {"reply": "unlock_instructions"}}
    named = members_of({"comment": "tell her how to unlock it"})
    assert not is_thin(named, replace(hint_of("plan", named, wider), cases=(case,)))


def test_a_fix_that_is_rather_wrong_than_right_is_asked_about() -> None:
    members = members_of({"expected": {"leaf": "account_locked"}})
    hint, group = hint_of("intent", members, *taught(1)), Group(("intent",), members)
    for confidence, named in ((RATHER_RIGHT, True), (RATHER_RIGHT - 0.01, False)):
        made = _Made([], [], [], [])
        _take(made, group, replace(hint, confidence=confidence))
        assert (len(made.hints), len(made.thin)) == (int(named), int(not named))


def test_who_stands_alone_among_many_has_to_be_surer_unless_it_is_said_what_should_come_out() -> None:
    for said, beside, named in (
        ({"comment": "rather something else"}, MANY, False),
        ({"comment": "rather something else"}, 0, True),
        ({"expected": {"leaf": "account_locked"}}, MANY, True),
    ):
        members = members_of(said)
        made = _Made([], [], [], [])
        hint = replace(hint_of("intent", members, *taught(1)), confidence=RATHER_RIGHT + MANY * SURER - 0.01)
        _take(made, Group(("intent",), members), hint, beside)
        assert bool(made.hints) is named, (said, beside)


def test_a_leaf_from_few_texts_or_from_nobodys_words_is_asked_about() -> None:
    leaf = Operation("add_leaf", {"id": "holiday", "parents": ["root"]})
    two = members_of({"comment": "a holiday"}, {"expected": {"leaf": "holiday"}})
    assert is_thin(two, hint_of("intent", two, leaf))
    many = [
        replace(
            two[0],
            feedback=replace(
                two[0].feedback, id=f"fb-{n}", ticket={"id": f"t{n}", "text": f"a holiday, {n}"}
            ),
        )
        for n in range(FEWEST_FOR_A_LEAF)
    ]
    assert not is_thin(many, hint_of("intent", many, leaf))
    silent = [replace(one, wordless=True) for one in many]
    assert is_thin(silent, hint_of("intent", silent, leaf))
    assert not is_thin(silent, hint_of("intent", silent, leaf), sure=True)
    assert is_thin(silent[1:], hint_of("intent", silent[1:], leaf), sure=True)
    assert is_thin(silent, hint_of("intent", silent, *taught(2)))
    assert is_thin(silent, hint_of("intent", silent, *taught(2)), sure=True)
    assert not is_thin([*silent[1:], many[0]], hint_of("intent", [*silent[1:], many[0]], *taught(2)))


def test_a_leaf_that_takes_from_others_is_asked_about_with_what_it_costs() -> None:
    members = members_of({"expected": {"leaf": "account_locked"}}, {"comment": "locked"})
    hint = replace(hint_of("intent", members, *taught(2)), summary="teach it", confidence=0.9)
    for lost, asked in ((0, False), (1, True)):
        made = _Made([], [], [], [])
        costly = replace(hint, measured=Measured("0" * 40, 4, 4, (), 5, 100, lost))
        _take(made, Group(("intent",), members), costly)
        (found,) = made.hints
        assert (found.question is not None) is asked
        if found.question is not None:
            assert "4 rejections" in found.question.text
            assert "1 accepted ticket" in found.question.text
            assert [choice.hint for choice in found.question.choices] == [costly, None]
            assert found.operations == ()
