"""Two leaves whose examples lie in each other's files: both sides' rejections are one fault."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fixloop.feedback.model import Feedback
from fixloop.hints.operation import Operation
from fixloop.propose import exchanges as module
from fixloop.propose.attempt import WHOLE, Desk
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Reading, diagnose
from fixloop.propose.exchanges import exchanges
from fixloop.propose.run import propose
from tests.unit.propose.synthesis.benches import bench_of, faulted, propose_all, told, world

ENDS = ("again", "today", "since monday", "now", "once more")
LOCKED = [f"{start} {end}" for start in ("my account is locked", "locked out of the account") for end in ENDS]
FAILED = [
    f"{start} {end}" for start in ("my transfer was rejected", "the transfer came back") for end in ENDS
]
BY_LEAF = {"account_locked": LOCKED, "transfer_failed": FAILED}
ASKED = {
    "account_locked": ("why is my account locked", "locked out of my account", "is the account locked"),
    "transfer_failed": (
        "was my transfer rejected",
        "the transfer came back",
        "why did the transfer come back",
    ),
}
RIGHT = (
    "please get one payment back, I paid twice",
    "can you recall a payment",
    "the standing order has to change",
    "please recall the payment of yesterday",
)


def taught(mixed: int) -> list[Operation]:
    """Examples of two leaves; of ten of each, so many lie in the other leaf."""
    operations = []
    for leaf, other in (("account_locked", "transfer_failed"), ("transfer_failed", "account_locked")):
        for n, text in enumerate(BY_LEAF[leaf]):
            to = other if (7 * n) % 10 < mixed else leaf
            operations.append(Operation("add_example", {"leaf": to, "text": text}))
    return operations


def rejected_bench(leaves: Sequence[str], comment: str = "no") -> tuple[Workbench, list[Feedback]]:
    """The mixed bank; what it answers otherwise of these leaves' tickets is rejected without a word."""
    right, wrong = faulted(world(), *taught(0)), faulted(world(), *taught(7))
    texts = [text for leaf in leaves for text in ASKED[leaf]]
    was, now = propose_all(right, texts), propose_all(wrong, texts)
    found = [told(t, now[t], "rejected", comment=comment) for t in texts if was[t].leaf != now[t].leaf]
    kept = propose_all(wrong, RIGHT)
    return bench_of(wrong, [*found, *(told(text, kept[text]) for text in RIGHT)]), found


def test_rejections_of_both_sides_are_one_fix_without_a_word() -> None:
    bench, rejected = rejected_bench(tuple(ASKED))
    assert len({bench.before[one.id].leaf for one in rejected}) == 2
    hints = propose(bench, list(bench.stored), (), {}).hints
    assert [hint.kind for hint in hints] == ["remove_example"]
    assert set(hints[0].evidence) == {one.id for one in rejected}
    assert hints[0].question is None
    out = {o.args["text"]: o.args["leaf"] for o in hints[0].operations if o.op == "remove_example"}
    assert all(text not in BY_LEAF[leaf] for text, leaf in out.items())


def test_one_side_is_enough_where_the_examples_themselves_are_mixed() -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    found = diagnose(bench, [one for one in bench.stored if one.outcome == "rejected"], feedback=bench.stored)
    desk = Desk(bench, WHOLE, tuple(found), len(found))
    assert len(exchanges(desk, found)) == 1
    own = [one for one in found if one.before.leaf == "transfer_failed"]
    other = next(one for one in found if one not in own)
    assert len(own) > 1
    (hint,) = exchanges(replace(desk, read=9), own)
    assert set(hint.evidence) == {one.feedback.id for one in own}
    for read, sure, named in ((1, 0.9, 1), (1, 0.3, 0), (9, 0.9, 0)):
        leaf = next(r for r in other.readings if r.intervention.step == "intent")
        alone = replace(other, readings=(replace(leaf, probability=sure),))
        assert len(exchanges(replace(desk, read=read), [alone])) == named
    dag = replace(bench.workspace.intents, root=bench.workspace.intents.root[1:])
    loose = replace(bench, workspace=replace(bench.workspace, intents=dag))
    assert exchanges(replace(desk, bench=loose), found) == []
    assert exchanges(desk, [replace(one, disputed=True) for one in found]) == []


