"""Weights by an integer program: as small as an exhaustive search finds, proved where there are none."""

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fixloop.feedback.model import Feedback
from fixloop.fixes.apply import apply_operations
from fixloop.hints.model import Hint
from fixloop.hints.operation import Operation
from fixloop.pipeline.fixture import Forced
from fixloop.propose.bench.draft import Draft, Unable
from fixloop.propose.bench.dryrun import dry_run
from fixloop.propose.bench.wanted import Wanted
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.group import Group
from fixloop.propose.readings.forced import NO_RECORD, _records
from fixloop.propose.readings.interventions import Intervention
from fixloop.propose.synthesis.fetch import synthesise
from fixloop.propose.synthesis.weights import Change, Lookup, smallest_change, wins
from fixloop.workspace.model import FetchRules, Signal
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

BRANCH = {"field": "account.branch", "source": "accounts", "match": "branch"}
NUMBER = {"field": "account.account_number", "source": "accounts", "match": "account_number"}


def rules(weights: Sequence[float], threshold: float, margin: float = 0) -> FetchRules:
    signals = tuple(Signal(f"g.f{n}", "accounts", f"c{n}", weight) for n, weight in enumerate(weights))
    return FetchRules({}, signals, threshold, margin)


def lookup(rows: Sequence[Sequence[int]], *wanted: int) -> Lookup:
    return Lookup(np.array(rows, dtype=float), np.array([n in wanted for n in range(len(rows))]))


def _right(weights: Sequence[float], threshold: float, every: Sequence[Lookup]) -> bool:
    return all(wins(one, np.array(weights, dtype=float), threshold) for one in every)


lookups = st.lists(st.lists(st.integers(0, 1), min_size=2, max_size=2), min_size=2, max_size=3)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(lookups, min_size=1, max_size=2),
    st.lists(lookups, max_size=2),
    st.tuples(*[st.integers(0, 4)] * 2),
)
def test_no_search_finds_a_smaller_change(
    asked: list[list[list[int]]], settled: list[list[list[int]]], weights: tuple[int, int]
) -> None:
    evidence, kept = [lookup(rows, 0) for rows in asked], [lookup(rows, 1) for rows in settled]
    kept = [one for one in kept if wins(one, np.array(weights, dtype=float), 2)]
    found = smallest_change(rules(weights, 2), evidence, kept)
    if _right(weights, 2, evidence):
        assert found is None
        return
    best = None
    for x, y, bar in itertools.product(range(7), range(7), range(1, 7)):
        if _right((x, y), bar, [*evidence, *kept]):
            moved = (x != weights[0]) + (y != weights[1]) + (bar != 2)
            size = (moved, abs(x - weights[0]) + abs(y - weights[1]) + abs(bar - 2))
            best = size if best is None else min(best, size)
    if best is None:
        assert found is None
        return
    assert found is not None
    new = list(weights)
    for n, value in found.weights:
        new[n] = int(value)
    bar = int(found.threshold or 2)
    assert _right(new, bar, [*evidence, *kept])
    moved = len(found.weights) + (found.threshold is not None)
    assert (moved, sum(abs(a - b) for a, b in zip(new, weights, strict=True)) + abs(bar - 2)) == best


def test_mistaken_evidence_is_left_where_enough_is_won() -> None:
    right = [lookup([[1, 0], [0, 1]], 0)] * 2
    mistaken = lookup([[1, 0], [0, 1]], 1)
    assert smallest_change(rules((1, 5), 1), [*right, mistaken], [], enough=1.0) is None
    assert smallest_change(rules((1, 5), 1), [*right, mistaken], [], enough=0.6) is not None


def test_what_too_little_selects_raises_the_threshold_sooner_than_it_lowers_a_weight() -> None:
    """A lookup that should select nobody says nothing of one signal against another."""
    assert smallest_change(rules((2, 2), 4), [lookup([[1, 1]])], []) == Change((), 5.0)


def test_weights_that_are_not_whole_stay_as_fine_as_they_are() -> None:
    change = smallest_change(rules((1.5, 2), 1), [lookup([[1, 0], [0, 1]], 0)], [])
    assert change is not None
    assert len(change.weights) == 1
    ((index, value),) = change.weights
    assert (index, value) in ((0, 2.5), (1, 1.0))


def test_the_margin_of_the_rules_is_kept() -> None:
    with_margin = rules((5, 1), 4, margin=2)
    assert smallest_change(with_margin, [lookup([[1, 0], [1, 1]], 1)], []) == Change(((1, 2.0),))


def _records_group(
    bench: Workbench, rejected: Sequence[Feedback], wanted: dict[str, tuple[str, ...]]
) -> Group:
    members = []
    for one in rejected:
        meant = wanted[one.id]
        change = Intervention(
            "fetch", "set_weight", "workspace/fetch.yaml", Wanted(records=meant), Forced(records=meant), 1.0
        )
        members.append((one, change))
    return group(bench, members)


def test_a_wrong_weight_is_set_right_for_every_ticket() -> None:
    right = world()
    wrong = faulted(right, Operation("set_weight", {"signal": BRANCH, "was": 2, "to": 9}))
    texts = [*LOCKED.values(), "my account is locked, I bank in Riverton, number KLM20418"]
    was, now = propose_all(right, texts), propose_all(wrong, texts)
    bad = [text for text in texts if was[text].outcome != now[text].outcome]
    assert bad
    feedback = [told(text, now[text], "rejected" if text in bad else "accepted") for text in texts]
    bench = bench_of(wrong, feedback)
    rejected = [one for one in feedback if one.outcome == "rejected"]
    wanted = {one.id: tuple(r.id for r in was[str(one.ticket["text"])].records) for one in rejected}
    draft = synthesise(bench, _records_group(bench, rejected, wanted))
    assert isinstance(draft, Draft), draft
    hint = dry_run(bench, draft)
    assert isinstance(hint, Hint), hint
    mended = propose_all(apply_operations(wrong, hint.operations).snapshot, texts)
    assert [one.outcome for one in mended.values()] == [one.outcome for one in was.values()]
    assert len(hint.near_misses) >= 3


