"""Corrected replies: sentences put in and out, variables inferred, other languages, new templates."""

from dataclasses import replace

import pytest

from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.corrections import corrected_reply
from fixloop.propose.synthesis.template import synthesise
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, group, ops, propose_all, told, world

TEMPLATES = str(world().read("workspace/templates.yaml"), "utf-8")  # type: ignore[arg-type]
UNLOCK = "Please call {{ record.hotline }} and we will unlock the account."


def _group(bench: Workbench, rejected: list[Feedback]):  # type: ignore[no-untyped-def]
    name = bench.before[rejected[0].id].reply.template
    change = Intervention(
        "template",
        "edit_template",
        f"workspace/templates.yaml#{name}",
        Wanted(leaf="account_locked"),
        None,
        1.0,
    )
    return group(bench, [(one, change) for one in rejected])


def _mended(right: str, wrong: str, said: str = "") -> Hint:
    """The hint for one corrected reply; every ticket must then read as with the right text."""
    good = world(templates=TEMPLATES.replace(UNLOCK, right))
    bad = world(templates=TEMPLATES.replace(UNLOCK, wrong))
    was, now = propose_all(good, LOCKED.values()), propose_all(bad, LOCKED.values())
    feedback = [told(text, now[text]) for text in LOCKED.values() if was[text].reply == now[text].reply]
    spoken = LOCKED["open"]
    reply = None if said else was[spoken].reply.text
    feedback.append(told(spoken, now[spoken], "rejected", reply=reply, comment=said))
    bench = bench_of(bad, feedback)
    draft = synthesise(bench, _group(bench, feedback[-1:]))
    assert isinstance(draft, Draft), draft
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = propose_all(apply_operations(bad, hint.operations).snapshot, LOCKED.values())
    assert {t: one.reply.text for t, one in mended.items()} == {t: one.reply.text for t, one in was.items()}
    return hint


@pytest.mark.parametrize(
    "wrong",
    [
        "Please call {{ record.branch }} and we will unlock the account.",
        "Please call {{ record.hotline }} and we will close the account.",
        "Please call {{ record.hotline }}.",
        "Please write to us. Please call {{ record.hotline }} and we will unlock the account.",
        "Please call 0800 9999 and we will unlock the account.",
    ],
)
def test_a_corrected_reply_puts_the_text_right_for_everybody(wrong: str) -> None:
    hint = _mended(UNLOCK, wrong)
    assert hint.kind == "edit_template"
    assert len(hint.near_misses) >= 3


def test_a_sentence_that_is_missing_goes_where_it_was_written() -> None:
    right = "Please call {{ record.hotline }}. Have a passport at hand. We will unlock the account."
    hint = _mended(right, right.replace(" Have a passport at hand.", ""))
    assert "passport" in str(hint.operations[0].args["to"])


def test_a_variable_that_cannot_be_rendered_is_inferred_from_the_corrected_reply() -> None:
    base = world(templates=TEMPLATES.replace(UNLOCK, UNLOCK.replace("record.hotline", "record.fraud_flag")))
    text = LOCKED["unflagged"]
    now = propose_all(base, [text, LOCKED["none"]])
    assert now[text].reply.template == "handover"
    reply = "Please call 0800 5678 and we will unlock the account."
    feedback = [told(text, now[text], "rejected", reply=reply), told(LOCKED["none"], now[LOCKED["none"]])]
    bench = bench_of(base, feedback)
    draft = synthesise(bench, _group(bench, feedback[:1]))
    assert isinstance(draft, Draft), draft
    (edit,) = ops(draft.operations)
    assert (edit["was"], edit["to"]) == ("{{ record.fraud_flag }}", "{{ record.hotline }}")
    assert isinstance(dry_run(bench, draft), Hint)


def test_a_number_changes_in_every_language() -> None:
    texts = "text: {en: 'Call 0800 1111 now.', de: 'Rufen Sie 0800 1111 an.'}"
    base = world(templates=TEMPLATES.replace(f"text: {UNLOCK}", texts))
    now = propose_all(base, [LOCKED["open"]])
    feedback = [told(LOCKED["open"], now[LOCKED["open"]], "rejected", reply="Call 0800 2222 now.")]
    bench = bench_of(base, feedback)
    draft = synthesise(bench, _group(bench, feedback))
    assert isinstance(draft, Draft)
    assert {one["language"] for one in ops(draft.operations)} == {"en", "de"}
    assert draft.open_work == ()


