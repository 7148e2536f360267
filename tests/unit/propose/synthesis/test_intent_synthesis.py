"""Examples and new leaves: which texts teach and which are asked, names, and drafts tried once more."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint, Moves
from fixloop.hints.operation import Operation
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.repair import Lost, shore, spare, taught_texts, turn
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench, build_workbench, unused
from fixloop.propose.diagnosis.diagnose import Company, Diagnosis, Reading, diagnose
from fixloop.propose.diagnosis.group import Group, clear_groups, with_silent
from fixloop.propose.evidence.company import Voices
from fixloop.propose.evidence.leaf_evidence import learn_comments
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis import intent
from fixloop.propose.synthesis.examples import border_of, neighbours, split_texts, synthesise
from fixloop.propose.synthesis.new_leaf import draft_named, name_candidates, renamed, rival_names
from tests.support.worlds import build_snapshot, minimal_world

PAUSE = (
    ("can i pause my loan for three months", "payment holiday"),
    ("please let me pause the loan until spring", "wants a payment holiday"),
    ("i would like to pause paying the loan", "pause the loan"),
    ("could the loan be paused while i am ill", "payment holiday!!"),
    ("pause my loan payments please", "pause, not a transfer"),
    ("is it possible to pause the loan", "this is a payment holiday"),
)
LOCKED = ("i can no longer access my account", "my account access is locked again", "account locked today")
CARD = tuple(f"my card is {what} and i want a new one" for what in ("bent", "torn", "cut", "burnt"))


class NoCache:
    """Nothing is remembered."""

    def load(self, kind: str, key: str) -> bytes | None:
        return None

    def save(self, kind: str, key: str, data: bytes) -> None:
        return None


def told(number: int, text: str, comment: str, outcome: str = "rejected", leaf: str = "other") -> Feedback:
    ticket = {"id": f"T-{number}", "text": text}
    proposal = {"leaf": leaf, "fields": {}, "rows": {}}
    return Feedback(f"fb-{number:016x}", "native", ticket, outcome, comment, "staff-1", proposal=proposal)


def bench_of(*feedback: Feedback) -> Workbench:
    return build_workbench("0" * 40, build_snapshot(minimal_world()), feedback, NoCache())


def group_of(bench: Workbench, feedback: list[Feedback], leaf: str | None) -> Group:
    kind = "add_example" if leaf else "add_leaf"
    change = Intervention("intent", kind, "target", Wanted(leaf=leaf), None, 1.0)
    members = tuple(
        Diagnosis(one, bench.before[one.id], (Reading(change, 0.9),), bool(one.comment)) for one in feedback
    )
    return Group(change.key, members)


PAUSED = [told(n, text, comment) for n, (text, comment) in enumerate(PAUSE)]


def test_a_third_is_asked_and_never_taught() -> None:
    texts = [f"text {n}" for n in range(7)]
    teach, ask = split_texts(texts)
    assert (len(teach), len(ask)) == (5, 2)
    assert set(teach) | set(ask) == set(texts)
    assert split_texts(["alone"]) == ([], ["alone"])


def test_texts_of_a_split_are_left_alone() -> None:
    bench = bench_of()
    example = next(iter(bench.workspace.examples.values()))[0].text
    assert unused(bench, [example.upper(), "quite new", "Quite  new"]) in (["quite new"], ["Quite  new"])


def test_examples_come_with_cases_and_near_misses() -> None:
    bench = bench_of(*PAUSED)
    draft = synthesise(bench, group_of(bench, PAUSED, "transfer_failed"))
    assert isinstance(draft, Draft)
    asked = {case["text"] for case in draft.cases}
    assert len(asked) == 2
    assert not asked & set(taught_texts(draft))
    assert all(case["expect"] != "transfer_failed" for case in draft.near_misses)


def test_neighbours_learn_what_lies_near_the_border() -> None:
    accepted = [told(50 + n, text, "", "accepted", "account_locked") for n, text in enumerate(LOCKED)]
    more = [
        told(60 + n, f"{text} number {n}", "", "accepted", "account_locked") for n, text in enumerate(LOCKED)
    ]
    bench = bench_of(*PAUSED, *accepted, *more)
    border = border_of(bench, [text for text, _ in PAUSE], "transfer_failed")
    asked, taught = ({str(x["text"]) for x in found} for found in (border.near_misses, _args(border.across)))
    assert len(asked) == 3
    assert taught and not asked & taught
    assert {str(one["leaf"]) for one in _args(border.across)} == {"account_locked"}


def _args(operations: Sequence[Operation]) -> list[Mapping[str, Any]]:
    return [operation.args for operation in operations]


def test_accepted_tickets_teach_beside_the_evidence() -> None:
    accepted = [told(50 + n, text, "", "accepted", "account_locked") for n, text in enumerate(LOCKED)]
    bench = bench_of(*PAUSED, *accepted)
    near = neighbours(bench, ["my account is locked again, why"], "account_locked")
    assert near[0] == "my account access is locked again"
    assert set(near) <= set(LOCKED)


def test_one_rejection_alone_waits() -> None:
    bench = bench_of(PAUSED[0])
    assert isinstance(synthesise(bench, group_of(bench, PAUSED[:1], "transfer_failed")), Unable)


def test_the_name_is_what_staff_call_it() -> None:
    bench = bench_of(*PAUSED)
    members = group_of(bench, PAUSED, None).members
    assert name_candidates(bench, members)[0] == "payment_holiday"
    assert rival_names(bench, members) == ["payment_holiday", "pause"]


def test_a_name_that_is_expected_has_no_rival() -> None:
    asked = [replace(one, expected={"leaf": "loan_break"}) for one in PAUSED]
    bench = bench_of(*asked)
    assert rival_names(bench, group_of(bench, asked, None).members) == ["loan_break"]
    half = [
        replace(one, expected={"leaf": ("loan_break", "loan_pause")[n % 2]}) for n, one in enumerate(PAUSED)
    ]
    assert rival_names(bench, group_of(bench, half, None).members) == ["loan_break", "loan_pause"]


def test_customers_name_what_staff_have_no_word_for() -> None:
    wordless = [told(n, text, "hm") for n, (text, _) in enumerate(PAUSE)]
    bench = bench_of(*wordless)
    names = name_candidates(bench, group_of(bench, wordless, None).members)
    assert {"loan", "pause"} <= {word for name in names for word in name.split("_")}


def test_what_is_said_of_several_tickets_in_the_same_words_names_no_leaf() -> None:
    grumbling = "I have worked here for nineteen years and never sent such a thing"
    for comments, named in (
        (("hm", grumbling), False),
        (("never a carrier pigeon loft", "the carrier pigeon loft again"), True),
    ):
        asked = [told(n, text, comments[n % 2], leaf="transfer_failed") for n, (text, _) in enumerate(PAUSE)]
        bench = bench_of(*asked)
        members = [
            replace(one, before=replace(one.before, leaf="transfer_failed"))
            for one in group_of(bench, asked, None).members
        ]
        assert bool(name_candidates(bench, members)) is named, comments


def test_texts_that_no_tree_uses_name_what_nobody_has_a_word_for() -> None:
    wordless = [told(n, text, "no", leaf="transfer_failed") for n, (text, _) in enumerate(PAUSE)]
    made = minimal_world()
    for name in ("pause_loan_how", "pause_loan_when", "lost_card_first"):
        made["workspace/templates.yaml"] += f"{name}:\n  description: Left.\n  text: Hello.\n"
    bench = build_workbench("0" * 40, build_snapshot(made), wordless, NoCache())
    members = [
        replace(one, before=replace(one.before, leaf="transfer_failed"))
        for one in group_of(bench, wordless, None).members
    ]
    assert name_candidates(bench, members)[0] == "pause_loan"
    plain = bench_of(*wordless)
    assert not name_candidates(plain, members)


def test_another_name_changes_nothing_but_the_name() -> None:
    bench = bench_of(*PAUSED)
    draft = draft_named(bench, group_of(bench, PAUSED, None), "pause")
    assert isinstance(draft, Draft)
    hint = Hint(
        draft.step, draft.kind, draft.target, draft.summary, ("fb-1",), draft.operations, draft.cases,
        moves=Moves(("other/fallback",), ("pause/fallback",), 6),
    ).named_cases()  # fmt: skip
    other = renamed(hint, "pause", "loan_break")
    assert other.id != hint.id
    assert [o.op for o in other.operations] == [o.op for o in hint.operations]
    assert {case["expect"] for case in other.cases} == {"loan_break"}
    assert {case["id"].rpartition("-")[0] for case in other.cases} == {other.id}
    assert other.moves.to == ("loan_break/fallback",)
    assert other.target == "workspace/intents.yaml#loan_break"


def draft_of(count: int) -> Draft:
    bench = bench_of(*PAUSED[:count])
    draft = synthesise(bench, group_of(bench, PAUSED[:count], "transfer_failed"))
    assert isinstance(draft, Draft)
    return draft


def test_the_examples_nearest_to_a_lost_answer_go() -> None:
    draft = draft_of(6)
    lost = taught_texts(draft)[0]
    mended = spare(draft, [lost])
    assert mended is not None
    assert lost not in taught_texts(mended)
    assert mended.cases == draft.cases
    assert spare(draft_of(3), [lost, "anything"]) is None


def test_an_example_that_is_not_moved_stays_where_it_is() -> None:
    draft = draft_of(6)
    out = [Operation("remove_example", {**o.args, "leaf": "other"}) for o in draft.operations]
    moved = spare(replace(draft, operations=(*out, *draft.operations)), ["i lost access to my account"])
    assert moved is not None
    removed, added = (
        [o.args["text"] for o in moved.operations if o.op == op] for op in ("remove_example", "add_example")
    )
    assert removed == added
    assert len(added) < 6


def test_a_neighbour_is_shored_up_with_tickets_of_its_own() -> None:
    locked = [f"{text} please, number {n}" for n in range(8) for text in LOCKED]
    accepted = [told(40 + n, text, "", "accepted", "account_locked") for n, text in enumerate(locked)]
    bench = bench_of(*PAUSED, *accepted)
    draft = synthesise(bench, group_of(bench, PAUSED, "transfer_failed"))
    assert isinstance(draft, Draft)
    held = [text for text, leaf in bench.accepted if leaf == "account_locked"]
    assert held
    shored = shore(bench, draft, [Lost("i lost access to my account", "account_locked")])
    assert shored is not None
    added = [operation.args for operation in shored.operations[len(draft.operations) :]]
    assert {one["leaf"] for one in added} == {"account_locked"}
    assert {one["text"] for one in added} <= set(held)
    assert taught_texts(shored) == taught_texts(draft)
    assert shore(bench, draft, [Lost("anything", "payment_recall")]) is None


def test_cases_and_examples_take_turns() -> None:
    draft = draft_of(6)
    turned = turn(draft)
    assert turned is not None
    asked, asked_before = ({c["text"] for c in one.cases} for one in (turned, draft))
    assert not asked & asked_before
    assert asked_before <= set(taught_texts(turned))
    assert asked <= set(taught_texts(draft))
    again = turn(turned)
    assert again is not None
    assert not {c["text"] for c in again.cases} & (asked | asked_before)


def test_words_that_led_to_a_leaf_are_learnt() -> None:
    bench = bench_of()
    example = bench.workspace.examples["account_locked"][0].text
    feedback = [told(1, example, "shut out"), told(2, "something else", "ghost"), told(3, example, "")]
    learnt = learn_comments(bench.workspace, feedback, {})
    assert learnt == {"account_locked": ("shut out",)}


def test_silent_rejections_join_those_like_them() -> None:
    silent = told(20, "please pause my loan payments", "no")
    strange = told(21, "where is the nearest cash machine", "no")
    rejections = [*PAUSED, silent, strange]
    bench = bench_of(*rejections)
    found = diagnose(bench, rejections)
    quiet = [one for one in found if one.feedback in (silent, strange)]
    assert all(one.silent for one in quiet)
    voices: Voices = found[0].company.voices  # type: ignore[union-attr]
    spoken = group_of(bench, PAUSED, None)
    members = tuple(
        Diagnosis(m.feedback, m.before, m.readings, True, False, Company(voices, n))
        for n, m in enumerate(spoken.members)
    )
    joined = with_silent([Group(spoken.key, members)], quiet)[0]
    assert silent in joined.evidence
    assert strange not in joined.evidence


def test_groups_never_hold_one_rejection_twice() -> None:
    rejections = [*PAUSED, *(told(30 + n, text, "replacement card") for n, text in enumerate(CARD))]
    groups = clear_groups(diagnose(bench_of(*rejections), rejections))
    ids = [one.id for group in groups for one in group.evidence]
    assert len(ids) == len(set(ids))


def test_what_staff_answer_again_and_again_becomes_the_new_leafs_reply() -> None:
    reply = "You can pause a loan for up to three months. Please fill in the form in the app."
    told_so = [replace(one, reply=f"{reply} Kind regards" if n else reply) for n, one in enumerate(PAUSED)]
    bench = bench_of(*told_so)
    draft = draft_named(bench, group_of(bench, told_so, None), "payment_holiday")
    assert isinstance(draft, Draft)
    added = {o.op: o.args for o in draft.operations if o.op in ("add_template", "set_reply")}
    assert added["add_template"]["name"] == "payment_holiday_answer"
    assert added["set_reply"]["to"] == "payment_holiday_answer"
    assert "answered by payment_holiday_answer" in draft.summary
    trial = bench.try_operations(draft.operations)
    planned = trial.pipeline.plan("payment_holiday", {}, [])
    assert planned.reply.text.startswith("You can pause a loan")
    again = apply_operations(trial.snapshot, draft.operations)
    assert again.edits == {}


def test_replies_that_differ_stay_with_a_person() -> None:
    words = ("one two three", "four five six", "seven eight nine", "ten eleven twelve", "a b c", "d e f")
    told_so = [replace(one, reply=said) for one, said in zip(PAUSED, words, strict=True)]
    bench = bench_of(*told_so)
    draft = draft_named(bench, group_of(bench, told_so, None), "payment_holiday")
    assert isinstance(draft, Draft)
    assert not [o for o in draft.operations if o.op in ("add_template", "set_reply")]


BOUNCED = tuple(
    f"the direct debit for the {what} bounced {when}"
    for what in ("rent", "phone", "gym")
    for when in ("again", "on monday")
)
STRAY = tuple(
    f"the direct debit for the {what} bounced, why" for what in ("car", "water", "power", "lease", "club")
)


def test_a_leaf_is_taught_before_single_examples_of_its_neighbour_are_moved() -> None:
    world = minimal_world()
    path = "workspace/examples/account_locked.jsonl"
    own = "".join(f'{{"text": "{text}"}}\n' for text in (*LOCKED, *CARD, *STRAY))
    wrong = [told(n, text, "a transfer that failed", leaf="account_locked") for n, text in enumerate(BOUNCED)]
    accepted = [told(50 + n, text, "", "accepted", "account_locked") for n, text in enumerate(LOCKED)]
    base = build_snapshot({**world, path: world[path] + own})
    bench = build_workbench("0" * 40, base, [*wrong, *accepted], NoCache())
    draft = intent.synthesise(bench, group_of(bench, wrong, "transfer_failed"))
    assert isinstance(draft, Draft)
    kinds = [one.kind for one in (draft, *draft.instead)]
    assert kinds[:2] == ["add_example", "remove_example"]


def test_who_asks_for_a_leaf_asks_for_no_threshold_without_a_level() -> None:
    """One text, with nothing near it to learn from: it is left at that, and not "the threshold of None"."""
    one = told(1, "something else entirely about a moon", "transfer_failed")
    bench = bench_of(one)
    found = intent.threshold(bench, group_of(bench, [one], "transfer_failed"))
    assert isinstance(found, Unable)
