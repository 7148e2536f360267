"""A leaf that is missing, told by tickets that scatter unsurely over the others."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis, Reading
from fixloop.propose.diagnosis.missing import FEWEST_ACCEPTED, scattered
from fixloop.propose.missing_leaf import of_one_missing_leaf
from fixloop.propose.offer.ask import missing_leaf
from fixloop.propose.offer.question import question
from fixloop.propose.offer.tried import Tried, unwritten
from fixloop.propose.readings.catalog import cut_off_leaves
from fixloop.propose.readings.interventions import NEW_LEAF, Intervention
from fixloop.propose.run import propose
from tests.unit.propose.synthesis.benches import LOCKED, bench_of, propose_all, told, world

ELSEWHERE = [
    "my parrot has eaten the card",
    "does the branch take parrots",
    "the parrot sits on my transfer",
    "where do I leave a parrot",
]


def parrots(sure: float = 0.1, wrong: float = 0.8, **more: object) -> tuple[Workbench, list[Diagnosis]]:
    """Accepted tickets step one trusts, and wordless rejections of tickets it trusts as far as `sure`."""
    right = world()
    texts = [f"{text}, case {n}" for text in LOCKED.values() for n in range(6)]
    answered = propose_all(right, [*texts, *ELSEWHERE])
    accepted = [told(text, answered[text]) for text in texts]
    rejected = [told(text, answered[text], "rejected", comment="no") for text in ELSEWHERE]
    bench = bench_of(right, [*accepted, *rejected])
    assert len(accepted) > FEWEST_ACCEPTED
    members = []
    for n, one in enumerate(rejected):
        leaf = ("card_blocked", "transfer_failed")[n % 2]
        before = replace(bench.before[one.id], leaf=leaf, raw_leaf=leaf, scores={leaf: sure})
        other = Intervention(
            "intent", "add_example", f"workspace/examples/{n}.jsonl", Wanted(leaf=f"l{n}"), None, 1
        )
        nothing = Intervention("none", "none", "", Wanted(), None, 1.0)
        readings = (Reading(other, wrong), Reading(nothing, 1 - wrong))
        members.append(Diagnosis(one, before, readings, False, wordless=True, **more))  # type: ignore[arg-type]
    return bench, members


def ids(members: Sequence[Diagnosis]) -> set[str]:
    return {one.feedback.id for one in members}


def test_unsure_tickets_of_several_leaves_are_of_one_that_is_missing() -> None:
    bench, members = parrots()
    assert ids(scattered(bench, members, len(members))) == ids(members)


@pytest.mark.parametrize(
    "changed",
    [{"sure": 0.99}, {"wrong": 0.2}, {"disputed": True}],
    ids=["surely answered", "nothing is wrong", "a colleague found them right"],
)
def test_what_is_surely_answered_or_right_is_of_none(changed: Mapping[str, object]) -> None:
    bench, members = parrots(**changed)  # type: ignore[arg-type]
    assert scattered(bench, members, len(members)) == []


def test_what_went_to_one_leaf_or_is_one_text_or_few_among_many_is_of_none() -> None:
    bench, members = parrots()
    assert scattered(bench, members[::2], len(members)) == []
    assert scattered(bench, [replace(members[0]), members[1]], 2) == []
    assert scattered(bench, members, 3 * len(members) + 1) == []
    spoken = [replace(one, wordless=False) for one in members]
    assert scattered(bench, spoken, len(members)) == []


def test_a_leaf_that_no_way_leads_to_explains_as_much() -> None:
    bench, members = parrots()
    dag = bench.workspace.intents
    cut = replace(dag, root=dag.root[1:])
    assert cut_off_leaves(cut)
    loose = replace(bench, workspace=replace(bench.workspace, intents=cut))
    assert scattered(loose, members, len(members)) == []


def test_without_accepted_tickets_nothing_tells_what_is_unsure() -> None:
    bench, members = parrots()
    bare = bench_of(bench.snapshot, [one.feedback for one in members])
    assert scattered(bare, members, len(members)) == []


def test_a_rejection_that_its_leaf_does_not_explain_by_itself_is_of_none() -> None:
    bench, members = parrots()
    plan = Intervention("plan", "add_branch", "plan_trees/a.yaml", Wanted(), None, 1.0)
    assert scattered(bench, [replace(one, readings=(Reading(plan, 0.9),)) for one in members], 4) == []


def test_it_is_one_hint_that_says_what_is_missing_and_asks_nothing() -> None:
    bench, _ = parrots()
    rejected = [one for one in bench.stored if one.outcome == "rejected"]
    hints = propose(bench, list(bench.stored), (), {}).hints
    about = [hint for hint in hints if set(hint.evidence) & {one.id for one in rejected}]
    assert [hint.kind for hint in about if hint.question is None and hint.step == "intent"] == ["add_leaf"]


def test_whoever_may_mean_a_new_leaf_means_the_one_that_is_missing() -> None:
    bench, members = parrots()
    new = tuple(
        replace(one, readings=(Reading(NEW_LEAF, 0.9), *(replace(r, probability=0.05) for r in one.readings)))
        for one in members
    )
    named, asked = missing_leaf(new[:3]), question(new[3:], hypothetical(new[3:]))
    assert asked.kind == "add_leaf"
    (joined,) = of_one_missing_leaf(bench, new, [named, asked])
    assert set(joined.evidence) == ids(new)
    assert joined.summary.startswith(f"{len(new)} tickets")
    assert (joined.question, joined.confidence) == (None, named.confidence)
    colleague = [*new[:3], replace(new[3], disputed=True)]
    elsewhere = [*new[:3], replace(members[3], wordless=False)]
    before = new[3].before
    surely = [*new[:3], replace(new[3], before=replace(before, scores={before.raw_leaf: 0.99}))]
    for other in (colleague, elsewhere, surely):
        assert of_one_missing_leaf(bench, other, [named, asked]) == [named, asked]
    said = [*new[:3], replace(new[3], wordless=False, readings=(Reading(NEW_LEAF, 0.9, spoken=1.0),))]
    assert of_one_missing_leaf(bench, said, [named, asked]) == [named, asked]
    assert of_one_missing_leaf(bench, new, [asked]) == [asked]
    assert of_one_missing_leaf(bench, new, [named]) == [named]


def hypothetical(members: Sequence[Diagnosis]) -> list[Tried]:
    """Every reading with a hint that says it and does nothing."""
    return [Tried(one, unwritten(members, one, True, ""), one.probability) for one in members[0].readings]