def test_words_are_left_to_whoever_speaks_the_language() -> None:
    texts = "text: {en: 'Call us now.', de: 'Rufen Sie uns an.'}"
    base = world(templates=TEMPLATES.replace(f"text: {UNLOCK}", texts))
    now = propose_all(base, [LOCKED["open"]])
    feedback = [told(LOCKED["open"], now[LOCKED["open"]], "rejected", reply="Call us tomorrow.")]
    bench = bench_of(base, feedback)
    draft = synthesise(bench, _group(bench, feedback))
    assert isinstance(draft, Draft)
    assert [one["language"] for one in ops(draft.operations)] == ["en"]
    assert draft.open_work == ("the de text of unlock_instructions may still say the old thing",)


def test_a_sentence_added_in_one_language_is_said_to_be_missing_in_the_others() -> None:
    texts = "text: {en: 'Call us now.', de: 'Rufen Sie uns an.'}"
    base = world(templates=TEMPLATES.replace(f"text: {UNLOCK}", texts))
    now = propose_all(base, [LOCKED["open"]])
    said = 'the sentence "Have your card at hand" is missing'
    feedback = [told(LOCKED["open"], now[LOCKED["open"]], "rejected", comment=said)]
    bench = bench_of(base, feedback)
    draft = synthesise(bench, _group(bench, feedback))
    assert isinstance(draft, Draft)
    (edit,) = ops(draft.operations)
    assert (edit["was"], edit["to"]) == ("now.", "now. Have your card at hand.")
    assert draft.summary.startswith("unlock_instructions lacks “Have your card at hand.” (used by 2")
    assert draft.open_work == ("the de text of unlock_instructions does not say what is added here",)


@pytest.mark.parametrize(
    ("said", "corrected"),
    [
        ('text should say "noon", not "six"', "We open at noon today."),
        ("„six“ ist veraltet, jetzt „noon“", "We open at noon today."),
        ('the sentence "Bring a passport." is missing', "We open at six today. Bring a passport."),
        (
            'the sentence "Bring your old passport" is missing',
            "We open at six today. Bring your old passport.",
        ),
        ("es fehlt: „Bringen Sie einen Ausweis mit“", "We open at six today. Bringen Sie einen Ausweis mit."),
        ('it lacks "Is noon too late for you?"', "We open at six today. Is noon too late for you?"),
        ('"for members only"', "We open at six today. for members only"),
        ('not "We open at six today." but "Come whenever you like"', "Come whenever you like."),
        ('drop "today"', "We open at six ."),
        ("please write noon instead of six", "We open at noon today."),
        (
            "what the customer waited for: Please bring your passport with you",
            "We open at six today. Please bring your passport with you.",
        ),
        ("what the customer waited for: A gold card brought by a courier", None),
        ("a line is gone: Gold cards come by courier", "We open at six today. Gold cards come by courier."),
        ("why 'six'? it is 'noon' now", "We open at noon today."),
        ("no", None),
    ],
)
def test_what_staff_quote_is_a_correction(said: str, corrected: str | None) -> None:
    one = told(
        LOCKED["none"], propose_all(world(), [LOCKED["none"]])[LOCKED["none"]], "rejected", comment=said
    )
    assert corrected_reply(one, "We open at six today.") == corrected


@pytest.mark.parametrize(
    ("said", "corrected"),
    [
        ("should have said 0800 2222", "Call 0800 2222 within 30 days."),
        ("it is 60", "Call 0800 1111 within 60 days."),
        ("what they need: 1131", "Call 0800 1131 within 30 days."),
        ("not 30 but 60", None),
        ("about 5555 or so", None),
    ],
)
def test_a_number_named_alone_is_put_in_place_of_the_one_like_it(said: str, corrected: str | None) -> None:
    one = told(
        LOCKED["none"], propose_all(world(), [LOCKED["none"]])[LOCKED["none"]], "rejected", comment=said
    )
    assert corrected_reply(one, "Call 0800 1111 within 30 days.") == corrected


