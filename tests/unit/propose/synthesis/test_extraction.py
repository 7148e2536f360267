"""Patterns, words and spellings: what was missed is read, and not just anything."""

import re

import pytest

from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.pipeline.fixture import Fixture, Forced
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention, Value
from fixloop.propose.readings.patterns import Missed, form_of_values, patterns_for, values_in
from fixloop.propose.synthesis.extraction import synthesise, unread
from fixloop.workspace.checks.extraction import pattern_complaint
from fixloop.workspace.snapshot import Snapshot
from tests.unit.propose.synthesis.benches import (
    LOCKED,
    bench_of,
    faulted,
    group,
    ops,
    propose_all,
    told,
    world,
)

NUMBER = r"\b[A-Z]{3,4}[0-9O]{4,5}\b"


def missed(*pairs: tuple[str, str]) -> list[Missed]:
    return [Missed(value, text) for value, text in pairs]


@pytest.mark.parametrize(
    ("pairs", "present", "unseen"),
    [
        ([("slma7994", "account locked, slma7994, pls unlock")], [NUMBER], ("ktr05821", "KTR05821")),
        ([("KTR05821", "my number is KTR05821.")], [r"\b[A-F]{3,4}[0-9O]{4,5}\b"], ("NSB01234",)),
        ([("KTR05821", "my number is KTR05821.")], [r"\b[A-Z]{4}[0-9O]{4,5}\b"], ("SLM53976",)),
        ([("TWP-204417", "reference TWP-204417, please")], [], ("TWP-118840",)),
        ([("45.90", "I paid 45.90 euros"), ("300", "300 € are gone")], [], ("12 euros",)),
        ([("250", "I sent €250 to my landlord")], [], ("€1,200", "£12")),
        ([("4531", "my card ending in 4531"), ("8888", "Karte endet auf 8888")], [], ("ending in 1234",)),
        ([("6", "a bond of 6 months"), ("12", "for 12 months please")], [], ("18 months",)),
        ([("a.b@mail.example", "write to a.b@mail.example please")], [], ("c@d.example",)),
    ],
)
def test_a_pattern_reads_what_was_missed_and_its_like(
    pairs: list[tuple[str, str]], present: list[str], unseen: tuple[str, ...]
) -> None:
    found = patterns_for(missed(*pairs), present, ["KTR05821", "NSBK0417"] if present else [])
    assert found
    best = found[0].pattern
    assert not pattern_complaint(best)
    for value, text in pairs:
        assert value in values_in(best, text)
    for text in unseen:
        assert values_in(best, text), (best, text)
    assert not values_in(best, "Hello, what happened to my last order of 2024? Thank you in advance")


def test_no_pattern_is_learnt_from_a_plain_word() -> None:
    assert patterns_for(missed(("hello", "hello I need help")), [], []) == []


def test_known_values_say_how_long_a_form_may_be() -> None:
    assert form_of_values(["KTR05821"], ["NSBK0417", "SLM53976"]) == r"[A-Z]{3,4}\d{4,5}"
    form = form_of_values(["KTR05821"], ["SLM5397"])
    assert form is not None
    assert re.fullmatch(form, "ABC1234")
    assert re.fullmatch(form, "ABC12345")
    assert form_of_values(["KTR05821", "20-41-8"], []) is None


def test_one_value_alone_leaves_no_letter_of_a_customer_behind() -> None:
    form = form_of_values(["KTR05821"], [])
    assert form == r"[A-Z]{3}\d{5}"


AFTER_THE_SIGN = r"(?i)(?:€|\beur) ?(\d{1,4}(?:[.,]\d{2})?)(?!\d)"


