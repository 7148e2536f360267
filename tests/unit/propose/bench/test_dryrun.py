"""The dry run: harm to accepted tickets, customers' own values, cases that fail for the right reason."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from fixloop.feedback.model import Feedback
from fixloop.feedback.replays import replay_all
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.pipeline import classification
from fixloop.pipeline.compile import Pipeline, compile_pipeline
from fixloop.pipeline.proposal import Proposal
from fixloop.ports.cache import NoCache
from fixloop.propose.bench import reach
from fixloop.propose.bench.copying import taken_over
from fixloop.propose.bench.draft import Draft
from fixloop.propose.bench.dryrun import Dropped, _leads_one_of_several, _with_what_it_mends, dry_run
from fixloop.propose.bench.harm import effect_on_accepted
from fixloop.propose.bench.reach import replayed
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.synthesis.plan import synthesise
from tests.unit.pipeline.test_intent import Memory
from tests.unit.propose.synthesis.benches import (
    LEAF,
    LOCKED,
    bench_of,
    faulted,
    locked_bench,
    plan_group,
    propose_all,
    told,
    world,
)

DROPPED = Operation("remove_branch", {**LEAF, "branch": "fraud"})


def planted() -> tuple[Draft, Workbench]:
    right = world()
    bench, rejected = locked_bench(right, faulted(right, DROPPED))
    draft = synthesise(bench, plan_group(bench, rejected, right))
    assert isinstance(draft, Draft)
    return draft, bench


def test_an_accepted_answer_that_would_be_lost_is_harm() -> None:
    draft, bench = planted()
    everybody = {**LEAF, "branch": "default", "was": "unlock_instructions", "to": "security_escalation"}
    blunt = replace(draft, operations=(Operation("set_reply", everybody),), near_misses=(), instead=())
    blunt = replace(
        blunt, cases=tuple({**c, "expect": {"reply": "security_escalation"}} for c in draft.cases)
    )
    wish = Wanted(reply="security_escalation")
    blunt = replace(blunt, wanted={key: wish for key in draft.wanted})
    fell = dry_run(bench, blunt)
    assert isinstance(fell, Dropped)
    assert "would lose the answer that staff accepted" in fell.reason


def test_the_next_smallest_fix_takes_the_place_of_one_that_falls() -> None:
    draft, bench = planted()
    nowhere = {**LEAF, "branch": "no_such", "was": {"record.fraud_flag": True}, "to": {"fetched.count": 1}}
    broken = replace(draft, operations=(Operation("set_condition", nowhere),), instead=(draft,))
    hint = dry_run(bench, broken)
    assert isinstance(hint, Hint)
    assert hint.operations == draft.operations


def test_a_customers_own_value_is_no_rule() -> None:
    draft, bench = planted()
    value = "KTR05821"
    named = {"when": {"record.account_number": value}, "reply": "transfer_help"}
    operation = Operation("add_branch", {**LEAF, "before": "default", "branch": named})
    assert taken_over(bench, [operation], draft.evidence) == [value.casefold()]
    fell = dry_run(bench, replace(draft, operations=(operation,), instead=()))
    assert isinstance(fell, Dropped)
    assert "customer's own value" in fell.reason
    assert value.casefold() not in fell.reason
    assert taken_over(bench, draft.operations, draft.evidence) == []


def test_what_the_gate_would_refuse_for_copying_is_not_offered() -> None:
    """Examples too: no dry run asked them, and a hint was offered that could never land."""
    draft, bench = planted()
    fell = {}
    for text in ("who has locked NSB01234 of all accounts", "who has locked XYZ99999 of all accounts"):
        taught = Operation("add_example", {**LEAF, "text": text})
        fell[text] = dry_run(bench, replace(draft, operations=(*draft.operations, taught), instead=()))
    told, made_up = fell.values()
    assert isinstance(told, Dropped)
    assert (
        "the gate would refuse it for copying: workspace/examples/account_locked.jsonl (ns…)" in told.reason
    )
    assert isinstance(made_up, Hint)


def test_an_example_that_is_a_stored_ticket_has_surrogates_in_it_and_nobodys_number() -> None:
    draft, bench = planted()
    taught = Operation("add_example", {**LEAF, "text": LOCKED["open"]})
    assert "NSB01234" in LOCKED["open"]
    assert isinstance(dry_run(bench, replace(draft, operations=(*draft.operations, taught))), Hint)


def test_a_case_that_passes_already_shows_nothing() -> None:
    draft, bench = planted()
    idle = tuple({**case, "expect": {"reply": "unlock_instructions"}} for case in draft.cases)
    fell = dry_run(bench, replace(draft, cases=idle, instead=()))
    assert isinstance(fell, Dropped)
    assert "passes already" in fell.reason


def test_what_a_fix_cannot_reach_is_not_replayed_and_comes_out_the_same() -> None:
    right = world()
    texts = [*LOCKED.values(), "my transfer was rejected", "can you return my payment to me"]
    shown = propose_all(right, texts)
    bench = bench_of(right, [told(text, shown[text]) for text in texts])
    for operations in (
        [DROPPED],
        [Operation("set_threshold", {"at": "fetch", "was": 4, "to": 6})],
        [Operation("set_variants", {"field": "account.account_number", "was": "confusable", "to": None})],
        [Operation("edit_template", {"template": "unlock_instructions", "was": "Please call", "to": "Call"})],
        [Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.9})],
    ):
        trial = bench.try_operations(operations)
        quick, plain = replayed(bench, trial, operations), replay_all(trial.pipeline, bench.stored)
        assert {key: one.outcome for key, one in quick.items()} == {
            k: one.outcome for k, one in plain.items()
        }


TAUGHT = Operation("add_example", {"leaf": "account_locked", "text": "my transfer was rejected"})
STRICTER = Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.9})


@pytest.mark.parametrize("operations", [[TAUGHT, STRICTER], [TAUGHT, STRICTER, DROPPED]])
def test_after_a_change_of_leaves_only_what_moved_is_answered_anew(
    operations: list[Operation], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores are those of the fix, the rest is as before, to the last trace; a changed tree is no rest."""
    right = world()
    texts = [*LOCKED.values(), "my transfer was rejected", "can you return my payment to me"]
    shown = propose_all(right, texts)
    bench = bench_of(right, [told(text, shown[text]) for text in texts])
    trial = bench.try_operations(operations)
    plain = replay_all(bench.try_operations(operations).pipeline, bench.stored)
    asked: list[str] = []
    monkeypatch.setattr(reach, "replay_all", lambda pipeline, some: _noted(asked, pipeline, some))
    quick = replayed(bench, trial, operations)
    assert quick == plain
    assert {key: one.trace for key, one in quick.items()} == {key: one.trace for key, one in plain.items()}
    assert any(plain[key].scores != bench.before[key].scores for key in plain)
    moved = {key for key, one in plain.items() if one.leaf != bench.before[key].leaf}
    locked = {key for key, one in plain.items() if one.leaf == "account_locked"}
    assert moved and set(asked) == (moved | locked if DROPPED in operations else moved)