def test_a_value_that_staff_name_alone_comes_from_the_variable_that_gives_it() -> None:
    (record,) = propose_all(world(), [LOCKED["open"]])[LOCKED["open"]].records
    said = f"the customer needs {record.row['hotline']}"
    hint = _mended(UNLOCK, UNLOCK.replace("record.hotline", "record.branch"), said)
    (edit,) = ops(hint.operations)
    assert (edit["was"], edit["to"]) == ("{{ record.branch }}", "{{ record.hotline }}")


@pytest.mark.parametrize(
    ("said", "is_told"),
    [
        ("it must be account_number", True),
        ("the account number instead of the branch please", True),
        ("there is nothing about an account here", False),
    ],
)
def test_a_column_that_staff_name_is_the_variable(said: str, is_told: bool) -> None:
    base = world(templates=TEMPLATES.replace(UNLOCK, UNLOCK.replace("record.hotline", "record.branch")))
    now = propose_all(base, [LOCKED["open"]])
    one = told(LOCKED["open"], now[LOCKED["open"]], "rejected", comment=said)
    bench = bench_of(base, [one])
    draft = synthesise(bench, _group(bench, [one]))
    assert isinstance(draft, Draft) == is_told
    if isinstance(draft, Draft):
        (edit,) = ops(draft.operations)
        assert (edit["was"], edit["to"]) == ("{{ record.branch }}", "{{ record.account_number }}")


def test_a_value_that_could_stand_in_two_places_waits() -> None:
    wrong = "Call {{ record.branch }} or {{ record.account_number }} and we will unlock the account."
    base = world(templates=TEMPLATES.replace(UNLOCK, wrong))
    now = propose_all(base, [LOCKED["open"]])
    said = f"the customer needs {now[LOCKED['open']].records[0].row['hotline']}"
    one = told(LOCKED["open"], now[LOCKED["open"]], "rejected", comment=said)
    bench = bench_of(base, [one])
    assert isinstance(synthesise(bench, _group(bench, [one])), Unable)


def test_what_other_templates_have_after_these_words_is_the_variable_where_nobody_says_a_word() -> None:
    wrong = UNLOCK.replace("record.hotline", "record.branch")
    more = "\n".join(
        f"{name}:\n  description: d\n  text: 'To {name}, please call {{{{ record.hotline }}}} today.'"
        for name in ("one_more", "two_more")
    )
    base = world(templates=TEMPLATES.replace(UNLOCK, wrong) + "\n" + more + "\n")
    now = propose_all(base, [LOCKED["open"]])
    one = told(LOCKED["open"], now[LOCKED["open"]], "rejected", comment="no")
    bench = bench_of(base, [one])
    draft = synthesise(bench, _group(bench, [one]))
    assert isinstance(draft, Draft), draft
    (edit,) = ops(draft.operations)
    assert (edit["was"], edit["to"]) == ("{{ record.branch }}", "{{ record.hotline }}")


def test_expected_parts_of_a_reply_are_a_correction() -> None:
    one = told(LOCKED["none"], propose_all(world(), [LOCKED["none"]])[LOCKED["none"]], "rejected")
    wish = replace(one, expected={"reply": {"contains": ["noon"], "excludes": ["six"]}})
    assert corrected_reply(wish, "We open at six today.") == "We open at noon today."


def test_two_replies_unlike_every_template_become_a_new_one() -> None:
    base = world()
    other = "Good news: you can lift the lock yourself in the app under Security, Login, Lift."
    texts = [LOCKED["open"], LOCKED["quiet"]]
    now = propose_all(base, [*texts, LOCKED["none"], LOCKED["fraud"]])
    feedback = [told(text, now[text], "edited", reply=other) for text in texts]
    feedback += [told(LOCKED[name], now[LOCKED[name]]) for name in ("none", "fraud")]
    bench = bench_of(base, feedback)
    draft = synthesise(bench, _group(bench, feedback[:2]))
    assert isinstance(draft, Draft), draft
    assert [one["op"] for one in ops(draft.operations)] == ["add_template", "set_reply"]
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = propose_all(apply_operations(base, hint.operations).snapshot, texts)
    assert {one.reply.text for one in mended.values()} == {other}


def test_one_reply_unlike_every_template_waits() -> None:
    base = world()
    now = propose_all(base, [LOCKED["open"]])
    feedback = [
        told(LOCKED["open"], now[LOCKED["open"]], "edited", reply="Something altogether different here, yes.")
    ]
    bench = bench_of(base, feedback)
    assert isinstance(synthesise(bench, _group(bench, feedback)), Unable)
