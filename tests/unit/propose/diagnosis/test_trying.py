"""Sets of rejections: who is in one, what an edit makes of all of it, and that a wordless one is asked."""

from collections.abc import Sequence
from dataclasses import replace
from math import log

import pytest

from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Choice, Hint, Measured
from fixloop.hints.operation import Operation
from fixloop.propose import run
from fixloop.propose.attempt import WHOLE, Desk, mended_beside, with_wordless
from fixloop.propose.bench.dryrun import Dropped
from fixloop.propose.bench.wanted import Wanted, tool_names
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import JUDGEMENT, Asking, Diagnosis, Reading, diagnose
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.diagnosis.trying import hypotheses, sets_of
from fixloop.propose.evidence.standing import branch_part, build_standing
from fixloop.propose.evidence.tries import tree_tries
from fixloop.propose.offer.ask import _leads, _speaks, are_unlike, settle
from fixloop.propose.offer.once import joined, moved_once
from fixloop.propose.offer.thin import as_question
from fixloop.propose.offer.tried import TOLD_LEAF, Tried
from fixloop.propose.readings.actions import Action
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.readings.tree_edits import says_itself
from fixloop.propose.run import _is_wordless, propose
from fixloop.workspace.model import Branch, Not, Template, Test
from tests.unit.propose.synthesis.benches import (
    ESCALATE,
    LEAF,
    LOCKED,
    TREE,
    faulted,
    locked_bench,
    propose_all,
    world,
)

NEGATED = Operation(
    "set_condition",
    {
        **LEAF,
        "branch": "fraud",
        "was": {"record.fraud_flag": True},
        "to": {"not": {"record.fraud_flag": True}},
    },
)


def rejected_bench(*faults: Operation, comment: str = "no") -> tuple[Workbench, list[Feedback]]:
    """All locked tickets on the faulted bank; what it answers otherwise is rejected without a word."""
    wishes = dict.fromkeys(LOCKED, comment)
    return locked_bench(world(), faulted(world(), *faults), **wishes)


def diagnosed(bench: Workbench, rejections: Sequence[Feedback]) -> list[Diagnosis]:
    return diagnose(bench, rejections, feedback=bench.stored)


def reading(step: str, target: str, probability: float) -> Reading:
    return Reading(Intervention(step, "k", target, Wanted(), None, 1.0), probability)


def one_of(number: int, *readings: Reading) -> Diagnosis:
    feedback = Feedback(f"fb-{number:016x}", "native", {"id": f"T{number}", "text": "x"}, "rejected")
    bench, rejections = rejected_bench(NEGATED)
    return Diagnosis(feedback, bench.before[rejections[0].id], readings, says_anything=False)


def test_a_place_that_several_share_is_likelier_than_one_each() -> None:
    alone = [
        one_of(n, reading("template", f"own{n}", 0.4), reading("plan", "shared", 0.35)) for n in range(3)
    ]
    apart = one_of(9, reading("fetch", "elsewhere", 0.9), reading("plan", "shared", 0.03))
    found = sets_of([*alone, apart])
    assert [[m.feedback.id for m in some] for some in found] == [
        [one.feedback.id for one in alone],
        [apart.feedback.id],
    ]


def test_every_rejection_is_in_one_set_also_where_nothing_could_be_wrong() -> None:
    quiet = one_of(1, reading("none", "", 1.0))
    assert sets_of([quiet]) == [(quiet,)]


def test_a_condition_turned_round_is_among_the_effects_and_takes_no_accepted_answer_away() -> None:
    bench, rejections = rejected_bench(NEGATED)
    tree = bench.workspace.plan_trees["account_locked"]
    found = tree_tries(bench, tree, rejections).outcomes(rejections, {})
    right = propose_all(world(), LOCKED.values())
    wanted = {
        n: right[str(one.ticket["text"])].reply.template
        for n, one in enumerate(rejections)
        if right[str(one.ticket["text"])].reply.template
    }
    effects = [{n: action.reply for n, action in one.answers.items()} for one in found]
    assert wanted in effects
    for one in found:
        assert set(one.answers) <= set(range(len(rejections)))


