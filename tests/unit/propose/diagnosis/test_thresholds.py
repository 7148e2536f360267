"""A threshold as the cause of many rejections: where it could be, and what is left where it is not."""

from collections.abc import Sequence
from dataclasses import replace

from fixloop.feedback.model import Feedback
from fixloop.hints.operation import Operation
from fixloop.pipeline.fixture import Forced
from fixloop.propose.attempt import WHOLE, Desk, _drafted
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.group import Group, one_change_each
from fixloop.propose.diagnosis.thresholds import HELD_BACK, as_threshold, each_by_itself, with_thresholds
from fixloop.propose.readings.interventions import Intervention, Way
from fixloop.propose.synthesis.intent import threshold
from tests.unit.propose.synthesis.benches import bench_of, faulted, propose_all, told, world

ROOT = "workspace/intents.yaml#thresholds.root"
TEXTS = (
    "please recall the payment I made this morning to the plumber",
    "my transfer was rejected again, why did it fail",
    "is my account locked, I cannot get in",
    "get one payment back please, I paid it twice",
    "why was the transfer rejected today",
)


def held_world(outcomes: Sequence[str]) -> tuple[Workbench, list[Feedback]]:
    """All texts held back at the root, least trusted first, each with an outcome."""
    wrong = faulted(world(), Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.9999}))
    now = propose_all(wrong, TEXTS)
    assert all(one.leaf == "other" and one.raw_leaf != "other" for one in now.values())
    ranked = sorted(TEXTS, key=lambda text: now[text].scores[now[text].raw_leaf])
    feedback = [told(text, now[text], said) for text, said in zip(ranked, outcomes, strict=True)]
    return bench_of(wrong, feedback), [one for one in feedback if one.outcome == "rejected"]


def diagnosis(bench: Workbench, one: Feedback) -> Diagnosis:
    """One rejection that asks for the leaf that was held back."""
    before = bench.before[one.id]
    leaf = before.raw_leaf
    ways = (Way(HELD_BACK, ROOT), Way("add_example", f"workspace/examples/{leaf}.jsonl"))
    change = Intervention(
        "intent", "add_example", ways[1].target, Wanted(leaf=leaf), Forced(leaf=leaf), 1.0, ways=ways
    )
    return Diagnosis(one, before, (Reading(change, 0.9),), True)


def test_a_threshold_that_holds_back_leaves_alone_is_the_cause() -> None:
    bench, rejected = held_world(["accepted", "rejected", "rejected", "rejected", "rejected"])
    found = with_thresholds(bench, [diagnosis(bench, one) for one in rejected])
    assert {one.best.key for one in found} == {("intent", HELD_BACK, ROOT)}


def test_a_threshold_is_not_the_cause_where_what_is_rightly_held_back_scores_as_high() -> None:
    bench, rejected = held_world(["rejected", "rejected", "rejected", "accepted", "accepted"])
    asked = [diagnosis(bench, one) for one in rejected]
    assert with_thresholds(bench, asked) == asked


def test_where_nobody_has_said_what_falls_out_half_of_the_threshold_stays() -> None:
    wrong = faulted(world(), Operation("set_threshold", {"at": "root", "was": 0.3, "to": 0.9999}))
    now = propose_all(wrong, TEXTS)
    bench = bench_of(wrong, [told(text, now[text], "rejected") for text in TEXTS])
    asked = [diagnosis(bench, one) for one in bench.stored]
    held = with_thresholds(bench, asked)
    drafted = threshold(bench, Group(held[0].best.key, tuple(held)))
    assert isinstance(drafted, Draft)
    assert drafted.operations[0].args["to"] > 0.9999 / 2
    doubtful = [replace(one, before=replace(one.before, scores={one.before.raw_leaf: 0.01})) for one in held]
    assert isinstance(threshold(bench, Group(held[0].best.key, tuple(doubtful))), Unable)
    score = 0.9999 / 4
    low = replace(held[0], before=replace(held[0].before, scores={held[0].before.raw_leaf: score}))
    drafted = threshold(bench, Group(held[0].best.key, (low, *held[1:])))
    assert isinstance(drafted, Draft), "one of several that scores lower is let through with them"
    assert score / 2 < drafted.operations[0].args["to"] < score


def test_without_the_threshold_each_asks_for_the_leaf_that_it_means() -> None:
    bench, rejected = held_world(["accepted", "rejected", "rejected", "rejected", "rejected"])
    asked = [diagnosis(bench, one) for one in rejected]
    found = with_thresholds(bench, asked)
    assert [each_by_itself(one).best.key for one in found] == [one.best.key for one in asked]
    parts = one_change_each(Group(found[0].best.key, tuple(found)))
    meant = {one.feedback.id: one.before.raw_leaf for one in found}
    assert len(parts) == len(set(meant.values())) > 1
    for part in parts:
        assert {meant[m.feedback.id] for m in part.members} == {part.members[0].best.intervention.wanted.leaf}


def test_no_leaf_is_taught_what_another_was_held_back_from() -> None:
    """Where no threshold does, the group has no draft as a whole: its tickets are of several leaves."""
    bench, rejected = held_world(["rejected", "rejected", "rejected", "accepted", "accepted"])
    asked = [diagnosis(bench, one) for one in rejected]
    assert len({one.before.raw_leaf for one in asked}) > 1
    held = [replace(one, readings=tuple(map(_as_held, one.readings))) for one in asked]
    group = Group(("intent", HELD_BACK, ROOT), tuple(held))
    assert isinstance(_drafted(Desk(bench, WHOLE, (), len(held)), group), Unable)


def _as_held(reading: Reading) -> Reading:
    return replace(reading, intervention=as_threshold(reading.intervention, ROOT))