@pytest.mark.parametrize(
    ("pairs", "present", "read"),
    [
        (
            [("119", "There stand 119 Euro on my bill")],
            [AFTER_THE_SIGN],
            {"was it 87,50 €?": "87,50", "pay 1200 euros": "1200", "only 5 EUR": "5"},
        ),
        (
            [("119", "There stand 119 Euro on my bill")],
            [],
            {"was it 87,50 €?": "87,50", "1.200 euro": "1.200"},
        ),
        ([("40", "I paid £ 40 for it")], [], {"I paid €12.50": "12.50"}),
        (
            [("7", "it was 7 weeks ago")],
            [r"\bweeks: (\d{1,2}(?:/\d)?)(?!\d)"],
            {"some 12 weeks": "12", "1/2 weeks": "1/2"},
        ),
    ],
)
def test_a_short_number_is_read_in_the_form_that_its_field_knows(
    pairs: list[tuple[str, str]], present: list[str], read: dict[str, str]
) -> None:
    best = patterns_for(missed(*pairs), present, [])[0].pattern
    assert {text: values_in(best, text) for text in read} == {text: [value] for text, value in read.items()}
    assert not pattern_complaint(best)
    assert not values_in(best, "back in 2024 or in 30 days, room 12")


def _group(
    bench: Workbench, right: Snapshot, rejected: list[Feedback], field: str, dropped: bool = False
) -> Group:
    """Rejections whose value is not read as the right bank reads it."""
    name_group, _, name = field.partition(".")
    members = []
    for one in rejected:
        text = str(one.ticket["text"])
        meant = propose_all(right, [text])[text]
        now = bench.before[one.id].fields.get(name_group, {}).get(name, ())
        values = meant.fields.get(name_group, {}).get(name, ())
        differing = [v for v in (now if dropped else values) if v not in (values if dropped else now)]
        fixture = Fixture(
            one.fixture.ticket, one.fixture.fields, {k: tuple(v) for k, v in meant.rows.items()}
        )
        change = Intervention(
            "extraction",
            "remove_pattern" if dropped else "add_pattern",
            f"workspace/extraction.yaml#{field}",
            Wanted(),
            Forced(fields=meant.fields),
            1.0,
            value=Value(name_group, name, differing[0], dropped),
            fixture=fixture,
        )
        members.append((one, change))
    return group(bench, members)


def _locked(right: Snapshot, wrong: Snapshot) -> tuple[Workbench, list[Feedback]]:
    was, now = propose_all(right, LOCKED.values()), propose_all(wrong, LOCKED.values())
    feedback = [
        told(text, now[text], "accepted" if was[text].fields == now[text].fields else "rejected")
        for text in LOCKED.values()
    ]
    return bench_of(wrong, feedback), [one for one in feedback if one.outcome == "rejected"]


@pytest.mark.parametrize(
    "broken", [r"\b[A-Z]{4}[0-9O]{4,5}\b", r"\b[K-L][A-Z]{2,3}[0-9O]{4,5}\b", r"\b[A-Z]{3,4}[0-9O]{6}\b", ""]
)
def test_a_broken_pattern_reads_again(broken: str) -> None:
    right = world()
    edits = (
        [Operation("add_pattern", {"field": "account.account_number", "pattern": broken})] if broken else []
    )
    gone = Operation("remove_pattern", {"field": "account.account_number", "pattern": NUMBER})
    wrong = faulted(right, *edits, gone)
    bench, rejected = _locked(right, wrong)
    assert rejected
    draft = synthesise(bench, _group(bench, right, rejected, "account.account_number"))
    assert isinstance(draft, Draft), draft
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = apply_operations(wrong, hint.operations).snapshot
    was, now = propose_all(right, LOCKED.values()), propose_all(mended, LOCKED.values())
    assert [one.outcome for one in now.values()] == [one.outcome for one in was.values()]
    assert hint.cases[0]["suite"] == "extraction"


def test_lower_case_numbers_are_read_in_any_case() -> None:
    right = world()
    text = "my account is locked, ktr05821"
    shown = propose_all(right, [text, *LOCKED.values()])
    feedback = [told(text, shown[text], "rejected", comment="lower case number not recognised")]
    feedback += [told(one, shown[one]) for one in LOCKED.values()]
    bench = bench_of(right, feedback)
    change = Intervention(
        "extraction",
        "add_pattern",
        "workspace/extraction.yaml#account.account_number",
        Wanted(),
        Forced(),
        1.0,
        value=Value("account", "account_number", "ktr05821"),
    )
    draft = synthesise(bench, group(bench, [(feedback[0], change)]))
    assert isinstance(draft, Draft)
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = apply_operations(right, hint.operations).snapshot
    assert propose_all(mended, [text])[text].reply.template == "security_escalation"
    assert len(hint.near_misses) >= 3