def test_what_a_branch_does_costs_less_where_nobody_accepted_it() -> None:
    wrong = Operation(
        "set_reply", {**LEAF, "branch": "fraud", "was": "security_escalation", "to": "transfer_help"}
    )
    bench, rejections = rejected_bench(wrong)
    tree = bench.workspace.plan_trees["account_locked"]
    asked = [Action("security_escalation", (ESCALATE,)), Action("unlock_instructions")]
    found = tree_tries(bench, tree, rejections).outcomes(rejections, dict.fromkeys(asked, 0.1))
    assert {one.answers[0] for one in found if 0 in one.answers} >= {asked[0]}


def test_hypotheses_of_a_tree_lead_each_ticket_to_its_own_answer() -> None:
    bench, rejections = rejected_bench(NEGATED)
    found = hypotheses(bench, diagnosed(bench, rejections))
    assert sum(one.reading.probability for one in found) == pytest.approx(1.0, abs=0.05)
    trees = [one for one in found if one.reading.intervention.step == "plan"]
    assert trees
    assert all(m.readings[0].intervention.step == "plan" for one in trees for m in one.group.members)


def test_a_negated_condition_is_mended_or_offered_where_nobody_says_a_word() -> None:
    bench, rejections = rejected_bench(NEGATED)
    assert len(rejections) >= 2
    hints = propose(bench, list(bench.stored), (), {}).hints
    offered = [c.hint for h in hints if h.question for c in h.question.choices if c.hint]
    fixes = [one for one in (*hints, *offered) if one.operations and one.step == "plan"]
    texts = [str(one.ticket["text"]) for one in rejections]
    right = propose_all(world(), texts)
    after = [propose_all(apply_operations(bench.snapshot, fix.operations).snapshot, texts) for fix in fixes]
    assert any(all(one[t].reply.text == right[t].reply.text for t in texts) for one in after)


