"""Step one: edges that are missing, examples in the wrong leaf, thresholds that hold too much back."""

from collections.abc import Sequence
from dataclasses import replace

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.pipeline.fixture import Forced
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench, unused
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.intent import _loose_edges, _moved_examples, synthesise, threshold
from fixloop.workspace.snapshot import Overlay
from fixloop.workspace.text import text_digest
from tests.unit.propose.synthesis.benches import bench_of, faulted, group, ops, propose_all, told, world

RECALLS = (
    "please recall the payment I made this morning to the plumber",
    "I paid the invoice twice, please get one payment back soon",
    "can you return my payment of yesterday to me",
    "get one payment back please, I paid it twice",
)


def leaf_group(bench: Workbench, rejected: Sequence[Feedback], leaf: str) -> Group:
    change = Intervention(
        "intent", "add_example", f"workspace/examples/{leaf}.jsonl", Wanted(leaf=leaf), Forced(leaf=leaf), 1.0
    )
    return group(bench, [(one, change) for one in rejected])


def test_a_leaf_that_no_parent_leads_to_is_put_below_one() -> None:
    right = world()
    wrong = faulted(right, Operation("remove_edge", {"parent": "payments", "child": "payment_recall"}))
    now = propose_all(wrong, RECALLS)
    assert all(one.leaf != "payment_recall" for one in now.values())
    bench = bench_of(wrong, [told(text, now[text], "rejected") for text in RECALLS])
    draft = synthesise(bench, leaf_group(bench, bench.stored, "payment_recall"))
    assert isinstance(draft, Draft)
    assert draft.kind == "add_edge"
    assert ops(draft.operations)[0]["child"] == "payment_recall"
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    assert hint.operations[0].args["parent"] in ("payments", "root")


def test_examples_in_each_others_leaf_are_moved() -> None:
    right = world()
    strayed = (
        ("my account is locked", "account_locked", "transfer_failed"),
        ("locked out of my account again", "account_locked", "transfer_failed"),
        ("my transfer was rejected", "transfer_failed", "account_locked"),
        ("why did the transfer fail", "transfer_failed", "account_locked"),
    )
    mixed = [
        Operation(op, {"leaf": leaf, "text": text})
        for text, own, other in strayed
        for op, leaf in (("remove_example", own), ("add_example", other))
    ]
    wrong = faulted(right, *mixed)
    locked = ("is my account locked again", "why is my account locked", "locked out of the account today")
    failed = ("was my transfer rejected", "did the transfer fail", "why was the transfer rejected today")
    was, now = propose_all(right, [*locked, *failed]), propose_all(wrong, [*locked, *failed])
    rejected = [told(text, now[text], "rejected") for text in locked]
    # What staff and cases say of other texts tells what belongs where.
    bench = bench_of(wrong, rejected)
    known = [(f"{text} please", was[text].leaf) for text in was]
    draft = synthesise(bench_with(bench, known), leaf_group(bench, rejected, "account_locked"))
    assert isinstance(draft, Draft)
    moved = next(one for one in (draft, *draft.instead) if one.kind == "remove_example")
    assert {(o["op"], o["leaf"], o["text"]) for o in ops(moved.operations)} == {
        (op, leaf, text)
        for text, own, other in strayed
        for op, leaf in (("remove_example", other), ("add_example", own))
    }


def bench_with(bench: Workbench, known: Sequence[tuple[str, str]]) -> Workbench:
    """The bench with texts that staff accepted of some leaves."""
    bench.__dict__["accepted"] = known
    return bench


def held_back(level: str, value: float) -> tuple[Workbench, list[Feedback]]:
    right = world()
    was_at = {"root": 0.3}.get(level)
    wrong = faulted(right, Operation("set_threshold", {"at": level, "was": was_at, "to": value}))
    texts = (*RECALLS, "my transfer was rejected again", "what a lovely day it is", "do you sponsor a club")
    was, now = propose_all(right, texts), propose_all(wrong, texts)
    feedback = [told(t, now[t], "accepted" if was[t].leaf == now[t].leaf else "rejected") for t in texts]
    return bench_of(wrong, feedback), [one for one in feedback if one.outcome == "rejected"]