def test_look_alikes_are_the_smallest_change() -> None:
    right = world()
    text = "my account NSBO1234 is locked"
    off = Operation("set_variants", {"field": "account.account_number", "was": "confusable", "to": None})
    wrong = faulted(right, off)
    shown = propose_all(wrong, [text, *LOCKED.values()])
    feedback = [told(text, shown[text], "rejected"), *(told(one, shown[one]) for one in LOCKED.values())]
    bench = bench_of(wrong, feedback)
    draft = synthesise(bench, _group(bench, right, feedback[:1], "account.account_number"))
    assert isinstance(draft, Draft)
    assert ops(draft.operations) == [
        {"op": "set_variants", "field": "account.account_number", "was": None, "to": "confusable"}
    ]
    assert isinstance(dry_run(bench, draft), Hint)


def test_a_word_that_is_missing_from_a_list_is_added() -> None:
    listed = world().read("workspace/extraction.yaml").decode()  # type: ignore[union-attr]
    with_kind = listed + "  card:\n    kind: {values: [debit, prepaid]}\n"
    tree = """\
leaf: account_locked
branches:
  - {when: {fields.card.kind: {exists: true}}, reply: transfer_help}
  - {reply: handover}
"""
    right = world(extraction=with_kind, account_locked=tree)
    wrong = world(extraction=with_kind.replace("debit, prepaid", "prepaid"), account_locked=tree)
    text = "my account NSB01234 is locked and my debit card too"
    shown = propose_all(wrong, [text, *LOCKED.values()])
    feedback = [told(text, shown[text], "rejected"), *(told(one, shown[one]) for one in LOCKED.values())]
    bench = bench_of(wrong, feedback)
    draft = synthesise(bench, _group(bench, right, feedback[:1], "card.kind"))
    assert isinstance(draft, Draft)
    assert ops(draft.operations) == [{"op": "add_value", "field": "card.kind", "value": "debit"}]
    assert draft.open_work


def test_a_value_that_changes_no_answer_is_not_worth_a_rule() -> None:
    listed = world().read("workspace/extraction.yaml").decode()  # type: ignore[union-attr]
    with_kind = listed + "  card:\n    kind: {values: [debit, prepaid]}\n"
    right = world(extraction=with_kind)
    wrong = world(extraction=with_kind.replace("debit, prepaid", "prepaid"))
    text = "my account NSB01234 is locked and my debit card too"
    shown = propose_all(wrong, [text])
    feedback = [told(text, shown[text], "rejected")]
    bench = bench_of(wrong, feedback)
    found = synthesise(bench, _group(bench, right, feedback, "card.kind"))
    assert isinstance(found, Unable)
    assert "no answer would change" in found.reason


def test_names_of_people_never_become_words_of_a_list() -> None:
    right = world()
    text = "Zoltan here, my account is locked"
    shown = propose_all(right, [text])
    feedback = [told(text, shown[text], "rejected")]
    bench = bench_of(right, feedback)
    change = Intervention(
        "extraction",
        "add_pattern",
        "workspace/extraction.yaml#people.given_name",
        Wanted(),
        Forced(),
        1.0,
        value=Value("people", "given_name", "Zoltan"),
    )
    assert isinstance(synthesise(bench, group(bench, [(feedback[0], change)])), Unable)


def test_a_value_that_should_not_be_read_is_left_out() -> None:
    right = world()
    extra = Operation("add_pattern", {"field": "account.account_number", "pattern": r"\b[a-z]{6}\b"})
    wrong = faulted(right, extra)
    texts = ["my account is locked, please help", LOCKED["open"]]
    shown = propose_all(wrong, texts)
    feedback = [told(texts[0], shown[texts[0]], "rejected"), told(texts[1], shown[texts[1]])]
    bench = bench_of(wrong, feedback)
    draft = unread(bench, _group(bench, right, feedback[:1], "account.account_number", dropped=True))
    assert isinstance(draft, Draft)
    gone = {"op": "remove_pattern", "field": "account.account_number", "pattern": r"\b[a-z]{6}\b"}
    assert gone in [one for d in (draft, *draft.instead) for one in ops(d.operations)]