def test_a_lone_no_is_asked_about_and_never_left_idle() -> None:
    missing = {"name": "escalate_to_security", "args": {"account_id": "{{ record.account_id }}"}}
    bench, rejections = rejected_bench(Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": missing}))
    assert len(rejections) == 1
    hints = propose(bench, list(bench.stored), (), {}).hints
    assert [one.step != "none" for one in hints if rejections[0].id in one.evidence] == [True]


def test_a_word_about_nothing_here_is_no_word() -> None:
    dropped = Operation("remove_branch", {**LEAF, "branch": "fraud"})
    for comment, wordless in (("rubbish", True), ("the fraud flag is set, escalate to security", False)):
        bench, rejections = rejected_bench(dropped, comment=comment)
        assert {one.wordless for one in diagnosed(bench, rejections)} == {wordless}, comment


def test_choices_of_a_question_are_no_two_of_one_fix() -> None:
    bench, rejections = rejected_bench(NEGATED)
    members = [replace(one, disputed=True) for one in diagnosed(bench, rejections)]
    attempts: list[Group] = []
    found = settle(members, hypotheses(bench, members), lambda group: attempts.append(group))
    assert attempts
    assert found is not None
    assert found.question is not None
    labels = [choice.label for choice in found.question.choices]
    assert len(labels) == len(set(labels)) >= 3


def test_a_choice_rests_on_each_rejection_once_and_is_no_surer_than_sure() -> None:
    bench, rejections = rejected_bench(NEGATED)
    hints = propose(bench, list(bench.stored), (), {}).hints
    offered = [c.hint for h in hints if h.question for c in h.question.choices if c.hint]
    for one in (*hints, *offered):
        assert len(one.evidence) == len(set(one.evidence)) <= len(rejections)
        assert 0 <= one.confidence <= 1


def test_a_condition_that_says_what_its_branch_is_called_speaks_for_itself() -> None:
    closed, barred = Test("record.status", "eq", "closed"), Test("record.status", "eq", "barred")
    turned = Branch("closed", Not(closed), "account_closed")
    assert says_itself(turned, closed) > says_itself(turned, barred) > 0
    assert says_itself(replace(turned, when=closed), Not(closed)) == -says_itself(turned, closed)
    assert says_itself(Branch("b-1", barred, "sorry"), closed) == 0


def test_grumbling_names_no_new_leaf_and_a_wish_does() -> None:
    for comment, names_one in (("utter balderdash", False), ("wants a guardian of the account", True)):
        bench, rejections = rejected_bench(NEGATED, comment=comment)
        asking = Asking.of(bench, rejections, frozenset(), {}, JUDGEMENT, bench.stored)
        told = [one.features for one in asking.weigh(0) if one.outcome.intervention.kind == "add_leaf"]
        assert [("words.new" in features) for features in told] == [names_one] * len(told), comment


def test_a_lone_no_among_many_others_is_asked_about_sooner() -> None:
    missing = {"name": "escalate_to_security", "args": {"account_id": "{{ record.account_id }}"}}
    bench, rejections = rejected_bench(Operation("remove_tool", {**LEAF, "branch": "fraud", "tool": missing}))
    (lone,) = diagnosed(bench, rejections)
    sure = Tried(reading("plan", "p", 0.7), None, 0.7)
    assert _speaks([lone], sure, beside=0)
    assert not _speaks([lone], sure, beside=5)
    assert _speaks([lone, lone], sure, beside=5)


def test_many_who_ask_for_something_new_are_sets_by_what_is_alike_among_them() -> None:
    """New things have a place in common because they have none yet; whoever is like nobody is alone."""
    places = [f"the museum of {place} opens when" for place in ("art", "trains", "ships", "toys", "coins")]
    birds = [f"feed the {bird} in my garden today" for bird in ("robin", "owl", "finch", "wren", "crow")]
    new = reading("intent", "workspace/intents.yaml", 0.6)
    bench, rejections = rejected_bench(NEGATED)
    before = bench.before[rejections[0].id]
    asked = [
        Diagnosis(
            Feedback(f"fb-{number:016x}", "native", {"id": f"T{number}", "text": text}, "rejected"),
            before,
            (new,),
            says_anything=False,
        )
        for number, text in enumerate([*places, *birds, "quite another matter"])
    ]
    found = [{one.feedback.ticket["text"] for one in some} for some in sets_of(asked)]
    assert found == [set(places), set(birds), {"quite another matter"}]
    assert len(sets_of(asked[3:7])) == 1, "a handful may be one thing in words that differ"


def test_a_fix_that_is_likelier_than_not_leads_unless_another_fix_is_near() -> None:
    first = Tried(reading("plan", "p", 0.55), None, 0.55)
    nothing = Tried(reading("none", "", 0.43), None, 0.43)
    other = Tried(reading("fetch", "f", 0.4), None, 0.4)
    one = one_of(1, first.reading)
    assert _leads([one], [first, nothing])
    assert not _leads([one], [first, other])
    assert _leads([one, one, one], [first, other])
    assert not _leads([one, one, one], [replace(first, probability=0.45), nothing])


def of_text(number: int, *readings: Reading, wordless: bool = True) -> Diagnosis:
    one = one_of(number, *readings)
    ticket = {"id": f"T{number}", "text": f"text {number}"}
    return replace(one, feedback=replace(one.feedback, ticket=ticket), wordless=wordless)


TEXT = replace(reading("template", "workspace/templates.yaml#help", 0.9), spoken=1.0)
NEW = Reading(Intervention("intent", "add_leaf", "workspace/intents.yaml", Wanted(), None, 1.0), 0.8)
EDGE = Reading(Intervention("intent", "add_edge", "workspace/intents.yaml#a", Wanted(), None, 1.0), 0.97)
WEIGHT = Reading(Intervention("fetch", "set_weight", "workspace/fetch.yaml", Wanted(), None, 1.0), 0.97)
RATHER = Reading(Intervention("fetch", "set_weight", "workspace/fetch.yaml", Wanted(), None, 1.0), 0.1)


@pytest.mark.parametrize(
    ("first", "texts", "wordless", "left_open"),
    [
        (TEXT, 3, True, "nobody has said yet what should stand there instead"),
        (TEXT, 1, False, "nobody has said yet what should stand there instead"),
        (TEXT, 1, True, "nobody has said yet what should stand there instead"),
        (NEW, 3, True, "nobody has said yet what it is called"),
        (NEW, 1, False, None),
        (EDGE, 3, True, "no operation does it: a case falls"),
        (EDGE, 2, True, None),
        (WEIGHT, 3, True, None),
    ],
)
def test_what_is_sure_and_nobody_has_written_is_said_and_not_asked(
    first: Reading, texts: int, wordless: bool, left_open: str | None
) -> None:
    members = [of_text(n, first, RATHER, wordless=wordless) for n in range(texts)]
    found = settle(
        members,
        hypotheses(rejected_bench(NEGATED)[0], members),
        lambda group: Dropped("", "a case falls", ()),
    )
    assert found is not None
    assert (found.question is None) is (left_open is not None)
    assert not found.operations
    if left_open is not None:
        assert found.open_work == (left_open,)
        assert found.is_unwritten
        assert (found.step, found.confidence > 0.5) == (first.intervention.step, True)
        assert found.support == texts


@pytest.mark.parametrize(
    ("spoken", "expected", "told"),
    [(TOLD_LEAF, None, True), (TOLD_LEAF - 0.1, None, False), (0.0, {"leaf": "parrots"}, True)],
)
@pytest.mark.parametrize("others", [0, 1, 2])
def test_the_leaf_that_staff_name_is_told_though_their_texts_do_not_teach_it(
    spoken: float, expected: dict[str, str] | None, told: bool, others: int
) -> None:
    parrots = Intervention("intent", "add_example", "x/parrots.jsonl", Wanted(leaf="parrots"), None, 1.0)
    cats = replace(parrots, target="x/cats.jsonl", wanted=Wanted(leaf="cats"))
    readings = (Reading(parrots, 0.9, spoken), Reading(cats, 0.1))
    naming = [of_text(n, *readings, wordless=False) for n in range(1 + others)]
    naming = [replace(one, feedback=replace(one.feedback, expected=expected)) for one in naming]

    def attempt(group: Group) -> Hint | Dropped:
        if group.key == parrots.key:
            return Dropped("", "no case of it fails", ())
        evidence = tuple(one.feedback.id for one in naming)
        return Hint("intent", "add_example", "cats", "", evidence, (NEGATED,))

    found = settle(naming, hypotheses(rejected_bench(NEGATED)[0], naming), attempt)
    assert found is not None
    assert found.is_unwritten is told
    if told:
        assert (found.target, found.support) == ("x/parrots.jsonl", 1 + others)
        assert found.open_work[0].startswith("more texts like these: ")
        assert "no case of it fails" in found.open_work[0]


@pytest.mark.parametrize(
    ("texts", "wordless", "lost", "missing"),
    [
        (4, True, 0, "a leaf is taught by 5 texts at least; here are 4"),
        (4, False, 0, ""),
        (5, True, 0, ""),
        (5, True, 2, "taught by these tickets alone it would take the answer of 2 accepted tickets"),
        (5, False, 2, ""),
    ],
)
def test_a_leaf_nobody_asked_for_that_cannot_be_taught_yet_is_told_without_it(
    texts: int, wordless: bool, lost: int, missing: str
) -> None:
    members = [of_text(n, NEW, RATHER, wordless=wordless) for n in range(texts)]
    draft = Hint(
        step="intent",
        kind="add_leaf",
        target="workspace/intents.yaml#parrots",
        summary="",
        evidence=tuple(one.feedback.id for one in members),
        operations=(Operation("add_leaf", {"id": "parrots", "parents": ["root"]}),),
        measured=Measured("c", texts, texts, lost=lost),
    )
    found = settle(members, hypotheses(rejected_bench(NEGATED)[0], members), lambda group: draft)
    assert found is not None
    assert found.is_unwritten is bool(missing)
    if missing:
        assert found.target == "workspace/intents.yaml"
        assert found.open_work[1:] == (missing,)
    else:
        assert found.question is not None or found.operations


def test_what_nobody_has_written_counts_less_than_a_fix_where_a_colleague_found_it_right() -> None:
    members = [replace(of_text(n, TEXT, RATHER), disputed=True) for n in range(3)]
    found = settle(members, hypotheses(rejected_bench(NEGATED)[0], members), lambda group: None)
    assert found is not None
    assert found.question is not None


@pytest.mark.parametrize(("likely", "others", "told"), [(0.6, 4, True), (0.6, 1, False), (0.9, 4, True)])
def test_who_speaks_of_something_else_is_left_to_be_read_by_himself_unless_he_surely_means_it(
    likely: float, others: int, told: bool
) -> None:
    spoken = replace(RATHER, spoken=2.0)
    elsewhere = of_text(9, replace(TEXT, probability=likely), spoken, wordless=False)
    members = [*(of_text(number, TEXT, RATHER) for number in range(others)), elsewhere]
    found = settle(members, hypotheses(rejected_bench(NEGATED)[0], members), lambda group: None)
    assert found is not None
    assert found.is_unwritten is told
    assert (elsewhere.feedback.id in found.evidence) is (not told or likely > 0.85)


LEAVES = [
    Reading(
        Intervention(
            "intent", "add_example", f"workspace/examples/{leaf}.jsonl", Wanted(leaf=leaf), None, 1.0
        ),
        share,
    )
    for leaf, share in (("a", 0.4), ("b", 0.3), ("c", 0.2))
]


def test_a_question_which_leaf_is_meant_has_none_of_these_among_its_choices() -> None:
    bench = rejected_bench(NEGATED)[0]
    for readings in (LEAVES, [*LEAVES, replace(NEW, probability=0.01)]):
        members = [of_text(1, *readings)]
        found = settle(members, hypotheses(bench, members), lambda group: None)
        assert found is not None
        assert found.question is not None
        assert [choice.label for choice in found.question.choices] == [
            "the ticket means a",
            "the ticket means b",
            "the ticket means something no leaf answers yet",
            "nothing is wrong with the proposal",
        ]


def test_a_fix_is_named_for_those_whom_it_mends_whoever_else_is_in_the_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of five may have been mistaken: for the three others nothing has to be asked."""
    bench = rejected_bench(NEGATED)[0]
    members = [of_text(n, reading("plan", "p", 0.6)) for n in range(5)]
    own = {one.feedback.id for one in members[:3]}
    fix = Hint(
        step="plan",
        kind="set_condition",
        target="plan_trees/a.yaml",
        summary="",
        evidence=tuple(sorted(own)),
        operations=(NEGATED,),
    )

    def answer(some: Sequence[Diagnosis], *_: object, **__: object) -> Hint | None:
        if {one.feedback.id for one in some} == own:
            return fix
        if len(some) == 5:
            everyone = tuple(one.feedback.id for one in some)
            asked = as_question((Choice("so", fix), Choice("nothing is wrong")), "what?")
            return replace(asked, evidence=everyone)
        return None

    monkeypatch.setattr(run, "settle", answer)
    hints = run._explained(Desk(bench, WHOLE, (), 5), members)
    assert [hint.question for hint in hints] == [None] * 3
    assert hints[0].operations == (NEGATED,)
    assert set(hints[0].evidence) == own
    assert {key for hint in hints[1:] for key in hint.evidence} == {m.feedback.id for m in members} - own
    fix = replace(fix, step="intent", kind="add_leaf")
    (taught,) = run._explained(Desk(bench, WHOLE, (), 5), members)
    assert taught.question is not None


def test_two_of_whom_one_is_sure_are_not_left_together() -> None:
    sure, unsure = reading("fetch", "f", 0.9), reading("none", "", 0.95)
    told = of_text(1, sure, replace(unsure, probability=0.1), wordless=False)
    meh = of_text(2, unsure, replace(sure, probability=0.05))
    assert are_unlike([told, meh])
    assert not are_unlike([meh, replace(meh, disputed=True)])
    assert not are_unlike([told])


def test_what_one_edit_leads_to_is_found_for_the_set_and_for_each_alone() -> None:
    bench, rejections = rejected_bench(NEGATED)
    tries = tree_tries(bench, bench.workspace.plan_trees["account_locked"], rejections)
    every = max(tries.outcomes(rejections, {}), key=lambda one: one.weight)
    assert len(every.answers) == len(rejections)
    for n, one in enumerate(rejections):
        assert every.answers[n].deed in tries.tried[one.id].led


def test_an_answer_that_the_tree_gives_elsewhere_is_seldom_another_branch_too() -> None:
    bench, (one, *_) = rejected_bench(NEGATED)
    tried = replace(
        tree_tries(bench, bench.workspace.plan_trees["account_locked"], [one]).tried[one.id], led={}
    )
    assert tried.share(("ask_which_account", ()), 0.1) < tried.share(("transfer_help", ()), 0.1)


def test_branches_that_say_the_same_may_well_call_the_same() -> None:
    bench, (one, *_) = rejected_bench(NEGATED)
    tries = tree_tries(bench, bench.workspace.plan_trees["account_locked"], [one])
    said = bench.before[one.id].reply.template
    assert any(reply == said for reply, _ in tries.own)
    assert all(reply != said for reply, _ in tries.tried[one.id].own)


def test_the_only_rejection_there_is_lacks_no_company() -> None:
    bench, rejections = rejected_bench(NEGATED)
    before = bench.before[rejections[0].id]
    part = branch_part(before)
    alone = build_standing(bench.stored, bench.before, rejections[:1], {}, "en")
    other = replace(rejections[1], id="fb-0000000000000000")
    elsewhere = {**bench.before, other.id: replace(before, branch="elsewhere")}
    among = build_standing(bench.stored, elsewhere, [rejections[0], other], {}, "en")
    assert not alone.lonely(part)
    assert among.lonely(part)


@pytest.mark.parametrize(
    ("languages", "accepted", "more"),
    [
        (("",), "en", 0),  # one text for all: whoever accepts it speaks for it
        (("de", "en"), "en", 1),  # a text of its own: what is right in English may be wrong in German
        (("de", "en"), "de", 0),
    ],
)
def test_a_text_is_in_trouble_by_its_rejections_in_any_language(
    languages: Sequence[str], accepted: str, more: int
) -> None:
    bench, rejections = rejected_bench(NEGATED)
    name = bench.before[rejections[0].id].reply.template
    texts = {name: Template(name, "", dict.fromkeys(languages, "x"))}
    german, english = (
        replace(rejections[0], id=f"fb-{n:016x}", ticket={**rejections[0].ticket, "language": language})
        for n, language in enumerate(("de", "en"))
    )
    kept = replace(
        german,
        id="fb-9",
        outcome="accepted",
        ticket={**german.ticket, "language": accepted},
        proposal=bench.before[rejections[0].id].to_json(),
    )
    before = dict.fromkeys(("fb-9", german.id, english.id), bench.before[rejections[0].id])
    standing = build_standing([kept], before, [german, english], texts, "en")
    trouble = standing.trouble_of_text(german, before[german.id])
    assert trouble == pytest.approx(log(1.5 / 0.5) if more else log(1.5 / 1.5))


@pytest.mark.parametrize(
    ("kind", "wordless", "as_a_set"),
    [
        ("add_example", (True, True, False), True),
        ("add_example", (True, False, False), False),
        ("add_leaf", (True, True, False), False),
        ("add_leaf", (True, True, True), True),
    ],
)
def test_a_group_that_hardly_says_a_word_is_a_set_unless_it_is_alike_by_itself(
    kind: str, wordless: tuple[bool, ...], as_a_set: bool
) -> None:
    change = Intervention("intent", kind, "workspace/intents.yaml", Wanted(), None, 1.0)
    one = one_of(1, Reading(change, 0.9))
    members = tuple(replace(one, wordless=each) for each in wordless)
    assert _is_wordless(Group(change.key, members)) is as_a_set


@pytest.mark.parametrize(("what", "falls"), [("add_example", True), ("add_leaf", False)])
def test_that_several_were_mistaken_is_unlikelier_than_that_one_was(what: str, falls: bool) -> None:
    place = "workspace/examples/a.jsonl" if what == "add_example" else "workspace/intents.yaml"
    shared = Intervention("intent", what, place, Wanted(), None, 1.0)
    bench = rejected_bench(NEGATED)[0]

    def nothing_is_wrong(several: int) -> float:
        own = [one_of(n, Reading(shared, 0.5), reading("none", "", 0.5)) for n in range(several)]
        found = hypotheses(bench, own)
        return next(h.reading.probability for h in found if h.reading.intervention.step == "none")

    assert (nothing_is_wrong(4) < nothing_is_wrong(1)) is falls


def test_a_fix_rests_on_whoever_says_nothing_and_is_mended_by_it_too() -> None:
    raised = Operation("set_threshold", {"at": "fetch", "was": 4, "to": 7})
    bench, rejections = rejected_bench(raised)
    assert len(rejections) >= 2
    back = Operation("set_threshold", {"at": "fetch", "was": 7, "to": 4})
    first = Hint(
        step="fetch",
        kind="set_threshold",
        target="t",
        summary="",
        evidence=(rejections[0].id,),
        operations=(back,),
        measured=Measured("c", 1, 1),
    )
    members = diagnosed(bench, rejections)
    found = with_wordless(bench, first, members)
    assert set(found.evidence) == {one.id for one in rejections}
    assert found.measured is not None
    assert (found.measured.fixed, found.measured.evidence_of) == (len(rejections), len(rejections))
    accepted = [one for one in bench.stored if one.outcome == "accepted"]
    beside = [*members, replace(members[0], feedback=accepted[0], before=bench.before[accepted[0].id])]
    assert set(with_wordless(bench, first, beside).evidence) == {one.id for one in rejections}
    colleague = [replace(one, disputed=True) for one in members]
    assert with_wordless(bench, first, colleague).evidence == first.evidence


BACK = Operation(NEGATED.op, {**NEGATED.args, "was": NEGATED.args["to"], "to": NEGATED.args["was"]})


def wishing(bench: Workbench, rejections: Sequence[Feedback]) -> list[Diagnosis]:
    """Diagnoses whose one reading is the answer that the right bank gives."""
    right = propose_all(world(), [str(one.ticket["text"]) for one in rejections])
    found = []
    for one in diagnosed(bench, rejections):
        meant = right[str(one.feedback.ticket["text"])]
        wanted = Wanted(reply=meant.reply.template, tools=tool_names(meant))
        asked = Intervention("plan", "add_branch", TREE, wanted, None, 1.0)
        found.append(replace(one, readings=(Reading(asked, 0.5),)))
    return found


def test_a_fix_is_likelier_for_each_rejection_beside_the_set_that_gets_its_wish_by_it() -> None:
    bench, rejections = rejected_bench(NEGATED)
    members = wishing(bench, rejections)
    fix = Hint(
        step="plan",
        kind="set_condition",
        target=TREE,
        summary="",
        evidence=(rejections[0].id,),
        operations=(BACK,),
    )
    desk = Desk(bench, WHOLE, (), len(members), asked=tuple(members))
    assert mended_beside(desk, members[:1], fix) == len(members) - 1 > 0
    assert mended_beside(desk, members, fix) == 0
    for unlike in (reading("fetch", "f", 1.0), reading("plan", TREE, 1.0)):
        beside = (members[0], replace(members[1], readings=(unlike,)))
        assert mended_beside(replace(desk, asked=beside), members[:1], fix) == 0
    assert mended_beside(desk, members[:1], replace(fix, step="fetch")) == 0


def test_of_two_fixes_the_one_that_mends_others_too_is_named() -> None:
    one, other = reading("plan", "p", 0.5), reading("template", "t", 0.4)
    members = [of_text(n, one, other) for n in range(3)]
    tried = hypotheses(rejected_bench(NEGATED)[0], members)
    fixes = {"p": "first", "t": "second"}

    def attempt(group: Group) -> Hint:
        step, target = (
            group.members[0].best.intervention.place if group.key[0] == "plan" else ("template", "t")
        )
        everyone = tuple(m.feedback.id for m in members)
        operation = Operation("set_reply", {"to": fixes[target]})
        return Hint(step, "k", target, fixes[target], everyone, (operation,))

    first = settle(members, tried, attempt)
    assert first is not None
    assert (first.summary, first.question) == ("first", None)
    second = settle(members, tried, attempt, beyond=lambda hint: 2 * (hint.summary == "second"))
    assert second is not None
    assert (second.summary, second.question) == ("second", None)


def test_examples_that_plainly_lie_in_each_others_leaf_are_likelier_than_what_else_the_tickets_may_mean() -> (
    None
):
    first, second = reading("intent", "a", 0.5), reading("intent", "b", 0.3)
    members = [of_text(n, first, second) for n in range(3)]
    tried = hypotheses(rejected_bench(NEGATED)[0], members)
    taught = (Operation("add_example", {"leaf": "a", "text": "x"}),)
    one_way = (Operation("remove_example", {"leaf": "b", "text": "y"}), *taught)
    back = Operation("remove_example", {"leaf": "a", "text": "z"})
    both = (*one_way, back, Operation("add_example", {"leaf": "b", "text": "z"}))

    def settled(*operations: Operation) -> Hint | None:
        def attempt(group: Group) -> Hint:
            own = taught if group.key[2] == "a" else operations
            return Hint("intent", "k", group.key[2], "", tuple(m.feedback.id for m in members), own)

        return settle(members, tried, attempt)

    found, strays = settled(*both), settled(*one_way)
    assert found is not None
    assert strays is not None
    assert (found.target, strays.target) == ("b", "a")


def test_two_hints_of_the_same_operations_are_one_that_counts_what_each_was_measured_on() -> None:
    made = Hint("plan", "set_reply", "t", "", ("a", "b"), (NEGATED,), measured=Measured("0", 2, 2))
    more = replace(made, evidence=("b", "c"), measured=Measured("0", 1, 2))
    (one,) = joined([made, more])
    assert one.evidence == ("a", "b", "c")
    assert one.measured == Measured("0", 3, 3)


def test_of_two_fixes_that_move_one_example_the_one_that_rests_on_more_is_told() -> None:
    def moving(*texts: str) -> tuple[Operation, ...]:
        return tuple(Operation("remove_example", {"leaf": "a", "text": text}) for text in texts)

    most = Hint("intent", "remove_example", "a", "", ("f", "g"), moving("one", "two"))
    late = replace(most, evidence=("h",), operations=moving("two", "three"))
    other = replace(most, evidence=("i",), operations=moving("three"))
    assert moved_once([late, most, other]) == [most, other]
    plain = Hint("plan", "set_reply", "t", "", ("a",), (NEGATED,))
    assert moved_once([plain, plain]) == [plain, plain]