def test_a_record_that_nothing_tells_apart_is_said_to_lack_a_signal() -> None:
    right = world()
    text = "my account is locked, I am Alex"
    shown = propose_all(right, [text])
    assert {one.id for one in shown[text].candidates} == {"a1", "a3"}
    feedback = [told(text, shown[text], "rejected")]
    bench = bench_of(right, feedback)
    found = synthesise(bench, _records_group(bench, feedback, {feedback[0].id: ("a1",)}))
    assert isinstance(found, Unable)
    assert "a signal is missing" in found.reason
    assert "proved" in found.reason


def test_a_column_that_tells_becomes_a_signal() -> None:
    base = world().read("workspace/extraction.yaml").decode()  # type: ignore[union-attr]
    right = world(extraction=base + "  contact:\n    hotline: {patterns: ['\\b0800 \\d{4}\\b']}\n")
    texts = ["my account is locked, I am Alex, they told me to call 0800 5678", LOCKED["fraud"]]
    shown = propose_all(right, texts)
    feedback = [told(texts[0], shown[texts[0]], "rejected"), told(texts[1], shown[texts[1]])]
    bench = bench_of(right, feedback)
    draft = synthesise(bench, _records_group(bench, feedback[:1], {feedback[0].id: ("a3",)}))
    assert isinstance(draft, Draft), draft
    added = [one for one in ops(draft.operations) if one["op"] == "add_signal"]
    assert [one["signal"]["match"] for one in added] == ["hotline"]
    mended = propose_all(apply_operations(right, draft.operations).snapshot, texts)
    assert [one.id for one in mended[texts[0]].records] == ["a3"]


def test_records_that_match_alike_are_meant_together_sooner_than_one_of_them() -> None:
    text = "my account is locked, I am Alex"
    shown = replace(propose_all(world(), [text])[text], records=())
    found = {one.wanted.records: one.share for one in _records(shown)}
    assert found["a1", "a3"] > found[("a1",)] == found[("a3",)]
    assert () not in found


def test_no_record_is_one_answer_however_many_records_may_be_meant() -> None:
    text = "my account KTR05821 is locked"
    shown = propose_all(world(), [text])[text]
    assert shown.records
    alike = [replace(shown.candidates[0], id=f"x{n}", matched=(f"s{n}=1",)) for n in range(20)]
    found = {
        one.wanted.records: one.share
        for one in _records(replace(shown, candidates=(*shown.candidates, *alike)))
    }
    assert found[("x1",)] < found[()] / 2
    assert found[()] >= NO_RECORD


def test_a_lookup_that_the_change_does_not_win_is_no_evidence_of_it() -> None:
    right = world()
    wrong = faulted(right, Operation("set_threshold", {"at": "fetch", "was": 4, "to": 7}))
    texts = [*LOCKED.values(), "my account is locked, I am Alex"]
    was, now = propose_all(right, texts), propose_all(wrong, texts)
    bad = [text for text in texts if was[text].outcome != now[text].outcome]
    assert len(bad) >= 2
    mistaken = texts[-1]
    feedback = [
        told(text, now[text], "rejected" if text in (*bad, mistaken) else "accepted") for text in texts
    ]
    bench = bench_of(wrong, feedback)
    rejected = [one for one in feedback if one.outcome == "rejected"]
    wanted = {one.id: tuple(r.id for r in was[str(one.ticket["text"])].records) for one in rejected}
    wanted[rejected[-1].id] = ("a1",)
    draft = synthesise(bench, _records_group(bench, rejected, wanted))
    assert isinstance(draft, Draft), draft
    assert {str(one.ticket["text"]) for one in draft.evidence} == set(bad)
    assert draft.wanted.keys() == {one.id for one in draft.evidence}


def test_where_nobody_says_a_word_the_change_counts_that_moves_most_and_guesses_do_not() -> None:
    right = world()
    wrong = faulted(right, Operation("set_threshold", {"at": "fetch", "was": 4, "to": 7}))
    texts = list(LOCKED.values())
    was, now = propose_all(right, texts), propose_all(wrong, texts)
    bad = [text for text in texts if was[text].outcome != now[text].outcome]
    feedback = [told(text, now[text], "rejected" if text in bad else "accepted") for text in texts]
    bench = bench_of(wrong, feedback)
    rejected = [one for one in feedback if one.outcome == "rejected"]
    assert len(rejected) >= 3
    wanted = {one.id: tuple(r.id for r in was[str(one.ticket["text"])].records) for one in rejected}
    both = next(one for one in rejected if len(wanted[one.id]) == 2)
    guessed = {one.id: wanted[one.id][:1] for one in rejected}
    found = _records_group(bench, [both, next(one for one in rejected if one is not both)], guessed)
    assert not isinstance(synthesise(bench, found), Draft)
    members = tuple(replace(one, wordless=True) for one in found.members)
    draft = synthesise(bench, replace(found, members=members))
    assert isinstance(draft, Draft), draft
    assert draft.wanted[both.id].records == wanted[both.id]
    assert isinstance(dry_run(bench, draft), Hint)
