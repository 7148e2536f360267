"""Faults that show in many leaves; sets that no one change explains, taken apart by what answered.

A wrong record, or a value not read, shows in many leaves: its fix rests on those who say nothing there, too.
And so the faults of many leaves may all be put down to one. Where nothing that would mend them all can be
made, they are likelier several faults, and what one branch answered is likelier one of them; a fix found for
some may then mend others, wherever they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from fixloop.hints.model import Hint
from fixloop.propose.attempt import with_wordless
from fixloop.propose.bench.workbench import Workbench
from fixloop.propose.diagnosis.diagnose import Diagnosis
from fixloop.propose.offer.tried import FELL

SHARED = frozenset(("fetch", "extraction"))
"""Steps of which one fault shows in many leaves."""

Explain = Callable[[Sequence[Diagnosis]], list[Hint]]
"""From a set to the hints that explain its rejections."""


def explain_apart(
    bench: Workbench, asked: Hint | None, members: Sequence[Diagnosis], explain: Explain
) -> list[Hint] | None:
    """The hints of a set's parts, where a question's first choice is a change of a shared step that fell.

    None where the set is to be left as it is.
    """
    parts = _by_branch(members)
    if asked is None or len(parts) < 2 or not _has_fallen(asked):
        return None
    found = [hint for part in parts for hint in explain(_but_for(asked.step, part))]
    return _mending_more(bench, found, members)


def with_shown_elsewhere(bench: Workbench, found: Sequence[Hint], others: Sequence[Diagnosis]) -> list[Hint]:
    """The hints, fixes of a shared step with those of others that they mend and that no fix rests on yet."""
    fixed = {key for hint in found if hint.operations for key in hint.evidence}
    left = [one for one in others if one.feedback.id not in fixed]
    return [with_wordless(bench, one, left) if one.step in SHARED else one for one in found]


def _has_fallen(asked: Hint) -> bool:
    first = asked.question.choices[0].hint if asked.question else None
    return first is not None and first.step in SHARED and not first.operations


def _by_branch(members: Sequence[Diagnosis]) -> list[list[Diagnosis]]:
    """The members by the leaf and branch that answered them, most first."""
    found: dict[tuple[str, str | None], list[Diagnosis]] = {}
    for one in members:
        found.setdefault((one.before.leaf, one.before.branch), []).append(one)
    return sorted(found.values(), key=lambda part: (-len(part), part[0].feedback.id))


def _but_for(step: str, members: Sequence[Diagnosis]) -> list[Diagnosis]:
    """The members, what a step is blamed for counting for less: it was looked at, and nothing did."""
    return [
        replace(
            one,
            readings=tuple(
                replace(r, probability=r.probability * FELL) if r.intervention.step == step else r
                for r in one.readings
            ),
        )
        for one in members
    ]


def _mending_more(bench: Workbench, found: Sequence[Hint], members: Sequence[Diagnosis]) -> list[Hint]:
    """The fixes with those of others that they mend; what is mended is not asked about."""
    fixes = with_shown_elsewhere(bench, found, members)
    mended = {key for hint in fixes if hint.operations for key in hint.evidence}
    return [hint for hint in fixes if hint.operations or not set(hint.evidence) <= mended]