def test_a_draft_leaves_its_parts_and_no_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    cache, texts = Memory(), ["my transfer was rejected"]
    bench = replace(bench_of(world(), []), cache=cache)
    taught = Operation(
        "add_example", {"leaf": "account_locked", "text": "nobody asked this of any model yet"}
    )
    first, again = (bench.try_operations([taught]) for _ in range(2))
    assert first.pipeline.classify(texts) == again.pipeline.classify(texts)
    assert "intent-node" in {kind for kind, _ in cache.kept}
    assert "intent" not in {kind for kind, _ in cache.kept}
    monkeypatch.setattr(classification, "_LATELY", {})
    cold = compile_pipeline(first.workspace, NoCache())
    assert cold.classify(texts) == first.pipeline.classify(texts)


def _noted(asked: list[str], pipeline: Pipeline, some: Sequence[Feedback]) -> Mapping[str, Proposal]:
    asked += [one.id for one in some]
    return replay_all(pipeline, some)


def test_what_staff_accepted_and_no_longer_get_can_come_back() -> None:
    right = world()
    wrong = faulted(right, DROPPED)
    was = propose_all(right, LOCKED.values())
    bench = bench_of(wrong, [told(text, was[text]) for text in LOCKED.values()])
    tree = right.read("plan_trees/account_locked.yaml")
    assert tree is not None
    back = {
        "id": "fraud",
        "when": {"record.fraud_flag": True},
        "reply": "security_escalation",
        "tools": [{"name": "escalate_to_security", "args": {"account_id": "{{ record.account_id }}"}}],
    }
    operations = [Operation("add_branch", {**LEAF, "before": "default", "branch": back})]
    after = replayed(bench, bench.try_operations(operations), operations)
    effect = effect_on_accepted(bench, after, frozenset(), text_counts=True)
    assert [one.ticket["text"] for one in effect.regained] == [LOCKED["fraud"]]
    assert effect.lost == ()


def test_a_rejection_that_a_fix_does_nothing_for_is_no_evidence_of_it() -> None:
    draft, bench = planted()
    three = bench.stored[:3]
    draft = replace(draft, evidence=three, wanted={one.id: Wanted(leaf="account_locked") for one in three})
    first, second, third = (one.id for one in three)
    most = _with_what_it_mends(draft, frozenset({first, second}))
    assert [one.id for one in most.evidence] == [*most.wanted] == [first, second]
    assert _with_what_it_mends(draft, frozenset({third})) == draft
    assert _with_what_it_mends(draft, frozenset({first, second, third})) == draft


def test_a_second_way_to_a_leaf_does_something_for_more_than_one_of_several_texts() -> None:
    draft, bench = planted()
    one, *_ = draft.evidence
    other = replace(one, id="fb-2", ticket={**one.ticket, "text": "another text"})
    parent = next(iter(bench.workspace.intents.children))
    second = Operation("add_edge", {"parent": parent, "child": "account_locked"})
    several = replace(draft, kind="add_edge", operations=(second,), evidence=(one, other))
    left = replace(several, evidence=(one,))
    assert _leads_one_of_several(bench, several, left)
    assert not _leads_one_of_several(bench, several, several)
    assert not _leads_one_of_several(bench, left, left)
    loose = Operation("add_edge", {"parent": parent, "child": "nobody_leads_there"})
    assert not _leads_one_of_several(bench, several, replace(left, operations=(loose,)))


def test_a_summary_counts_the_tickets_that_are_left() -> None:
    draft, _ = planted()
    one, *_ = draft.evidence
    texts = ("first", "second", "third", "fourth")
    evidence = tuple(
        replace(one, id=f"fb-{n}", ticket={**one.ticket, "text": text}) for n, text in enumerate(texts)
    )
    wanted = {each.id: Wanted(leaf="new") for each in evidence}
    whole = replace(draft, summary="4 tickets ask for a pause", evidence=evidence, wanted=wanted)
    assert _with_what_it_mends(whole, frozenset(wanted)).summary == "4 tickets ask for a pause"
    assert _with_what_it_mends(whole, frozenset([*wanted][1:])).summary == "3 tickets ask for a pause"