def test_a_threshold_that_holds_back_too_much_is_lowered() -> None:
    bench, rejected = held_back("root", 0.999)
    assert len(rejected) >= 3
    members = [
        (
            one,
            Intervention(
                "intent",
                "set_threshold",
                "workspace/intents.yaml#thresholds.root",
                Wanted(leaf=bench.before[one.id].raw_leaf),
                Forced(leaf=bench.before[one.id].raw_leaf),
                1.0,
            ),
        )
        for one in rejected
    ]
    draft = threshold(bench, group(bench, members))
    assert isinstance(draft, Draft)
    (edit,) = ops(draft.operations)
    assert (edit["at"], edit["was"]) == ("root", 0.999)
    assert edit["to"] < 0.999
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    assert hint.measured is not None
    assert hint.measured.fixed == len(rejected)


def test_a_threshold_goes_where_nothing_is_known_to_stay_out() -> None:
    bench, rejected = held_back("payments", 0.999)
    assert rejected
    members = [
        (
            one,
            Intervention(
                "intent",
                "set_threshold",
                "workspace/intents.yaml#thresholds.payments",
                Wanted(leaf=bench.before[one.id].raw_leaf),
                Forced(leaf=bench.before[one.id].raw_leaf),
                1.0,
            ),
        )
        for one in rejected
    ]
    draft = threshold(bench, group(bench, members))
    assert isinstance(draft, Draft)
    assert ops(draft.operations) == [{"op": "set_threshold", "at": "payments", "was": 0.999, "to": None}]


def test_a_threshold_stays_where_right_and_wrong_cross() -> None:
    """A text rightly held back scores higher than one that should come in: no number parts them."""
    right = world()
    wrong = faulted(right, Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.999}))
    now = propose_all(wrong, RECALLS)
    ranked = sorted(RECALLS, key=lambda text: now[text].scores.get(now[text].raw_leaf, 0.0))
    feedback = [told(ranked[0], now[ranked[0]], "rejected"), told(ranked[-1], now[ranked[-1]])]
    bench = bench_of(wrong, feedback)
    change = Intervention(
        "intent",
        "set_threshold",
        "workspace/intents.yaml#thresholds.root",
        Wanted(leaf=now[ranked[0]].raw_leaf),
        Forced(leaf=now[ranked[0]].raw_leaf),
        1.0,
    )
    assert isinstance(threshold(bench, group(bench, [(feedback[0], change)])), Unable)


def test_plan_cases_that_say_only_the_language_are_no_texts() -> None:
    case = """\
- id: p-1
  leaf: account_locked
  ticket: {language: de}
  expect: {reply: request_account_information}
"""
    right = Overlay(world(), {"evals/plan/german.yaml": case.encode()})
    wrong = faulted(right, Operation("remove_edge", {"parent": "payments", "child": "payment_recall"}))
    now = propose_all(wrong, RECALLS)
    bench = bench_of(wrong, [told(text, now[text], "rejected") for text in RECALLS])
    assert isinstance(synthesise(bench, leaf_group(bench, bench.stored, "payment_recall")), Draft)
    assert unused(bench, RECALLS) == sorted(RECALLS, key=text_digest)


