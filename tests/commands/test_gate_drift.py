"""Many small fixes, each within what is allowed, that together move the leaves of many tickets."""

from pathlib import Path

from fixloop.commands.gate import gate
from fixloop.commands.merge import merge
from fixloop.gate.verdict import Check, Verdict
from fixloop.hints.model import Hint
from tests.support.hints import hint_of, record
from tests.support.loop import bank, desk_of, row, tell
from tests.support.worlds import minimal_world

WORLD = minimal_world()
WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf")


def drift_of(verdict: Verdict) -> Check:
    return next(check for check in verdict.checks if check.id == "drift")


def taught(word: str) -> Hint:
    """Tickets with a word of their own go to the recall leaf; a case shows it."""
    texts = [f"{word} {word} please", f"about {word} and {word}", f"{word} again {word}"]
    return hint_of(
        [{"op": "add_example", "leaf": "payment_recall", "text": text} for text in texts],
        [{"suite": "intent", "text": f"{word} {word} now", "expect": "payment_recall"}],
        step="intent",
        target="workspace/examples/payment_recall.jsonl",
    )


def test_what_fixes_add_up_to_asks_for_a_review(tmp_path: Path) -> None:
    desk = bank(tmp_path, **{"fixloop.yaml": WORLD["fixloop.yaml"] + "gate: {max_drift: 1}\n"})
    tickets = [
        row(10 * n + k, f"{word} {word} question number {k}", outcome="accepted")
        for n, word in enumerate(WORDS)
        for k in range(3)
    ]
    more = [row(100 + k, f"my transfer was rejected {k}", outcome="accepted") for k in range(30)]
    tell(desk, [*tickets, *more])
    seen = []
    for word in WORDS[:3]:
        hint = record(desk_of(desk.folder), taught(word))
        result = merge(desk_of(desk.folder), [hint.id])
        assert result.merged, result.refused
        found = desk_of(desk.folder).ground()
        (shift,) = found.landed[-1:]
        assert shift.moves
        seen.append(drift_of(gate(desk_of(desk.folder), "main", "main").verdict).detail)
    assert "review" not in seen[0]
    assert "time for a review" in seen[-1]
    assert len(desk_of(desk.folder).ground().landed) == 3