def test_what_staff_ask_for_goes_before_what_the_examples_look_like() -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    found = diagnose(bench, [one for one in bench.stored if one.outcome == "rejected"], feedback=bench.stored)
    desk = Desk(bench, WHOLE, tuple(found), len(found))
    told_leaf = [replace(one, feedback=replace(one.feedback, expected={"leaf": "new"})) for one in found]
    assert exchanges(desk, told_leaf) == []
    said = [replace(one, wordless=False, readings=one.readings[:1]) for one in found]
    elsewhere = [
        replace(one, readings=tuple(with_leaf(reading, "card_blocked") for reading in one.readings))
        for one in said
    ]
    assert exchanges(desk, elsewhere) == []
    asked_for = [
        replace(one, readings=tuple(with_leaf(reading, LEAF_OF[one.before.leaf]) for reading in one.readings))
        for one in said
    ]
    assert len(exchanges(desk, asked_for)) == 1


@pytest.mark.parametrize("meant", [True, False])
@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("called", [True, False])
@pytest.mark.parametrize("many", [True, False])
def test_two_of_four_have_to_speak_for_an_exchange(
    monkeypatch: pytest.MonkeyPatch, meant: bool, known: bool, called: bool, many: bool
) -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    found = diagnose(bench, [one for one in bench.stored if one.outcome == "rejected"], feedback=bench.stored)
    share = module.MEANT_THERE if meant else module.MEANT_THERE / 2
    likely = [
        replace(
            one, readings=(replace(with_leaf(one.readings[0], LEAF_OF[one.before.leaf]), probability=share),)
        )
        for one in found
    ]
    texts = ["a text"] * (module.KNOWN if known else 0)
    monkeypatch.setattr(module, "known_texts", lambda bench, leaf: texts)
    held = sum(len(bench.workspace.examples[leaf]) for leaf in ASKED)
    monkeypatch.setattr(module, "MANY", held if many else held + 1)
    monkeypatch.setattr(module, "called_better", lambda bench, moves: module.CALLED if called else 0.0)
    hints = exchanges(Desk(bench, WHOLE, tuple(likely), len(likely)), likely)
    assert bool(hints) == (meant + known + called + many >= 2)


LEAF_OF = {"account_locked": "transfer_failed", "transfer_failed": "account_locked"}


def with_leaf(reading: Reading, leaf: str) -> Reading:
    one = reading.intervention
    return replace(reading, intervention=replace(one, step="intent", wanted=replace(one.wanted, leaf=leaf)))


def test_tickets_that_went_to_a_third_leaf_are_mended_with_the_two() -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    found = diagnose(bench, [one for one in bench.stored if one.outcome == "rejected"], feedback=bench.stored)
    astray = replace(found[0], before=replace(found[0].before, leaf="card_blocked"))
    hints = exchanges(Desk(bench, WHOLE, (), len(found)), [astray, *found[1:]])
    assert [astray.feedback.id in hint.evidence for hint in hints] == [True]


def test_an_exchange_that_leaves_the_rejections_as_they_are_is_none() -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    other = told("can you recall a payment", bench.before[bench.stored[-1].id], "rejected", comment="no")
    more = bench_of(bench.snapshot, [*bench.stored, other])
    found = diagnose(more, [other], feedback=more.stored)
    assert exchanges(Desk(more, WHOLE, tuple(found), 1), found) == []


def test_of_pairs_that_share_a_leaf_the_one_that_mends_most_is_exchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bench, _ = rejected_bench(tuple(ASKED))
    found = diagnose(bench, [one for one in bench.stored if one.outcome == "rejected"], feedback=bench.stored)
    desk = Desk(bench, WHOLE, tuple(found), len(found))
    (whole,) = exchanges(desk, found)
    least = replace(whole, evidence=whole.evidence[:1], summary="the least")
    pairs = {("account_locked", "card_blocked"): least, ("account_locked", "transfer_failed"): whole}
    monkeypatch.setattr(module, "_pairs", lambda dag, asked: list(pairs))
    monkeypatch.setattr(module, "_exchange", lambda desk, pair, asked: pairs[pair])
    assert exchanges(desk, found) == [whole]
    apart = {("card_blocked", "login_problem"): replace(least, evidence=("fb-0000000000000000",))}
    pairs |= apart
    assert exchanges(desk, found) == [whole, *apart.values()]


def test_leaves_that_are_as_they_should_be_exchange_nothing() -> None:
    right = faulted(world(), *taught(0))
    texts = [text for own in ASKED.values() for text in own]
    now = propose_all(right, texts)
    bench = bench_of(right, [told(text, now[text], "rejected", comment="no") for text in texts])
    hints = propose(bench, list(bench.stored), (), {}).hints
    assert not [hint for hint in hints if hint.kind == "remove_example"]