def test_a_leaf_that_lost_tickets_to_what_hangs_loose_gets_them_back_by_the_way_to_it() -> None:
    wrong = faulted(world(), Operation("remove_edge", {"parent": "payments", "child": "payment_recall"}))
    texts = ("my transfer was rejected this morning", *RECALLS[:1])
    now = propose_all(wrong, texts)
    bench = bench_of(wrong, [told(text, now[text], "rejected") for text in texts])
    asked = leaf_group(bench, bench.stored[:1], "transfer_failed")
    loose = [one for one in _loose_edges(bench, asked, "transfer_failed") if one is not None]
    assert [ops(one.operations)[0]["child"] for one in loose] == ["payment_recall"] * len(loose) != []
    assert all(one.wanted[bench.stored[0].id].leaf == "transfer_failed" for one in loose)
    assert not list(_loose_edges(bench_of(world(), list(bench.stored)), asked, "transfer_failed"))


def test_two_leaves_that_lie_mixed_are_told_apart_where_their_tickets_went_to_a_third() -> None:
    locked, failed = (
        [f"{start} {what}" for start in starts for what in ends]
        for starts, ends in (
            (
                ("my account is locked", "locked out of the account"),
                ("again", "today", "since monday", "now"),
            ),
            (
                ("my transfer was rejected", "the transfer came back"),
                ("again", "today", "since monday", "now"),
            ),
        )
    )
    strayed = [(one, "account_locked", "transfer_failed") for one in locked[::2]]
    strayed += [(one, "transfer_failed", "account_locked") for one in failed[::2]]
    own = [(one, "account_locked") for one in locked[1::2]] + [
        (one, "transfer_failed") for one in failed[1::2]
    ]
    add = [Operation("add_example", {"leaf": to, "text": text}) for text, _, to in strayed]
    add += [Operation("add_example", {"leaf": leaf, "text": text}) for text, leaf in own]
    wrong = faulted(world(), *add)
    texts = ["somebody locked the account of mine", "the account I have is locked, why"]
    now = propose_all(wrong, texts)
    bench = bench_with(bench_of(wrong, [told(text, now[text], "rejected") for text in texts]), [])
    asked = leaf_group(bench, bench.stored, "account_locked")
    beside = leaf_group(bench, bench.stored, "transfer_failed").members[0].readings[0]
    members = tuple(
        replace(one, before=replace(one.before, leaf="login_problem"), readings=(*one.readings, beside))
        for one in asked.members
    )
    draft, _, _ = _moved_examples(bench, replace(asked, members=members), "account_locked")
    assert draft is not None
    moved = {(o.op, o.args["leaf"], o.args["text"]) for o in draft.operations}
    assert {("remove_example", to, text) for text, _, to in strayed} <= moved


MISFILED = ("somebody has locked my account", "the account I have is locked")


def misfiled_draft(*tickets: str, accepted: Sequence[str] = ()) -> Draft | None:
    """Tickets that mean account_locked, examples of whose words lie in transfer_failed."""
    add = [Operation("add_example", {"leaf": "transfer_failed", "text": text}) for text in MISFILED]
    wrong = faulted(world(), *add)
    now = propose_all(wrong, [*tickets, *accepted])
    bench = bench_of(
        wrong, [told(t, now[t], "rejected") for t in tickets] + [told(t, now[t]) for t in accepted]
    )
    asked = leaf_group(bench, [one for one in bench.stored if one.outcome == "rejected"], "account_locked")
    members = tuple(replace(m, before=replace(m.before, leaf="transfer_failed")) for m in asked.members)
    return _moved_examples(bench, replace(asked, members=members), "account_locked")[1]


def test_examples_that_rejected_tickets_repeat_go_to_the_leaf_that_staff_mean() -> None:
    repeated = [f"{text} again" for text in MISFILED]
    draft = misfiled_draft(*repeated)
    assert draft is not None
    assert draft.summary == "2 examples of account_locked lie in transfer_failed: move them"
    moved = {(o.op, o.args["leaf"], o.args["text"]) for o in draft.operations}
    assert moved == {("remove_example", "transfer_failed", text) for text in MISFILED} | {
        ("add_example", "account_locked", text) for text in MISFILED
    }
    assert misfiled_draft(repeated[0]) is None
    assert misfiled_draft(repeated[0], "where is my new card") is None
