"""Texts that could not be rendered, values that a reply does not say, variables no other template has."""

import pytest

from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.failed import as_meant, failed_call, failed_template, missing_variable
from fixloop.propose.diagnosis.diagnose import diagnose
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.evidence.habits import Habits
from fixloop.propose.synthesis.template import synthesise
from fixloop.workspace.snapshot import Snapshot
from tests.support.worlds import build_snapshot, build_workspace, minimal_world
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told

RIGHT = "Please call {{ record.hotline }} and we will unlock the account."
TARGET = "workspace/templates.yaml#unlock_instructions"


def bank(text: str = RIGHT, more: str = "") -> dict[str, str]:
    """The minimal bank with another text for locked accounts, and more templates."""
    made = minimal_world()
    made["workspace/templates.yaml"] = made["workspace/templates.yaml"].replace(RIGHT, text) + more
    # Not every account has an overdraft, so a text that says it fails for some.
    made["workspace/fetch.yaml"] = made["workspace/fetch.yaml"].replace(
        "      hotline: string\n", "      hotline: string\n      overdraft: string\n"
    )
    return made


def overdrawn(more: str = "") -> Snapshot:
    return build_snapshot(bank(RIGHT.replace("record.hotline", "record.overdraft"), more))


CALLS = "".join(
    f"{name}:\n  description: Where to call.\n  text: Hello. Please call {{{{ record.hotline }}}} today.\n"
    for name in ("call_one", "call_two")
)


def test_the_trace_says_which_template_could_not_be_rendered() -> None:
    shown = propose_all(overdrawn(), LOCKED.values())
    open_one, fraud = shown[LOCKED["open"]], shown[LOCKED["fraud"]]
    assert open_one.reply.template == "handover"
    assert failed_template(open_one) == "unlock_instructions"
    assert missing_variable(open_one) == "record.overdraft"
    assert as_meant(open_one).reply.template == "unlock_instructions"
    assert failed_call(open_one) is None
    assert failed_template(fraud) is None
    assert as_meant(fraud) is fraud


def test_the_trace_says_which_call_could_not_be_made() -> None:
    made = bank()
    tree = made["plan_trees/account_locked.yaml"]
    made["plan_trees/account_locked.yaml"] = tree.replace("{{ record.account_id }}", "{{ record.overdraft }}")
    fraud = propose_all(build_snapshot(made), [LOCKED["fraud"]])[LOCKED["fraud"]]
    call = failed_call(fraud)
    assert call is not None
    assert call.name == "escalate_to_security"
    assert failed_template(fraud) is None


def test_a_call_that_could_not_be_made_is_tried_with_other_arguments_and_mended_so() -> None:
    made = bank()
    tree = made["plan_trees/account_locked.yaml"]
    made["plan_trees/account_locked.yaml"] = tree.replace("{{ record.account_id }}", "{{ record.overdraft }}")
    snapshot = build_snapshot(made)
    shown = propose_all(snapshot, LOCKED.values())
    feedback = [told(LOCKED["fraud"], shown[LOCKED["fraud"]], "rejected", comment="no")]
    feedback += [told(LOCKED[name], shown[LOCKED[name]]) for name in ("none", "open", "two")]
    best = diagnose(bench_of(snapshot, feedback), feedback[:1], feedback=feedback)[0].best.intervention
    assert best.action is not None
    assert best.action.reply == "security_escalation"
    assert [dict(call.args) for call in best.action.tools] == [{"account_id": "{{ record.account_id }}"}]


@pytest.mark.parametrize("said", ["no", "should tell how to unlock"])
def test_a_text_that_could_not_be_rendered_is_what_was_wrong(said: str) -> None:
    snapshot = overdrawn()
    shown = propose_all(snapshot, LOCKED.values())
    feedback = [told(LOCKED["open"], shown[LOCKED["open"]], "rejected", comment=said)]
    feedback += [told(LOCKED[name], shown[LOCKED[name]]) for name in ("none", "fraud", "two")]
    best = diagnose(bench_of(snapshot, feedback), feedback[:1], feedback=feedback)[0].best.intervention
    assert (best.step, best.target) == ("template", TARGET)


def test_where_it_renders_for_accepted_tickets_the_template_is_not_suspect() -> None:
    made = bank(RIGHT.replace("record.hotline", "record.overdraft"))
    lines = made["workspace/records/accounts.jsonl"]
    made["workspace/records/accounts.jsonl"] = lines.replace(
        '"account_number": "PQR77120"', '"account_number": "PQR77120", "overdraft": "none"'
    ).replace('"account_number": "KLM20418"', '"account_number": "KLM20418", "overdraft": "none"')
    snapshot = build_snapshot(made)
    shown = propose_all(snapshot, LOCKED.values())
    rejected = told(LOCKED["open"], shown[LOCKED["open"]], "rejected", comment="no")
    kept = [told(LOCKED[name], shown[LOCKED[name]]) for name in ("quiet", "unflagged")]
    assert {one.proposal["reply"]["template"] for one in kept} == {"unlock_instructions"}
    without, beside = (
        sum(
            reading.probability
            for reading in diagnose(
                bench_of(snapshot, [rejected, *more]), [rejected], feedback=[rejected, *more]
            )[0].readings
            if reading.intervention.target == TARGET
        )
        for more in ([], kept)
    )
    assert beside < without


