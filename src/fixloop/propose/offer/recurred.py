"""Merged fixes whose fault is back: staff reject again what the fix was for, and the same idea answers it."""

from collections.abc import Sequence
from dataclasses import dataclass

from fixloop.feedback.model import Feedback
from fixloop.hints.model import Hint
from fixloop.hints.store import HintBook


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A merged hint, the new one with its fingerprint, and the rejections with a ticket in common."""

    merged: Hint
    fresh: Hint
    feedback: tuple[str, ...]


def recurrences(
    book: HintBook, feedback: Sequence[Feedback], found: Sequence[Hint]
) -> tuple[Recurrence, ...]:
    """Merged hints that a new one repeats on a ticket of theirs, by id.

    A new hint's rejections were diagnosed on the newest base, so what they reject stands after the merge.
    """
    texts = {one.id: one.text_digest for one in feedback}
    by_idea: dict[str, list[Hint]] = {}
    for hint in found:
        if hint.fingerprint and hint.operations:
            by_idea.setdefault(hint.fingerprint, []).append(hint)
    result = []
    for old in book.with_status("merged"):
        covered = {texts[key] for key in old.evidence if key in texts}
        for fresh in by_idea.get(old.fingerprint, ()):
            again = tuple(
                key for key in fresh.evidence if key not in old.evidence and texts.get(key) in covered
            )
            if fresh.id != old.id and again:
                result.append(Recurrence(old, fresh, again))
    return tuple({one.merged.id: one for one in reversed(result)}.values())