def reply_once_mended(snapshot: Snapshot) -> str:
    """What the ticket is answered after the fix for two who say no more than that to the text."""
    shown = propose_all(snapshot, LOCKED.values())
    feedback = [
        told(LOCKED[name], shown[LOCKED[name]], "rejected", comment="no") for name in ("open", "quiet")
    ]
    feedback += [told(LOCKED[name], shown[LOCKED[name]]) for name in ("none", "fraud", "two")]
    bench = bench_of(snapshot, feedback)
    found = diagnose(bench, feedback[:2], feedback=feedback)
    draft = synthesise(bench, Group(found[0].best.key, tuple(found)))
    assert isinstance(draft, Draft), draft
    assert isinstance(dry_run(bench, draft), Hint)
    mended = propose_all(apply_operations(snapshot, draft.operations).snapshot, [LOCKED["open"]])
    return mended[LOCKED["open"]].reply.text


def test_the_variable_of_a_failed_text_is_what_other_templates_have_there() -> None:
    snapshot = overdrawn(CALLS)
    assert reply_once_mended(snapshot) == "Please call 0800 1234 and we will unlock the account."


def test_a_value_of_the_ticket_that_the_reply_does_not_say_is_missed_in_its_text() -> None:
    snapshot = build_snapshot(bank(RIGHT.replace("record.hotline", "record.branch")))
    shown = propose_all(snapshot, LOCKED.values())
    feedback = [told(LOCKED["open"], shown[LOCKED["open"]], "rejected", comment="he needed 0800 1234")]
    feedback += [told(LOCKED[name], shown[LOCKED[name]]) for name in ("none", "fraud", "two")]
    best = diagnose(bench_of(snapshot, feedback), feedback[:1], feedback=feedback)[0].best.intervention
    assert (best.step, best.target) == ("template", TARGET)


def test_a_variable_is_odd_where_all_others_have_another() -> None:
    right, wrong = (
        build_workspace(bank(text, CALLS)) for text in (RIGHT, RIGHT.replace("hotline", "branch"))
    )
    assert not any(map(Habits.of(right).is_odd, right.templates.values()))
    habits = Habits.of(wrong)
    assert [one.name for one in wrong.templates.values() if habits.is_odd(one)] == ["unlock_instructions"]


def test_the_last_word_before_a_variable_tells_where_more_templates_agree() -> None:
    more = "".join(
        f"{name}:\n  description: Where to call.\n  text: Hello. {said} call {{{{ record.hotline }}}}.\n"
        for name, said in (("one", "Today"), ("two", "Then"), ("three", "Better"))
    )
    wrong = build_workspace(bank(RIGHT.replace("hotline", "branch"), more))
    assert [one.name for one in wrong.templates.values() if Habits.of(wrong).is_odd(one)] == [
        "unlock_instructions"
    ]
    fewer = build_workspace(bank(RIGHT.replace("hotline", "branch"), more[: more.index("three:")]))
    assert not any(map(Habits.of(fewer).is_odd, fewer.templates.values()))


NUMBERS = "".join(
    f"{name}:\n  description: Where to call.\n  text: Hello. Ring {number} now.\n"
    for name, number in (("one", "0800 1999"), ("two", "0800 1999"), ("three", "0800 7777"))
)


def test_a_number_that_is_a_digit_off_what_other_templates_say_is_mended_so() -> None:
    text = "Please ring 0800 1992 and we will unlock the account."
    snapshot = build_snapshot(bank(text, NUMBERS))
    wrong = build_workspace(bank(text, NUMBERS))
    assert [one.name for one in wrong.templates.values() if Habits.of(wrong).is_odd(one)] == [
        "unlock_instructions"
    ]
    assert reply_once_mended(snapshot) == text.replace("1992", "1999")


def test_two_lines_that_are_a_digit_apart_are_two_where_both_are_said_elsewhere() -> None:
    text = "Please ring 0800 1999 and we will unlock the account."
    right = build_workspace(
        bank(text, NUMBERS + NUMBERS.replace("1999", "1992").replace(":\n  d", "_b:\n  d"))
    )
    assert not any(map(Habits.of(right).is_odd, right.templates.values()))
